"""The sheets of a wave's workbook, all but the rows themselves, of which there is a heading and a sample."""

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from surveys.export import tables
from surveys.export.layout import CELL_LIMIT, Column, Table, words
from surveys.export.overview import Overview
from surveys.export.rate_sheets import rate_sheet
from surveys.export.safe import safe, shortened
from surveys.export.sheets import LINE, Styles, height, letters, written
from surveys.export.side_sheets import crosses_sheet, history_sheet, quality_sheet, weighting_sheet

if TYPE_CHECKING:
    from xlsxwriter import Workbook

__all__ = ["letters", "workbook"]

ROWS = "数据"
_FORMATS = {"integer": "0", "code": "0", "words": "@", "real": "0.0000", "day": "yyyy-mm-dd"}
_METHOD_WIDTH = 70
"""Half-width characters in a line of the sheet of notes."""
_HIGHEST = 400
"""Points of a row; a spreadsheet holds 409."""


def workbook(overview: Overview) -> tuple[bytes, str]:
    """The package, and the name of its part that wants the rows."""
    buffer = io.BytesIO()
    with _book(buffer, overview) as book:
        styles = Styles(book)
        _method(book, styles, overview)
        name = overview.wave.name
        pooled = tables.headline(overview)
        whole = [*([pooled] if pooled else []), tables.overall(overview), *tables.beside(overview)]
        rate_sheet(book, styles, "总体", name, whole)
        rate_sheet(book, styles, "按乡镇", name, [tables.by_township(overview)])
        rate_sheet(book, styles, "按社区", name, [tables.by_community(overview)])
        rate_sheet(book, styles, "按渠道", name, [tables.by_channel(overview)])
        if people := tables.by_people(overview):
            rate_sheet(book, styles, "按人群", name, people)
        history_sheet(book, styles, overview)
        crosses_sheet(book, styles, overview)
        weighting_sheet(book, styles, overview)
        quality_sheet(book, styles, overview)
        _heading_of_rows(book, overview)
        part = f"xl/worksheets/sheet{len(book.worksheets())}.xml"
        _code_book(book, styles, overview)
    return buffer.getvalue(), part


def rows_workbook(table: Table) -> tuple[bytes, str]:
    """The same without any rates."""
    buffer = io.BytesIO()
    with _book(buffer, table) as book:
        styles = Styles(book)
        _method(book, styles, table)
        _heading_of_rows(book, table)
        part = f"xl/worksheets/sheet{len(book.worksheets())}.xml"
        _code_book(book, styles, table)
    return buffer.getvalue(), part


def _book(buffer: io.BytesIO, table: Table) -> "Workbook":
    from xlsxwriter import Workbook

    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    book = Workbook(buffer, options)
    created = datetime.fromtimestamp(table.opened_at, UTC).replace(tzinfo=None)
    book.set_properties({"title": words(table.title), "created": created})
    return book


def _method(book: "Workbook", styles: Styles, table: Table) -> None:
    """What the numbers are and are not."""
    sheet = book.add_worksheet("说明与方法")
    sheet.set_column(0, 0, _METHOD_WIDTH)
    for row, line in enumerate(table.notes()):
        text = words(line)
        sheet.set_row(row, 24 if row == 0 else min(LINE * height(text, _METHOD_WIDTH), _HIGHEST))
        sheet.write_string(row, 0, text, styles.title if row == 0 else styles.wrapped)
    written(sheet)


def _heading_of_rows(book: "Workbook", table: Table) -> None:
    """The heading of the rows, and a row that shows the style of each column."""
    sheet = book.add_worksheet(ROWS)
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8F3EC"})
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, 12 if column.question is None else 14)
        sheet.write_string(0, place, column.heading, heading)
        style = book.add_format({"num_format": _FORMATS[column.kind]})
        sheet.write_blank(1, place, None, style)
    sheet.set_row(0, 60)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()


def _code_book(book: "Workbook", styles: Styles, table: Table) -> None:
    """Column by column: its name, its words, its codes."""
    sheet = book.add_worksheet("码本")
    for place, (heading, width) in enumerate((("列", 18), ("题目或含义", 60), ("代码", 10), ("含义", 40))):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, heading, styles.heading)
    for row, cells in enumerate(_codes(table.columns), start=1):
        for place, text in enumerate(cells):
            sheet.write_string(row, place, text, styles.text)
    sheet.freeze_panes(1, 0)
    written(sheet)


def _codes(columns: Iterable[Column]) -> Iterator[tuple[str, str, str, str]]:
    for column in columns:
        title = safe(shortened(column.title, CELL_LIMIT))
        if not column.labels:
            yield column.name, title, "", ""
        for code, label in column.labels.items():
            yield column.name, title, code, words(label)
