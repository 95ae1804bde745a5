"""Groups of followers that a push may be meant for, and who is in them.

A township or community holds those who said that they live there; the others those who chose them. Nobody
who said 退订 is in any of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.database import insert_ignoring, metadata
from content.audience import EVERYBODY, EXCLUSIVE, Audience, parts
from content.rules.homes import lives_in

MOST = 90
"""Segments that an office may have: the platform keeps 100 tags, some of which are its own."""
AT_ONCE = 500

segments = Table(
    "segments",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("tag", Integer),
    Column("created_by", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("checked_at", BigInteger),
)

segment_members = Table(
    "segment_members",
    metadata,
    Column("resident", BigInteger, primary_key=True, autoincrement=False),
    Column("segment", String(80), primary_key=True, index=True),
    Column("since_at", BigInteger, nullable=False),
)


class NotPossible(Exception):
    """A segment that cannot be added; the words are for staff."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A group: its key, the platform's tag for it (None: not made yet), and when that was compared last."""

    key: str
    tag: int | None
    checked_at: int | None


async def everything(conn: AsyncConnection) -> tuple[Segment, ...]:
    """All segments, by key."""
    query = select(segments.c.key, segments.c.tag, segments.c.checked_at).order_by(segments.c.key)
    return tuple(Segment(*row) for row in await conn.execute(query))


async def names(conn: AsyncConnection) -> tuple[str, ...]:
    """Everybody, and the key of every segment: whom a push may be for."""
    return EVERYBODY, *(one.key for one in await everything(conn))


async def add(conn: AsyncConnection, key: str, by: str, now: datetime) -> None:
    """A new segment. Raises NotPossible for one that exists under this name, or too many."""
    found = parts(key)
    if found is None:
        raise NotPossible("“全体关注者”不用添加。")
    known = await everything(conn)
    if any((parts(one.key) or ("", ""))[1] == found[1] for one in known):
        raise NotPossible(f"已经有叫“{found[1]}”的分组，请换个名字。")
    if len(known) >= MOST:
        raise NotPossible(f"最多 {MOST} 个分组（微信的标签数有限），请先去掉不用的。")
    row = {"key": key, "created_by": by, "created_at": int(now.timestamp())}
    await conn.execute(insert(segments).values(row))


async def remove(conn: AsyncConnection, key: str) -> bool:
    """Take a segment and its members away; its tag stays in the platform's console, used by nothing."""
    await conn.execute(delete(segment_members).where(segment_members.c.segment == key))
    return (await conn.execute(delete(segments).where(segments.c.key == key))).rowcount == 1


async def join(conn: AsyncConnection, ids: Collection[int], key: str, now: datetime) -> None:
    """Put residents into a segment; whoever is in stays."""
    at = int(now.timestamp())
    rows = [{"resident": one, "segment": key, "since_at": at} for one in ids]
    if rows:
        await conn.execute(insert_ignoring(conn, segment_members, ["resident", "segment"]), rows)
        await _changed(conn, key)


async def leave(conn: AsyncConnection, ids: Collection[int], key: str) -> None:
    """Take residents out of a segment."""
    await conn.execute(
        delete(segment_members).where(segment_members.c.resident.in_(ids), segment_members.c.segment == key)
    )
    await _changed(conn, key)


async def _changed(conn: AsyncConnection, key: str) -> None:
    """The platform's tag is behind: it is compared at the next beat."""
    await conn.execute(update(segments).where(segments.c.key == key).values(checked_at=None))


async def names_of(conn: AsyncConnection, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The names of the segments that these residents are in by choice."""
    query = select(segment_members.c.resident, segment_members.c.segment)
    rows = await conn.execute(
        query.where(segment_members.c.resident.in_(ids)).order_by(*query.selected_columns)
    )
    found: dict[int, tuple[str, ...]] = {}
    for resident, key in rows:
        part = parts(key)
        found[resident] = (*found.get(resident, ()), part[1] if part else key)
    return found


async def forget_resident(conn: AsyncConnection, resident: int) -> None:
    """Nothing tells any more what somebody had chosen."""
    await conn.execute(delete(segment_members).where(segment_members.c.resident == resident))


async def openids(conn: AsyncConnection, key: str) -> set[str]:
    """Who is to be reached through a segment now: followers who did not say 退订."""
    found = parts(key)
    if found is not None and found[0] in EXCLUSIVE:
        homes = [home for home in await residents.homes(conn) if lives_in(home, found[1])]
        return await residents.openids_at(conn, homes)
    query = select(segment_members.c.resident).where(segment_members.c.segment == key)
    ids = list((await conn.execute(query)).scalars())
    reached: set[str] = set()
    for at in range(0, len(ids), AT_ONCE):
        reached |= await residents.sendable(conn, ids[at : at + AT_ONCE])
    return reached


async def ids(
    conn: AsyncConnection, key: str, since: int | None = None, among: Select[tuple[int]] | None = None
) -> list[int]:
    """Whom a personal send to this audience is for, ascending; only who wrote after `since`, and is among
    these, if given.
    """
    belonging, told = await _belonging(conn, key)
    return await residents.addressed_ids(conn, [belonging, among], told, since)


async def people(
    conn: AsyncConnection,
    key: str,
    since: int | None,
    first: int,
    last: int,
    among: Select[tuple[int]] | None = None,
) -> list[residents.Addressee]:
    """For sending: the same between two keys, as things stand now."""
    belonging, told = await _belonging(conn, key)
    return await residents.addressed(conn, [belonging, among], told, since, first, last)


async def _belonging(conn: AsyncConnection, key: str) -> tuple[Select[tuple[int]] | None, list[str] | None]:
    """Who is in a segment: by their own row, or by the homes that count; neither for everybody."""
    found = parts(key)
    if found is None:
        return None, None
    if found[0] in EXCLUSIVE:
        return None, [home for home in await residents.homes(conn) if lives_in(home, found[1])]
    return select(segment_members.c.resident).where(segment_members.c.segment == key), None


async def audiences(
    conn: AsyncConnection, takers: Select[tuple[int]] | None = None
) -> Mapping[str, Audience]:
    """Every segment with its size and how many of them are `takers` of notices, and everybody under ""."""
    sizes = await _sizes(conn, residents.sendable_ids())
    sizes[EVERYBODY] = await residents.count_followers(conn)
    taking: dict[str, int] = {}
    if takers is not None:
        reachable = residents.sendable_ids(takers)
        taking = await _sizes(conn, reachable)
        query = select(func.count()).select_from(reachable.subquery())
        taking[EVERYBODY] = (await conn.execute(query)).scalar_one()
    return {key: Audience(key, size, taking.get(key, 0)) for key, size in sizes.items()}


async def writers(conn: AsyncConnection, since: int) -> Mapping[str, int]:
    """How many in each segment, and of everybody under "", wrote after `since` and may be written to."""
    recent = residents.sendable_ids(residents.wrote_after(since))
    sizes = await _sizes(conn, recent)
    query = select(func.count()).select_from(recent.subquery())
    return {**sizes, EVERYBODY: (await conn.execute(query)).scalar_one()}


async def wrote(conn: AsyncConnection, key: str, since: int) -> dict[int, int]:
    """When those of an audience wrote last (epoch seconds) who wrote after `since`, by resident."""
    belonging, told = await _belonging(conn, key)
    return await residents.wrote(conn, [belonging], told, since)


async def _sizes(conn: AsyncConnection, of: Select[tuple[int]]) -> dict[str, int]:
    """How many of these residents are in each segment."""
    homes = await residents.homes(conn, of)
    rows = await conn.execute(
        select(segment_members.c.segment, func.count())
        .where(segment_members.c.resident.in_(of))
        .group_by(segment_members.c.segment)
    )
    joined = {row[0]: row[1] for row in rows}
    sizes = {}
    for one in await everything(conn):
        place = parts(one.key)
        if place is not None and place[0] in EXCLUSIVE:
            sizes[one.key] = sum(count for home, count in homes.items() if lives_in(home, place[1]))
        else:
            sizes[one.key] = joined.get(one.key, 0)
    return sizes


async def tagged(conn: AsyncConnection, key: str, tag: int) -> None:
    """The platform's tag of a segment, once it is known."""
    await conn.execute(update(segments).where(segments.c.key == key).values(tag=tag))


async def tag_of(conn: AsyncConnection, key: str) -> int | None:
    """The platform's tag that a mass send to this segment names; None while there is none, or no segment."""
    query = select(segments.c.tag).where(segments.c.key == key)
    return (await conn.execute(query)).scalar_one_or_none()


async def take_due(conn: AsyncConnection, before: datetime, now: datetime) -> Sequence[Segment]:
    """Segments not compared since `before`, each given to one caller."""
    late = segments.c.checked_at.is_(None) | (segments.c.checked_at < int(before.timestamp()))
    taken = await conn.execute(
        update(segments)
        .where(late)
        .values(checked_at=int(now.timestamp()))
        .returning(segments.c.key, segments.c.tag, segments.c.checked_at)
    )
    return [Segment(*row) for row in taken]


def offered(known: Sequence[Segment]) -> dict[str, str]:
    """What residents may join by its name, and its key; where somebody lives is no choice."""
    found = ((parts(one.key), one.key) for one in known)
    return {part[1]: key for part, key in found if part is not None and part[0] not in EXCLUSIVE}


def places(known: Sequence[Segment]) -> tuple[str, ...]:
    """The townships and communities that have a group."""
    found = (parts(one.key) for one in known)
    return tuple(part[1] for part in found if part is not None and part[0] in EXCLUSIVE)
