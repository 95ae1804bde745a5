"""The QR codes that WeChat makes for the posters of a wave: one a community, asked for once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Integer, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database, insert_ignoring, metadata
from bot.waves.arrivals import scene_of
from bot.wechat.api import Platform
from surveys.waves import Wave

AT_ONCE = 40
"""Codes that one press of the button asks for; the page says how many are left."""
LONGEST = timedelta(days=30)

codes = Table(
    "poster_codes",
    metadata,
    Column("wave_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)


async def codes_of(conn: AsyncConnection, wave_id: int) -> Mapping[int, str]:
    """Number of the community in the frame, from 1 -> what its QR code holds."""
    query = select(codes.c.number, codes.c.url).where(codes.c.wave_id == wave_id)
    return {row.number: row.url for row in await conn.execute(query)}


async def make_codes(database: Database, platform: Platform, wave: Wave, now: datetime) -> int:
    """Ask WeChat for the next codes that are missing, and keep each at once; how many. Raises ApiError.

    A code asked for and lost by a crash is one more at WeChat, and does no harm.
    """
    async with database.snapshot() as conn:
        known = await codes_of(conn, wave.id)
    missing = [number for number in range(1, len(wave.terms.frame) + 1) if number not in known]
    for number in missing[:AT_ONCE]:
        url = await platform.qr_code(scene_of(wave.id, number), _seconds(wave, now))
        row = {"wave_id": wave.id, "number": number, "url": url, "made_at": int(now.timestamp())}
        async with database.transaction() as conn:
            await conn.execute(insert_ignoring(conn, codes, ["wave_id", "number"]).values(row))
    return len(missing[:AT_ONCE])


def _seconds(wave: Wave, now: datetime) -> int | None:
    """As long as the wave lasts; None, for good, where that is longer than a code may live."""
    if wave.closes_at is None:
        return None
    length = wave.closes_at - int(now.timestamp())
    return max(length, 60) if length <= LONGEST.total_seconds() else None
