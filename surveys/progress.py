"""How far each wave is, counted once an interview: what the desk shows without reading a wave again.

A background job takes the new interviews in, marks the doubtful ones (`surveys.integrity`) and keeps the
counts; the desk adds the few that came since. Erasing or importing answers throws the counts away, and the
job begins again. Closing a wave takes the times of its rows away: of those the quartiles are kept.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Column, Table, Text, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.integrity import MEDIAN_FROM, TOO_FAST, Case, Recent, alone, hurried, source_of
from surveys.questionnaire import Questionnaire
from surveys.returns import Returns
from surveys.store import Interview, interviews_after, mark, newest_id
from surveys.tables import metadata
from surveys.waves import Wave, hold_open

progress = Table(
    "wave_progress",
    metadata,
    Column("wave_id", BigInteger, primary_key=True, autoincrement=False),
    Column("upto", BigInteger, nullable=False),
    Column("counted", Text, nullable=False),
    Column("recent", Text, nullable=False),
    Column("quartiles", Text, nullable=False),
    Column("final", Boolean, nullable=False),
)

PART = 1_000
SETTLING = 60
"""Seconds: a row of a transaction that commits late has a smaller number than rows counted already."""


@dataclass(slots=True)
class Progress:
    """The counts of a wave up to the interview `upto`; `waiting` tells that more wait to be counted."""

    returns: Returns
    upto: int = 0
    recent: Recent = field(default_factory=Recent)
    quartiles: tuple[int, int, int] | None = None
    final: bool = False
    stored: bool = False
    waiting: bool = False


async def current(conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire) -> Progress:
    """The counts as of now, in a bounded time: what is kept, and at most one part of what came since."""
    found = await _load(conn, wave, questionnaire)
    if found.final:
        return found
    part = await interviews_after(conn, wave.id, found.upto, PART)
    for interview in part:
        _count(found.returns, interview, wave.state == "closed")
    found.waiting = len(part) == PART
    found.quartiles = found.quartiles or found.returns.quartiles()
    return found


async def advance(conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire, now: datetime) -> bool:
    """Take one part of the new interviews in and mark the doubtful; whether there may be more.

    Two replicas at once: the second's write meets another `upto`, and its transaction is given up.
    """
    if wave.state == "open" and not await hold_open(conn, [wave.id]):
        return False
    found = await _load(conn, wave, questionnaire)
    if found.final:
        return False
    part = await interviews_after(conn, wave.id, found.upto, PART)
    ready = part if wave.state == "closed" else _settled(part, int(now.timestamp()) - SETTLING)
    before = found.upto
    marks = _take_in(found, wave, questionnaire, ready)
    found.final = wave.state == "closed" and len(part) < PART
    if not ready and not found.final:
        return False
    await _mark(conn, found, marks)
    await _save(conn, wave, found, before)
    return len(ready) == PART


async def finish(conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire) -> None:
    """Before a wave is closed: mark what is left, keep the quartiles; afterwards the rows are counted anew.

    The caller keeps the wave from being closed by another until its transaction ends.
    """
    found = await _load(conn, wave, questionnaire)
    newest, before = await newest_id(conn, wave.id), found.upto
    while found.upto < newest:
        part = await interviews_after(conn, wave.id, found.upto, PART)
        await _mark(conn, found, _take_in(found, wave, questionnaire, part))
    over = Progress(
        Returns(questionnaire, wave.terms.least), quartiles=found.returns.quartiles(), stored=found.stored
    )
    await _save(conn, wave, over, before)


async def reset(conn: AsyncConnection, wave_id: int) -> None:
    """Count the wave again from its beginning: answers were taken away, or came in by another way."""
    await conn.execute(delete(progress).where(progress.c.wave_id == wave_id))


async def upto(conn: AsyncConnection, wave_id: int) -> int:
    """The number of the last interview that is counted; 0 before the first."""
    query = select(progress.c.upto).where(progress.c.wave_id == wave_id)
    return (await conn.execute(query)).scalar() or 0


async def finals(conn: AsyncConnection) -> set[int]:
    """The waves that will not change any more."""
    return set((await conn.execute(select(progress.c.wave_id).where(progress.c.final))).scalars())


class Overtaken(Exception):
    """Another replica counted the same interviews at the same moment."""


async def _load(conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire) -> Progress:
    query = select(progress).where(progress.c.wave_id == wave.id)
    row = (await conn.execute(query)).first()
    if row is None:
        return Progress(Returns(questionnaire, wave.terms.least))
    quartiles = json.loads(row.quartiles)
    return Progress(
        Returns.from_dict(questionnaire, json.loads(row.counted), wave.terms.least),
        row.upto,
        Recent.from_dict(json.loads(row.recent)),
        tuple(quartiles) if quartiles else None,
        row.final,
        True,
    )


async def _save(conn: AsyncConnection, wave: Wave, found: Progress, before: int) -> None:
    values = {
        "upto": found.upto,
        "counted": json.dumps(found.returns.as_dict(), ensure_ascii=False),
        "recent": json.dumps(found.recent.as_dict(), ensure_ascii=False),
        "quartiles": json.dumps(found.quartiles),
        "final": found.final,
    }
    if not found.stored:
        await conn.execute(insert(progress).values(wave_id=wave.id, **values))
        return
    mine = (progress.c.wave_id == wave.id) & (progress.c.upto == before)
    if (await conn.execute(update(progress).where(mine).values(values))).rowcount != 1:
        raise Overtaken


def _settled(part: Sequence[Interview], before: int) -> Sequence[Interview]:
    """The interviews up to the first that is so new that an earlier number may still be missing."""
    for place, interview in enumerate(part):
        if interview.channel != "import" and interview.submitted_at > before:
            return part[:place]
    return part


def _take_in(
    found: Progress, wave: Wave, questionnaire: Questionnaire, part: Sequence[Interview]
) -> dict[int, set[str]]:
    """Count these interviews; the marks that they and earlier ones get, by their number."""
    closed = wave.state == "closed"
    marks: dict[int, set[str]] = {}
    median = _median(found.returns)
    for interview in part:
        _count(found.returns, interview, closed)
        found.upto = interview.id
        if closed:
            continue
        case = _case(interview)
        given = [(case.id, name) for name in alone(case, questionnaire, wave.terms)]
        if hurried(case, median):
            given.append((case.id, TOO_FAST))
        if interview.channel != "import":
            given += found.recent.meet(case)
        for number, name in given:
            marks.setdefault(number, set()).add(name)
    if part and not closed:
        found.recent.forget(part[-1].submitted_at)
    return marks


async def _mark(conn: AsyncConnection, found: Progress, marks: Mapping[int, set[str]]) -> None:
    for before, after in await mark(conn, marks):
        found.returns.marked(before, after)


def _case(interview: Interview) -> Case:
    return Case(
        interview.id,
        interview.answers,
        interview.status == "complete",
        _seconds(interview),
        interview.submitted_at,
        source_of(interview.channel, interview.came_from, interview.township, interview.community),
        interview.township,
        interview.community,
    )


def _seconds(interview: Interview) -> int | None:
    """How long it took; an imported interview often has one time only."""
    length = interview.submitted_at - interview.started_at
    return None if interview.channel == "import" and length == 0 else length


def _median(returns: Returns) -> float | None:
    quartiles = returns.quartiles() if returns.seconds.total() >= MEDIAN_FROM else None
    return quartiles[1] if quartiles else None


def _count(returns: Returns, interview: Interview, closed: bool) -> None:
    returns.add(
        interview.answers,
        status=interview.status,
        channel=interview.channel,
        came_from=interview.came_from,
        township=interview.township,
        community=interview.community,
        seconds=None if closed else _seconds(interview),
    )
    returns.marked((), interview.flags)
