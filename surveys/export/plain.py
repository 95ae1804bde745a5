"""Any small tables as one Excel workbook: a sheet a table, no cell that a spreadsheet would run."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from surveys.export.layout import CELL_LIMIT
from surveys.export.safe import printable, safe, shortened
from surveys.export.sheets import Styles, head, paragraphs, written

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Plain:
    """One table: the sheet's name (at most 31 characters), what stands above it, headings with their widths
    in half-width characters, and rows of texts, whole numbers, and ratios (floats, shown with one decimal);
    None is an empty cell. `notes` stand below the rows.
    """

    name: str
    title: str
    note: str
    headings: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


def plain_workbook(tables: Sequence[Plain], made_at: datetime | None = None) -> bytes:
    """The workbook, ready for the printer, its headings always in view.

    The same tables `made_at` the same moment are the same bytes.
    """
    from xlsxwriter import Workbook  # takes long to load and few pages need it

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with Workbook(out, options) as book:
        if made_at is not None:
            book.set_properties({"created": made_at.astimezone(UTC).replace(tzinfo=None)})
        styles = Styles(book)
        decimal = book.add_format({"valign": "top", "num_format": "0.0"})
        for table in tables:
            sheet = book.add_worksheet(table.name)
            first = head(sheet, styles, 0, table.title, table.note, table.headings)
            sheet.freeze_panes(first, 0)
            for row, cells in enumerate(table.rows, start=first):
                for place, cell in enumerate(cells):
                    if isinstance(cell, float):
                        sheet.write_number(row, place, cell, decimal)
                    elif isinstance(cell, int):
                        sheet.write_number(row, place, cell, styles.count)
                    elif cell is not None:
                        text = shortened(safe(printable(cell)), CELL_LIMIT)
                        sheet.write_string(row, place, text, styles.wrapped)
            below = first + len(table.rows) + 1
            paragraphs(sheet, styles.told, below, [width for _, width in table.headings], table.notes)
            written(sheet, landscape=True)
    return out.getvalue()
