"""The table of files that were asked for and of their pieces, and the one way a job may change."""

from collections.abc import Mapping
from dataclasses import dataclass
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
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from surveys.export.files import Format

State = Literal["waiting", "running", "done", "failed", "cancelled"]
What: TypeAlias = Format | Literal["zip"]
"""A wave in a format, or a pack of evidence."""
PACK: Final = "zip"
ACTIVE: tuple[State, ...] = ("waiting", "running")

_LOCK = 0x65787074

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


def job_of(row: Row[tuple[object, ...]]) -> Job:
    """A row as a job."""
    return Job(**row._mapping)


async def get(conn: AsyncConnection, number: int) -> Job | None:
    """One job; None where there is none."""
    row = (await conn.execute(select(export_jobs).where(export_jobs.c.id == number))).first()
    return None if row is None else job_of(row)


async def change(conn: AsyncConnection, job: Job, values: Mapping[str, object]) -> bool:
    """Write to a job as it was read; False when it is not so any more."""
    changed = await conn.execute(update(export_jobs).where(held(job)).values(dict(values)))
    return changed.rowcount == 1


async def end(conn: AsyncConnection, job: Job, values: Mapping[str, object]) -> bool:
    """It is over, its half-made file goes; False when it is not as it was read any more."""
    if not await change(conn, job, {**values, "slot": f"#{job.id}"}):
        return False
    await conn.execute(delete(export_pieces).where(export_pieces.c.job_id == job.id))
    return True


async def lock(conn: AsyncConnection) -> None:
    """Held by claims and by erasures: a worker takes its snapshot before an erasure begins, or after it.

    SQLite has one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        await conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def held(job: Job) -> ColumnElement[bool]:
    """The job as it was read: state and attempt are what a claim and an end change."""
    c = export_jobs.c
    return (c.id == job.id) & (c.attempt == job.attempt) & (c.state == job.state)
