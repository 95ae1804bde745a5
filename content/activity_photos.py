"""The photographs of held activities, at most one each.

A photograph shows people, so it is not kept like the pictures of a push: taken off, or put off by another, it
is gone for good.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.images import Prepared, intact
from content.tables import metadata

activity_photos = Table(
    "activity_photos",
    metadata,
    Column("activity_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("added_at", BigInteger, nullable=False),
)


async def put(conn: AsyncConnection, activity_id: int, image: Prepared, by: str, now: datetime) -> None:
    """Show this one, in place of an earlier one."""
    await remove(conn, activity_id)
    await conn.execute(insert(activity_photos).values(activity_id=activity_id, **image.row(by, now)))


async def remove(conn: AsyncConnection, activity_id: int) -> None:
    """Delete the one of this activity, if there is one."""
    await conn.execute(delete(activity_photos).where(activity_photos.c.activity_id == activity_id))


async def forget(conn: AsyncConnection, hashes: Collection[str]) -> None:
    """Delete these, wherever an older backup has brought them back."""
    await conn.execute(delete(activity_photos).where(activity_photos.c.sha256.in_(sorted(hashes))))


async def load(conn: AsyncConnection, activity_id: int, known_by: str) -> bytes | None:
    """The one of this activity (JPEG); None without one, or where its bytes are others."""
    query = select(activity_photos.c.content).where(activity_photos.c.activity_id == activity_id)
    return intact((await conn.execute(query)).scalar(), known_by)


async def sizes(conn: AsyncConnection, numbers: Iterable[int]) -> tuple[int, int]:
    """How many of these activities have a photograph, and how many bytes they are together."""
    mine = activity_photos.c.activity_id.in_(sorted(numbers))
    query = select(func.count(), func.sum(func.length(activity_photos.c.content))).where(mine)
    row = (await conn.execute(query)).one()
    return int(row[0]), int(row[1] or 0)
