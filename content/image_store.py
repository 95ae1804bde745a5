"""The pictures of campaigns, kept by the hash of their bytes and never changed."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from content.images import Prepared, intact
from content.tables import insert_new, metadata

AT_ONCE = 500

campaign_images = Table(
    "campaign_images",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("added_at", BigInteger, nullable=False),
)


async def keep(conn: AsyncConnection, image: Prepared, by: str, now: datetime) -> str:
    """Keep a picture, once; what it is known by. One that is put somewhere again is new again."""
    row = {**image.row(by, now), "width": image.width, "height": image.height}
    await insert_new(conn, campaign_images, [row], ["sha256"])
    again = update(campaign_images).where(campaign_images.c.sha256 == image.sha256)
    await conn.execute(again.values(added_at=int(now.timestamp())))
    return image.sha256


async def older(conn: AsyncConnection, before: datetime) -> set[str]:
    """The pictures that nobody has put anywhere since a moment."""
    at = int(before.timestamp())
    query = select(campaign_images.c.sha256).where(campaign_images.c.added_at < at)
    return set((await conn.execute(query)).scalars())


async def forget(conn: AsyncConnection, hashes: Collection[str], before: datetime) -> int:
    """Remove pictures, but none that somebody has put somewhere meanwhile; how many."""
    found = 0
    wanted = sorted(hashes)
    for start in range(0, len(wanted), AT_ONCE):
        mine = campaign_images.c.sha256.in_(wanted[start : start + AT_ONCE])
        old = campaign_images.c.added_at < int(before.timestamp())
        found += (await conn.execute(delete(campaign_images).where(mine, old))).rowcount
    return found


async def load(conn: AsyncConnection, hashes: Collection[str]) -> Mapping[str, bytes]:
    """The bytes (JPEG) of those pictures that there are, still as they were when they were signed."""
    query = select(campaign_images.c.sha256, campaign_images.c.content)
    rows = await conn.execute(query.where(campaign_images.c.sha256.in_(hashes)))
    return {row.sha256: row.content for row in rows if intact(row.content, row.sha256)}
