"""Questions that staff confirmed to be answered by an article; the search learns from them."""

import hashlib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from sqlalchemy import Column, String, Table, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules.citing import cited_labels
from content.rules.revisions import advance, lock
from content.rules.words import fold
from content.tables import metadata

ROWS_AT_ONCE = 2000

taught_questions = Table(
    "taught_questions",
    metadata,
    Column("title", String(200), primary_key=True),
    Column("label", String(40), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("question", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A confirmed question and the article that answers it."""

    question: str
    title: str
    label: str


@dataclass(frozen=True, slots=True)
class Taught:
    """How many lessons were new, and which could not be learnt: blank, or their article not in force."""

    added: int
    unknown: tuple[Lesson, ...]


async def remember(
    connection: AsyncConnection, lessons: Iterable[Lesson], in_force: Set[tuple[str, str]]
) -> Taught:
    """Keep the lessons whose (title, label) is in force; the same question in other spelling is the same."""
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    unknown = []
    for lesson in lessons:
        label = next((label for _, label in cited_labels(fold(lesson.label))), lesson.label)
        question = lesson.question.strip()
        if not question or (lesson.title, label) not in in_force:
            unknown.append(lesson)
            continue
        digest = hashlib.sha256(fold(question).encode()).hexdigest()
        row = {"title": lesson.title, "label": label, "hash": digest, "question": question}
        rows[lesson.title, label, digest] = row
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    await lock(connection)
    entries, added = list(rows.values()), 0
    for at in range(0, len(entries), ROWS_AT_ONCE):
        statement = dialect.insert(taught_questions).values(entries[at : at + ROWS_AT_ONCE])
        keys = ["title", "label", "hash"]
        added += (await connection.execute(statement.on_conflict_do_nothing(index_elements=keys))).rowcount
    if added:
        await advance(connection)
    return Taught(added, tuple(unknown))


async def load_taught(connection: AsyncConnection) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Confirmed questions by (title, label)."""
    table = taught_questions
    rows = await connection.execute(select(table).order_by(table.c.title, table.c.label, table.c.hash))
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.title, row.label), []).append(row.question)
    return {key: tuple(questions) for key, questions in found.items()}
