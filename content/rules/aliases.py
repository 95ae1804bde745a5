"""The office's words for an article, a paragraph or an item: residents say 狗绳 where it says 牵引绳."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.tables import insert_new, metadata

aliases = Table(
    "aliases",
    metadata,
    Column("title", String(200), primary_key=True),
    Column("label", String(40), primary_key=True),
    Column("place", String(12), primary_key=True),
    Column("word", String(40), primary_key=True),
)

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Alias:
    """Words that count as words of a passage; `place` as `Passage.place` has it, "" is the whole article."""

    title: str
    label: str
    place: str
    words: tuple[str, ...]


async def add_words(connection: AsyncConnection, alias: Alias) -> int:
    """Put the words in force; how many were new."""
    rows = [
        {"title": alias.title, "label": alias.label, "place": alias.place, "word": word}
        for word in dict.fromkeys(alias.words)
    ]
    return await insert_new(connection, aliases, rows, ["title", "label", "place", "word"])


async def take_words(connection: AsyncConnection, alias: Alias, words: Sequence[str]) -> None:
    """Take some of its words out of force."""
    c = aliases.c
    here = (c.title == alias.title, c.label == alias.label, c.place == alias.place)
    await connection.execute(delete(aliases).where(*here, c.word.in_(words)))


async def forget_text(connection: AsyncConnection, title: str) -> None:
    """Take all words of one text out of force."""
    await connection.execute(delete(aliases).where(aliases.c.title == title))


async def load_aliases(connection: AsyncConnection) -> Mapping[Place, tuple[str, ...]]:
    """The words in force by (title, label, place)."""
    c = aliases.c
    rows = await connection.execute(select(aliases).order_by(c.title, c.label, c.place, c.word))
    found: dict[Place, list[str]] = {}
    for row in rows:
        found.setdefault((row.title, row.label, row.place), []).append(row.word)
    return {place: tuple(words) for place, words in found.items()}
