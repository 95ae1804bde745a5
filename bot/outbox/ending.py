"""How an entry ends: as its claimer saw it, as the platform reports it, or as a person finds out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.outbox import platform_jobs
from bot.outbox.entries import Entry, Kind
from bot.outbox.personal import LETTER
from bot.outbox.platform_jobs import Report
from bot.outbox.table import FIELDS, epoch, held, move, outbox
from bot.problems import Conflict


async def settle(
    conn: AsyncConnection,
    entry_id: int,
    attempt: int,
    state: Literal["sent", "failed", "missed", "unknown", "stopped"],
    error: str,
    now: datetime,
) -> Entry | None:
    """The end of an entry, as its claimer saw it; None when another claimer has taken over."""
    settled = await move(
        conn,
        held(entry_id, attempt),
        state=state,
        error=error,
        settled_at=epoch(now),
        lease_until=None,
    )
    return settled[0] if settled else None


async def accept(
    conn: AsyncConnection, entry_id: int, attempt: int, msg_id: str, now: datetime, data_id: str = ""
) -> Entry | None:
    """The platform took a mass push as its job `msg_id`: accepted, or already sent or failed when the finish
    event came first. None when another claimer has taken over.
    """
    report = await platform_jobs.expect(conn, msg_id, data_id)
    accepted = await move(
        conn, held(entry_id, attempt), state="accepted", msg_id=msg_id, error="", lease_until=None
    )
    if not accepted:
        return None
    return accepted[0] if report is None else await _finish(conn, msg_id, report, now)


async def settle_by_message(
    conn: AsyncConnection, msg_id: str, status: str, counts: Mapping[str, int], now: datetime
) -> Entry | None:
    """The platform reports the end of its job. Returns the entry that this changed.

    None when the job was settled before, or is not known yet: then the report is kept until `accept`.
    """
    report = Report(status, counts)
    await platform_jobs.report(conn, msg_id, report, now)
    return await _finish(conn, msg_id, report, now)


async def claim_polls(
    conn: AsyncConnection, now: datetime, limit: int, quiet_seconds: int
) -> tuple[Entry, ...]:
    """Accepted pushes without news for `quiet_seconds`, each given to one caller per such period."""
    at = epoch(now)
    silent = and_(
        outbox.c.state == "accepted",
        outbox.c.called_at <= at - quiet_seconds,
        or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= at),
    )
    chosen = select(outbox.c.id).where(silent).order_by(outbox.c.id).limit(limit)
    ids = (await conn.execute(chosen.with_for_update(skip_locked=True))).scalars().all()
    return await move(conn, and_(outbox.c.id.in_(ids), silent), lease_until=at + quiet_seconds) if ids else ()


async def with_platform(conn: AsyncConnection) -> tuple[Entry, ...]:
    """What the platform has taken and not reported the end of, oldest first."""
    query = select(*FIELDS).where(outbox.c.state == "accepted").order_by(outbox.c.called_at, outbox.c.id)
    return tuple(Entry(*row) for row in await conn.execute(query))


async def waiting_for_people(conn: AsyncConnection, limit: int = 200) -> tuple[Entry, ...]:
    """Failed, missed and unknown entries that no person has looked at, oldest first."""
    kept = and_(outbox.c.key.startswith(LETTER), outbox.c.state != "unknown")
    rows = await conn.execute(
        select(*FIELDS)
        .where(outbox.c.state.in_(["failed", "missed", "unknown"]), outbox.c.resolved_by == "", ~kept)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
    )
    return tuple(Entry(*row) for row in rows)


async def latest(conn: AsyncConnection, kind: Kind, limit: int) -> tuple[Entry, ...]:
    """The entries of a kind that were ordered last, the newest first."""
    query = select(*FIELDS).where(outbox.c.kind == kind).order_by(outbox.c.id.desc()).limit(limit)
    return tuple(Entry(*row) for row in await conn.execute(query))


async def resolve(
    conn: AsyncConnection,
    entry_id: int,
    as_state: Literal["sent", "failed", "missed"],
    by: str,
    now: datetime,
) -> Entry:
    """A person says how an unknown entry ended (sent or failed), or has seen a failed or missed one.

    Raises Conflict when the entry is not waiting for that.
    """
    before = {"sent": ["unknown"], "failed": ["unknown", "failed"], "missed": ["missed"]}[as_state]
    resolved = await move(
        conn,
        and_(outbox.c.id == entry_id, outbox.c.state.in_(before), outbox.c.resolved_by == ""),
        state=as_state,
        resolved_by=by,
        settled_at=epoch(now),
    )
    if not resolved:
        raise Conflict("这一条已经有人处理过，或者平台刚刚回报了结果。请刷新页面再看。")
    return resolved[0]


async def doubt(conn: AsyncConnection, now: datetime) -> None:
    """After a restore nobody knows what left the house since the backup: under way becomes unknown.

    A mass push that only waited may go: the platform still knows its key if it went before. A notice to
    colleagues goes again.
    """
    unclear = or_(
        outbox.c.state.in_(["sending", "accepted"]),
        and_(outbox.c.state == "waiting", outbox.c.kind == "custom"),
    )
    to_residents = and_(unclear, outbox.c.kind != "notice")
    await move(conn, to_residents, state="unknown", settled_at=epoch(now), lease_until=None)


async def _finish(conn: AsyncConnection, msg_id: str, report: Report, now: datetime) -> Entry | None:
    finished = await move(
        conn,
        and_(outbox.c.msg_id == msg_id, outbox.c.state.in_(["accepted", "unknown"])),
        state="sent" if report.succeeded else "failed",
        counts=dict(report.counts),
        error="" if report.succeeded else f"平台回报：{report.status}",
        settled_at=epoch(now),
        lease_until=None,
    )
    return finished[0] if finished else None
