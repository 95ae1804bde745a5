"""Files of a wave and packs of evidence, made on request: one job a file, worked by any replica, kept a day.

A finished file lies in the database, in pieces. Replicas share nothing else, so each of them can hand it
out; an erasure reaches it in its own transaction, and it goes when its day is over without a file that
somebody must remember. waiting -> running -> done | failed | cancelled; whoever claims a job raises its
`attempt`, and every later step of an earlier attempt changes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring, metadata
from surveys.export.files import Format

State = Literal["waiting", "running", "done", "failed", "cancelled"]
What: TypeAlias = Format | Literal["zip"]
"""A wave in a format, or a pack of evidence."""
PACK: Final = "zip"
ACTIVE: tuple[State, ...] = ("waiting", "running")

LEASE = timedelta(seconds=60)
KEPT = timedelta(days=1)
AGAIN = timedelta(minutes=10)
"""Whoever asks for the same within this time gets the file that is there, if no answer came in since."""
MOST_TRIES = 3
_LOCK = 0x65787074
"""Held by claims and by erasures: a worker takes its snapshot before an erasure begins, or after it ended."""
GAVE_UP = "试了三次都没有做成。请稍后再导出一次；还是不行，请告诉维护人员。"

export_jobs = Table(
    "export_jobs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("slot", String(80), nullable=False, unique=True),
    Column("wave_id", BigInteger, nullable=False, index=True),
    Column("format", String(8), nullable=False),
    Column("texts", Boolean, nullable=False, server_default=false()),
    Column("earlier", Boolean, nullable=False, server_default=false()),
    Column("subject", String(80), nullable=False, server_default=""),
    Column("basis", String(80), nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("tries", Integer, nullable=False, default=0),
    Column("lease_until_at", BigInteger, nullable=False, default=0),
    Column("steps_done", BigInteger, nullable=False, default=0),
    Column("steps", BigInteger, nullable=False),
    Column("name", String(260), nullable=False),
    Column("rows", BigInteger, nullable=False, default=0),
    Column("size", BigInteger, nullable=False, default=0),
    Column("sha256", String(64), nullable=False, default=""),
    Column("made_at", BigInteger, nullable=False, default=0),
    Column("expires_at", BigInteger, nullable=False),
    Column("problem", Text, nullable=False, default=""),
)
"""`slot` is "<wave>:<format>:<texts>:<earlier>", or a pack's subject, until the job ends, so that there is
one such job; then "#<id>". `subject` is what a pack is of; its wave is 0.
"""

export_pieces = Table(
    "export_pieces",
    metadata,
    Column("job_id", BigInteger, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Job:
    """One file that was asked for. `steps` are readings of an interview, or pieces of a pack; times are epoch
    seconds.

    `texts`: with what people wrote; `earlier`: with the waves before it, in one table; `basis` says which
    answers it was asked for; `rows`, `size` (bytes), `sha256` and `made_at` are those of the finished file,
    `problem` the words of a failed one.
    """

    id: int
    slot: str
    wave_id: int
    format: What
    texts: bool
    earlier: bool
    subject: str
    basis: str
    asked_by: str
    asked_at: int
    state: State
    attempt: int
    tries: int
    lease_until_at: int
    steps_done: int
    steps: int
    name: str
    rows: int
    size: int
    sha256: str
    made_at: int
    expires_at: int
    problem: str

    @property
    def active(self) -> bool:
        """Whether it waits or is being made."""
        return self.state in ACTIVE

    @property
    def share(self) -> float:
        """How much of it is made, 0 to 1."""
        return min(1.0, self.steps_done / self.steps) if self.steps else 0.0


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
        return _job(row)
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
    return _job(row)


async def waits(conn: AsyncConnection, now: datetime) -> bool:
    """Whether there is a job to claim."""
    return (await conn.execute(select(export_jobs.c.id).where(_due(now)).limit(1))).first() is not None


async def claim(conn: AsyncConnection, now: datetime, number: int | None = None) -> Job | None:
    """Take the job that has waited longest, or whose worker has been silent for a minute; None without any.

    With `number` only that one. A job that was begun three times in vain is given up here.
    """
    await _lock(conn)
    c = export_jobs.c
    query = select(export_jobs).where(_due(now)).order_by(c.asked_at, c.id).limit(1)
    if number is not None:
        query = query.where(c.id == number)
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    found = _job(row)
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
    statement = update(export_jobs).where(_held(found), _due(now)).values(taken).returning(*export_jobs.c)
    row = (await conn.execute(statement)).first()
    if row is None:
        return None
    await conn.execute(delete(export_pieces).where(export_pieces.c.job_id == found.id))
    return _job(row)


async def beat(
    conn: AsyncConnection, job: Job, steps_done: int, now: datetime, steps: int | None = None
) -> bool:
    """Say that the job is still worked on; False when it is not this worker's any more.

    `steps`: how many there are in all, where that is known only now.
    """
    values = {"steps_done": steps_done, "lease_until_at": _lease(now)} | ({"steps": steps} if steps else {})
    return await _change(conn, job, values)


async def add_piece(conn: AsyncConnection, job: Job, number: int, content: bytes, now: datetime) -> bool:
    """Keep the next piece of the file; False when the job is not this worker's any more."""
    if not await _change(conn, job, {"lease_until_at": _lease(now)}):
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
    return await _change(conn, job, values)


async def fail(conn: AsyncConnection, job: Job, words: str) -> bool:
    """It cannot be made; `words` are for whoever asked. False when it is not this worker's any more."""
    return await _end(conn, job, {"state": "failed", "problem": words})


async def give_back(conn: AsyncConnection, job: Job) -> bool:
    """This worker stops: another one may begin anew at once."""
    return await _change(conn, job, {"state": "waiting", "tries": job.tries - 1, "lease_until_at": 0})


async def cancel(conn: AsyncConnection, number: int) -> bool:
    """Make it no further; False when it has ended already."""
    found = await get(conn, number)
    return found is not None and found.active and await _end(conn, found, {"state": "cancelled"})


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
    await _lock(conn)
    c = export_jobs.c
    anew = {"state": "waiting", "attempt": c.attempt + 1, "tries": 0, "lease_until_at": 0, "steps_done": 0}
    await conn.execute(update(export_jobs).where(mine, c.state == "running").values(anew))
    ended = select(c.id).where(mine, c.state.not_in(ACTIVE))
    await _forget(conn, list((await conn.execute(ended)).scalars()))


async def get(conn: AsyncConnection, number: int) -> Job | None:
    """One job; None where there is none."""
    row = (await conn.execute(select(export_jobs).where(export_jobs.c.id == number))).first()
    return None if row is None else _job(row)


async def jobs_of(conn: AsyncConnection, wave_id: int, now: datetime) -> list[Job]:
    """The jobs of a wave that are not over, the newest first."""
    c = export_jobs.c
    kept = or_(c.state.in_(ACTIVE), c.expires_at > int(now.timestamp()))
    query = select(export_jobs).where(c.wave_id == wave_id, kept)
    return [_job(row) for row in await conn.execute(query.order_by(c.asked_at.desc(), c.id))]


async def packs_of(conn: AsyncConnection, subject: str, now: datetime) -> list[Job]:
    """The packs of a subject that are not over, the newest first."""
    return [job for job in await jobs_of(conn, 0, now) if job.subject == subject]


async def piece(conn: AsyncConnection, job: Job, number: int) -> bytes | None:
    """A piece of a finished file, from 0; None after the last, and when the file is gone."""
    c = export_pieces.c
    query = select(c.content).where(c.job_id == job.id, c.attempt == job.attempt, c.number == number)
    return (await conn.execute(query)).scalar()


def _job(row: Row[tuple[object, ...]]) -> Job:
    return Job(**row._mapping)


def _due(now: datetime) -> ColumnElement[bool]:
    c = export_jobs.c
    return or_(c.state == "waiting", (c.state == "running") & (c.lease_until_at < int(now.timestamp())))


async def _lock(conn: AsyncConnection) -> None:
    """SQLite has one writer anyway."""
    if conn.dialect.name == "postgresql":
        await conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _lease(now: datetime) -> int:
    return int((now + LEASE).timestamp())


def _held(job: Job) -> ColumnElement[bool]:
    """The job as it was read: state and attempt are what a claim and an end change."""
    c = export_jobs.c
    return (c.id == job.id) & (c.attempt == job.attempt) & (c.state == job.state)


async def _change(conn: AsyncConnection, job: Job, values: Mapping[str, object]) -> bool:
    changed = await conn.execute(update(export_jobs).where(_held(job)).values(dict(values)))
    return changed.rowcount == 1


async def _end(conn: AsyncConnection, job: Job, values: Mapping[str, object]) -> bool:
    if not await _change(conn, job, {**values, "slot": f"#{job.id}"}):
        return False
    await conn.execute(delete(export_pieces).where(export_pieces.c.job_id == job.id))
    return True


async def _forget(conn: AsyncConnection, numbers: list[int]) -> None:
    if numbers:
        await conn.execute(delete(export_pieces).where(export_pieces.c.job_id.in_(numbers)))
        await conn.execute(delete(export_jobs).where(export_jobs.c.id.in_(numbers)))
