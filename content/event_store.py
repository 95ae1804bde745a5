"""The office's own days in the database. They need no review: what goes out on them is a campaign."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from content import events as rules
from content.events import Event
from content.tables import metadata

office_events = Table(
    "office_events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("rule", JSON, nullable=False),
    Column("tone", String(16), nullable=False),
    Column("theme", String(200), nullable=False),
    Column("lead_days", Integer, nullable=False),
    Column("wish", String(16), nullable=False),
    Column("audience", String(80), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as it stands; `revision` is what a change must have seen."""

    event: Event
    revision: int


class Clash(Exception):
    """Another event has the name, or somebody changed or removed this one meanwhile."""


async def everything(conn: AsyncConnection) -> tuple[Kept, ...]:
    """All events, in the order in which they were added."""
    rows = await conn.execute(select(office_events).order_by(office_events.c.id))
    return tuple(_kept(row) for row in rows)


async def get(conn: AsyncConnection, event_id: int) -> Kept | None:
    """One event, or None."""
    query = select(office_events).where(office_events.c.id == event_id)
    row = (await conn.execute(query)).one_or_none()
    return _kept(row) if row else None


async def add(conn: AsyncConnection, event: Event, by: str, now: datetime) -> int:
    """Keep a new event; its id. Raises Clash for a name that is taken."""
    await _no_namesake(conn, event.name, 0)
    values = {**_columns(event, by, now), "revision": 1}
    added = await conn.execute(insert(office_events).values(values).returning(office_events.c.id))
    return int(added.scalar_one())


async def change(conn: AsyncConnection, event: Event, seen: int, by: str, now: datetime) -> None:
    """Replace an event that stands as it was `seen`. Raises Clash."""
    await _no_namesake(conn, event.name, event.id)
    changed = await conn.execute(
        update(office_events)
        .where(office_events.c.id == event.id, office_events.c.revision == seen)
        .values(**_columns(event, by, now), revision=seen + 1)
    )
    if changed.rowcount != 1:
        raise Clash("这个活动日刚被别人改过或删掉，请刷新页面再改。")


async def remove(conn: AsyncConnection, event_id: int, seen: int) -> None:
    """Take an event off the calendar; campaigns written for it stay. Raises Clash."""
    gone = await conn.execute(
        delete(office_events).where(office_events.c.id == event_id, office_events.c.revision == seen)
    )
    if gone.rowcount != 1:
        raise Clash("这个活动日刚被别人改过或删掉，请刷新页面再看。")


async def _no_namesake(conn: AsyncConnection, name: str, but: int) -> None:
    query = select(office_events.c.id).where(office_events.c.name == name, office_events.c.id != but)
    if (await conn.execute(query)).first() is not None:
        raise Clash(f"已经有叫“{name}”的活动日，请换个名字。")


def _columns(event: Event, by: str, now: datetime) -> dict[str, Any]:
    return {
        "name": event.name,
        "rule": rules.stored(event.rule),
        "tone": event.tone,
        "theme": event.theme,
        "lead_days": event.lead_days,
        "wish": event.wish,
        "audience": event.audience,
        "changed_by": by,
        "changed_at": int(now.timestamp()),
    }


def _kept(row: Any) -> Kept:
    event = Event(
        row.id,
        row.name,
        rules.read(row.rule),
        row.tone,
        row.theme,
        row.lead_days,
        row.wish,
        row.audience,
    )
    return Kept(event, row.revision)
