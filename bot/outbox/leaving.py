"""The way out: ordered, claimed by one replica, called, given back; and taken back before any call."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring
from bot.outbox.entries import Entry, Kind, NewEntry
from bot.outbox.table import FIELDS, FINISH_WINDOW_SECONDS, REPEAT_WINDOW_SECONDS, epoch, held, move, outbox

TO_RESIDENTS: tuple[Kind, ...] = ("mass", "publish", "custom")


async def add(conn: AsyncConnection, entries: Sequence[NewEntry], now: datetime) -> int:
    """Put entries in; one whose key exists is left as it is. Returns how many were new."""
    for entry in entries:
        if not 0 < len(entry.key.encode()) <= 64:
            raise ValueError(f"an outbox key has 1 to 64 bytes: {entry.key!r}")
    if not entries:
        return 0
    rows = [
        {
            "key": entry.key,
            "kind": entry.kind,
            "payload": dict(entry.payload),
            "resident": entry.resident,
            "campaign_id": entry.campaign_id,
            "due_at": epoch(entry.due_at),
            "expires_at": epoch(entry.expires_at),
            "state": "waiting",
            "attempt": 0,
            "media_id": "",
            "msg_id": "",
            "counts": {},
            "error": "",
            "created_at": epoch(now),
            "resolved_by": "",
        }
        for entry in entries
    ]
    added = await conn.execute(insert_ignoring(conn, outbox, ["key"]).values(rows).returning(outbox.c.id))
    return len(added.all())


async def has_work(conn: AsyncConnection, now: datetime, kinds: Sequence[Kind] = TO_RESIDENTS) -> bool:
    """Whether `expire` or `claim` would find something: cheap and read-only, for a frequent clock."""
    at = epoch(now)
    found = await conn.execute(
        select(outbox.c.id)
        .where(
            outbox.c.kind.in_(kinds),
            or_(
                and_(outbox.c.state == "waiting", outbox.c.due_at <= at),
                and_(outbox.c.state == "sending", outbox.c.lease_until < at),
                and_(outbox.c.state == "accepted", outbox.c.called_at < at - FINISH_WINDOW_SECONDS),
            ),
        )
        .limit(1)
    )
    return found.first() is not None


async def expire(
    conn: AsyncConnection, now: datetime, kinds: Sequence[Kind] = TO_RESIDENTS
) -> tuple[Entry, ...]:
    """Settle what may not be sent any more: missed when nothing was asked of the platform, else unknown.

    Returns the rows that changed. An abandoned customer-service message is always unknown, because its
    claim was the promise to call at most once; so is a publication whose call was noted.
    """
    at = epoch(now)
    abandoned = and_(outbox.c.state == "sending", outbox.c.lease_until < at)
    once = or_(outbox.c.kind == "custom", and_(outbox.c.kind == "publish", outbox.c.called_at.is_not(None)))
    over = or_(outbox.c.expires_at < at, outbox.c.called_at < at - REPEAT_WINDOW_SECONDS)
    idle = or_(outbox.c.state == "waiting", abandoned)
    unclear = or_(
        and_(abandoned, once),
        and_(idle, over, outbox.c.called_at.is_not(None)),
        and_(outbox.c.state == "accepted", outbox.c.called_at < at - FINISH_WINDOW_SECONDS),
    )
    mine = outbox.c.kind.in_(kinds)
    unknown = await move(conn, and_(mine, unclear), state="unknown", settled_at=at, lease_until=None)
    missed = await move(
        conn,
        and_(mine, idle, over, outbox.c.called_at.is_(None)),
        state="missed",
        settled_at=at,
        lease_until=None,
    )
    return (*unknown, *missed)


async def claim(
    conn: AsyncConnection,
    now: datetime,
    limit: int,
    lease_seconds: int,
    kinds: Sequence[Kind] = TO_RESIDENTS,
) -> tuple[Entry, ...]:
    """Take up to `limit` due entries for this caller alone; commit before calling the platform.

    Also takes a mass push or a notice over from a claimer whose lease ran out; call `expire` first, in the
    same transaction, so that nothing too late is taken.
    """
    at = epoch(now)
    left = and_(outbox.c.state == "sending", outbox.c.kind != "custom", outbox.c.lease_until < at)
    takeable = and_(
        outbox.c.kind.in_(kinds), or_(and_(outbox.c.state == "waiting", outbox.c.due_at <= at), left)
    )
    chosen = (
        select(outbox.c.id)
        .where(takeable, outbox.c.expires_at >= at)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await conn.execute(chosen)).scalars().all()
    if not ids:
        return ()
    claimed = await move(
        conn,
        and_(outbox.c.id.in_(ids), takeable),
        state="sending",
        attempt=outbox.c.attempt + 1,
        lease_until=at + lease_seconds,
    )
    return tuple(sorted(claimed, key=lambda entry: (entry.due_at, entry.id)))


async def keep_draft(conn: AsyncConnection, entry_id: int, attempt: int, media_id: str) -> bool:
    """Remember the platform's draft of a mass push; False when another claimer has taken over."""
    return len(await move(conn, held(entry_id, attempt), media_id=media_id)) == 1


async def begin_call(conn: AsyncConnection, entry_id: int, attempt: int, now: datetime) -> Entry | None:
    """Note, before the call, that the platform is going to be asked; None when too late or taken over."""
    in_time = and_(held(entry_id, attempt), outbox.c.expires_at >= epoch(now))
    began = await move(conn, in_time, called_at=func.coalesce(outbox.c.called_at, epoch(now)))
    return began[0] if began else None


async def release(
    conn: AsyncConnection,
    entry_id: int,
    attempt: int,
    again_at: datetime,
    error: str,
    *,
    uncalled: bool,
) -> bool:
    """Give an entry back for another try; `uncalled`: the platform certainly did nothing with it so far."""
    released = await move(
        conn,
        held(entry_id, attempt),
        state="waiting",
        due_at=epoch(again_at),
        lease_until=None,
        error=error,
        called_at=None if uncalled else outbox.c.called_at,
    )
    return len(released) == 1


async def stop(conn: AsyncConnection, campaign_id: int, now: datetime) -> tuple[Entry, ...]:
    """Take a campaign's push back up to the moment in which the platform is asked.

    Returns the entries that had been handed over: those are not called again, whatever becomes of them.
    """
    mine, at = outbox.c.campaign_id == campaign_id, epoch(now)
    not_over = and_(mine, outbox.c.state.in_(["waiting", "sending"]))
    await move(conn, and_(not_over, outbox.c.called_at.is_(None)), state="stopped", settled_at=at)
    unclear = and_(mine, outbox.c.state == "waiting", outbox.c.called_at.is_not(None))
    await move(conn, unclear, state="unknown", settled_at=at)
    await move(conn, and_(mine, outbox.c.state == "sending"), expires_at=at - 1)
    gone = and_(mine, outbox.c.state.in_(["sending", "accepted", "unknown", "sent"]))
    rows = await conn.execute(select(*FIELDS).where(gone).order_by(outbox.c.id))
    return tuple(Entry(*row) for row in rows)


async def withdraw(conn: AsyncConnection, keys: Sequence[str]) -> None:
    """Stop entries that are not needed any more, where nobody has taken them yet."""
    await move(conn, and_(outbox.c.key.in_(keys), outbox.c.state == "waiting"), state="stopped")
