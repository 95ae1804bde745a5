"""How many began to follow on a day and how many stopped: as we heard it, and as the platform tells it later.

Counts only, no persons: they stay when somebody is erased.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Integer, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from bot.effect.readership import Followed
from bot.wechat.figures import FollowerDay
from content.festivals import SHANGHAI

follower_days = Table(
    "follower_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("came", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("told_came", Integer),
    Column("told_gone", Integer),
)


async def note(conn: AsyncConnection, came: int, gone: int, now: datetime) -> None:
    """Add what a batch of messages brought."""
    if not came and not gone:
        return
    row = {"day": now.astimezone(SHANGHAI).date().isoformat(), "came": came, "gone": gone}
    insert = _insert(conn).values(row)
    heard = {name: follower_days.c[name] + insert.excluded[name] for name in ("came", "gone")}
    await conn.execute(insert.on_conflict_do_update(index_elements=["day"], set_=heard))


async def told(conn: AsyncConnection, days: Sequence[FollowerDay]) -> None:
    """Keep what the platform says of these days."""
    rows = [
        {"day": one.day, "came": 0, "gone": 0, "told_came": one.came, "told_gone": one.left}
        for one in sorted(days, key=lambda one: one.day)
    ]
    if not rows:
        return
    insert = _insert(conn).values(rows)
    said = {name: insert.excluded[name] for name in ("told_came", "told_gone")}
    await conn.execute(insert.on_conflict_do_update(index_elements=["day"], set_=said))


async def between(conn: AsyncConnection, first: date, last: date) -> tuple[Followed, ...]:
    """The days from `first` to `last` on which anything is known, the earliest first."""
    c = follower_days.c
    query = select(follower_days).where(c.day >= first.isoformat(), c.day <= last.isoformat())
    return tuple(
        Followed(row.day, row.came, row.gone, told=False)
        if row.told_came is None
        else Followed(row.day, row.told_came, row.told_gone, told=True)
        for row in await conn.execute(query.order_by(c.day))
    )


def _insert(conn: AsyncConnection) -> Any:
    return (sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert)(follower_days)
