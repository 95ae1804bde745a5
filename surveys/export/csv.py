"""One wave as CSV (UTF-8 with BOM, so that spreadsheets show Chinese): a row an interview, cells of codes."""

import csv
import hashlib
import io
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from surveys.export.layout import Column, layout
from surveys.questionnaire import Questionnaire
from surveys.store import Interview

_PART = 64 * 1024


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: `rows` interviews; `sha256` of all bytes, in hex."""

    rows: int
    sha256: str


def header(questionnaire: Questionnaire, design: bool = False) -> list[str]:
    """The names of the columns; a question with several choices has one column an option."""
    return [column.heading for column in layout(questionnaire, design)]


def row(columns: Sequence[Column], interview: Interview, number: int) -> list[str]:
    """The cells of one interview."""
    values = (column.value(interview, number) for column in columns)
    return ["" if value is None else str(value) for value in values]


async def write_csv(
    out: BinaryIO, questionnaire: Questionnaire, interviews: AsyncIterable[Interview], design: bool = False
) -> Exported:
    """Write all interviews as they come; memory stays flat. `design`: with the columns of their design."""
    digest, rows, text = hashlib.sha256(), 0, io.StringIO()
    columns = layout(questionnaire, design)
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow(column.heading for column in columns)

    def flush() -> None:
        part = text.getvalue().encode()
        digest.update(part)
        out.write(part)
        text.seek(0)
        text.truncate()

    async for interview in interviews:
        rows += 1
        writer.writerow(row(columns, interview, rows))
        if text.tell() > _PART:
            flush()
    flush()
    return Exported(rows, digest.hexdigest())
