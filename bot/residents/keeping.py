"""How long what is known of a resident stays."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    delete,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.residents.table import residents


async def remove(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Forget persons; what other tables keep under their key is removed by `bot.retention.erasure`."""
    if ids:
        await connection.execute(delete(residents).where(residents.c.id.in_(ids)))


async def left(connection: AsyncConnection, ids: Collection[int], now: datetime) -> None:
    """The platform says that these do not follow any more; their period of keeping begins."""
    if ids:
        await connection.execute(
            update(residents)
            .where(residents.c.id.in_(ids), residents.c.following.is_(True))
            .values(following=False, left_at=int(now.timestamp()))
        )


async def left_before(connection: AsyncConnection, moment: int, most: int) -> list[int]:
    """Who stopped following before `moment` and has not come back; they cannot until the transaction ends."""
    gone = residents.c.following.is_(False) & (residents.c.left_at < moment)
    query = select(residents.c.id).where(gone).order_by(residents.c.openid).limit(most).with_for_update()
    return list((await connection.execute(query)).scalars())


async def visitors_before(connection: AsyncConnection, moment: int, most: int) -> list[int]:
    """Who never followed and opened a page of ours last before `moment`; held as above."""
    visitor = residents.c.following.is_(False) & residents.c.left_at.is_(None)
    query = select(residents.c.id).where(visitor, residents.c.visited_at < moment)
    query = query.order_by(residents.c.openid).limit(most).with_for_update()
    return list((await connection.execute(query)).scalars())


async def count_visit(connection: AsyncConnection, ids: Collection[int], now: datetime) -> None:
    """These visitors are kept for another period."""
    moment = int(now.timestamp())
    await connection.execute(update(residents).where(residents.c.id.in_(ids)).values(visited_at=moment))


async def begin_periods(connection: AsyncConnection, now: datetime) -> None:
    """After a restore: no backup tells when visitors came, so that their period begins now."""
    visitor = residents.c.following.is_(False) & residents.c.left_at.is_(None)
    await connection.execute(update(residents).where(visitor).values(visited_at=int(now.timestamp())))


async def forget_windows(connection: AsyncConnection, before: int) -> None:
    """Clear last-message times that no customer-service window needs any more, and what was talked of.

    Whoever does not come back to a questionnaire within that time has to ask again.
    """
    statement = (
        update(residents)
        .where(residents.c.last_message_at < before)
        .values(last_message_at=None, offered="", answered_at=None, answered_from="", waiting="")
    )
    await connection.execute(statement)
