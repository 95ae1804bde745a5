"""Personal sends as tables: a run is one push to many, a chunk is a piece of its people, and who was claimed.

A chunk names a range of resident keys and no person; a row of `run_people` is the promise to call the
platform for that person at most once, made before the call and unique for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, Column, ColumnElement, Index, Integer, String, Table, Text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata

Channel = Literal["custom", "notice"]
RunState = Literal["running", "paused", "held", "done", "stopped", "expired"]
"""`paused` by a person; `held` because something is wrong that a person must look at."""
Outcome = Literal["", "sent", "failed", "gone", "closed", "unknown"]
"""What became of one person's message: claimed, sent, refused, does not follow any more, not to be written
to now (window, quota, own wish), or nobody knows.
"""
OVER: tuple[RunState, ...] = ("done", "stopped", "expired")

send_runs = Table(
    "send_runs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("channel", String(8), nullable=False),
    Column("audience", String(80), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("campaign_id", BigInteger),
    Column("state", String(8), nullable=False),
    Column("said", Text, nullable=False),
    Column("again_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("total", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("setbacks", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("changed_by", String(64), nullable=False),
    Column("seen_by", String(64), nullable=False),
    Index("send_runs_state", "state"),
)

send_chunks = Table(
    "send_chunks",
    metadata,
    Column("run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("people", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", BigInteger),
    Index("send_chunks_work", "run_id", "state", "number"),
    Index("send_chunks_lease", "state", "lease_until"),
)

run_people = Table(
    "run_people",
    metadata,
    Column("resident", BigInteger, primary_key=True, autoincrement=False),
    Column("run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String(8), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One push to many, each written to for himself. Times are epoch seconds.

    `total`: who could be reached when it began; the five counts tell what became of them. `said`: why it
    waits, in words; it goes on by itself at `again_at` unless it is paused or held.
    """

    id: int
    key: str
    channel: Channel
    audience: str
    payload: Mapping[str, Any]
    campaign_id: int | None
    state: RunState
    said: str
    again_at: int
    expires_at: int
    total: int
    sent: int
    failed: int
    gone: int
    closed: int
    unknown: int
    setbacks: int
    created_at: int
    settled_at: int | None
    changed_by: str

    @property
    def title(self) -> str:
        """The first line of what is sent."""
        return str(self.payload.get("text", "")).split("\n", 1)[0].strip("【】")

    @property
    def is_over(self) -> bool:
        """Whether nothing more will leave, whatever anybody does."""
        return self.state in OVER

    @property
    def handled(self) -> int:
        """How many are settled, one way or another."""
        return self.sent + self.failed + self.gone + self.closed + self.unknown

    @property
    def left(self) -> int:
        """How many have not been written to."""
        return max(0, self.total - self.handled)

    @property
    def percent(self) -> int:
        """How far it is, rounded down: 100 only when nobody is left."""
        return 100 if not self.left else self.handled * 100 // self.total

    @property
    def counts(self) -> dict[str, int]:
        """The counts of its campaign."""
        return {
            "total": self.total,
            "filtered": self.total - self.closed - self.gone,
            "sent": self.sent,
            "errors": self.failed + self.unknown,
        }


FIELDS = tuple(send_runs.c[field.name] for field in fields(Run))


async def change(conn: AsyncConnection, where: ColumnElement[bool], **values: Any) -> tuple[Run, ...]:
    """Change the runs for which `where` holds; as they are now."""
    rows = await conn.execute(update(send_runs).where(where).values(**values).returning(*FIELDS))
    return tuple(Run(*row) for row in rows)


def epoch(moment: datetime) -> int:
    """A moment as the tables keep it."""
    return int(moment.timestamp())
