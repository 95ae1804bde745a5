"""Whom the account may write to of its own accord, and under which openids."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Select,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.residents.table import residents


async def openid_of(connection: AsyncConnection, resident: int) -> str | None:
    """For sending: the openid behind a resident key; None once the person is erased."""
    query = select(residents.c.openid).where(residents.c.id == resident)
    return (await connection.execute(query)).scalar_one_or_none()


async def openids_of(connection: AsyncConnection, ids: Collection[int]) -> Mapping[int, str]:
    """For sending: the openids behind resident keys."""
    query = select(residents.c.id, residents.c.openid).where(residents.c.id.in_(ids))
    return {row.id: row.openid for row in await connection.execute(query)}


async def last_messages(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """When each of these followers last wrote (epoch seconds), as far as a window may still be open."""
    query = select(residents.c.id, residents.c.last_message_at).where(
        residents.c.id.in_(ids), residents.c.following.is_(True), residents.c.last_message_at.is_not(None)
    )
    return {row.id: row.last_message_at for row in await connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody whom the account may write to of its own accord."""

    id: int
    openid: str
    last_message_at: int


async def reachable(connection: AsyncConnection, since: int) -> list[Reachable]:
    """Followers who wrote after `since` and did not ask to be left alone."""
    query = select(residents.c.id, residents.c.openid, residents.c.last_message_at).where(
        residents.c.last_message_at > since,
        residents.c.following.is_(True),
        residents.c.muted.is_(False),
    )
    return [Reachable(*row) for row in await connection.execute(query.order_by(residents.c.id))]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody whom a push is for, and when they last wrote (epoch seconds), if that is still known."""

    id: int
    openid: str
    last_message_at: int | None


def _addressed(
    columns: Sequence[Column[Any]],
    among: Sequence[Select[tuple[int]] | None],
    told: Collection[str] | None,
    since: int | None,
) -> Select[Any]:
    query = select(*columns).where(residents.c.following.is_(True), residents.c.muted.is_(False))
    for chosen in among:
        if chosen is not None:
            query = query.where(residents.c.id.in_(chosen))
    if told is not None:
        query = query.where(residents.c.home.in_(told))
    if since is not None:
        query = query.where(residents.c.last_message_at > since)
    return query.order_by(residents.c.id)


async def addressed_ids(
    connection: AsyncConnection,
    among: Sequence[Select[tuple[int]] | None],
    told: Collection[str] | None,
    since: int | None,
) -> list[int]:
    """Who follows, is not muted, is `among` these all, lives at a home they `told`, wrote after `since`."""
    query = _addressed([residents.c.id], among, told, since)
    return list((await connection.execute(query)).scalars())


async def addressed(
    connection: AsyncConnection,
    among: Sequence[Select[tuple[int]] | None],
    told: Collection[str] | None,
    since: int | None,
    first: int,
    last: int,
) -> list[Addressee]:
    """For sending: the same people between two keys, with their openids."""
    columns = [residents.c.id, residents.c.openid, residents.c.last_message_at]
    query = _addressed(columns, among, told, since).where(residents.c.id.between(first, last))
    return [Addressee(*row) for row in await connection.execute(query)]


async def wrote(
    connection: AsyncConnection,
    among: Sequence[Select[tuple[int]] | None],
    told: Collection[str] | None,
    since: int,
) -> dict[int, int]:
    """The same people, and when each of them wrote last (epoch seconds)."""
    query = _addressed([residents.c.id, residents.c.last_message_at], among, told, since)
    return {row[0]: row[1] for row in await connection.execute(query)}


def wrote_after(since: int) -> Select[tuple[int]]:
    """Who wrote after `since`, to be counted in."""
    return select(residents.c.id).where(residents.c.last_message_at > since)


async def count_followers(connection: AsyncConnection) -> int:
    """How many follow the account, as far as they are known here."""
    query = select(func.count()).where(residents.c.following.is_(True))
    return (await connection.execute(query)).scalar_one()


async def homes(connection: AsyncConnection, of: Select[tuple[int]] | None = None) -> dict[str, int]:
    """The homes that followers told, and how many who live there may be written to, or are `of` these."""
    query = (
        select(residents.c.home, func.count())
        .where(residents.c.home != "", residents.c.id.in_(sendable_ids() if of is None else of))
        .group_by(residents.c.home)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}


async def openids_at(connection: AsyncConnection, told: Collection[str]) -> set[str]:
    """For sending: followers at these homes who did not ask to be left alone."""
    query = select(residents.c.openid).where(residents.c.home.in_(told), residents.c.id.in_(sendable_ids()))
    return set((await connection.execute(query)).scalars())


async def sendable(connection: AsyncConnection, ids: Collection[int]) -> set[str]:
    """For sending: the openids of those among `ids` who follow and did not ask to be left alone."""
    query = select(residents.c.openid).where(residents.c.id.in_(ids), residents.c.id.in_(sendable_ids()))
    return set((await connection.execute(query)).scalars())


def sendable_ids(among: Select[tuple[int]] | None = None) -> Select[tuple[int]]:
    """Who follows and did not ask to be left alone, `among` these if given, to be counted in."""
    found = select(residents.c.id).where(residents.c.following.is_(True), residents.c.muted.is_(False))
    return found if among is None else found.where(residents.c.id.in_(among))
