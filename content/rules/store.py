"""Regulations in the database: versions of documents and their articles; the door to confirmed questions.

A work is known by its title without year and 修订. Importing it again makes a new version; `force` decides
which version answers on a day. Every change raises the revision, by which other replicas notice it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
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
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules import force, records
from content.rules.citing import cited_labels
from content.rules.document import Article, Document, Parsed, tier_of_area, work_of
from content.rules.force import Version
from content.rules.lessons import Lesson, Taught, remember
from content.rules.listing import Imported, Listed
from content.rules.revisions import advance, lock
from content.rules.summaries import load_summaries, words_of
from content.rules.text_changes import Facts
from content.rules.words import fold
from content.tables import metadata

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
    Column("work", String(200), nullable=False, server_default="", index=True),
    Column("tier", String(10), nullable=False, server_default=""),
    Column("issuer", String(120), nullable=False, server_default=""),
    Column("source", String(500), nullable=False, server_default=""),
    Column("expires", String(10)),
    Column("superseded_by", String(200), nullable=False, server_default=""),
    Column("carried", Boolean, nullable=False, server_default=true()),
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


async def import_documents(
    connection: AsyncConnection, parsed: Sequence[Parsed], now: datetime
) -> tuple[Imported, ...]:
    """Keep the documents as new versions of their works; the same text again changes nothing.

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


async def quotable(connection: AsyncConnection, day: date) -> frozenset[int]:
    """The ids of the texts in force on that day: cheap, to notice that midnight changed them."""
    return force.in_force(await _versions(connection), day)


async def load_documents(connection: AsyncConnection, day: date) -> tuple[Document, ...]:
    """Every document in force on that day, in the order of import."""
    return await _load(connection, await quotable(connection, day))


async def get_document(connection: AsyncConnection, id: int) -> Document | None:
    """One stored text with its articles, in force or not."""
    return next(iter(await _load(connection, [id])), None)


async def list_documents(connection: AsyncConnection, day: date, work: str = "") -> tuple[Listed, ...]:
    """All stored texts, or the versions of one work, with their state on that day, in the order of import."""
    states = force.states(await _versions(connection), day)
    counted = (
        select(articles.c.document_id, func.count().label("articles"))
        .group_by(articles.c.document_id)
        .subquery()
    )
    query = select(documents, counted.c.articles).join(counted, counted.c.document_id == documents.c.id)
    if work:
        query = query.where(documents.c.work == work)
    rows = await connection.execute(query.order_by(documents.c.id))
    return tuple(_listed(row, states[row.id]) for row in rows)


async def get_article(
    connection: AsyncConnection, title: str, article: int | str, day: date
) -> Article | None:
    """An article in force by its number (13) or label ("第十三条", "第13条", "第三条之一"); None without."""
    wanted = articles.c.number == article
    if isinstance(article, str):
        labels = cited_labels(fold(article)) or [(0, article)]
        wanted = articles.c.label == labels[0][1]
    rows = await connection.execute(
        select(articles)
        .join(documents, documents.c.id == articles.c.document_id)
        .where(documents.c.id.in_(await quotable(connection, day)), documents.c.title == title, wanted)
        .order_by(func.length(articles.c.label), articles.c.position)  # 第三条 before 第三条之一
        .limit(1)
    )
    row = rows.mappings().first()
    return None if row is None else records.article_of(row)


async def teach(connection: AsyncConnection, lessons: Iterable[Lesson], day: date) -> Taught:
    """Remember confirmed questions; one known already, or whose article is not in force, is not added."""
    rows = await connection.execute(
        select(documents.c.title, articles.c.label)
        .join(articles)
        .where(documents.c.id.in_(await quotable(connection, day)))
    )
    return await remember(connection, lessons, frozenset((row.title, row.label) for row in rows))


async def uncarried(connection: AsyncConnection, day: date) -> list[tuple[int, int]]:
    """Texts in force that did not take over what the office taught, each with the version it replaces.

    That is the newest version before it which had taken over itself, or 0.
    """
    c = documents.c
    waiting = await connection.execute(
        select(c.id, c.work, c.version).where(c.live, c.carried.is_(False)).order_by(c.id)
    )
    rows = waiting.all()
    if not rows:
        return []
    in_force = await quotable(connection, day)
    found = []
    for id, work, version in rows:
        if id in in_force:
            earlier = select(c.id).where(c.work == work, c.version < version, c.carried)
            found.append((id, await connection.scalar(earlier.order_by(c.version.desc()).limit(1)) or 0))
    return found


async def set_carried(connection: AsyncConnection, id: int) -> bool:
    """Note that a text took over; False when somebody else had noted it."""
    c = documents.c
    changed = await connection.execute(
        update(documents).where(c.id == id, c.carried.is_(False)).values(carried=True)
    )
    return changed.rowcount == 1


async def set_facts(connection: AsyncConnection, id: int, facts: Facts) -> bool:
    """Put right what is known about a text beside its words and its title; False when it is withdrawn."""
    changed = await connection.execute(
        update(documents)
        .where(documents.c.id == id, documents.c.live)
        .values(
            tier=facts.tier,
            area=facts.area,
            issuer=facts.issuer,
            source=facts.source,
            adopted=records.written(facts.adopted),
            effective=records.written(facts.effective),
            expires=records.written(facts.expires),
            superseded_by=facts.superseded_by,
        )
    )
    if changed.rowcount == 1:
        await advance(connection)
    return changed.rowcount == 1


async def withdraw(connection: AsyncConnection, id: int) -> bool:
    """Take a text out of every answer for good; False when it was out already."""
    changed = await connection.execute(
        update(documents).where(documents.c.id == id, documents.c.live).values(live=False)
    )
    if changed.rowcount == 1:
        await advance(connection)
    return changed.rowcount == 1


async def _load(connection: AsyncConnection, ids: Iterable[int]) -> tuple[Document, ...]:
    wanted = sorted(ids)
    heads = await connection.execute(
        select(documents).where(documents.c.id.in_(wanted)).order_by(documents.c.id)
    )
    rows = heads.mappings().all()
    found = await connection.execute(
        select(articles)
        .where(articles.c.document_id.in_(wanted))
        .order_by(articles.c.document_id, articles.c.position)
    )
    by_document: dict[int, list[Article]] = {}
    for row in found.mappings():
        by_document.setdefault(row["document_id"], []).append(records.article_of(row))
    told = await load_summaries(connection, [row["work"] for row in rows])
    return tuple(
        records.document_of(
            row,
            [_with_summary(one, row["work"], told) for one in by_document.get(row["id"], ())],
            row["id"],
            row["version"],
        )
        for row in rows
    )


def _with_summary(article: Article, work: str, told: Mapping[tuple[str, str], str]) -> Article:
    text = told.get((work, words_of(article)), "") if told else ""
    return replace(article, summary=text) if text else article


async def _versions(connection: AsyncConnection) -> list[Version]:
    table = documents.c
    rows = await connection.execute(
        select(
            table.id,
            table.work,
            table.version,
            table.effective,
            table.expires,
            table.superseded_by,
            table.live,
        )
    )
    return [
        Version(id, work, number, records.day(effective), records.day(expires), by, live)
        for id, work, number, effective, expires, by, live in rows
    ]


async def _import(connection: AsyncConnection, document: Document, now: datetime) -> Imported:
    digest, work = records.digest(document), work_of(document.title)
    found = await connection.execute(
        select(documents).where(documents.c.work == work).order_by(documents.c.version.desc())
    )
    earlier = found.all()
    last = next((row for row in earlier if row.live), None)
    if last is not None and last.hash == digest:
        return Imported(last.title, last.version, False, last.id, last.id)
    if last is not None:
        before = await get_document(connection, last.id)
        if before is not None and records.words_digest(before) == records.words_digest(document):
            # the same words with other facts correct the reading; they are no new version beside the old
            await connection.execute(update(documents).where(documents.c.id == last.id).values(live=False))
    version = 1 + max((row.version for row in earlier), default=0)
    inserted = await connection.execute(
        insert(documents).values(
            **records.document_record(document),
            version=version,
            hash=digest,
            live=True,
            work=work,
            carried=not earlier,
            imported_at=int(now.timestamp()),
        )
    )
    (document_id,) = inserted.inserted_primary_key or (0,)
    rows = [{"document_id": document_id, **row} for row in records.article_records(document.articles)]
    await connection.execute(insert(articles), rows)
    return Imported(document.title, version, True, document_id, last.id if last is not None else 0)


def _listed(row: Row[Any], state: force.State) -> Listed:
    return Listed(
        row.id,
        row.title,
        row.work,
        row.version,
        state,
        row.tier or tier_of_area(row.area),
        row.area,
        row.issuer,
        row.source,
        row.articles,
        records.day(row.adopted),
        records.day(row.effective),
        records.day(row.expires),
        row.superseded_by,
        row.imported_at,
    )
