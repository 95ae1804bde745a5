"""What residents asked and what became of it: the log behind the message desk and the page 今天.

Words typed inside a questionnaire never come here. Rows older than the configured period are deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
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
from bot.helping import Vote

CITED = 200
"""Letters of the citations that are kept; PostgreSQL refuses more."""

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
    Index("ix_messages_at", "at"),
)

WAITING = ("unknown", "handed_over")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a resident: its words, the outcome in the terms of `civility ask`, what was cited.

    `urgent`: somebody may be in danger. `helpful` is what the asker thought of the answer, None until told.
    """

    resident: int
    at: int
    text: str
    outcome: str
    cited: str = ""
    urgent: bool = False
    helpful: bool | None = None


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


async def waiting(connection: AsyncConnection, since: int, limit: int = 200) -> list[Asked]:
    """Questions that wait for a person: urgent ones, then unanswered and unsolved ones, oldest first."""
    waits = or_(messages.c.outcome.in_(WAITING), messages.c.urgent, messages.c.helpful.is_(False))
    query = (
        select(messages)
        .where(waits, messages.c.at >= since)
        .order_by(messages.c.urgent.desc(), messages.c.at)
        .limit(limit)
    )
    rows = await connection.execute(query)
    return [
        Asked(row.resident, row.at, row.text, row.outcome, row.cited, row.urgent, row.helpful) for row in rows
    ]


async def outcomes(connection: AsyncConnection, since: int) -> dict[str, int]:
    """How many questions had each outcome since a moment."""
    query = (
        select(messages.c.outcome, func.count()).where(messages.c.at >= since).group_by(messages.c.outcome)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}


async def forget_before(connection: AsyncConnection, moment: int) -> int:
    """Delete what is older than the configured period; how many rows it was."""
    return (await connection.execute(delete(messages).where(messages.c.at < moment))).rowcount


async def forget_resident(connection: AsyncConnection, resident: int) -> None:
    """Delete the questions of one person."""
    await connection.execute(delete(messages).where(messages.c.resident == resident))
