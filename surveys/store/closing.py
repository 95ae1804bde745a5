"""The end of a wave, and forgetting what was said in one."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, case, cast, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import quotas, touches
from surveys.days import DAY, SHANGHAI_OFFSET, merge_days
from surveys.store.table import drafts, insert_into, interviews
from surveys.waves import Wave, mark_closed


async def close_wave(conn: AsyncConnection, wave: Wave, now: datetime) -> bool:
    """End a wave so that its answers cannot be joined to persons any more; False if it was closed already.

    Unfinished drafts with an answer become interviews of status "partial"; the secret is destroyed; times
    become days of enough interviews (the wave's `least`); the rows are written anew in the order of their
    keys, and the keys replaced by numbers.
    """
    if not await mark_closed(conn, wave.id, now):
        return False
    await conn.execute(_drafts_to_interviews(conn, wave))
    await conn.execute(delete(drafts).where(drafts.c.wave_id == wave.id))
    mine = interviews.c.wave_id == wave.id
    newest = (await conn.execute(select(func.max(interviews.c.id)).where(mine))).scalar()
    if newest is None:
        return True
    day = (interviews.c.submitted_at + SHANGHAI_OFFSET) // DAY
    sizes = await conn.execute(select(day, func.count()).where(mine).group_by(day))
    merged = merge_days(
        {row[0]: row[1] for row in sizes}, (wave.opens_at + SHANGHAI_OFFSET) // DAY, wave.terms.least
    )
    moment = case({old: new * DAY - SHANGHAI_OFFSET for old, new in merged.items()}, value=day)
    fresh = {
        "respondent": "#" + cast(func.dense_rank().over(order_by=interviews.c.respondent), String),
        "started_at": moment,
        "submitted_at": moment,
    }
    copied = [column.name for column in interviews.c if column.name != "id"]
    rows = select(*(fresh.get(name, interviews.c[name]) for name in copied)).where(mine)
    rows = rows.order_by(interviews.c.respondent, interviews.c.revision)
    await conn.execute(insert(interviews).from_select(copied, rows))
    await conn.execute(delete(interviews).where(mine, interviews.c.id <= newest))
    await touches.touch_all(conn, wave.id)
    return True


def _drafts_to_interviews(conn: AsyncConnection, wave: Wave) -> Any:
    values = {
        "wave_id": drafts.c.wave_id,
        "respondent": drafts.c.respondent,
        "revision": literal(1),
        "version": literal(wave.version),
        "answers": drafts.c.answers,
        "status": literal("partial"),
        "channel": drafts.c.channel,
        "township": drafts.c.township,
        "community": drafts.c.community,
        "came_from": drafts.c.came_from,
        "seed": drafts.c.seed,
        "frame": drafts.c.frame,
        "started_at": drafts.c.started_at,
        "submitted_at": drafts.c.updated_at,
        "flags": literal([], JSON),
    }
    begun = select(*values.values()).where(
        drafts.c.wave_id == wave.id, cast(drafts.c.answers, String) != "{}"
    )
    return (
        insert_into(conn.dialect.name, interviews).from_select(list(values), begun).on_conflict_do_nothing()
    )


async def erase(conn: AsyncConnection, wave_id: int, respondent: str) -> int:
    """Remove what this respondent left in an open wave; the number of rows removed."""
    mine = (drafts.c.wave_id == wave_id) & (drafts.c.respondent == respondent)
    removed = (await conn.execute(delete(drafts).where(mine))).rowcount
    theirs = (interviews.c.wave_id == wave_id) & (interviews.c.respondent == respondent)
    gone = (await conn.execute(delete(interviews).where(theirs).returning(interviews.c.id))).scalars().all()
    await touches.touch(conn, wave_id, gone)
    return removed + len(gone)


async def erase_wave(conn: AsyncConnection, wave_id: int) -> int:
    """Remove every answer of a wave; the wave itself stays as a record. The number of rows removed."""
    removed = 0
    for table in (drafts, interviews):
        removed += (await conn.execute(delete(table).where(table.c.wave_id == wave_id))).rowcount
    await quotas.forget(conn, wave_id)
    await touches.touch_all(conn, wave_id)
    return removed
