"""Rows as CSV (UTF-8 with BOM, so that spreadsheets show Chinese): a row an interview, cells of codes."""

import csv
import io
from collections.abc import AsyncIterable
from typing import BinaryIO

from surveys.export.layout import Table
from surveys.export.part import Part


async def write_csv(out: BinaryIO, table: Table, parts: AsyncIterable[Part]) -> int:
    """Write all interviews as they come; the number of rows."""
    rows, text = 0, io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow(column.heading for column in table.columns)
    async for columns in table.cells_of(parts):
        rows += len(columns[0].codes)
        writer.writerows(zip(*(column.listed() for column in columns), strict=True))
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode())
    return rows
