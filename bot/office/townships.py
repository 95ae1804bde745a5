"""Which townships a contact enters activities for: what they may see and change ends there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, Column, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata

staff_townships = Table(
    "staff_townships",
    metadata,
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("township", String(40), primary_key=True),
    Column("given_at", BigInteger, nullable=False),
)


async def give(conn: AsyncConnection, staff_id: int, names: Collection[str], now: datetime) -> None:
    """From now on this person enters for these townships and no others."""
    await forget(conn, staff_id)
    moment = int(now.timestamp())
    rows = [{"staff_id": staff_id, "township": name, "given_at": moment} for name in sorted(set(names))]
    if rows:
        await conn.execute(insert(staff_townships).values(rows))


async def of(conn: AsyncConnection, staff_id: int) -> frozenset[str]:
    """The townships of one person."""
    query = select(staff_townships.c.township).where(staff_townships.c.staff_id == staff_id)
    return frozenset((await conn.execute(query)).scalars())


async def of_all(conn: AsyncConnection) -> dict[int, list[str]]:
    """Everybody's townships."""
    found: dict[int, list[str]] = {}
    for row in await conn.execute(select(staff_townships).order_by(staff_townships.c.township)):
        found.setdefault(row.staff_id, []).append(row.township)
    return found


async def hand_over(conn: AsyncConnection, giver: int, taker: int, now: datetime) -> None:
    """One person's townships go to another, who keeps their own."""
    given = await of(conn, giver) | await of(conn, taker)
    await forget(conn, giver)
    await give(conn, taker, given, now)


async def forget(conn: AsyncConnection, staff_id: int) -> None:
    """The person has left, or has another task."""
    await conn.execute(delete(staff_townships).where(staff_townships.c.staff_id == staff_id))
