"""A job as a worker has it: claimed for a minute, kept by a beat, filled piece by piece, ended."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.exports.asking import KEPT
from bot.exports.table import Job, change, end, export_jobs, export_pieces, held, job_of, lock

LEASE = timedelta(seconds=60)
MOST_TRIES = 3
GAVE_UP = "试了三次都没有做成。请稍后再导出一次；还是不行，请告诉维护人员。"


async def waits(conn: AsyncConnection, now: datetime) -> bool:
    """Whether there is a job to claim."""
    return (await conn.execute(select(export_jobs.c.id).where(_due(now)).limit(1))).first() is not None


async def claim(conn: AsyncConnection, now: datetime, number: int | None = None) -> Job | None:
    """Take the job that has waited longest, or whose worker has been silent for a minute; None without any.

    With `number` only that one. A job that was begun three times in vain is given up here.
    """
    await lock(conn)
    c = export_jobs.c
    query = select(export_jobs).where(_due(now)).order_by(c.asked_at, c.id).limit(1)
    if number is not None:
        query = query.where(c.id == number)
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    found = job_of(row)
    if found.tries >= MOST_TRIES:
        await fail(conn, found, GAVE_UP)
        return None
    taken = {
        "state": "running",
        "attempt": found.attempt + 1,
        "tries": found.tries + 1,
        "lease_until_at": _lease(now),
        "steps_done": 0,
    }
    statement = update(export_jobs).where(held(found), _due(now)).values(taken).returning(*export_jobs.c)
    row = (await conn.execute(statement)).first()
    if row is None:
        return None
    await conn.execute(delete(export_pieces).where(export_pieces.c.job_id == found.id))
    return job_of(row)


async def beat(
    conn: AsyncConnection, job: Job, steps_done: int, now: datetime, steps: int | None = None
) -> bool:
    """Say that the job is still worked on; False when it is not this worker's any more.

    `steps`: how many there are in all, where that is known only now.
    """
    values = {"steps_done": steps_done, "lease_until_at": _lease(now)} | ({"steps": steps} if steps else {})
    return await change(conn, job, values)


async def add_piece(conn: AsyncConnection, job: Job, number: int, content: bytes, now: datetime) -> bool:
    """Keep the next piece of the file; False when the job is not this worker's any more."""
    if not await change(conn, job, {"lease_until_at": _lease(now)}):
        return False
    piece = {"job_id": job.id, "attempt": job.attempt, "number": number, "content": content}
    await conn.execute(insert(export_pieces).values(piece))
    return True


async def finish(
    conn: AsyncConnection, job: Job, *, rows: int, size: int, sha256: str, now: datetime
) -> bool:
    """The file is whole; False when the job is not this worker's any more."""
    moment = int(now.timestamp())
    values = {
        "state": "done",
        "slot": f"#{job.id}",
        "steps_done": job.steps,
        "rows": rows,
        "size": size,
        "sha256": sha256,
        "made_at": moment,
        "expires_at": moment + int(KEPT.total_seconds()),
    }
    return await change(conn, job, values)


async def fail(conn: AsyncConnection, job: Job, words: str) -> bool:
    """It cannot be made; `words` are for whoever asked. False when it is not this worker's any more."""
    return await end(conn, job, {"state": "failed", "problem": words})


async def give_back(conn: AsyncConnection, job: Job) -> bool:
    """This worker stops: another one may begin anew at once."""
    return await change(conn, job, {"state": "waiting", "tries": job.tries - 1, "lease_until_at": 0})


def _due(now: datetime) -> ColumnElement[bool]:
    c = export_jobs.c
    return or_(c.state == "waiting", (c.state == "running") & (c.lease_until_at < int(now.timestamp())))


def _lease(now: datetime) -> int:
    return int((now + LEASE).timestamp())
