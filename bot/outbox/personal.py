"""What goes to one person: counted against the platform's window, found by its key, forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.outbox.entries import State
from bot.outbox.table import epoch, outbox

LATE = "late-"
"""How the keys of replies begin that go as customer-service messages."""
LETTER = "letter-"
"""How the keys of the office's letters begin; one that did not go out is kept for the next reply."""

REMINDER = "remind-"
"""How the keys of reminders begin."""


async def forget_texts(conn: AsyncConnection, before: datetime) -> int:
    """Empty settled messages to persons and colleagues created before a moment; their keys stay. How many."""
    result = await conn.execute(
        update(outbox)
        .where(
            outbox.c.kind.in_(["custom", "notice"]),
            outbox.c.created_at < epoch(before),
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
