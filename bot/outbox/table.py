"""The outbox as a table, and the one way in which its rows change: conditionally, telling which did."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from bot.outbox.entries import Entry

# The platform refuses a repeated clientmsgid for 24 hours; an hour is kept back for clocks and slow calls.
REPEAT_WINDOW_SECONDS = 23 * 3600
# A finish event that has not come by then will not come.
FINISH_WINDOW_SECONDS = 24 * 3600


outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("resident", BigInteger),
    Column("campaign_id", BigInteger),
    Column("due_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", BigInteger),
    Column("called_at", BigInteger),
    Column("media_id", String(255), nullable=False),
    Column("msg_id", String(64), nullable=False),
    Column("counts", JSON, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("resolved_by", String(64), nullable=False),
    Index("outbox_work", "state", "due_at"),
    Index("outbox_message", "msg_id"),
    Index("outbox_resident", "resident"),
)


FIELDS = tuple(outbox.c[field.name] for field in fields(Entry))


async def move(conn: AsyncConnection, where: ColumnElement[bool], **values: Any) -> tuple[Entry, ...]:
    """Change the rows for which `where` holds; as they are now."""
    rows = await conn.execute(update(outbox).where(where).values(**values).returning(*FIELDS))
    return tuple(Entry(*row) for row in rows)


def held(entry_id: int, attempt: int) -> ColumnElement[bool]:
    """The entry, as long as this claimer is the latest one."""
    return and_(outbox.c.id == entry_id, outbox.c.attempt == attempt, outbox.c.state == "sending")


def epoch(moment: datetime) -> int:
    """A moment as the table keeps it."""
    return int(moment.timestamp())
