"""The approved plain-language entries: those that answer residents."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Column, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules.entries import Entry, Source
from content.tables import metadata

entries = Table(
    "entries",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("topic", String(40), nullable=False),
    Column("questions", JSON, nullable=False),
    Column("answer", Text, nullable=False),
    Column("sources", JSON, nullable=False),
)


def to_row(entry: Entry) -> dict[str, Any]:
    """As it is stored, and as JSON."""
    sources = [{"law": one.law, "article": one.article, "holds": list(one.holds)} for one in entry.sources]
    return {
        "key": entry.key,
        "topic": entry.topic,
        "questions": list(entry.questions),
        "answer": entry.answer,
        "sources": sources,
    }


def from_row(row: Mapping[Any, Any]) -> Entry:
    """The way back."""
    sources = tuple(Source(one["law"], one["article"], tuple(one["holds"])) for one in row["sources"])
    return Entry(row["key"], row["topic"], tuple(row["questions"]), row["answer"], sources)


async def put(connection: AsyncConnection, approved: Sequence[Entry]) -> None:
    """Put entries in force, each in the place of the one with its key."""
    if approved:
        await take(connection, [entry.key for entry in approved])
        await connection.execute(insert(entries), [to_row(entry) for entry in approved])


async def take(connection: AsyncConnection, keys: Sequence[str]) -> None:
    """Take entries out of force."""
    await connection.execute(delete(entries).where(entries.c.key.in_(keys)))


async def load_entries(connection: AsyncConnection) -> tuple[Entry, ...]:
    """All entries in force, in the order of their keys."""
    rows = await connection.execute(select(entries).order_by(entries.c.key))
    return tuple(from_row(row) for row in rows.mappings())
