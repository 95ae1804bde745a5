"""One person at a time: found or made, locked while somebody decides for them, written back."""

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Select,
    bindparam,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring
from bot.residents.table import Resident, residents
from surveys.listed import one_of

_LOCKED = (
    select(residents)
    .where(one_of(residents.c.openid, "openids"))
    .order_by(residents.c.openid)
    .with_for_update()
)
_LOCKED_BY_ID = select(residents.c.id).where(residents.c.id == bindparam("key")).with_for_update()
_SAVE = (
    update(residents)
    .where(residents.c.id == bindparam("key"))
    .values(
        following=bindparam("is_following"),
        followed_at=bindparam("followed"),
        left_at=bindparam("left"),
        last_message_at=bindparam("last_message"),
        offered=bindparam("offering"),
        muted=bindparam("is_muted"),
        answered_at=bindparam("answered"),
        answered_from=bindparam("cited"),
        home=bindparam("lives_in"),
        waiting=bindparam("still_waiting"),
    )
)


def respondent_key(openid: str, secret: bytes) -> str:
    """The key under which one wave knows this person: HMAC-SHA256, 128 bits, as 32 hex digits.

    Without the wave's secret, destroyed when the wave closes, nobody can compute it again.
    """
    return hmac.digest(secret, openid.encode(), "sha256").hex()[:32]


async def ensure(
    connection: AsyncConnection, openids: Collection[str], new_id: Callable[[], int]
) -> dict[str, Resident]:
    """The residents behind these openids, created where unknown, locked until the transaction ends.

    The lock keeps two replicas from deciding at the same time for one person; rows are taken in one
    order so that two batches cannot wait for each other.
    """
    wanted = sorted(set(openids))
    found = await _load(connection, wanted)
    if missing := [openid for openid in wanted if openid not in found]:
        rows = [{"id": new_id(), "openid": openid, "following": False} for openid in missing]
        await connection.execute(insert_ignoring(connection, residents, ["openid"]), rows)
        found |= await _load(connection, missing)
    return found


async def _load(connection: AsyncConnection, openids: Sequence[str]) -> dict[str, Resident]:
    found = [Resident(*row) for row in await connection.execute(_LOCKED, {"openids": openids})]
    return {one.openid: one for one in found}


async def visited(connection: AsyncConnection, openid: str, new_id: Callable[[], int], now: datetime) -> int:
    """The key of whoever opened a page, created where unknown, locked until the transaction ends."""
    resident = (await ensure(connection, [openid], new_id))[openid]
    moment = int(now.timestamp())
    await connection.execute(update(residents).where(residents.c.id == resident.id).values(visited_at=moment))
    return resident.id


async def lock(connection: AsyncConnection, resident: int) -> None:
    """Keep every other door from deciding for this person until the transaction ends."""
    await connection.execute(_LOCKED_BY_ID, {"key": resident})


@dataclass(frozen=True, slots=True)
class Held:
    """A person whom no other door decides for meanwhile, and what waits for the end of an interview."""

    openid: str
    waiting: str


def locking(ids: Select[tuple[int]]) -> Select[Any]:
    """The statement that locks the persons whom another one finds, as `hold` wants it."""
    return (
        select(residents.c.id, residents.c.openid, residents.c.waiting)
        .where(residents.c.id.in_(ids))
        .order_by(residents.c.openid)
        .with_for_update()
    )


async def hold(
    connection: AsyncConnection, statement: Select[Any], parameters: Mapping[str, Any]
) -> dict[int, Held]:
    """The persons whom a `locking` statement finds; every other door waits until the transaction ends."""
    rows = await connection.execute(statement, parameters)
    return {row.id: Held(row.openid, row.waiting) for row in rows}


async def save(connection: AsyncConnection, changed: Sequence[Resident]) -> None:
    """Write back what a batch changed: following and the time of the last message."""
    if not changed:
        return
    rows = [
        {
            "key": one.id,
            "is_following": one.following,
            "followed": one.followed_at,
            "left": one.left_at,
            "last_message": one.last_message_at,
            "offering": one.offered,
            "is_muted": one.muted,
            "answered": one.answered_at,
            "cited": one.answered_from,
            "lives_in": one.home,
            "still_waiting": one.waiting,
        }
        for one in changed
    ]
    await connection.execute(_SAVE, rows)


async def find(connection: AsyncConnection, openid: str) -> Resident | None:
    """The resident behind an openid, if there is one."""
    row = (await connection.execute(select(residents).where(residents.c.openid == openid))).one_or_none()
    return Resident(*row) if row else None
