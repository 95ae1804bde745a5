"""What people and circumstances do to a run: begun, paused, resumed, stopped, looked at, forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring
from bot.problems import Conflict
from bot.pushes.runs.table import (
    FIELDS,
    OVER,
    Channel,
    Run,
    change,
    epoch,
    run_people,
    send_chunks,
    send_runs,
)

CHUNK = 100
"""People in a chunk: what a crash leaves unclear at most, for each chunk that is under way."""
AT_ONCE = 1000
CHANGED = "这次发送刚刚有了变化。请看最新的状态再操作。"
NOT_REACHED = "其余的人还没有轮到，时间就过了。"
RESTORED = "恢复过备份。备份以后发给了谁，已经查不到；继续的话，有人可能收到两次。请您决定继续还是停止。"


async def begin(
    conn: AsyncConnection,
    key: str,
    channel: Channel,
    audience: str,
    payload: Mapping[str, Any],
    ids: Sequence[int],
    expires_at: datetime,
    now: datetime,
    campaign_id: int | None = None,
) -> Run | None:
    """A run to the residents `ids` (ascending), in chunks; None when one with this key was begun before."""
    row = {
        "key": key,
        "channel": channel,
        "audience": audience,
        "payload": dict(payload),
        "campaign_id": campaign_id,
        "state": "running",
        "said": "",
        "again_at": 0,
        "expires_at": epoch(expires_at),
        "total": len(ids),
        "created_at": epoch(now),
        "changed_by": "",
        "seen_by": "",
        **dict.fromkeys(("sent", "failed", "gone", "closed", "unknown", "setbacks"), 0),
    }
    added = await conn.execute(insert_ignoring(conn, send_runs, ["key"]).values(row).returning(*FIELDS))
    found = added.first()
    if found is None:
        return None
    run = Run(*found)
    chunks = [
        {
            "run_id": run.id,
            "number": at // CHUNK,
            "first": ids[at],
            "last": ids[min(at + CHUNK, len(ids)) - 1],
            "people": min(CHUNK, len(ids) - at),
            "state": "waiting",
            "attempt": 0,
            "lease_until": None,
        }
        for at in range(0, len(ids), CHUNK)
    ]
    for at in range(0, len(chunks), AT_ONCE):
        await conn.execute(insert(send_chunks), chunks[at : at + AT_ONCE])
    return run


async def pause(conn: AsyncConnection, run_id: int, by: str) -> Run:
    """Nothing more leaves until somebody resumes it. Raises Conflict when it is not under way."""
    return await _steer(conn, run_id, ("running",), state="paused", said="", changed_by=by)


async def resume(conn: AsyncConnection, run_id: int, by: str) -> Run:
    """Go on with those who have not been written to. Raises Conflict when it neither waits nor is held."""
    values = {"state": "running", "said": "", "again_at": 0, "setbacks": 0, "changed_by": by}
    return await _steer(conn, run_id, ("paused", "held"), **values)


async def stop(conn: AsyncConnection, run_id: int, by: str, now: datetime) -> Run:
    """End it for good: who was written to keeps the message. Raises Conflict when it is over."""
    values = {"state": "stopped", "said": "", "changed_by": by, "settled_at": epoch(now)}
    return await _steer(conn, run_id, ("running", "paused", "held"), **values)


async def _steer(conn: AsyncConnection, run_id: int, states: Sequence[str], **values: Any) -> Run:
    changed = await change(conn, (send_runs.c.id == run_id) & send_runs.c.state.in_(states), **values)
    if not changed:
        raise Conflict(CHANGED)
    return changed[0]


async def get(conn: AsyncConnection, run_id: int) -> Run | None:
    """One run."""
    row = (await conn.execute(select(*FIELDS).where(send_runs.c.id == run_id))).first()
    return Run(*row) if row else None


async def of_campaign(conn: AsyncConnection, campaign_id: int) -> Run | None:
    """The latest run of a campaign."""
    query = select(*FIELDS).where(send_runs.c.campaign_id == campaign_id)
    row = (await conn.execute(query.order_by(send_runs.c.id.desc()).limit(1))).first()
    return Run(*row) if row else None


async def of_campaigns(conn: AsyncConnection, campaign_ids: Sequence[int]) -> dict[int, Run]:
    """The latest run of each of these campaigns that has one."""
    query = select(*FIELDS).where(send_runs.c.campaign_id.in_(campaign_ids)).order_by(send_runs.c.id)
    return {
        run.campaign_id: run for run in [Run(*row) for row in await conn.execute(query)] if run.campaign_id
    }


async def under_way(conn: AsyncConnection) -> tuple[Run, ...]:
    """Runs that are not over, the oldest first."""
    query = select(*FIELDS).where(send_runs.c.state.not_in(OVER)).order_by(send_runs.c.id)
    return tuple(Run(*row) for row in await conn.execute(query))


async def to_look_at(conn: AsyncConnection) -> tuple[Run, ...]:
    """Runs that are over and left something unclear or undone, until a person has seen them."""
    query = select(*FIELDS).where(
        send_runs.c.state.in_(OVER),
        send_runs.c.seen_by == "",
        (send_runs.c.unknown > 0) | (send_runs.c.failed > 0) | (send_runs.c.state == "expired"),
    )
    return tuple(Run(*row) for row in await conn.execute(query.order_by(send_runs.c.id)))


async def seen(conn: AsyncConnection, run_id: int, by: str) -> Run:
    """A person has seen how it ended. Raises Conflict when somebody has before."""
    is_open = (send_runs.c.id == run_id) & send_runs.c.state.in_(OVER) & (send_runs.c.seen_by == "")
    changed = await change(conn, is_open, seen_by=by)
    if not changed:
        raise Conflict(CHANGED)
    return changed[0]


async def doubt(conn: AsyncConnection) -> None:
    """After a restore nobody knows what left since the backup: a person decides whether to go on."""
    await conn.execute(
        update(send_runs).where(send_runs.c.state == "running").values(state="held", said=RESTORED)
    )


async def written_since(
    conn: AsyncConnection, since: Mapping[int, int], channel: Channel | None = None
) -> dict[int, int]:
    """How many messages of runs each resident got, or may have got, since a moment of theirs."""
    query = select(run_people.c.resident, run_people.c.at).where(
        run_people.c.resident.in_(since), run_people.c.outcome.in_(["", "sent", "unknown"])
    )
    if channel is not None:
        query = query.where(
            run_people.c.run_id.in_(select(send_runs.c.id).where(send_runs.c.channel == channel))
        )
    found: dict[int, int] = {}
    for row in await conn.execute(query):
        if row.at >= since[row.resident]:
            found[row.resident] = found.get(row.resident, 0) + 1
    return found


async def forget_resident(conn: AsyncConnection, resident: int) -> None:
    """Nothing tells any more what somebody was sent."""
    await conn.execute(delete(run_people).where(run_people.c.resident == resident))


async def forget_before(conn: AsyncConnection, before: datetime) -> int:
    """Forget who was written to by runs that ended before a moment; how many rows. Their counts stay."""
    over = select(send_runs.c.id).where(send_runs.c.settled_at < epoch(before), send_runs.c.state.in_(OVER))
    return (await conn.execute(delete(run_people).where(run_people.c.run_id.in_(over)))).rowcount


async def states(conn: AsyncConnection, ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """State of these runs, and until when (epoch seconds) they wait: what a sender asks all the time."""
    query = select(send_runs.c.id, send_runs.c.state, send_runs.c.again_at).where(send_runs.c.id.in_(ids))
    return {row.id: (row.state, row.again_at) for row in await conn.execute(query)}


async def end(conn: AsyncConnection, now: datetime) -> tuple[Run, ...]:
    """Runs that end now: nobody is left, or their time is over while nothing is under way."""

    def has_chunk(*states: str) -> ColumnElement[bool]:
        of_run = (send_chunks.c.run_id == send_runs.c.id) & send_chunks.c.state.in_(states)
        return select(send_chunks.c.number).where(of_run).exists()

    at = epoch(now)
    done = await change(
        conn,
        (send_runs.c.state == "running") & ~has_chunk("waiting", "sending"),
        state="done",
        said="",
        settled_at=at,
    )
    late = send_runs.c.state.in_(["running", "paused", "held"]) & (send_runs.c.expires_at < at)
    late &= ~has_chunk("sending")
    said = case((send_runs.c.said == "", NOT_REACHED), else_=send_runs.c.said)
    return (*done, *await change(conn, late, state="expired", said=said, settled_at=at))


async def count(conn: AsyncConnection) -> dict[str, int]:
    """How many runs are in each state."""
    rows = await conn.execute(select(send_runs.c.state, func.count()).group_by(send_runs.c.state))
    return {row[0]: row[1] for row in rows}
