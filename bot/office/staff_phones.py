"""Colleagues' own WeChat, to which a text is sent for a look before it is signed.

A colleague is shown a code at the desk and sends it to the account from the phone; what is kept is the
resident's key, as for everybody who writes to the account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import BigInteger, Column, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata

LASTS = timedelta(minutes=10)
DIGITS = 8

staff_phones = Table(
    "staff_phones",
    metadata,
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("resident", BigInteger),
    Column("code_hash", String(64), nullable=False),
    Column("code_until", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody sent a code from their phone."""

    resident: int
    code: str


async def offer(conn: AsyncConnection, staff_id: int, code: str, now: datetime) -> None:
    """For ten minutes, whoever sends this code is this colleague; the earlier phone is let go."""
    await forget(conn, staff_id)
    until = int((now + LASTS).timestamp())
    row = {"staff_id": staff_id, "code_hash": _hash(code), "code_until": until}
    await conn.execute(insert(staff_phones).values(row))


async def claim(conn: AsyncConnection, claims: Sequence[Claim], now: datetime) -> None:
    """Tie the senders of codes that are offered now; a code serves once, any other has no effect."""
    for one in claims:
        offered = (staff_phones.c.code_hash == _hash(one.code)) & (
            staff_phones.c.code_until > int(now.timestamp())
        )
        values = {"resident": one.resident, "code_hash": "", "code_until": 0}
        await conn.execute(update(staff_phones).where(offered).values(values))


async def of(conn: AsyncConnection, staff_id: int) -> int | None:
    """The resident's key of a colleague's own WeChat, None where none is tied."""
    query = select(staff_phones.c.resident).where(staff_phones.c.staff_id == staff_id)
    found: int | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def forget(conn: AsyncConnection, staff_id: int) -> None:
    """The colleague has left, or wants no more texts on the phone."""
    await conn.execute(delete(staff_phones).where(staff_phones.c.staff_id == staff_id))


async def forget_resident(conn: AsyncConnection, resident: int) -> None:
    """Whoever is erased is tied to nobody."""
    await conn.execute(delete(staff_phones).where(staff_phones.c.resident == resident))


def _hash(code: str) -> str:
    return sha256(code.encode()).hexdigest()
