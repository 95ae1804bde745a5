"""Asked for, handed out, forgotten: what the desks and the nightly job do with a file."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring
from bot.exports.table import ACTIVE, PACK, Job, end, export_jobs, export_pieces, get, job_of, lock
from surveys.export.files import Format

KEPT = timedelta(days=1)
AGAIN = timedelta(minutes=10)
"""Whoever asks for the same within this time gets the file that is there, if no answer came in since."""


async def ask(
    conn: AsyncConnection,
    number: int,
    wave_id: int,
    format: Format,
    *,
    texts: bool,
    earlier: bool = False,
    basis: str,
    steps: int,
    name: str,
    by: str,
    now: datetime,
) -> Job:
    """The job for this file: one that is under way, a file that is fresh enough, or a new job."""
    moment = int(now.timestamp())
    c = export_jobs.c
    fresh = select(export_jobs).where(
        c.wave_id == wave_id,
        c.format == format,
        c.texts == texts,
        c.earlier == earlier,
        c.basis == basis,
        c.state == "done",
        c.made_at > moment - int(AGAIN.total_seconds()),
    )
    if (row := (await conn.execute(fresh.order_by(c.made_at.desc()).limit(1))).first()) is not None:
        return job_of(row)
    return await _ask(
        conn,
        {
            "id": number,
            "slot": f"{wave_id}:{format}:{int(texts)}:{int(earlier)}",
            "wave_id": wave_id,
            "format": format,
            "texts": texts,
            "earlier": earlier,
            "basis": basis,
            "asked_by": by,
            "steps": steps,
            "name": name,
        },
        now,
    )


async def ask_pack(
    conn: AsyncConnection, number: int, subject: str, *, name: str, by: str, now: datetime
) -> Job:
    """The job for a pack of evidence: the one that is under way, or a new one."""
    values = {
        "id": number,
        "slot": subject,
        "wave_id": 0,
        "format": PACK,
        "subject": subject,
        "basis": "",
        "asked_by": by,
        "steps": 1,
        "name": name,
    }
    return await _ask(conn, values, now)


async def _ask(conn: AsyncConnection, wanted: Mapping[str, object], now: datetime) -> Job:
    moment = int(now.timestamp())
    values = {
        **wanted,
        "asked_at": moment,
        "state": "waiting",
        "expires_at": moment + int(KEPT.total_seconds()),
    }
    await conn.execute(insert_ignoring(conn, export_jobs, ["slot"]).values(values))
    row = (await conn.execute(select(export_jobs).where(export_jobs.c.slot == values["slot"]))).first()
    if row is None:
        raise LookupError(f"the job {values['slot']} ended while it was asked for")
    return job_of(row)


async def cancel(conn: AsyncConnection, number: int) -> bool:
    """Make it no further; False when it has ended already."""
    found = await get(conn, number)
    return found is not None and found.active and await end(conn, found, {"state": "cancelled"})


async def remove(conn: AsyncConnection, number: int) -> bool:
    """Delete a job that has ended, with its file; False where there is none."""
    c = export_jobs.c
    gone = await conn.execute(delete(export_jobs).where(c.id == number, c.state.not_in(ACTIVE)))
    if gone.rowcount == 1:
        await conn.execute(delete(export_pieces).where(export_pieces.c.job_id == number))
    return gone.rowcount == 1


async def forget_expired(conn: AsyncConnection, now: datetime) -> None:
    """Delete the files whose day is over, and what is known of jobs that ended a day ago."""
    c = export_jobs.c
    over = select(c.id).where(c.state.not_in(ACTIVE), c.expires_at <= int(now.timestamp()))
    await _forget(conn, list((await conn.execute(over)).scalars()))


async def forget_waves(conn: AsyncConnection, wave_ids: Collection[int]) -> None:
    """Answers are erased in this transaction: the waves' files go, what is being made begins anew.

    So do those of several waves together, which may hold the same answers.
    """
    c = export_jobs.c
    await _begin_anew(conn, or_(c.wave_id.in_(sorted(wave_ids)), c.earlier))


async def forget_packs(conn: AsyncConnection) -> None:
    """Something that a pack may hold is deleted for good in this transaction: so are the packs."""
    await _begin_anew(conn, export_jobs.c.format == PACK)


async def _begin_anew(conn: AsyncConnection, mine: ColumnElement[bool]) -> None:
    await lock(conn)
    c = export_jobs.c
    anew = {"state": "waiting", "attempt": c.attempt + 1, "tries": 0, "lease_until_at": 0, "steps_done": 0}
    await conn.execute(update(export_jobs).where(mine, c.state == "running").values(anew))
    ended = select(c.id).where(mine, c.state.not_in(ACTIVE))
    await _forget(conn, list((await conn.execute(ended)).scalars()))


async def jobs_of(conn: AsyncConnection, wave_id: int, now: datetime) -> list[Job]:
    """The jobs of a wave that are not over, the newest first."""
    c = export_jobs.c
    kept = or_(c.state.in_(ACTIVE), c.expires_at > int(now.timestamp()))
    query = select(export_jobs).where(c.wave_id == wave_id, kept)
    return [job_of(row) for row in await conn.execute(query.order_by(c.asked_at.desc(), c.id))]


async def packs_of(conn: AsyncConnection, subject: str, now: datetime) -> list[Job]:
    """The packs of a subject that are not over, the newest first."""
    return [job for job in await jobs_of(conn, 0, now) if job.subject == subject]


async def piece(conn: AsyncConnection, job: Job, number: int) -> bytes | None:
    """A piece of a finished file, from 0; None after the last, and when the file is gone."""
    c = export_pieces.c
    query = select(c.content).where(c.job_id == job.id, c.attempt == job.attempt, c.number == number)
    return (await conn.execute(query)).scalar()


async def _forget(conn: AsyncConnection, numbers: list[int]) -> None:
    if numbers:
        await conn.execute(delete(export_pieces).where(export_pieces.c.job_id.in_(numbers)))
        await conn.execute(delete(export_jobs).where(export_jobs.c.id.in_(numbers)))
