"""One wave as an Excel workbook: method, rates with a chart, coded rows, code book.

The small sheets and the chart are XlsxWriter's; the rows are streamed into the package afterwards, because a
library that keeps or re-reads them takes twenty times as long.
"""

import io
import re
import zipfile
from collections.abc import AsyncIterable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, BinaryIO

from surveys.export import tables
from surveys.export.layout import CELL_LIMIT, Column, words
from surveys.export.overview import Overview
from surveys.export.package import repacked
from surveys.export.safe import safe, shortened
from surveys.store import Interview

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_575
"""Interviews that one sheet holds below its heading."""
_EPOCH = date(1899, 12, 30)
_A4 = 9
_HEADINGS = (
    ("指标", 18),
    ("题号", 12),
    ("算法", 14),
    ("“说不清”", 12),
    ("问到人数", 10),
    ("分子", 10),
    ("分母", 10),
    ("说不清", 9),
    ("未回答", 9),
    ("比率", 9),
    ("下限", 9),
    ("上限", 9),
    ("目标", 9),
    ("说明", 18),
)
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_FORMATS = {"integer": "0", "code": "0", "words": "@", "real": "0.0000", "day": "yyyy-mm-dd"}


async def write_xlsx(out: BinaryIO, overview: Overview, interviews: AsyncIterable[Interview]) -> int:
    """Write the workbook; the number of rows. ValueError where a sheet cannot hold them."""
    if overview.rows > MOST_ROWS:
        raise ValueError(
            f"这次调查有 {overview.rows:,} 份答卷，Excel 一张表最多放 {MOST_ROWS:,} 份，"
            "请改用 csv、sav 或 parquet。"
        )
    made, name = _Book(overview).made()
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        head, tail, styles = _split(package.read(name).decode(), len(overview.columns), overview.rows)
    with repacked(made, out, skip=name) as package, package.open(name, "w", force_zip64=True) as part:
        part.write(head.encode())
        row, waiting = 1, []
        letters = [_letters(place) for place in range(len(overview.columns))]
        async for cells in overview.rows_of(interviews):
            row += 1
            waiting.append(f'<row r="{row}">')
            for letter, style, cell in zip(letters, styles, cells, strict=True):
                if cell is not None:
                    waiting.append(f'<c r="{letter}{row}" s="{style}"{_value(cell)}</c>')
            waiting.append("</row>")
            if len(waiting) > 20_000:
                part.write("".join(waiting).encode())
                waiting.clear()
        part.write("".join(waiting).encode())
        part.write(tail.encode())
    return row - 1


def _split(sheet: str, columns: int, rows: int) -> tuple[str, str, list[str]]:
    """What comes before the rows and after them, and the style of each column, read off a row of samples."""
    samples = re.search(r'<row r="2".*?</row>', sheet, re.S)
    assert samples is not None  # noqa: S101
    styles = re.findall(r's="(\d+)"', samples[0])
    head = sheet[: samples.start()]
    whole = f"A1:{_letters(columns - 1)}{rows + 1}"
    head = re.sub('<dimension ref="[^"]*"/>', f'<dimension ref="{whole}"/>', head)
    return head, sheet[samples.end() :], styles


def _letters(place: int) -> str:
    """0 -> A, 26 -> AA."""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)


@lru_cache(maxsize=20_000)
def _value(cell: int | float | str | date) -> str:
    """The rest of a cell's opening tag, and its content."""
    if isinstance(cell, str):
        text = escape(_ESCAPED.sub("_x005F_", cell), quote=False)
        return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'
    number = (cell - _EPOCH).days if isinstance(cell, date) else cell
    return f"><v>{number!r}</v>"


class _Book:
    """All sheets, the coded rows with their heading and one row of samples only."""

    def __init__(self, overview: Overview) -> None:
        self.overview = overview

    def made(self) -> tuple[bytes, str]:
        """The package, and the name of its part that wants the rows."""
        from xlsxwriter import Workbook

        buffer = io.BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        with Workbook(buffer, options) as book:
            # The wave's own time, not that of the export: the same answers make the same file.
            created = datetime.fromtimestamp(self.overview.wave.opened_at, UTC).replace(tzinfo=None)
            book.set_properties({"title": words(self.overview.questionnaire.title), "created": created})
            styles = _Styles(book)
            self.method(book, styles)
            whole = tables.overall(self.overview)
            sheet = self.rates(book, styles, "总体", [whole])
            self.chart(book, sheet, whole)
            self.rates(book, styles, "按乡镇", [tables.by_township(self.overview)])
            self.rates(book, styles, "按社区", [tables.by_community(self.overview)])
            self.rates(book, styles, "按渠道", [tables.by_channel(self.overview)])
            if people := tables.by_people(self.overview):
                self.rates(book, styles, "按人群", people)
            self.coded(book)
            part = f"xl/worksheets/sheet{len(book.worksheets())}.xml"
            self.code_book(book, styles)
        return buffer.getvalue(), part

    def method(self, book: "Workbook", styles: "_Styles") -> None:
        """What the numbers are and are not."""
        sheet = book.add_worksheet("说明与方法")
        sheet.set_column(0, 0, 110)
        for row, line in enumerate(self.overview.notes()):
            sheet.write_string(row, 0, words(line), styles.title if row == 0 else styles.wrapped)

    def rates(
        self, book: "Workbook", styles: "_Styles", name: str, shown: Sequence[tables.Breakdown]
    ) -> "Worksheet":
        """Tables one under the other, each with its title and the note."""
        sheet = book.add_worksheet(name)
        row = 0
        for table in shown:
            headings = [(group, 16) for group in table.groups] + list(_HEADINGS)
            for place, (_, width) in enumerate(headings):
                sheet.set_column(place, place, width)
            sheet.write_string(row, 0, words(f"{self.overview.wave.name} {table.title}"), styles.title)
            sheet.write_string(row + 1, 0, tables.NOTE, styles.note)
            for place, (heading, _) in enumerate(headings):
                sheet.write_string(row + 2, place, heading, styles.heading)
            row += 3
            for line in table.lines:
                self.line(sheet, styles, row, line)
                row += 1
            row += 2
        sheet.freeze_panes(3 if len(shown) == 1 else 0, 0)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        return sheet

    def line(self, sheet: "Worksheet", styles: "_Styles", row: int, line: tables.Line) -> None:
        """One rate; what is hidden stays empty and says so."""
        place = 0
        sealed = "按封存规则" if line.declared else "另一种处理"
        texts = [*line.group, line.indicator, line.question, tables.RULES[line.rule]]
        for text in [*texts, tables.DONT_KNOW[line.dont_know_rule]]:
            sheet.write_string(row, place, words(text), styles.text)
            place += 1
        for number in (line.n, line.numerator, line.denominator, line.dont_know, line.refused):
            if number is not None:
                whole = number == int(number)
                sheet.write_number(row, place, number, styles.count if whole else styles.sum)
            place += 1
        for share in (line.rate, line.low, line.high, line.target):
            if share is not None:
                sheet.write_number(row, place, share, styles.percent)
            place += 1
        reason = tables.HIDDEN if line.suppressed else "没有有效回答" if line.rate is None else sealed
        sheet.write_string(row, place, reason, styles.text)

    def chart(self, book: "Workbook", sheet: "Worksheet", table: tables.Breakdown) -> None:
        """The rates of the sealed rules as bars from 0 to 100 %, their intervals as error bars from cells."""
        shown = [line for line in table.lines if line.declared]
        if not any(line.rate is not None for line in shown):
            return
        first, last, aside = 3, 2 + len(shown), len(_HEADINGS) + 1
        for place, heading in enumerate(("上限－比率", "比率－下限")):
            sheet.write_string(2, aside + place, heading)
        for row, line in enumerate(shown, start=first):
            if line.rate is not None and line.low is not None and line.high is not None:
                sheet.write_number(row, aside, line.high - line.rate)
                sheet.write_number(row, aside + 1, line.rate - line.low)
        chart = book.add_chart({"type": "column"})
        chart.add_series(
            {
                "name": "比率",
                "categories": ["总体", first, 0, last, 0],
                "values": ["总体", first, 9, last, 9],
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
                    "plus_values": _range("总体", aside, first, last),
                    "minus_values": _range("总体", aside + 1, first, last),
                },
            }
        )
        chart.set_title({"name": "各项比率与 95% 置信区间", "overlay": False})
        chart.set_legend({"none": True})
        chart.set_y_axis(
            {
                "min": 0,
                "max": 1,
                "num_format": "0%",
                "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
            }
        )
        chart.set_size({"width": 860, "height": 380})
        sheet.insert_chart(5 + len(table.lines), 0, chart)

    def coded(self, book: "Workbook") -> None:
        """The heading of the rows, and a row that shows the style of each column."""
        sheet = book.add_worksheet("数据")
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8F3EC"})
        for place, column in enumerate(self.overview.columns):
            sheet.set_column(place, place, 12 if column.question is None else 14)
            sheet.write_string(0, place, column.heading, heading)
            style = book.add_format({"num_format": _FORMATS[column.kind]})
            sheet.write_blank(1, place, None, style)
        sheet.set_row(0, 60)
        sheet.freeze_panes(1, 1)

    def code_book(self, book: "Workbook", styles: "_Styles") -> None:
        """Column by column: its name, its words, its codes."""
        sheet = book.add_worksheet("码本")
        for place, (heading, width) in enumerate(
            (("列", 18), ("题目或含义", 60), ("代码", 10), ("含义", 40))
        ):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, heading, styles.heading)
        for row, cells in enumerate(_codes(self.overview.columns), start=1):
            for place, text in enumerate(cells):
                sheet.write_string(row, place, text, styles.text)
        sheet.freeze_panes(1, 0)


class _Styles:
    """The looks of the small sheets."""

    def __init__(self, book: "Workbook") -> None:
        def style(**properties: Any) -> "Format":
            return book.add_format({"valign": "top", **properties})

        self.title = style(bold=True, font_size=14)
        self.note = style(font_color="#8A5A00")
        self.heading = style(bold=True, bottom=1, bg_color="#E8F3EC")
        self.text = style(num_format="@")
        self.wrapped = style(num_format="@", text_wrap=True)
        self.count = style(num_format="#,##0")
        self.sum = style(num_format="#,##0.00")
        self.percent = style(num_format="0.0%")


def _codes(columns: Iterable[Column]) -> Iterator[tuple[str, str, str, str]]:
    for column in columns:
        title = safe(shortened(column.title, CELL_LIMIT))
        if not column.labels:
            yield column.name, title, "", ""
        for code, label in column.labels.items():
            yield column.name, title, code, words(label)


def _range(sheet: str, column: int, first: int, last: int) -> str:
    letter = _letters(column)
    return f"='{sheet}'!${letter}${first + 1}:${letter}${last + 1}"
