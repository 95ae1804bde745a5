"""One wave as CSV (UTF-8 with BOM, so that spreadsheets show Chinese): a row an interview, cells of codes.

A text that a spreadsheet could run as a formula gets one apostrophe in front, and so does a text that begins
with an apostrophe; taking one leading apostrophe away gives the original back, always.
"""

import csv
import hashlib
import io
import re
from collections.abc import AsyncIterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from surveys.days import SHANGHAI_OFFSET
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Answer, Question, Questionnaire
from surveys.store import Interview

_FORMULA = re.compile(r"'|[\t\r\n]|[\s\u200b\ufeff\x00-\x1f]*[=+\-@＝＋－＠\t\r\n]")
_CODE = re.compile(r"-?\d+")
_STATUS = {"complete": "完整", "partial": "未答完"}
_PART = 64 * 1024


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: `rows` interviews; `sha256` of all bytes, in hex."""

    rows: int
    sha256: str


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return "'" + text if _FORMULA.match(text) else text


def unsafe(cell: str) -> str:
    """The text of a cell that `safe` made."""
    return cell.removeprefix("'")


def header(questionnaire: Questionnaire) -> list[str]:
    """The names of the columns; a question with several choices has one column an option."""
    columns = ["编号", "状态", "渠道", "乡镇街道", "社区村", "日期"]
    for question in questionnaire.asked():
        if question.type == "multiple":
            columns += [
                f"{question.id}_{option.code} {question.title}：{option.label}" for option in question.options
            ]
        else:
            columns.append(f"{question.id} {question.title}")
    return [safe(column) for column in columns]


def row(questionnaire: Questionnaire, interview: Interview, number: int) -> list[str]:
    """The cells of one interview."""
    cells = [
        str(number),
        _STATUS[interview.status],
        safe(interview.channel),
        safe(interview.township),
        safe(interview.community),
        _day(interview.submitted_at),
    ]
    for question in questionnaire.asked():
        cells += _cells(question, question.id in interview.answers, interview.answers.get(question.id))
    return cells


async def write_csv(
    out: BinaryIO, questionnaire: Questionnaire, interviews: AsyncIterable[Interview]
) -> Exported:
    """Write all interviews as they come; memory stays flat."""
    digest, rows, text = hashlib.sha256(), 0, io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow(header(questionnaire))

    def flush() -> None:
        part = text.getvalue().encode()
        digest.update(part)
        out.write(part)
        text.seek(0)
        text.truncate()

    async for interview in interviews:
        rows += 1
        writer.writerow(row(questionnaire, interview, rows))
        if text.tell() > _PART:
            flush()
    flush()
    return Exported(rows, digest.hexdigest())


def _cells(question: Question, asked: bool, answer: Answer) -> Iterator[str]:
    missing = None if answer is not None else REFUSED if asked else NOT_ASKED
    if question.type == "multiple":
        for option in question.options:
            yield missing or str(int(option.code in (answer or [])))
    elif missing is not None:
        yield missing
    else:
        text = str(answer)
        yield text if question.type != "text" and _CODE.fullmatch(text) else safe(text)


def _day(moment: int) -> str:
    return (datetime.fromtimestamp(moment, UTC) + timedelta(seconds=SHANGHAI_OFFSET)).date().isoformat()
