"""Campaigns in the database, and `due`, the one place where a push becomes due.

A change is written conditionally on the revision that was read, so that of two people acting at once the
second is told to look again. What people do to a campaign is in content.acts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from content import campaign as rules
from content.campaign import Campaign, Content, Refused, Signature, State
from content.festivals import SHANGHAI
from content.reviews import signatures
from content.tables import metadata
from content.text import Picture

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("festival", String(32), nullable=False),
    Column("tone", String(16), nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("lateness_minutes", Integer, nullable=False),
    Column("audience", String(80), nullable=False, server_default=""),
    Column("way", String(8), nullable=False, server_default="mass"),
    Column("taken", String(255), nullable=False, server_default=""),
    Column("taken_hash", String(64), nullable=False, server_default=""),
    Column("cover", String(64), nullable=False, server_default=""),
    Column("pictures", JSON),  # none where the row is older than pictures
    Column("author", String(64), nullable=False),
    Column("writers", JSON, nullable=False),
    Column("levels", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("counts", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("campaigns_due", "state", "due_at"),
)


@dataclass(frozen=True, slots=True)
class Due:
    """What one call of `due` changed: to send now, too late, or altered behind its signatures (failed)."""

    due: tuple[Campaign, ...]
    missed: tuple[Campaign, ...]
    failed: tuple[Campaign, ...]


async def add(conn: AsyncConnection, content: Content, author: str, levels: int, now: datetime) -> Campaign:
    """A new draft as it was written, with the number of signatures of others that it needs."""
    values = {
        **_content_columns(content),
        "author": author,
        "writers": [author],
        "levels": levels,
        "state": "draft",
        "content_hash": "",
        "counts": {},
        "revision": 1,
        "created_at": _epoch(now),
        "updated_at": _epoch(now),
    }
    campaign_id = (
        await conn.execute(insert(campaigns).values(values).returning(campaigns.c.id))
    ).scalar_one()
    return await get(conn, campaign_id)


async def untouched(conn: AsyncConnection, author: str, now: datetime) -> Campaign | None:
    """The empty sheet that somebody took and has not written on, if its day is still to come."""
    empty = (campaigns.c.title == "") & (campaigns.c.body == "") & (campaigns.c.festival == "")
    query = select(campaigns).where(
        empty,
        campaigns.c.author == author,
        campaigns.c.state == "draft",
        campaigns.c.revision == 1,
        campaigns.c.due_at > _epoch(now),
    )
    return next(iter(await _load(conn, query.order_by(campaigns.c.id.desc()).limit(1))), None)


async def get(conn: AsyncConnection, campaign_id: int) -> Campaign:
    """One campaign with its signatures; Refused("missing") when there is none."""
    found = await _load(conn, select(campaigns).where(campaigns.c.id == campaign_id))
    if not found:
        raise Refused("missing", "没有这篇稿件，可能地址有误。")
    return found[0]


async def load(conn: AsyncConnection, numbers: Collection[int]) -> tuple[Campaign, ...]:
    """Those of these campaigns that there are, the earliest first."""
    query = select(campaigns).where(campaigns.c.id.in_(sorted(numbers)))
    return await _load(conn, query.order_by(campaigns.c.due_at, campaigns.c.id))


async def list_campaigns(
    conn: AsyncConnection, states: Sequence[State] = rules.STATES, limit: int = 200
) -> tuple[Campaign, ...]:
    """Campaigns in these states, the latest due time first."""
    return await _load(
        conn,
        select(campaigns)
        .where(campaigns.c.state.in_(states))
        .order_by(campaigns.c.due_at.desc(), campaigns.c.id.desc())
        .limit(limit),
    )


async def between(conn: AsyncConnection, start: datetime, end: datetime) -> tuple[Campaign, ...]:
    """Campaigns, stopped ones left out, whose time lies in [start, end), the earliest first."""
    return await _load(
        conn,
        select(campaigns)
        .where(
            campaigns.c.due_at >= _epoch(start),
            campaigns.c.due_at < _epoch(end),
            campaigns.c.state != "stopped",
        )
        .order_by(campaigns.c.due_at, campaigns.c.id),
    )


async def images(conn: AsyncConnection) -> set[str]:
    """The hashes of all pictures in campaigns as they are now, whatever their state."""
    rows = await conn.execute(select(campaigns.c.cover, campaigns.c.pictures))
    found = {sha256 for row in rows for sha256 in (row.cover, *(one["sha256"] for one in row.pictures or ()))}
    return found - {""}


async def taken(conn: AsyncConnection) -> set[str]:
    """The platform's drafts that campaigns go out with."""
    query = select(campaigns.c.taken).where(campaigns.c.taken != "")
    return set((await conn.execute(query)).scalars())


async def change(conn: AsyncConnection, before: Campaign, after: Campaign) -> Campaign:
    """Write what was decided on `before`; Refused when somebody else was first."""
    if not await _write(conn, before, after):
        raise Refused("changed", "另一位同事刚刚改动了这篇稿件，请刷新页面再操作。")
    return replace(after, revision=before.revision + 1)


async def is_anything_due(conn: AsyncConnection, now: datetime) -> bool:
    """Whether `due` would find something: cheap, read-only, for a clock that asks every second."""
    found = await conn.execute(
        select(campaigns.c.id)
        .where(campaigns.c.state == "approved", campaigns.c.due_at <= _epoch(now))
        .limit(1)
    )
    return found.first() is not None


async def due(conn: AsyncConnection, now: datetime) -> Due:
    """The one place where an approved push becomes due, or missed when its lateness limit has passed.

    Every replica may call it: each change is conditional, so only one of them gets a campaign back.
    """
    waiting = await _load(
        conn,
        select(campaigns)
        .where(campaigns.c.state == "approved", campaigns.c.due_at <= _epoch(now))
        .order_by(campaigns.c.due_at, campaigns.c.id),
    )
    changed: dict[State, list[Campaign]] = {"due": [], "missed": [], "failed": []}
    for before in waiting:
        after = rules.mark_due(before, now)
        if await _write(conn, before, after):
            changed[after.state].append(replace(after, revision=before.revision + 1))
    return Due(tuple(changed["due"]), tuple(changed["missed"]), tuple(changed["failed"]))


async def settle(
    conn: AsyncConnection, campaign_id: int, state: State, counts: Mapping[str, int], now: datetime
) -> bool:
    """Note what delivery learnt; False when the campaign's state does not allow it."""
    allowed = [before for before in rules.STATES if rules.may_settle(before, state)]
    result = await conn.execute(
        update(campaigns)
        .where(campaigns.c.id == campaign_id, campaigns.c.state.in_(allowed))
        .values(
            state=state,
            counts=dict(counts),
            revision=campaigns.c.revision + 1,
            updated_at=_epoch(now),
        )
    )
    return result.rowcount == 1


async def _write(conn: AsyncConnection, before: Campaign, after: Campaign) -> bool:
    result = await conn.execute(
        update(campaigns)
        .where(
            campaigns.c.id == before.id,
            campaigns.c.revision == before.revision,
            campaigns.c.state == before.state,
        )
        .values(
            **_content_columns(after.content),
            writers=list(after.writers),
            levels=after.levels,
            state=after.state,
            content_hash=after.content_hash,
            counts=dict(after.counts),
            revision=before.revision + 1,
            updated_at=_epoch(after.updated_at),
        )
    )
    return result.rowcount == 1


async def _load(conn: AsyncConnection, query: Any) -> tuple[Campaign, ...]:
    rows = (await conn.execute(query)).all()
    if not rows:
        return ()
    signed = await signatures(conn, [row.id for row in rows])
    return tuple(_campaign(row, signed.get(row.id, ())) for row in rows)


def _campaign(row: Any, signatures: tuple[Signature, ...]) -> Campaign:
    content = Content(
        title=row.title,
        body=row.body,
        digest=row.digest,
        source=row.source,
        festival=row.festival,
        tone=row.tone,
        due_at=_time(row.due_at),
        lateness_minutes=row.lateness_minutes,
        audience=row.audience,
        way=row.way,
        taken=row.taken,
        taken_hash=row.taken_hash,
        cover=row.cover,
        pictures=tuple(Picture(one["sha256"], one["alt"]) for one in row.pictures or ()),
    )
    return Campaign(
        id=row.id,
        content=content,
        author=row.author,
        writers=tuple(row.writers),
        levels=row.levels,
        state=row.state,
        content_hash=row.content_hash,
        signatures=signatures,
        counts=row.counts,
        revision=row.revision,
        created_at=_time(row.created_at),
        updated_at=_time(row.updated_at),
    )


def _content_columns(content: Content) -> dict[str, Any]:
    return {
        "title": content.title,
        "body": content.body,
        "digest": content.digest,
        "source": content.source,
        "festival": content.festival,
        "tone": content.tone,
        "due_at": _epoch(content.due_at),
        "lateness_minutes": content.lateness_minutes,
        "audience": content.audience,
        "way": content.way,
        "taken": content.taken,
        "taken_hash": content.taken_hash,
        "cover": content.cover,
        "pictures": [{"sha256": one.sha256, "alt": one.alt} for one in content.pictures],
    }


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _time(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, SHANGHAI)
