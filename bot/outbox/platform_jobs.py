"""The platform's sending jobs by its own number, so that a finish event may come before the call's answer.

Whoever is first, the answer or the event, makes the row; the second waits on that row's key and then sees
what the first one wrote. Neither can miss the other, also on two replicas at once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, Select, String, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring, metadata
from bot.outbox import publications

LOOKED_BACK = 50
"""Jobs among which the last one that went well is looked for."""

platform_jobs = Table(
    "platform_jobs",
    metadata,
    Column("msg_id", String(64), primary_key=True),
    Column("data_id", String(64), nullable=False, server_default=""),
    Column("status", String(64), nullable=False),
    Column("counts", JSON, nullable=False),
    Column("finished_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class Report:
    """How the platform says that a job ended: its status word and its numbers of recipients."""

    status: str
    counts: Mapping[str, int]

    @property
    def succeeded(self) -> bool:
        """`send success`, `sendsuccess` and `SEND_SUCCESS` are one word; all else is a failure."""
        return self._word == "sendsuccess"

    @property
    def is_final(self) -> bool:
        """Whether an answer to "how far is it" is an end; a word that nobody knows is none."""
        return self._word in {"sendsuccess", "sendfail", "delete"} or self._word.startswith("err")

    @property
    def _word(self) -> str:
        return "".join(c for c in self.status.lower() if c.isalpha())


async def expect(conn: AsyncConnection, msg_id: str, data_id: str = "") -> Report | None:
    """The call was answered with this number: its report, when the finish event came first.

    `data_id` is how the platform's statistics will call its article.
    """
    await _ensure(conn, msg_id)
    if data_id:
        mine = platform_jobs.c.msg_id == msg_id
        await conn.execute(update(platform_jobs).where(mine).values(data_id=data_id[:64]))
    row = (await conn.execute(select(platform_jobs).where(platform_jobs.c.msg_id == msg_id))).one()
    return Report(row.status, row.counts) if row.finished_at is not None else None


async def report(conn: AsyncConnection, msg_id: str, finished: Report, now: datetime) -> None:
    """Keep the first report of a job; a repeated one changes nothing."""
    await _ensure(conn, msg_id)
    await conn.execute(
        update(platform_jobs)
        .where(platform_jobs.c.msg_id == msg_id, platform_jobs.c.finished_at.is_(None))
        .values(
            status=finished.status[:64],
            counts=dict(finished.counts),
            finished_at=int(now.timestamp()),
        )
    )


async def strangers(
    conn: AsyncConnection, known: Select[tuple[str]], since: datetime, until: datetime
) -> tuple[int, ...]:
    """When mass sends reached people that are none of ours (`known` selects our job numbers): epoch seconds.

    Somebody made them in the platform's console; they use the same quota.
    """
    rows = await conn.execute(
        select(platform_jobs.c.finished_at, platform_jobs.c.status).where(
            platform_jobs.c.finished_at >= int(since.timestamp()),
            platform_jobs.c.finished_at < int(until.timestamp()),
            platform_jobs.c.msg_id.not_in(known),
            ~platform_jobs.c.msg_id.startswith(publications.PREFIX),
        )
    )
    return tuple(row.finished_at for row in rows if Report(row.status, {}).succeeded)


async def last_stranger(conn: AsyncConnection, known: Select[tuple[str]]) -> int | None:
    """When the last send or publication made in the console reached people (epoch seconds)."""
    rows = await conn.execute(
        select(platform_jobs.c.finished_at, platform_jobs.c.status)
        .where(platform_jobs.c.finished_at.is_not(None), platform_jobs.c.msg_id.not_in(known))
        .order_by(platform_jobs.c.finished_at.desc())
        .limit(LOOKED_BACK)
    )
    return next((row.finished_at for row in rows if Report(row.status, {}).succeeded), None)


async def data_ids(conn: AsyncConnection, msg_ids: Collection[str]) -> dict[str, str]:
    """How the statistics call the articles of these jobs, as far as it was told."""
    c = platform_jobs.c
    query = select(c.msg_id, c.data_id).where(c.msg_id.in_(msg_ids), c.data_id != "")
    return {row.msg_id: row.data_id for row in await conn.execute(query)}


async def _ensure(conn: AsyncConnection, msg_id: str) -> None:
    row = {"msg_id": msg_id, "status": "", "counts": {}}
    await conn.execute(insert_ignoring(conn, platform_jobs, ["msg_id"]).values(row))
