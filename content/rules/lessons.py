"""Questions that staff confirmed to be answered by an article; the search learns from them."""

import hashlib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from sqlalchemy import Column, String, Table, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules.citing import cited_labels
from content.rules.revisions import advance, lock
from content.rules.words import fold
from content.tables import insert_new, metadata

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
    known: list[Lesson] = []
    unknown: list[Lesson] = []
    for lesson in lessons:
        label = next((label for _, label in cited_labels(fold(lesson.label))), lesson.label)
        found = Lesson(lesson.question.strip(), lesson.title, label)
        if found.question and (found.title, label) in in_force:
            known.append(found)
        else:
            unknown.append(lesson)
    await lock(connection)
    added = await keep(connection, known)
    if added:
        await advance(connection)
    return Taught(added, tuple(unknown))


async def keep(connection: AsyncConnection, lessons: Iterable[Lesson]) -> int:
    """Write lessons down as they are, inside the caller's change of the rules; how many were new."""
    rows = {}
    for lesson in lessons:
        key = (lesson.title, lesson.label, _digest(lesson.question))
        rows[key] = dict(zip(("title", "label", "hash"), key, strict=True)) | {"question": lesson.question}
    return await insert_new(connection, taught_questions, list(rows.values()), ["title", "label", "hash"])


async def forget(connection: AsyncConnection, lesson: Lesson) -> None:
    """Unlearn one lesson, given as it was kept."""
    c = taught_questions.c
    same = (c.title == lesson.title, c.label == lesson.label, c.hash == _digest(lesson.question))
    await connection.execute(delete(taught_questions).where(*same))


async def forget_text(connection: AsyncConnection, title: str) -> None:
    """Unlearn everything about one text."""
    await connection.execute(delete(taught_questions).where(taught_questions.c.title == title))


async def load_taught(connection: AsyncConnection) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Confirmed questions by (title, label)."""
    table = taught_questions
    rows = await connection.execute(select(table).order_by(table.c.title, table.c.label, table.c.hash))
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.title, row.label), []).append(row.question)
    return {key: tuple(questions) for key, questions in found.items()}


def _digest(question: str) -> str:
    """The same for the same question in other width, script or case."""
    return hashlib.sha256(fold(question).encode()).hexdigest()
