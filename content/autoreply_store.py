"""The versions of the account's own texts: append-only, so that any earlier state can be had back."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from content.autoreply import AccountTexts
from content.tables import metadata

account_texts = Table(
    "account_texts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("texts", JSON, nullable=False),
    Column("author", String(80), nullable=False),
    Column("note", String(200), nullable=False),
    Column("at", Integer, nullable=False),
    Column("published_at", BigInteger),
    Column("published_by", String(80)),
)


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the texts; live when it is the newest published one. Times are epoch seconds."""

    id: int
    texts: AccountTexts
    author: str
    note: str
    at: int
    published_at: int | None
    published_by: str | None


def _version(row: Any) -> Version:
    return Version(
        row.id,
        AccountTexts.from_json(row.texts),
        row.author,
        row.note,
        row.at,
        row.published_at,
        row.published_by,
    )


async def current(connection: AsyncConnection) -> Version | None:
    """The version that residents meet now: `publish` takes only the newest, so it has the highest id."""
    query = (
        select(account_texts)
        .where(account_texts.c.published_at.is_not(None))
        .order_by(account_texts.c.id.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return _version(row) if row else None


async def revision(connection: AsyncConnection) -> int:
    """The id of the live version, 0 without one: a cheap question for a replica that keeps `current`."""
    query = select(func.max(account_texts.c.id)).where(account_texts.c.published_at.is_not(None))
    return (await connection.execute(query)).scalar() or 0


async def latest(connection: AsyncConnection) -> Version | None:
    """The version written last: the draft if there is one, else a published one."""
    row = (
        await connection.execute(select(account_texts).order_by(account_texts.c.id.desc()).limit(1))
    ).one_or_none()
    return _version(row) if row else None


async def get(connection: AsyncConnection, version: int) -> Version | None:
    """One version, or None."""
    row = (await connection.execute(select(account_texts).where(account_texts.c.id == version))).one_or_none()
    return _version(row) if row else None


async def save_draft(
    connection: AsyncConnection, texts: AccountTexts, author: str, now: int, note: str = ""
) -> int:
    """Add a version that is not live; its id."""
    row = await connection.execute(
        insert(account_texts)
        .values(texts=texts.to_json(), author=author, note=note, at=now)
        .returning(account_texts.c.id)
    )
    return int(row.scalar_one())


async def publish(connection: AsyncConnection, version: int, by: str, now: int) -> bool:
    """Make a draft live, once; False when somebody already did, or when a newer version was written.

    The second check keeps an approver from sending out texts that are not the ones on the screen.
    """
    newest = select(func.max(account_texts.c.id)).scalar_subquery()
    changed = await connection.execute(
        update(account_texts)
        .where(
            account_texts.c.id == version,
            account_texts.c.published_at.is_(None),
            account_texts.c.id == newest,
        )
        .values(published_at=now, published_by=by)
    )
    return changed.rowcount == 1


async def restore(connection: AsyncConnection, version: int, author: str, now: int) -> int | None:
    """Write an earlier version again as a new draft: the undo. None when there is no such version."""
    earlier = await get(connection, version)
    if earlier is None:
        return None
    return await save_draft(connection, earlier.texts, author, now, note=f"恢复第 {version} 版")


async def history(connection: AsyncConnection, limit: int = 50) -> list[Version]:
    """The versions, newest first."""
    query = select(account_texts).order_by(account_texts.c.id.desc()).limit(limit)
    return [_version(row) for row in await connection.execute(query)]
