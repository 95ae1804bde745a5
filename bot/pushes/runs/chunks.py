"""A chunk on its way: claimed for one replica with its people, settled once, or given up with its claimer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring
from bot.pushes.runs.table import FIELDS, Outcome, Run, epoch, run_people, send_chunks, send_runs


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a run in the hands of one claimer; `attempt` is the fencing number."""

    run: Run
    number: int
    first: int
    last: int
    people: int
    attempt: int


async def has_work(conn: AsyncConnection, now: datetime) -> bool:
    """Whether `expire`, `claim` or the end of a run would find something: cheap and read-only."""
    at = epoch(now)
    going = send_runs.c.state.in_(["running", "paused", "held"])
    found = await conn.execute(
        select(send_runs.c.id)
        .where(
            going,
            or_(
                (send_runs.c.state == "running") & (send_runs.c.again_at <= at),
                send_runs.c.expires_at < at,
            ),
        )
        .limit(1)
    )
    if found.first() is not None:
        return True
    left = select(send_chunks.c.number).where(
        send_chunks.c.state == "sending", send_chunks.c.lease_until < at
    )
    return (await conn.execute(left.limit(1))).first() is not None


async def claim(conn: AsyncConnection, now: datetime, lease_seconds: int) -> Chunk | None:
    """Take the next chunk of a run that may go on; its people are claimed by `take`."""
    at = epoch(now)
    runs = select(*FIELDS).where(
        send_runs.c.state == "running", send_runs.c.again_at <= at, send_runs.c.expires_at >= at
    )
    for row in (await conn.execute(runs.order_by(send_runs.c.id))).all():
        run = Run(*row)
        waiting = (send_chunks.c.run_id == run.id) & (send_chunks.c.state == "waiting")
        chosen = (
            select(send_chunks.c.number)
            .where(waiting)
            .order_by(send_chunks.c.number)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        number = (await conn.execute(chosen)).scalar_one_or_none()
        if number is None:
            continue
        taken = await conn.execute(
            update(send_chunks)
            .where(waiting, send_chunks.c.number == number)
            .values(state="sending", attempt=send_chunks.c.attempt + 1, lease_until=at + lease_seconds)
            .returning(send_chunks.c.first, send_chunks.c.last, send_chunks.c.people, send_chunks.c.attempt)
        )
        if (found := taken.first()) is not None:
            return Chunk(run, number, *found)
    return None


async def take(
    conn: AsyncConnection, chunk: Chunk, people: Collection[int], closed: Collection[int], now: datetime
) -> set[int]:
    """Promise to call once for each of these people; those for whom nobody has promised it before.

    `closed` are those of the chunk who cannot be written to now: that is noted, and final.
    """
    at = epoch(now)
    rows = [
        {"resident": one, "run_id": chunk.run.id, "at": at, "outcome": outcome}
        for chosen, outcome in ((people, ""), (closed, "closed"))
        for one in chosen
    ]
    if not rows:
        return set()
    statement = insert_ignoring(conn, run_people, ["resident", "run_id"]).values(rows)
    added = await conn.execute(statement.returning(run_people.c.resident, run_people.c.outcome))
    new = [(row.resident, row.outcome) for row in added]
    refused = sum(outcome == "closed" for _, outcome in new)
    if refused:
        await _add(conn, chunk.run.id, {"closed": refused})
    return {resident for resident, outcome in new if outcome == ""}


async def settle(
    conn: AsyncConnection,
    chunk: Chunk,
    outcomes: Mapping[Outcome, Sequence[int]],
    unasked: Sequence[int],
) -> bool:
    """How a claimed chunk ended; False when its lease ran out before and somebody else has settled it.

    `unasked` are people for whom the platform was certainly not called: they and the chunk wait again.
    """
    held = await conn.execute(
        update(send_chunks)
        .where(
            send_chunks.c.run_id == chunk.run.id,
            send_chunks.c.number == chunk.number,
            send_chunks.c.attempt == chunk.attempt,
            send_chunks.c.state == "sending",
        )
        .values(state="waiting" if unasked else "done", lease_until=None)
    )
    if held.rowcount != 1:
        return False
    mine = run_people.c.run_id == chunk.run.id
    counts: dict[str, int] = {}
    for outcome, people in outcomes.items():
        settled = await conn.execute(
            update(run_people)
            .where(mine, run_people.c.resident.in_(people), run_people.c.outcome == "")
            .values(outcome=outcome)
        )
        counts[str(outcome)] = settled.rowcount  # some may have been settled by the platform's own word
    if unasked:
        claimed = run_people.c.outcome == ""
        await conn.execute(delete(run_people).where(mine, run_people.c.resident.in_(unasked), claimed))
    if not unasked:
        others = await _others(conn, chunk.run.id, chunk.first, chunk.last, chunk.people)
        counts = {name: counts.get(name, 0) + others.get(name, 0) for name in {*counts, *others}}
    await _add(conn, chunk.run.id, counts)
    return True


async def _others(conn: AsyncConnection, run_id: int, first: int, last: int, people: int) -> dict[str, int]:
    """Whoever left the group since the run began is not written to; whoever joined it meanwhile was."""
    query = select(func.count()).where(
        run_people.c.run_id == run_id, run_people.c.resident.between(first, last)
    )
    missing = people - (await conn.execute(query)).scalar_one()
    return {"closed": missing} if missing > 0 else {"total": -missing}


async def _add(conn: AsyncConnection, run_id: int, counts: Mapping[str, int]) -> None:
    if any(counts.values()):
        values = {name: send_runs.c[name] + number for name, number in counts.items() if number}
        await conn.execute(update(send_runs).where(send_runs.c.id == run_id).values(values))


async def hold(
    conn: AsyncConnection, run_id: int, words: str, again_at: datetime | None, *, setback: bool
) -> None:
    """Let a run wait, until a moment or until a person resumes it, and say why."""
    values = (
        {"state": "held", "said": words} if again_at is None else {"again_at": epoch(again_at), "said": words}
    )
    setbacks = send_runs.c.setbacks + 1 if setback else send_runs.c.setbacks
    await conn.execute(
        update(send_runs)
        .where(send_runs.c.id == run_id, send_runs.c.state == "running")
        .values(**values, setbacks=setbacks)
    )


async def goes_well(conn: AsyncConnection, run_id: int, now: datetime) -> None:
    """The platform answers again: nothing is said any more, and the next setback waits briefly.

    Not while the run waits: then it was a chunk beside the one that met the trouble that went well.
    """
    await conn.execute(
        update(send_runs)
        .where(
            send_runs.c.id == run_id,
            send_runs.c.state == "running",
            send_runs.c.again_at <= epoch(now),
            (send_runs.c.setbacks > 0) | (send_runs.c.said != ""),
        )
        .values(setbacks=0, said="")
    )


async def expire(conn: AsyncConnection, now: datetime) -> int:
    """Settle chunks whose claimer died: nobody knows whom it wrote to, so nobody is written to again."""
    lost = await conn.execute(
        update(send_chunks)
        .where(send_chunks.c.state == "sending", send_chunks.c.lease_until < epoch(now))
        .values(state="done", lease_until=None)
        .returning(send_chunks.c.run_id, send_chunks.c.first, send_chunks.c.last, send_chunks.c.people)
    )
    given_up = 0
    for run_id, first, last, people in lost.all():
        unclear = await conn.execute(
            update(run_people)
            .where(
                run_people.c.run_id == run_id,
                run_people.c.resident.between(first, last),
                run_people.c.outcome == "",
            )
            .values(outcome="unknown")
        )
        others = await _others(conn, run_id, first, last, people)
        await _add(conn, run_id, {"unknown": unclear.rowcount} | others)
        given_up += unclear.rowcount
    return given_up


async def tally(conn: AsyncConnection, run_id: int) -> dict[str, int]:
    """What became of everybody who was claimed, counted from their own rows."""
    rows = await conn.execute(
        select(run_people.c.outcome, func.count(literal_column("*")))
        .where(run_people.c.run_id == run_id)
        .group_by(run_people.c.outcome)
    )
    return {row[0]: row[1] for row in rows}
