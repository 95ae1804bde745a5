"""Voice messages without words, kept for the message desk: what was spoken, fetched while WeChat has it.

waiting -> kept | gone. WeChat keeps a recording for three days. A row belongs to the question of its resident
at its time in `bot.inquiries.messages`; the sound is forgotten with it, and no backup holds it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata

State = Literal["waiting", "kept", "gone"]

LARGEST = 2 * 1024 * 1024
"""Bytes that are kept of one recording: WeChat's own limit for a voice."""
MEDIA_LIVES = 3 * 86_400
FIRST_PAUSE = 60
LONGEST_PAUSE = 4 * 3_600
LONGEST_ID = 128

recordings = Table(
    "recordings",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("resident", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("media_id", String(LONGEST_ID), nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("sound", LargeBinary),
    Column("content_type", String(40), nullable=False),
    Index("ix_recordings_due", "state", "due_at"),
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A voice message that just came: whose, when (epoch seconds), and WeChat's name for its sound."""

    resident: int
    at: int
    media_id: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A recording that this replica may fetch now, for the how-manieth time."""

    id: int
    media_id: str
    at: int
    tries: int


@dataclass(frozen=True, slots=True)
class Recording:
    """What became of one, for the desk."""

    id: int
    resident: int
    at: int
    state: State


async def write(connection: AsyncConnection, spoken: Sequence[Spoken]) -> None:
    """Note recordings to be fetched at once; an id longer than WeChat's is none."""
    rows = [
        {
            "resident": one.resident,
            "at": one.at,
            "media_id": one.media_id,
            "state": "waiting",
            "due_at": one.at,
            "tries": 0,
            "content_type": "",
        }
        for one in spoken
        if 0 < len(one.media_id) <= LONGEST_ID
    ]
    if rows:
        await connection.execute(insert(recordings), rows)


async def claim(connection: AsyncConnection, now: int, most: int) -> list[Claimed]:
    """Take some that are due, so that no other replica does; each is due again later should this one die."""
    c = recordings.c
    due = select(c.id, c.media_id, c.at, c.tries).where(c.state == "waiting", c.due_at <= now)
    taken = []
    for row in await connection.execute(due.order_by(c.due_at, c.id).limit(most)):
        pause = min(FIRST_PAUSE * 2**row.tries, LONGEST_PAUSE)
        changed = await connection.execute(
            update(recordings)
            .where(c.id == row.id, c.state == "waiting", c.tries == row.tries)
            .values(tries=row.tries + 1, due_at=now + pause)
        )
        if changed.rowcount == 1:
            taken.append(Claimed(row.id, row.media_id, row.at, row.tries + 1))
    return taken


async def keep(connection: AsyncConnection, recording: int, sound: bytes, content_type: str) -> bool:
    """Store the sound; False when the recording is gone meanwhile, as after an erasure."""
    values = {"state": "kept", "sound": sound, "content_type": content_type[:40], "media_id": ""}
    return await _settle(connection, recording, values)


async def give_up(connection: AsyncConnection, recording: int) -> bool:
    """WeChat has it no more, or never gives it."""
    return await _settle(connection, recording, {"state": "gone", "media_id": ""})


async def of(connection: AsyncConnection, asked: Collection[tuple[int, int]]) -> list[Recording]:
    """The recordings of these questions, each given as (resident, at)."""
    c = recordings.c
    if not asked:
        return []
    query = select(c.id, c.resident, c.at, c.state).where(tuple_(c.resident, c.at).in_(list(asked)))
    return [Recording(*row) for row in await connection.execute(query.order_by(c.id))]


async def sound(connection: AsyncConnection, recording: int) -> tuple[bytes, str] | None:
    """The sound and its content type, None where there is none."""
    c = recordings.c
    query = select(c.sound, c.content_type).where(c.id == recording, c.state == "kept")
    row = (await connection.execute(query)).one_or_none()
    return (bytes(row.sound), row.content_type) if row else None


async def forget_before(connection: AsyncConnection, moment: int) -> None:
    """Delete what is older than the configured period of messages."""
    await connection.execute(delete(recordings).where(recordings.c.at < moment))


async def forget_resident(connection: AsyncConnection, resident: int) -> None:
    """Delete what one person spoke."""
    await connection.execute(delete(recordings).where(recordings.c.resident == resident))


async def _settle(connection: AsyncConnection, recording: int, values: Mapping[str, object]) -> bool:
    c = recordings.c
    statement = update(recordings).where(c.id == recording, c.state == "waiting").values(**values)
    return (await connection.execute(statement)).rowcount == 1
