"""How a colleague is reached outside the desks: an e-mail address, as long as they want one."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Column, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata

staff_contacts = Table(
    "staff_contacts",
    metadata,
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("email", String(120), nullable=False),
)


async def set_email(conn: AsyncConnection, staff_id: int, email: str) -> None:
    """The person's address, "" for none."""
    await forget(conn, staff_id)
    if email:
        await conn.execute(insert(staff_contacts).values(staff_id=staff_id, email=email))


async def emails(conn: AsyncConnection, staff_ids: Collection[int]) -> dict[int, str]:
    """The addresses of those who gave one."""
    query = select(staff_contacts).where(staff_contacts.c.staff_id.in_(staff_ids))
    return {row.staff_id: row.email for row in await conn.execute(query)}


async def forget(conn: AsyncConnection, staff_id: int) -> None:
    """The person has left, or wants no more e-mail."""
    await conn.execute(delete(staff_contacts).where(staff_contacts.c.staff_id == staff_id))
