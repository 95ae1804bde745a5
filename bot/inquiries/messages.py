"""What residents asked and what became of it: the log behind the message desk and the page 今天.

Words typed inside a questionnaire never come here. Rows older than the configured period are deleted.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from bot.inquiries.helping import Vote

CITED = 200
"""Letters of the citations that are kept; PostgreSQL refuses more."""

ENTRY = "entry:"
"""What stands as cited for an answer in plain language, before the entry's key."""

messages = Table(
    "messages",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("resident", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("cited", String(CITED), nullable=False, server_default=""),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("helpful", Boolean),
    Column("confidence", Float, nullable=False, server_default="0"),
    Column("features", JSON),
    Index("ix_messages_at", "at"),
)

OPEN_DAYS = 30
"""So long a question that nobody answered is on the desk."""
WAITING = ("unknown", "handed_over")
WEEK = 7 * 86_400
MONDAY = 8 * 3600 + 3 * 86_400
"""Seconds from the Monday of the week in which the epoch began, in Shanghai, to the epoch."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a resident: its words, the outcome in the terms of `civility ask`, what was cited.

    `urgent`: somebody may be in danger. `helpful` is what the asker thought of the answer, None until told.
    `confidence` (0..1) and the `features` it came from are what a judge's verdict is learnt with. `id` is 0
    until it is written.
    """

    resident: int
    at: int
    text: str
    outcome: str
    cited: str = ""
    urgent: bool = False
    helpful: bool | None = None
    confidence: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True, slots=True)
class Week:
    """The questions of one week from its Monday in Shanghai (epoch seconds): outcomes, and askers' votes."""

    at: int
    outcomes: Counter[str] = field(default_factory=Counter)
    votes: Counter[bool | None] = field(default_factory=Counter)


async def write(connection: AsyncConnection, asked: Sequence[Asked]) -> None:
    """Add a batch of questions."""
    if asked:
        rows = [
            {
                "resident": a.resident,
                "at": a.at,
                "text": a.text,
                "outcome": a.outcome,
                "cited": a.cited,
                "urgent": a.urgent,
                "confidence": a.confidence,
                "features": dict(a.features),
            }
            for a in asked
        ]
        await connection.execute(insert(messages), rows)


async def vote(connection: AsyncConnection, votes: Sequence[Vote]) -> None:
    """Keep with each answer what its asker thinks of it; the last word counts, a lost answer's is lost."""
    if not votes:
        return
    statement = (
        update(messages)
        .where(
            messages.c.at == bindparam("answered_at"),
            messages.c.resident == bindparam("asker"),
            messages.c.outcome == "answered",
        )
        .values(helpful=bindparam("thought"))
    )
    rows = [{"answered_at": one.at, "asker": one.resident, "thought": one.helpful} for one in votes]
    await connection.execute(statement, rows)


async def waiting(
    connection: AsyncConnection,
    since: int,
    handled: Select[tuple[int]] | None = None,
    limit: int = 500,
) -> list[Asked]:
    """Questions that wait for a person: urgent ones, then unanswered and unsolved ones, oldest first.

    `handled` selects the numbers of those that somebody has taken or settled.
    """
    c = messages.c
    query = select(messages).where(_for_the_office(), c.at >= since)
    if handled is not None:
        query = query.where(c.id.not_in(handled))
    rows = await connection.execute(query.order_by(c.urgent.desc(), c.at, c.id).limit(limit))
    return [_asked(row) for row in rows]


async def get(connection: AsyncConnection, ids: Collection[int]) -> list[Asked]:
    """Questions for the office by their numbers, oldest first."""
    c = messages.c
    query = select(messages).where(c.id.in_(ids), _for_the_office()).order_by(c.at, c.id)
    return [_asked(row) for row in await connection.execute(query)]


async def distinct_texts(connection: AsyncConnection, limit: int) -> list[str]:
    """The questions asked last, each wording once, the newest first."""
    newest = func.max(messages.c.id)
    query = select(messages.c.text).group_by(messages.c.text).order_by(newest.desc()).limit(limit)
    return list((await connection.execute(query)).scalars())


async def outcomes(connection: AsyncConnection, since: int) -> dict[str, int]:
    """How many questions had each outcome since a moment."""
    query = (
        select(messages.c.outcome, func.count()).where(messages.c.at >= since).group_by(messages.c.outcome)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}


async def answered(connection: AsyncConnection, since: int, limit: int = 5000) -> list[Asked]:
    """The questions answered directly since a moment, the newest first."""
    c = messages.c
    query = select(messages).where(c.outcome == "answered", c.at >= since, c.cited != "")
    return [_asked(row) for row in await connection.execute(query.order_by(c.id.desc()).limit(limit))]


async def find(connection: AsyncConnection, message: int) -> Asked | None:
    """One question by its number, whatever became of it."""
    row = (await connection.execute(select(messages).where(messages.c.id == message))).first()
    return None if row is None else _asked(row)


async def weekly(connection: AsyncConnection) -> list[Week]:
    """What became of the questions, week by week, the newest first."""
    c = messages.c
    number = (c.at + MONDAY) // WEEK
    query = select(number.label("number"), c.outcome, c.helpful, func.count().label("times")).group_by(
        number, c.outcome, c.helpful
    )
    weeks: dict[int, Week] = {}
    for row in await connection.execute(query):
        week = weeks.setdefault(row.number, Week(row.number * WEEK - MONDAY))
        week.outcomes[row.outcome] += row.times
        week.votes[row.helpful] += row.times
    return [weeks[number] for number in sorted(weeks, reverse=True)]


async def cited_most(connection: AsyncConnection, since: int, limit: int) -> list[tuple[str, int]]:
    """What the direct answers rested on most often since a moment, and how often."""
    c, times = messages.c, func.count()
    query = (
        select(c.cited, times)
        .where(c.outcome == "answered", c.at >= since, c.cited != "")
        .group_by(c.cited)
        .order_by(times.desc(), c.cited)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await connection.execute(query)]


def kept_ids() -> Select[tuple[int]]:
    """The numbers of all questions, for the WHERE of a query."""
    return select(messages.c.id)


async def forget_before(connection: AsyncConnection, moment: int) -> int:
    """Delete what is older than the configured period; how many rows it was."""
    return (await connection.execute(delete(messages).where(messages.c.at < moment))).rowcount


async def forget_resident(connection: AsyncConnection, resident: int) -> None:
    """Delete the questions of one person."""
    await connection.execute(delete(messages).where(messages.c.resident == resident))


def _for_the_office() -> ColumnElement[bool]:
    return or_(messages.c.outcome.in_(WAITING), messages.c.urgent, messages.c.helpful.is_(False))


def _asked(row: Row[Any]) -> Asked:
    return Asked(
        row.resident,
        row.at,
        row.text,
        row.outcome,
        row.cited,
        row.urgent,
        row.helpful,
        row.confidence,
        row.features or {},
        row.id,
    )
