"""The versions of what the office added to the gates: append-only; the newest published one is live."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules.office_gates import OfficeGates, Unusable, from_json
from content.tables import metadata

LOOKED_BACK = 20
"""So many published versions are tried for one that can be used."""

office_gates = Table(
    "office_gates",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("added", JSON, nullable=False),
    Column("author", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("published_at", BigInteger),
    Column("published_by", String(64)),
)


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the office's gates. Times are epoch seconds; not published is waiting or given up.

    `spoilt` says why what was kept cannot be used, "" where it can; then nothing is `added`.
    """

    id: int
    added: OfficeGates
    author: str
    at: int
    published_at: int | None
    published_by: str | None
    spoilt: str = ""


async def revision(connection: AsyncConnection) -> int:
    """The number of the version published last, 0 without one."""
    query = select(func.max(office_gates.c.id)).where(office_gates.c.published_at.is_not(None))
    return (await connection.execute(query)).scalar() or 0


async def live(connection: AsyncConnection) -> Version | None:
    """The version that residents meet now: the one published last that can be used."""
    published = office_gates.c.published_at.is_not(None)
    query = select(office_gates).where(published).order_by(office_gates.c.id.desc()).limit(LOOKED_BACK)
    versions = [_version(row) for row in await connection.execute(query)]
    return next((version for version in versions if not version.spoilt), None)


async def passed_over(connection: AsyncConnection) -> Version | None:
    """The version published last, where it cannot be used and an earlier one or none serves instead."""
    last = await get(connection, await revision(connection))
    return last if last is not None and last.spoilt else None


async def history(connection: AsyncConnection, limit: int = 20) -> list[Version]:
    """The versions, newest first."""
    query = select(office_gates).order_by(office_gates.c.id.desc()).limit(limit)
    return [_version(row) for row in await connection.execute(query)]


async def get(connection: AsyncConnection, version: int) -> Version | None:
    """One version, or None."""
    row = (await connection.execute(select(office_gates).where(office_gates.c.id == version))).one_or_none()
    return _version(row) if row else None


async def propose(
    connection: AsyncConnection, added: OfficeGates, author: str, now: int, based_on: int
) -> int | None:
    """Add a version that waits for a second person; None when somebody wrote another since `based_on`."""
    newest = (await connection.execute(select(func.max(office_gates.c.id)))).scalar() or 0
    if newest != based_on:
        return None
    statement = insert(office_gates).values(added=added.to_json(), author=author, at=now)
    return int((await connection.execute(statement.returning(office_gates.c.id))).scalar_one())


async def publish(connection: AsyncConnection, version: int, by: str, now: int) -> bool:
    """Put the newest version in force, once and never by its author; False where that is not so."""
    c = office_gates.c
    newest = select(func.max(c.id)).scalar_subquery()
    changed = await connection.execute(
        update(office_gates)
        .where(c.id == version, c.id == newest, c.published_at.is_(None), c.author != by)
        .values(published_at=now, published_by=by)
    )
    return changed.rowcount == 1


def _version(row: Any) -> Version:
    added, spoilt = OfficeGates(), ""
    try:
        added = from_json(row.added)
    except Unusable as error:
        spoilt = str(error)
    return Version(row.id, added, row.author, row.at, row.published_at, row.published_by, spoilt)
