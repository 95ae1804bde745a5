"""What a push looked like in WeChat itself: pictures of the screen that staff took of it, for the filing.

A picture of a screen may show more than the article, so it is not kept like the pictures of texts, which
are never removed while a text names them: one that is taken away is gone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.images import Prepared, intact
from content.tables import insert_new, metadata

MOST = 9

campaign_screens = Table(
    "campaign_screens",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("added_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Screen:
    """A picture of a screen: what it is known by, who put it there, and when (epoch seconds)."""

    sha256: str
    added_by: str
    added_at: int


class TooMany(Exception):
    """A push has as many pictures of its screen as it may have."""


async def add(conn: AsyncConnection, campaign_id: int, image: Prepared, by: str, now: datetime) -> bool:
    """Put one more there; False when this very picture is there already. Raises TooMany."""
    c = campaign_screens.c
    others = select(func.count()).where(c.campaign_id == campaign_id, c.sha256 != image.sha256)
    if (await conn.execute(others)).scalar_one() >= MOST:
        raise TooMany
    row = {"campaign_id": campaign_id, **image.row(by, now)}
    return await insert_new(conn, campaign_screens, [row], ["campaign_id", "sha256"]) == 1


async def listed(conn: AsyncConnection, campaign_id: int) -> tuple[Screen, ...]:
    """Those of a push, the first one first."""
    c = campaign_screens.c
    query = select(c.sha256, c.added_by, c.added_at).where(c.campaign_id == campaign_id)
    return tuple(Screen(*row) for row in await conn.execute(query.order_by(c.added_at, c.sha256)))


async def load(conn: AsyncConnection, campaign_id: int, known_by: str) -> bytes | None:
    """One of them (JPEG); None where there is none, or where its bytes are others."""
    c = campaign_screens.c
    query = select(c.content).where(c.campaign_id == campaign_id, c.sha256 == known_by)
    return intact((await conn.execute(query)).scalar_one_or_none(), known_by)


async def forget(conn: AsyncConnection, hashes: Collection[str]) -> None:
    """Delete these for good, wherever an older backup has brought them back."""
    await conn.execute(delete(campaign_screens).where(campaign_screens.c.sha256.in_(sorted(hashes))))


async def remove(conn: AsyncConnection, campaign_id: int, known_by: str) -> bool:
    """Delete one for good; False when it is gone already."""
    c = campaign_screens.c
    gone = delete(campaign_screens).where(c.campaign_id == campaign_id, c.sha256 == known_by)
    return (await conn.execute(gone)).rowcount == 1
