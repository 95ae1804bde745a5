"""The one place where an openid stands: who follows, and the keys that stand for a person elsewhere."""

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    false,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring, metadata
from surveys.listed import one_of

residents = Table(
    "residents",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("openid", String(64), nullable=False, unique=True),
    Column("following", Boolean, nullable=False),
    Column("followed_at", BigInteger),
    Column("left_at", BigInteger),
    Column("last_message_at", BigInteger),
    Column("offered", Text, nullable=False, server_default=""),
    Column("muted", Boolean, nullable=False, server_default=false()),
    Column("answered_at", BigInteger),
    Column("answered_from", Text, nullable=False, server_default=""),
    Column("visited_at", BigInteger),
    Column("home", String(80), nullable=False, server_default=""),
    Column("waiting", String(200), nullable=False, server_default=""),
)


@dataclass(frozen=True, slots=True)
class Resident:
    """A person who has written to the account, under the random key that the other tables use.

    The key is random and never used again, so that an erasure can be repeated on an old backup
    without ever meeting somebody else.
    """

    id: int
    openid: str
    following: bool
    followed_at: int | None = None
    left_at: int | None = None
    last_message_at: int | None = None
    offered: str = ""
    """What the last reply offered to choose from by number, one line each: the words to ask instead."""
    muted: bool = False
    """Wants no message that does not answer one of theirs."""
    answered_at: int | None = None
    answered_from: str = ""
    """When the last message was answered with an article, and which: what "那罚多少" refers to."""
    visited_at: int | None = None
    """When WeChat last told that this person opened a page of ours; many such never follow."""
    home: str = ""
    """The village, street or community they said they live in, as far as it has rules of its own."""
    waiting: str = ""
    """What they asked in the middle of a questionnaire, a line a question, until it is offered to them."""

    @property
    def is_blank(self) -> bool:
        """Nothing is known of this person: neither a message nor a visit."""
        times = {self.followed_at, self.left_at, self.last_message_at, self.visited_at}
        return not self.following and times == {None}


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


async def left(connection: AsyncConnection, ids: Collection[int], now: datetime) -> None:
    """The platform says that these do not follow any more; their period of keeping begins."""
    if ids:
        await connection.execute(
            update(residents)
            .where(residents.c.id.in_(ids), residents.c.following.is_(True))
            .values(following=False, left_at=int(now.timestamp()))
        )


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


async def remove(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Forget persons; what other tables keep under their key is removed by `bot.erasure`."""
    if ids:
        await connection.execute(delete(residents).where(residents.c.id.in_(ids)))


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
