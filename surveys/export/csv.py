"""One wave as CSV (UTF-8 with BOM, so that spreadsheets show Chinese): a row an interview, cells of codes."""

import csv
import io
from collections.abc import AsyncIterable
from typing import BinaryIO

from surveys.export.overview import Overview
from surveys.store import Interview

_PART = 64 * 1024


async def write_csv(out: BinaryIO, overview: Overview, interviews: AsyncIterable[Interview]) -> int:
    """Write all interviews as they come; the number of rows."""
    rows, text = 0, io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow(column.heading for column in overview.columns)

    def flush() -> None:
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()

    async for cells in overview.rows_of(interviews):
        rows += 1
        writer.writerow(cells)
        if text.tell() > _PART:
            flush()
    flush()
    return rows
