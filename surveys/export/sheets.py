"""What the small sheets of a workbook have in common: looks, headings, charts with intervals from cells."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from surveys.export.layout import words

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_A4 = 9
_LEAST_WIDTH, _WIDTH_A_BAR, _MOST_WIDTH = 400, 80, 1200
SHEET_WIDTH = 1300
"""Pixels that charts side by side may take."""
LINE = 16
"""Points."""
CHART_ROWS = 17
"""Rows of a sheet that a chart covers."""


class Styles:
    """The looks of the small sheets."""

    def __init__(self, book: "Workbook") -> None:
        def style(**properties: Any) -> "Format":
            return book.add_format({"valign": "top", **properties})

        self.title = style(bold=True, font_size=14)
        self.note = style(font_color="#8A5A00")
        self.heading = style(bold=True, bottom=1, bg_color="#E8F3EC", text_wrap=True)
        self.aside = style(bottom=1, font_color="#7F7F7F", text_wrap=True)
        self.text = style(num_format="@")
        self.remark = style(num_format="@", indent=1, text_wrap=True)
        self.told = style(text_wrap=True, font_color="#8A5A00")
        self.wrapped = style(num_format="@", text_wrap=True)
        self.count = style(num_format="#,##0")
        self.sum = style(num_format="#,##0.00")
        self.percent = style(num_format="0.0%")
        self.points = style(num_format="+0.0%;-0.0%;0.0%")
        self.chance = style(num_format="0.0000")
        self.faint = style(num_format="0.0%", font_color="#7F7F7F")


def head(
    sheet: "Worksheet", styles: Styles, row: int, title: str, note: str, headings: Sequence[tuple[str, int]]
) -> int:
    """Title, note and headings with their widths; the first row below them."""
    sheet.write_string(row, 0, words(title), styles.title)
    sheet.write_string(row + 1, 0, note, styles.note)
    for place, (heading, width) in enumerate(headings):
        sheet.set_column(place, place, width)
        sheet.write_string(row + 2, place, words(heading), styles.heading)
    return row + 3


def number(sheet: "Worksheet", row: int, place: int, value: float | None, style: "Format") -> None:
    """A number; an empty cell for None."""
    if value is not None:
        sheet.write_number(row, place, value, style)


def paragraphs(
    sheet: "Worksheet", style: "Format", row: int, width: Sequence[int], lines: Sequence[str]
) -> int:
    """Lines of prose across columns of these widths, each as high as it needs; the row below them."""
    for line in lines:
        text = words(line)
        sheet.merge_range(row, 0, row, len(width) - 1, "", style)
        sheet.write_string(row, 0, text, style)
        sheet.set_row(row, LINE * height(text, sum(width)))
        row += 1
    return row


def height(text: str, width: int) -> int:
    """How many lines a text takes in so many half-width characters."""
    return sum(
        1 + sum(2 if letter > "\u2e7f" else 1 for letter in line) // width for line in text.splitlines()
    )


def written(sheet: "Worksheet", *, landscape: bool = False) -> None:
    """Ready for the printer: A4, as wide as the paper."""
    sheet.set_paper(_A4)
    if landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def bars(
    book: "Workbook",
    sheet: "Worksheet",
    title: str,
    rows: tuple[int, int],
    columns: tuple[int, int, int, int],
    at: tuple[int, int],
) -> None:
    """A chart of `rows` from an axis of 0 to 100 %; `columns` hold label, rate, and the way up and down to
    the ends of the interval. It stands `at` a row, so many pixels from the left.
    """
    first, last = rows
    label, rate, up, down = columns
    name = sheet.get_name()
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": "比率",
            "categories": [name, first, label, last, label],
            "values": [name, first, rate, last, rate],
            "fill": {"color": "#067A3E"},
            "gap": 80,
            "data_labels": {
                "value": True,
                "num_format": "0.0%",
                "position": "inside_base",
                "font": {"color": "#FFFFFF"},
            },
            "y_error_bars": {
                "type": "custom",
                "plus_values": _range(name, up, first, last),
                "minus_values": _range(name, down, first, last),
            },
        }
    )
    chart.set_title({"name": words(title), "overlay": False, "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    grid = {"visible": True, "line": {"color": "#D9D9D9"}}
    chart.set_y_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": grid})
    chart.set_size({"width": chart_width(last - first + 1), "height": 320})
    sheet.insert_chart(at[0], 0, chart, {"x_offset": at[1]})


def chart_width(number: int) -> int:
    """Pixels of a chart of so many bars."""
    return min(max(_LEAST_WIDTH, _WIDTH_A_BAR * number), _MOST_WIDTH)


def letters(place: int) -> str:
    """0 -> A, 26 -> AA."""
    return (letters(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)


def _range(sheet: str, column: int, first: int, last: int) -> str:
    letter = letters(column)
    return f"='{sheet}'!${letter}${first + 1}:${letter}${last + 1}"
