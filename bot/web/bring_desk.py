"""问卷: interviews that were held elsewhere come into an open wave: chosen, looked through, agreed to.

Nothing is kept on the way. The file travels in the form, and what comes back is read anew under the same
limits as what was chosen: a changed form can bring in no more than another file could.
"""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.lookup import wave_named
from bot.problems import Conflict, Problem
from bot.waves import bringing
from bot.web.guard import Routes, Visit
from bot.web.routes import MEGABYTE
from bot.web.survey_desk import DESK, WRITERS
from bot.web.visit import Upload
from bot.web.wave_words import wave_path
from surveys import parts, results, waves
from surveys.importing.headings import RESERVED_WORDS, Heading, propose
from surveys.importing.responses import MOST_PROBLEMS, OFF_PATH, Responses, ResponsesError, read_responses
from surveys.importing.sheets import Row, read_sheet
from surveys.importing.strangers import strangers
from surveys.questionnaire import Questionnaire
from surveys.waves import Wave

routes = Routes(rail="问卷")
BRING = f"{DESK}/waves/{{name}}/bring"
LARGEST = 5 * MEGABYTE
MOST_LINES = 5_000
MOST_COLUMNS = 300
UNPACKED = 32 * MEGABYTE
"""What a workbook may grow to: a small file must not hold a worker."""
LONGEST_NAME = 200
LONGEST_SAMPLE = 30
AS_TEXT = LARGEST * 4 // 3 + 4
"""Letters that the largest file has in base64."""


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file, the header first."""

    file: Upload
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the page shows it: its heading, the first thing in it, what it is taken for."""

    heading: Heading
    sample: str
    target: str


@routes.get(BRING, roles=WRITERS)
async def choose(visit: Visit) -> web.StreamResponse:
    """Where the file is chosen."""
    wave, _ = await _asked(visit)
    return _choice(visit, wave)


@routes.post(BRING, roles=WRITERS, limit=6 * MEGABYTE)
async def look(visit: Visit) -> web.StreamResponse:
    """Show what the file is taken for; nothing is kept."""
    wave, questionnaire = await _asked(visit)
    sent = (await visit.form()).file("file")
    if sent is None:
        return _choice(visit, wave, "请先选择一个文件。")
    try:
        table = await asyncio.to_thread(_table, sent)
    except ValueError as error:
        return _choice(visit, wave, str(error))
    targets = [one.target for one in propose(questionnaire, table.rows[0][1])]
    return await _looked_at(visit, wave, questionnaire, table, targets)


@routes.post(f"{BRING}/confirm", roles=WRITERS, limit=8 * MEGABYTE)
async def confirm(visit: Visit) -> web.StreamResponse:
    """Bring in what was looked at, or look again with other targets; all of the file or nothing."""
    wave, questionnaire = await _asked(visit)
    form = await visit.form()
    name, targets = form.text("name", LONGEST_NAME), form.texts("target", 200)
    try:
        content = base64.b64decode(form.text("file", AS_TEXT), validate=True)
        table = await asyncio.to_thread(_table, Upload(name, content))
    except binascii.Error:
        return _choice(visit, wave, "文件没有完整地传回来，什么也没有导入。请再选一次文件。")
    except ValueError as error:
        return _choice(visit, wave, str(error))
    if len(targets) != len(table.rows[0][1]):
        return _choice(visit, wave, "没有收到完整的表单，什么也没有导入。请再选一次文件。")
    if form.text("act", 10) != "bring" or targets != form.texts("seen", 200):
        return await _looked_at(visit, wave, questionnaire, table, targets)
    try:
        read = await asyncio.to_thread(read_responses, wave, questionnaire, table.rows, visit.now, targets)
    except ResponsesError:
        return await _looked_at(visit, wave, questionnaire, table, targets)
    async with visit.service.database.transaction() as conn:
        if wave.id not in await waves.hold_open(conn, {wave.id}):
            raise _ended(wave)
        added = await bringing.keep(conn, wave, read, table.file.name, content, visit.now, visit.staff.name)
    return visit.see_other(wave_path(wave.name), flash=_told(read, added))


def _told(read: Responses, added: int) -> str:
    """What became of the file, in a sentence."""
    known = len(read.interviews) - added
    said = f"导入了 {added} 份新答卷"
    if known:
        said += f"；{known} 份原来就有，或者配额已满，没有再记"
    if read.repeated:
        said += f"；{len(read.repeated)} 行和前面的行是同一个受访者，没有再记"
    return f"{said}。"


async def _asked(visit: Visit) -> tuple[Wave, Questionnaire]:
    """The wave of the address and what it asks; Conflict when it has ended."""
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.match_info["name"])
        if wave.state != "open":
            raise _ended(wave)
        return wave, await _questionnaire(conn, wave)


async def _questionnaire(conn: AsyncConnection, wave: Wave) -> Questionnaire:
    try:
        return await results.questionnaire_of(conn, wave)
    except LookupError as error:
        raise Problem(f"“{wave.name}”的问卷不在了，没法导入。") from error


def _ended(wave: Wave) -> Conflict:
    return Conflict(f"“{wave.name}”已经结束，不再收答卷，什么也没有导入。")


def _table(sent: Upload) -> Table:
    """The lines of the file; ValueError in words for staff."""
    if len(sent.content) > LARGEST:
        raise ValueError("文件超过 5 MB，请分成几个文件导入。")
    sheet = read_sheet(sent.name, sent.content, unpacked=UNPACKED, columns=MOST_COLUMNS + 1)
    rows = tuple(islice(sheet, MOST_LINES + 2))
    if len(rows) < 2:
        raise ValueError("文件里没有答卷。第一行要是列名，从第二行起一行一份。")
    if len(rows) > MOST_LINES + 1:
        raise ValueError(f"一次最多导入 {MOST_LINES} 行，请分成几个文件；同一个受访者不会记两次。")
    number, header = rows[0]
    named = header[: max((place for place, text in enumerate(header, 1) if text), default=0)]
    if len(named) > MOST_COLUMNS:
        raise ValueError(f"列太多了（最多 {MOST_COLUMNS} 列），请删去用不着的列。")
    return Table(Upload(sent.name[-LONGEST_NAME:], sent.content), ((number, named), *rows[1:]))


def _choice(visit: Visit, wave: Wave, error: str = "") -> web.Response:
    return visit.page(
        "survey_bring.html",
        status=400 if error else 200,
        wave=wave,
        path=wave_path(wave.name),
        error=error,
        lines=MOST_LINES,
    )


async def _looked_at(
    visit: Visit, wave: Wave, questionnaire: Questionnaire, table: Table, targets: Sequence[str]
) -> web.Response:
    """The page that asks: every column with its target, and what is wrong with the lines."""
    read, problems = await asyncio.to_thread(_tried, wave, questionnaire, table.rows, visit.now, targets)
    found = propose(questionnaire, table.rows[0][1])
    return visit.page(
        "survey_bring_check.html",
        status=400 if problems else 200,
        wave=wave,
        path=wave_path(wave.name),
        name=table.file.name,
        content=base64.b64encode(table.file.content).decode(),
        columns=[
            Column(one, _sample(table.rows, one.place), target)
            for one, target in zip(found, targets, strict=True)
        ],
        questions=_questions(questionnaire),
        reserved=RESERVED_WORDS,
        lines=len(table.rows) - 1,
        read=read,
        strangers=strangers(wave, questionnaire, read.interviews) if read else [],
        off_path=sum(OFF_PATH in one.flags for one in read.interviews) if read else 0,
        problems=problems[:MOST_PROBLEMS],
        more=max(0, len(problems) - MOST_PROBLEMS),
    )


def _questions(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """What a column may be, each with its number in the questionnaire, which tells titles alike apart."""
    return [
        (piece.id, f"{number}. {' '.join(piece.title.split())}")
        for number, question in enumerate(questionnaire.asked(), start=1)
        for piece in parts.columns(question)
    ]


def _tried(
    wave: Wave, questionnaire: Questionnaire, rows: Sequence[Row], now: datetime, targets: Sequence[str]
) -> tuple[Responses | None, list[str]]:
    """What would be brought in, or what is wrong."""
    try:
        return read_responses(wave, questionnaire, rows, now, targets), []
    except ResponsesError as error:
        return None, error.problems


def _sample(rows: Sequence[Row], place: int) -> str:
    """The first thing that stands in the column."""
    found = (cells[place] for _, cells in rows[1:] if place < len(cells) and cells[place])
    return next(found, "")[:LONGEST_SAMPLE]
