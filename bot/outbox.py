"""What must leave the house: decided once, claimed by one replica, settled once.

A mass push goes out at most once per occurrence: its key is unique here and is the platform's `clientmsgid`,
so that an unclear call may be repeated with the same key while the platform still remembers it. A
customer-service message has no such key: once claimed it is never claimed again, and an unclear outcome
is shown to a person. `attempt` is the fencing number: only the latest claimer can settle a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    and_,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import platform_jobs
from bot.database import insert_ignoring, metadata
from bot.entries import Entry, NewEntry, State
from bot.platform_jobs import Report
from bot.problems import Conflict

LATE = "late-"
"""How the keys of replies begin that go as customer-service messages."""
LETTER = "letter-"
"""How the keys of the office's letters begin; one that did not go out is kept for the next reply."""

REMINDER = "remind-"
"""How the keys of reminders begin."""

SENDS_LOCK = 0x53454E44  # "SEND": any constant serves, as long as all replicas use the same

# The platform refuses a repeated clientmsgid for 24 hours; an hour is kept back for clocks and slow calls.
REPEAT_WINDOW_SECONDS = 23 * 3600
# A finish event that has not come by then will not come.
FINISH_WINDOW_SECONDS = 24 * 3600

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("resident", BigInteger),
    Column("campaign_id", BigInteger),
    Column("due_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", BigInteger),
    Column("called_at", BigInteger),
    Column("media_id", String(255), nullable=False),
    Column("msg_id", String(64), nullable=False),
    Column("counts", JSON, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("resolved_by", String(64), nullable=False),
    Index("outbox_work", "state", "due_at"),
    Index("outbox_message", "msg_id"),
    Index("outbox_resident", "resident"),
)


_FIELDS = tuple(outbox.c[field.name] for field in fields(Entry))


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
            "due_at": _epoch(entry.due_at),
            "expires_at": _epoch(entry.expires_at),
            "state": "waiting",
            "attempt": 0,
            "media_id": "",
            "msg_id": "",
            "counts": {},
            "error": "",
            "created_at": _epoch(now),
            "resolved_by": "",
        }
        for entry in entries
    ]
    added = await conn.execute(insert_ignoring(conn, outbox, ["key"]).values(rows).returning(outbox.c.id))
    return len(added.all())


async def has_work(conn: AsyncConnection, now: datetime) -> bool:
    """Whether `expire` or `claim` would find something: cheap and read-only, for a frequent clock."""
    at = _epoch(now)
    found = await conn.execute(
        select(outbox.c.id)
        .where(
            or_(
                and_(outbox.c.state == "waiting", outbox.c.due_at <= at),
                and_(outbox.c.state == "sending", outbox.c.lease_until < at),
                and_(outbox.c.state == "accepted", outbox.c.called_at < at - FINISH_WINDOW_SECONDS),
            )
        )
        .limit(1)
    )
    return found.first() is not None


async def expire(conn: AsyncConnection, now: datetime) -> tuple[Entry, ...]:
    """Settle what may not be sent any more: missed when nothing was asked of the platform, else unknown.

    Returns the rows that changed. An abandoned customer-service message is always unknown, because its
    claim was the promise to call at most once.
    """
    at = _epoch(now)
    abandoned = and_(outbox.c.state == "sending", outbox.c.lease_until < at)
    over = or_(outbox.c.expires_at < at, outbox.c.called_at < at - REPEAT_WINDOW_SECONDS)
    idle = or_(outbox.c.state == "waiting", abandoned)
    unclear = or_(
        and_(abandoned, outbox.c.kind == "custom"),
        and_(idle, over, outbox.c.called_at.is_not(None)),
        and_(outbox.c.state == "accepted", outbox.c.called_at < at - FINISH_WINDOW_SECONDS),
    )
    unknown = await _move(conn, unclear, state="unknown", settled_at=at, lease_until=None)
    missed = await _move(
        conn, and_(idle, over, outbox.c.called_at.is_(None)), state="missed", settled_at=at, lease_until=None
    )
    return (*unknown, *missed)


async def claim(conn: AsyncConnection, now: datetime, limit: int, lease_seconds: int) -> tuple[Entry, ...]:
    """Take up to `limit` due entries for this caller alone; commit before calling the platform.

    Also takes a mass push over from a claimer whose lease ran out; call `expire` first, in the same
    transaction, so that nothing too late is taken.
    """
    at = _epoch(now)
    takeable = or_(
        and_(outbox.c.state == "waiting", outbox.c.due_at <= at),
        and_(outbox.c.state == "sending", outbox.c.kind == "mass", outbox.c.lease_until < at),
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
    claimed = await _move(
        conn,
        and_(outbox.c.id.in_(ids), takeable),
        state="sending",
        attempt=outbox.c.attempt + 1,
        lease_until=at + lease_seconds,
    )
    return tuple(sorted(claimed, key=lambda entry: (entry.due_at, entry.id)))


async def keep_draft(conn: AsyncConnection, entry_id: int, attempt: int, media_id: str) -> bool:
    """Remember the platform's draft of a mass push; False when another claimer has taken over."""
    return len(await _move(conn, _held(entry_id, attempt), media_id=media_id)) == 1


async def begin_call(conn: AsyncConnection, entry_id: int, attempt: int, now: datetime) -> Entry | None:
    """Note, before the call, that the platform is going to be asked; None when too late or taken over."""
    held = and_(_held(entry_id, attempt), outbox.c.expires_at >= _epoch(now))
    began = await _move(conn, held, called_at=func.coalesce(outbox.c.called_at, _epoch(now)))
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
    released = await _move(
        conn,
        _held(entry_id, attempt),
        state="waiting",
        due_at=_epoch(again_at),
        lease_until=None,
        error=error,
        called_at=None if uncalled else outbox.c.called_at,
    )
    return len(released) == 1


async def settle(
    conn: AsyncConnection,
    entry_id: int,
    attempt: int,
    state: Literal["sent", "failed", "missed", "unknown"],
    error: str,
    now: datetime,
) -> Entry | None:
    """The end of an entry, as its claimer saw it; None when another claimer has taken over."""
    settled = await _move(
        conn,
        _held(entry_id, attempt),
        state=state,
        error=error,
        settled_at=_epoch(now),
        lease_until=None,
    )
    return settled[0] if settled else None


async def accept(
    conn: AsyncConnection, entry_id: int, attempt: int, msg_id: str, now: datetime
) -> Entry | None:
    """The platform took a mass push as its job `msg_id`: accepted, or already sent or failed when the finish
    event came first. None when another claimer has taken over.
    """
    report = await platform_jobs.expect(conn, msg_id)
    accepted = await _move(
        conn, _held(entry_id, attempt), state="accepted", msg_id=msg_id, error="", lease_until=None
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
    at = _epoch(now)
    silent = and_(
        outbox.c.state == "accepted",
        outbox.c.called_at <= at - quiet_seconds,
        or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= at),
    )
    chosen = select(outbox.c.id).where(silent).order_by(outbox.c.id).limit(limit)
    ids = (await conn.execute(chosen.with_for_update(skip_locked=True))).scalars().all()
    return (
        await _move(conn, and_(outbox.c.id.in_(ids), silent), lease_until=at + quiet_seconds) if ids else ()
    )


async def stop(conn: AsyncConnection, campaign_id: int, now: datetime) -> bool:
    """Take a campaign's push back while the platform was not asked; True when none can leave any more."""
    await _move(
        conn,
        and_(
            outbox.c.campaign_id == campaign_id,
            outbox.c.state == "waiting",
            outbox.c.called_at.is_(None),
        ),
        state="stopped",
        settled_at=_epoch(now),
    )
    leaving = select(func.count()).where(
        outbox.c.campaign_id == campaign_id, outbox.c.state.in_(["waiting", "sending", "accepted", "unknown"])
    )
    return (await conn.execute(leaving)).scalar_one() == 0


async def withdraw(conn: AsyncConnection, keys: Sequence[str]) -> None:
    """Stop entries that are not needed any more, where nobody has taken them yet."""
    await _move(conn, and_(outbox.c.key.in_(keys), outbox.c.state == "waiting"), state="stopped")


async def waiting_for_people(conn: AsyncConnection, limit: int = 200) -> tuple[Entry, ...]:
    """Failed, missed and unknown entries that no person has looked at, oldest first."""
    kept = and_(outbox.c.key.startswith(LETTER), outbox.c.state != "unknown")
    rows = await conn.execute(
        select(*_FIELDS)
        .where(outbox.c.state.in_(["failed", "missed", "unknown"]), outbox.c.resolved_by == "", ~kept)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
    )
    return tuple(Entry(*row) for row in rows)


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
    resolved = await _move(
        conn,
        and_(outbox.c.id == entry_id, outbox.c.state.in_(before), outbox.c.resolved_by == ""),
        state=as_state,
        resolved_by=by,
        settled_at=_epoch(now),
    )
    if not resolved:
        raise Conflict("这一条已经有人处理过，或者平台刚刚回报了结果。请刷新页面再看。")
    return resolved[0]


async def forget_texts(conn: AsyncConnection, before: datetime) -> int:
    """Empty settled customer-service messages created before a moment; their keys stay. Returns how many."""
    result = await conn.execute(
        update(outbox)
        .where(
            outbox.c.kind == "custom",
            outbox.c.created_at < _epoch(before),
            outbox.c.state.in_(["sent", "failed", "missed", "unknown", "stopped"]),
        )
        .values(payload={})
    )
    return result.rowcount


async def forget_resident(conn: AsyncConnection, resident: int) -> None:
    """Empty what was to go to one person and forget whose it was; what still waited is stopped."""
    mine = outbox.c.resident == resident
    await conn.execute(
        update(outbox).where(mine, outbox.c.state == "waiting").values(state="stopped", lease_until=None)
    )
    await conn.execute(update(outbox).where(mine).values(payload={}, resident=None))


async def custom_since(conn: AsyncConnection, since: Mapping[int, int]) -> dict[int, int]:
    """How many customer-service messages each resident was or will be sent since a moment of theirs."""
    rows = await conn.execute(
        select(outbox.c.resident, outbox.c.created_at).where(
            outbox.c.resident.in_(since), outbox.c.kind == "custom", outbox.c.state != "stopped"
        )
    )
    found: dict[int, int] = {}
    for row in rows:
        if row.created_at >= since[row.resident]:
            found[row.resident] = found.get(row.resident, 0) + 1
    return found


async def ends(conn: AsyncConnection, keys: Sequence[str]) -> dict[str, tuple[State, int | None]]:
    """State and time of settling (epoch seconds) of the entries with these keys."""
    rows = await conn.execute(
        select(outbox.c.key, outbox.c.state, outbox.c.settled_at).where(outbox.c.key.in_(keys))
    )
    return {row.key: (row.state, row.settled_at) for row in rows}


async def hold_sends(conn: AsyncConnection) -> None:
    """Until the transaction ends no other replica decides whether a send fits; SQLite has one writer."""
    if conn.dialect.name == "postgresql":
        await conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SENDS_LOCK})


async def mass_sends(
    conn: AsyncConnection, start: datetime, end: datetime, but_campaign: int | None
) -> tuple[tuple[int, str], ...]:
    """When a mass send of ours used quota (epoch seconds), and its audience: what failed or waits has not.

    A waiting one counts from the moment that the platform was asked.
    """
    rows = await conn.execute(
        select(outbox.c.called_at, outbox.c.payload, outbox.c.campaign_id).where(
            outbox.c.kind == "mass",
            outbox.c.called_at >= _epoch(start),
            outbox.c.called_at < _epoch(end),
            outbox.c.state.not_in(["failed", "missed", "stopped"]),
        )
    )
    return tuple(
        (row.called_at, row.payload.get("audience", ""))
        for row in rows
        if but_campaign is None or row.campaign_id != but_campaign
    )


def job_numbers() -> Select[tuple[str]]:
    """The platform's numbers of our own mass sends, to tell those made in its console apart."""
    return select(outbox.c.msg_id).where(outbox.c.kind == "mass")


async def states(conn: AsyncConnection) -> dict[str, int]:
    """How many entries are in each state."""
    rows = await conn.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {row[0]: row[1] for row in rows}


async def doubt(conn: AsyncConnection, now: datetime) -> None:
    """After a restore nobody knows what left the house since the backup: under way becomes unknown.

    A mass push that only waited may go: the platform still knows its key if it went before.
    """
    unclear = or_(
        outbox.c.state.in_(["sending", "accepted"]),
        and_(outbox.c.state == "waiting", outbox.c.kind == "custom"),
    )
    await _move(conn, unclear, state="unknown", settled_at=_epoch(now), lease_until=None)


def reminders_of(wave_id: int) -> str:
    """How the keys of one wave's reminders begin."""
    return f"{REMINDER}{wave_id}-"


async def keys_beginning(conn: AsyncConnection, prefix: str) -> set[str]:
    """The keys that begin like this, whatever became of their entries."""
    query = select(outbox.c.key).where(outbox.c.key.startswith(prefix, autoescape=True))
    return set((await conn.execute(query)).scalars())


async def unlink_late_replies(conn: AsyncConnection) -> None:
    """Empty late replies and reminders that have had their outcome, and forget whose they were."""
    over = ["sent", "failed", "missed", "unknown", "stopped"]
    await conn.execute(
        update(outbox)
        .where(
            or_(outbox.c.key.startswith(LATE), outbox.c.key.startswith(REMINDER)),
            outbox.c.state.in_(over),
        )
        .values(payload={}, resident=None)
    )


def _held(entry_id: int, attempt: int) -> ColumnElement[bool]:
    return and_(outbox.c.id == entry_id, outbox.c.attempt == attempt, outbox.c.state == "sending")


async def _finish(conn: AsyncConnection, msg_id: str, report: Report, now: datetime) -> Entry | None:
    finished = await _move(
        conn,
        and_(outbox.c.msg_id == msg_id, outbox.c.state.in_(["accepted", "unknown"])),
        state="sent" if report.succeeded else "failed",
        counts=dict(report.counts),
        error="" if report.succeeded else f"平台回报：{report.status}",
        settled_at=_epoch(now),
        lease_until=None,
    )
    return finished[0] if finished else None


async def _move(conn: AsyncConnection, where: ColumnElement[bool], **values: Any) -> tuple[Entry, ...]:
    rows = await conn.execute(update(outbox).where(where).values(**values).returning(*_FIELDS))
    return tuple(Entry(*row) for row in rows)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
