"""How far waves are: how many interviews and drafts they have."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.store.table import drafts, interviews


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a wave is."""

    complete: int = 0
    partial: int = 0
    drafts: int = 0


async def counts(conn: AsyncConnection, wave_ids: Collection[int]) -> dict[int, Counts]:
    """How far these waves are; every one of them has an entry."""
    numbers = {wave_id: {"complete": 0, "partial": 0, "drafts": 0} for wave_id in wave_ids}
    for table, status in ((interviews, interviews.c.status), (drafts, literal("drafts"))):
        query = select(table.c.wave_id, status, func.count()).where(table.c.wave_id.in_(sorted(numbers)))
        for wave_id, name, number in await conn.execute(query.group_by(table.c.wave_id, status)):
            numbers[wave_id][name] = number
    return {wave_id: Counts(**number) for wave_id, number in numbers.items()}


async def begun(conn: AsyncConnection, wave_id: int) -> dict[str, Counter[str]]:
    """By channel how many interviews are complete, partial, or still drafts that have been agreed to."""
    found: dict[str, Counter[str]] = {}
    agreed = drafts.c.state != "consent"
    for table, status, those in (
        (interviews, interviews.c.status, literal(True)),
        (drafts, literal("drafts"), agreed),
    ):
        query = select(table.c.channel, status, func.count()).where(table.c.wave_id == wave_id, those)
        for channel, name, number in await conn.execute(query.group_by(table.c.channel, status)):
            found.setdefault(channel, Counter())[name] += number
    return found


async def through(
    conn: AsyncConnection, wave_id: int, upto: int | None = None
) -> tuple[Counter[str], Counter[str]]:
    """By what led there: who began (agreed, or answered something), and who finished, up to an interview."""
    begun: Counter[str] = Counter()
    complete: Counter[str] = Counter()
    mine = interviews.c.wave_id == wave_id
    number = func.count()
    for came_from, those in await conn.execute(
        select(interviews.c.came_from, number).where(mine).group_by(interviews.c.came_from)
    ):
        begun[came_from] += those
    agreed = (drafts.c.wave_id == wave_id) & (drafts.c.state != "consent")
    for came_from, those in await conn.execute(
        select(drafts.c.came_from, number).where(agreed).group_by(drafts.c.came_from)
    ):
        begun[came_from] += those
    finished = mine & (interviews.c.status == "complete")
    if upto is not None:
        finished &= interviews.c.id <= upto
    for came_from, those in await conn.execute(
        select(interviews.c.came_from, number).where(finished).group_by(interviews.c.came_from)
    ):
        complete[came_from] += those
    return begun, complete
