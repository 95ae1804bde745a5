"""Regulations in the database: versions of documents and their articles; the door to confirmed questions.

A document is known by its title. Importing it again makes a new version that replaces the old one in answers;
the old one stays for the record. Every change raises the revision, by which other replicas notice it.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules.aliases import Place, load_aliases
from content.rules.citing import cited_labels
from content.rules.document import Article, Document, Item, Paragraph, Parsed
from content.rules.entries import Entry
from content.rules.entry_store import load_entries
from content.rules.lessons import Lesson, Taught, load_taught, remember
from content.rules.revisions import advance, lock, revision
from content.rules.search import Index
from content.rules.words import fold
from content.tables import metadata

__all__ = [
    "Imported",
    "Lesson",
    "Listed",
    "Material",
    "Taught",
    "get_article",
    "import_documents",
    "list_documents",
    "load",
    "load_documents",
    "load_index",
    "load_taught",
    "revision",
    "teach",
]

documents = Table(
    "documents",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("area", String(60), nullable=False),
    Column("chapters", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("adopted", String(10)),
    Column("effective", String(10)),
    Column("imported_at", BigInteger, nullable=False),
    UniqueConstraint("title", "version", name="documents_title_version"),
)

articles = Table(
    "articles",
    metadata,
    Column("document_id", ForeignKey("documents.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("label", String(40), nullable=False),
    Column("chapter", String(200), nullable=False),
    Column("section", String(200), nullable=False),
    Column("line", Integer, nullable=False),
    Column("paragraphs", JSON, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: `changed` is False when the very same text was in force already."""

    title: str
    version: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in force, as `rules list` shows it."""

    title: str
    version: int
    area: str
    articles: int
    adopted: date | None
    effective: date | None
    imported_at: int


async def import_documents(
    connection: AsyncConnection, parsed: Sequence[Parsed], now: datetime
) -> tuple[Imported, ...]:
    """Put the documents in force, each replacing the version before it; the same text again changes nothing.

    ValueError, in words for staff, when one has no article or two have the same title.
    """
    titles = [entry.document.title for entry in parsed]
    if twice := next((title for title in titles if titles.count(title) > 1), None):
        raise ValueError(f"有两份文件的标题都是“{twice}”，请只导入其中一份。")
    if empty := next((entry.document.title for entry in parsed if not entry.document.articles), None):
        raise ValueError(f"“{empty}”里没有条文，没有导入。")
    await lock(connection)
    done = tuple([await _import(connection, entry.document, now) for entry in parsed])
    if any(entry.changed for entry in done):
        await advance(connection)
    return done


async def load_documents(connection: AsyncConnection) -> tuple[Document, ...]:
    """Every document in force, in the order of import."""
    rows = await connection.execute(select(documents).where(documents.c.live).order_by(documents.c.id))
    heads = rows.all()
    found = await connection.execute(
        select(articles)
        .join(documents, documents.c.id == articles.c.document_id)
        .where(documents.c.live)
        .order_by(articles.c.document_id, articles.c.position)
    )
    by_document: dict[int, list[Article]] = {}
    for row in found:
        by_document.setdefault(row.document_id, []).append(_article(row))
    return tuple(_document(head, by_document.get(head.id, [])) for head in heads)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything an index is built from: the texts in force and what the office taught."""

    documents: tuple[Document, ...]
    taught: Mapping[tuple[str, str], tuple[str, ...]]
    aliases: Mapping[Place, tuple[str, ...]]
    entries: tuple[Entry, ...]

    def index(self) -> Index:
        """The index of it; seconds of work for large collections, so not for the event loop."""
        return Index.build(self.documents, self.taught, aliases=self.aliases, entries=self.entries)


async def load(connection: AsyncConnection) -> Material:
    """What answers come from, as of now."""
    return Material(
        await load_documents(connection),
        await load_taught(connection),
        await load_aliases(connection),
        await load_entries(connection),
    )


async def load_index(connection: AsyncConnection) -> Index:
    """The index of everything in force; it is computed beside the event loop."""
    return await asyncio.to_thread((await load(connection)).index)


async def list_documents(connection: AsyncConnection) -> tuple[Listed, ...]:
    """The documents in force, in the order of import."""
    counted = (
        select(articles.c.document_id, func.count().label("articles"))
        .group_by(articles.c.document_id)
        .subquery()
    )
    rows = await connection.execute(
        select(documents, counted.c.articles)
        .join(counted, counted.c.document_id == documents.c.id)
        .where(documents.c.live)
        .order_by(documents.c.id)
    )
    return tuple(
        Listed(
            row.title,
            row.version,
            row.area,
            row.articles,
            _day(row.adopted),
            _day(row.effective),
            row.imported_at,
        )
        for row in rows
    )


async def get_article(connection: AsyncConnection, title: str, article: int | str) -> Article | None:
    """An article in force by its number (13) or label ("第十三条", "第13条", "第三条之一"); None without."""
    wanted = articles.c.number == article
    if isinstance(article, str):
        labels = cited_labels(fold(article)) or [(0, article)]
        wanted = articles.c.label == labels[0][1]
    rows = await connection.execute(
        select(articles)
        .join(documents, documents.c.id == articles.c.document_id)
        .where(documents.c.live, documents.c.title == title, wanted)
        .order_by(func.length(articles.c.label), articles.c.position)  # 第三条 before 第三条之一
        .limit(1)
    )
    row = rows.first()
    return None if row is None else _article(row)


async def teach(connection: AsyncConnection, lessons: Iterable[Lesson]) -> Taught:
    """Remember confirmed questions; one known already, or whose article is not in force, is not added."""
    rows = await connection.execute(
        select(documents.c.title, articles.c.label).join(articles).where(documents.c.live)
    )
    return await remember(connection, lessons, frozenset((row.title, row.label) for row in rows))


async def _import(connection: AsyncConnection, document: Document, now: datetime) -> Imported:
    digest = _digest(document)
    last = (
        await connection.execute(
            select(documents.c.id, documents.c.version, documents.c.hash, documents.c.live)
            .where(documents.c.title == document.title)
            .order_by(documents.c.version.desc())
            .limit(1)
        )
    ).first()
    if last is not None and last.live and last.hash == digest:
        return Imported(document.title, last.version, False)
    version = 1 if last is None else last.version + 1
    await connection.execute(
        update(documents).where(documents.c.title == document.title, documents.c.live).values(live=False)
    )
    inserted = await connection.execute(
        insert(documents).values(
            title=document.title,
            version=version,
            hash=digest,
            live=True,
            area=document.area,
            chapters=list(document.chapters),
            notes=list(document.notes),
            adopted=document.adopted.isoformat() if document.adopted else None,
            effective=document.effective.isoformat() if document.effective else None,
            imported_at=int(now.timestamp()),
        )
    )
    (document_id,) = inserted.inserted_primary_key or (None,)
    rows = [
        {
            "document_id": document_id,
            "position": position,
            "number": article.number,
            "label": article.label,
            "chapter": article.chapter,
            "section": article.section,
            "line": article.line,
            "paragraphs": [
                {"text": entry.text, "items": [[item.label, item.text] for item in entry.items]}
                for entry in article.paragraphs
            ],
        }
        for position, article in enumerate(document.articles)
    ]
    await connection.execute(insert(articles), rows)
    return Imported(document.title, version, True)


def _digest(document: Document) -> str:
    """The same for the same words, wherever they stood in the file."""
    words = [(entry.label, entry.chapter, entry.section, entry.paragraphs) for entry in document.articles]
    facts = (document.notes, document.adopted, document.effective, document.area, document.chapters)
    return hashlib.sha256(repr((facts, words)).encode()).hexdigest()


def _article(row: Row[Any]) -> Article:
    paragraphs = tuple(
        Paragraph(number, entry["text"], tuple(Item(label, text) for label, text in entry["items"]))
        for number, entry in enumerate(row.paragraphs, 1)
    )
    return Article(row.number, row.label, row.chapter, row.section, paragraphs, row.line)


def _document(row: Row[Any], found: Sequence[Article]) -> Document:
    return Document(
        row.title,
        tuple(row.chapters),
        tuple(found),
        tuple(row.notes),
        _day(row.adopted),
        _day(row.effective),
        row.area,
    )


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
