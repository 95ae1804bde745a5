"""An interview kept by the handlers with one transaction a request, in the service's own tables.

Statements are made once, so that SQLAlchemy and the database keep them prepared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import waves
from surveys.store.table import drafts, interviews
from tests.bench.asked import CODES

ORDER = tuple(CODES)


@dataclass(frozen=True, slots=True)
class Here:
    """Where a person stands in the open wave; `answers` is None before there is a draft."""

    answers: Mapping[str, str] | None
    state: str
    started_at: int


@dataclass(frozen=True, slots=True)
class Asking:
    """The wave that a handler asks for, read once: its secret and version never change while it is open."""

    wave_id: int
    version: int
    secret: bytes


def insert_into(connection: AsyncConnection) -> Callable[..., Any]:
    """The INSERT of this database that knows conflicts."""
    return sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert


_HERE = (
    select(drafts.c.answers, drafts.c.state, drafts.c.started_at)
    .select_from(
        waves.waves.outerjoin(
            drafts,
            and_(drafts.c.wave_id == waves.waves.c.id, drafts.c.respondent == bindparam("respondent")),
        )
    )
    .where(
        waves.waves.c.id == bindparam("wave"),
        waves.waves.c.state == "open",
        waves.waves.c.opens_at <= bindparam("moment"),
        or_(waves.waves.c.closes_at.is_(None), waves.waves.c.closes_at > bindparam("moment")),
    )
    .with_for_update(read=True, of=waves.waves)
)
_MINE = and_(drafts.c.wave_id == bindparam("wave"), drafts.c.respondent == bindparam("who"))
_MOVE = (
    update(drafts)
    .where(_MINE)
    .values(answers=bindparam("given"), state="asking", updated_at=bindparam("moment"))
)
_DROP = delete(drafts).where(_MINE)
_ANSWERED = select(interviews.c.id).where(
    interviews.c.wave_id == bindparam("wave"), interviews.c.respondent == bindparam("respondent")
)


async def asking(connection: AsyncConnection) -> Asking:
    """The one wave there is."""
    (wave,) = await waves.list_waves(connection)
    if wave.secret is None:
        raise ValueError("the wave is closed")
    return Asking(wave.id, wave.version, wave.secret)


async def here(connection: AsyncConnection, of: Asking, respondent: str, moment: int) -> Here | None:
    """The draft of a person whose row is locked, in a wave that cannot be closed meanwhile; None: it is."""
    given = {"wave": of.wave_id, "respondent": respondent, "moment": moment}
    row = (await connection.execute(_HERE, given)).first()
    return Here(row[0], row[1] or "", row[2] or moment) if row is not None else None


async def is_answered(connection: AsyncConnection, of: Asking, respondent: str) -> bool:
    """Whether this person has finished; asked only where there is no draft."""
    given = {"wave": of.wave_id, "respondent": respondent}
    return (await connection.execute(_ANSWERED, given)).first() is not None


@cache
def _begin(insert: Callable[..., Any]) -> Any:
    return insert(drafts)


async def begin(
    connection: AsyncConnection, of: Asking, respondent: str, moment: int, state: str, channel: str
) -> None:
    """A draft without answers."""
    row = {
        "wave_id": of.wave_id,
        "respondent": respondent,
        "answers": {},
        "state": state,
        "channel": channel,
        "started_at": moment,
        "updated_at": moment,
        "revision": 1,
    }
    await connection.execute(_begin(insert_into(connection)), row)


@cache
def _finish(insert: Callable[..., Any]) -> Any:
    keys = [interviews.c.wave_id, interviews.c.respondent, interviews.c.revision]
    return insert(interviews).on_conflict_do_nothing(index_elements=keys)


async def keep(
    connection: AsyncConnection,
    of: Asking,
    respondent: str,
    answers: Mapping[str, str],
    started_at: int,
    moment: int,
    channel: str,
) -> None:
    """The answers so far; with the last one they become an interview, once."""
    if len(answers) < len(ORDER):
        moved = {"wave": of.wave_id, "who": respondent, "given": answers, "moment": moment}
        await connection.execute(_MOVE, moved)
        return
    row = {
        "wave_id": of.wave_id,
        "respondent": respondent,
        "revision": 1,
        "version": of.version,
        "answers": answers,
        "status": "complete",
        "channel": channel,
        "started_at": started_at,
        "submitted_at": moment,
        "flags": [],
    }
    await connection.execute(_finish(insert_into(connection)), row)
    await connection.execute(_DROP, {"wave": of.wave_id, "who": respondent})


def answered(answers: Mapping[str, str], code: str) -> dict[str, str] | None:
    """The answers with one more to the question that comes next; None when it has no such option."""
    question = ORDER[len(answers)]
    return {**answers, question: code} if code in CODES[question] else None
