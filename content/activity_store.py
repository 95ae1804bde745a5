"""Held activities in the database, with all that was ever said of each: what was said is never changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content import activity_photos
from content.activities import Act, Activity, Cell, State, read
from content.festivals import SHANGHAI
from content.images import Prepared
from content.tables import insert_new, metadata

activities = Table(
    "activities",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("name", String(40), nullable=False),
    Column("held_at", BigInteger, nullable=False),
    Column("year", Integer, nullable=False),
    Column("month", Integer, nullable=False),
    Column("township", String(40), nullable=False),
    Column("community", String(40), nullable=False),
    Column("place", String(60), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("theme", String(30), nullable=False),
    Column("headcount", Integer, nullable=False),
    Column("photo", String(64), nullable=False),
    Column("entered_by", String(64), nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_activities_held", "year", "township"),
)
"""`key` comes with the form, so that a form sent twice is one activity; `photo` is the picture's SHA-256."""

activity_acts = Table(
    "activity_acts",
    metadata,
    Column("activity_id", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("act", String(16), nullable=False),
    Column("content", JSON, nullable=False),
    Column("photo", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("person", String(64), nullable=False),
    Column("done_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An activity as it stands; `revision` is what a change must have seen, `photo` a hash or ""."""

    id: int
    state: State
    activity: Activity
    photo: str
    entered_by: str
    entered_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an activity's history: who did what, and how it stood afterwards."""

    act: Act
    activity: Activity
    photo: str
    reason: str
    person: str
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which activities: of a year, of these townships (None: all), of a theme or month where one is named."""

    year: int
    townships: frozenset[str] | None = None
    theme: str = ""
    month: int = 0
    withdrawn: bool = False


class Changed(Exception):
    """Somebody changed or withdrew the activity in between."""


async def enter(
    conn: AsyncConnection, key: str, activity: Activity, by: str, now: datetime
) -> tuple[Kept, bool]:
    """Keep a held activity, once for its key; the one that the key stands for, and whether it is new."""
    row = {
        **_columns(activity),
        "key": key,
        "state": "kept",
        "photo": "",
        "entered_by": by,
        "entered_at": _epoch(now),
        "revision": 1,
    }
    added = await insert_new(conn, activities, [row], ["key"])
    query = select(activities).where(activities.c.key == key)
    kept = _kept((await conn.execute(query)).one())
    if added:
        await _note(conn, kept, "enter", "", by, now)
    return kept, bool(added)


async def correct(
    conn: AsyncConnection, before: Kept, activity: Activity, reason: str, by: str, now: datetime
) -> Kept:
    """Another place, day or number from now on; how it stood before stays in the history. Raises Changed."""
    return await _step(conn, before, "correct", _columns(activity), reason, by, now)


async def withdraw(conn: AsyncConnection, before: Kept, reason: str, by: str, now: datetime) -> Kept:
    """Count it no more: it was entered twice, or was none; its photograph goes. Raises Changed."""
    await activity_photos.remove(conn, before.id)
    return await _step(conn, before, "withdraw", {"state": "withdrawn", "photo": ""}, reason, by, now)


async def put_photo(conn: AsyncConnection, before: Kept, image: Prepared, by: str, now: datetime) -> Kept:
    """Show this photograph with it; an earlier one is gone for good. Raises Changed."""
    await activity_photos.put(conn, before.id, image, by, now)
    return await _step(conn, before, "photo", {"photo": image.sha256}, "", by, now)


async def drop_photo(conn: AsyncConnection, before: Kept, reason: str, by: str, now: datetime) -> Kept:
    """Delete the photograph for good. Raises Changed."""
    await activity_photos.remove(conn, before.id)
    return await _step(conn, before, "no_photo", {"photo": ""}, reason, by, now)


async def forget_photos(conn: AsyncConnection, hashes: Collection[str]) -> None:
    """Delete these photographs, wherever an older backup has brought them back."""
    await activity_photos.forget(conn, hashes)
    shown = activities.c.photo.in_(sorted(hashes))
    await conn.execute(update(activities).where(shown).values(photo=""))


async def get(conn: AsyncConnection, activity_id: int) -> Kept | None:
    """One activity, or None."""
    row = (await conn.execute(select(activities).where(activities.c.id == activity_id))).first()
    return _kept(row) if row else None


async def load(conn: AsyncConnection, numbers: Collection[int]) -> tuple[Kept, ...]:
    """Those of these activities that are there, by day."""
    query = select(activities).where(activities.c.id.in_(sorted(numbers)))
    rows = await conn.execute(query.order_by(activities.c.held_at, activities.c.id))
    return tuple(_kept(row) for row in rows)


async def listed(conn: AsyncConnection, wanted: Wanted, most: int, after: int = 0) -> tuple[Kept, ...]:
    """The activities that are wanted, the latest first; `after` so many."""
    query = select(activities).where(_those(wanted)).limit(most).offset(after)
    rows = await conn.execute(query.order_by(activities.c.held_at.desc(), activities.c.id.desc()))
    return tuple(_kept(row) for row in rows)


async def cells(conn: AsyncConnection, wanted: Wanted) -> tuple[Cell, ...]:
    """The wanted activities counted: a cell for each township, theme, kind and month that has one."""
    c = activities.c
    by = (c.township, c.theme, c.kind, c.month)
    query = select(*by, func.count(), func.sum(c.headcount)).where(_those(wanted)).group_by(*by)
    return tuple(
        Cell(township, theme, kind, month, sessions, int(people))
        for township, theme, kind, month, sessions, people in await conn.execute(query)
    )


async def years(conn: AsyncConnection) -> tuple[int, ...]:
    """The years in which activities were held, the latest first."""
    found = await conn.execute(select(activities.c.year).distinct().order_by(activities.c.year.desc()))
    return tuple(found.scalars())


async def words_used(conn: AsyncConnection) -> Mapping[str, tuple[str, ...]]:
    """The townships and themes written so far, to be offered again."""
    found = {}
    for name in ("township", "theme"):
        column = activities.c[name]
        found[name] = tuple((await conn.execute(select(column).distinct().order_by(column))).scalars())
    return found


async def history(conn: AsyncConnection, activity_id: int) -> tuple[Step, ...]:
    """Everything that was said of an activity, oldest first."""
    query = select(activity_acts).where(activity_acts.c.activity_id == activity_id)
    rows = await conn.execute(query.order_by(activity_acts.c.revision))
    return tuple(
        Step(row.act, read(row.content), row.photo, row.reason, row.person, _time(row.done_at))
        for row in rows
    )


async def _step(
    conn: AsyncConnection,
    before: Kept,
    act: Act,
    values: Mapping[str, Any],
    reason: str,
    by: str,
    now: datetime,
) -> Kept:
    as_seen = (
        (activities.c.id == before.id)
        & (activities.c.revision == before.revision)
        & (activities.c.state == "kept")
    )
    statement = update(activities).where(as_seen).values(**values, revision=before.revision + 1)
    row = (await conn.execute(statement.returning(*activities.c))).first()
    if row is None:
        raise Changed("这次活动刚被别人改过或撤回，请看看现在的样子再改。")
    after = _kept(row)
    await _note(conn, after, act, reason, by, now)
    return after


async def _note(conn: AsyncConnection, kept: Kept, act: Act, reason: str, by: str, now: datetime) -> None:
    await conn.execute(
        insert(activity_acts).values(
            activity_id=kept.id,
            revision=kept.revision,
            act=act,
            content=kept.activity.stored,
            photo=kept.photo,
            reason=reason,
            person=by,
            done_at=_epoch(now),
        )
    )


def _those(wanted: Wanted) -> ColumnElement[bool]:
    c = activities.c
    found = (c.year == wanted.year) & (c.state == ("withdrawn" if wanted.withdrawn else "kept"))
    if wanted.townships is not None:
        found &= c.township.in_(sorted(wanted.townships))
    if wanted.theme:
        found &= c.theme == wanted.theme
    if wanted.month:
        found &= c.month == wanted.month
    return found


def _columns(activity: Activity) -> dict[str, Any]:
    midnight = datetime(activity.day.year, activity.day.month, activity.day.day, tzinfo=SHANGHAI)
    return {
        "name": activity.name,
        "held_at": _epoch(midnight),
        "year": activity.day.year,
        "month": activity.day.month,
        "township": activity.township,
        "community": activity.community,
        "place": activity.place,
        "kind": activity.kind,
        "theme": activity.theme,
        "headcount": activity.headcount,
    }


def _kept(row: Any) -> Kept:
    day, where = _time(row.held_at).date(), (row.township, row.community, row.place)
    activity = Activity(row.name, day, *where, row.kind, row.theme, row.headcount)
    return Kept(row.id, row.state, activity, row.photo, row.entered_by, _time(row.entered_at), row.revision)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _time(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, SHANGHAI)
