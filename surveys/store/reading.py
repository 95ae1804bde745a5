"""Interviews as they are read again: all for a file, part after part for counting."""

from collections.abc import AsyncIterator, Collection, Sequence
from itertools import compress, pairwise
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.store.recording import Interview
from surveys.store.table import interviews

Raw: TypeAlias = Row[Any]
"""What is coded of an interview, in the order of `surveys.coding.Rows`, then its key, revision and perhaps
its seed; answers, flags and design as they are stored: JSON."""
ANSWERS, SEED = 3, 15
"""Their places in a Raw."""

PART = 5_000
"""Interviews of a part that is read for a file."""


async def stream_interviews(
    conn: AsyncConnection, wave_id: int, channel: str = ""
) -> AsyncIterator[Interview]:
    """The interviews of a wave, those of one channel where it is named; in parts, so that memory stays flat.

    They come in the order of their keys, because the order in which they came in would tell whose they are.
    """
    query = select(interviews).where(interviews.c.wave_id == wave_id)
    if channel:
        query = query.where(interviews.c.channel == channel)
    query = query.order_by(interviews.c.respondent, interviews.c.revision)
    async with conn.stream(query) as result:
        async for part in result.partitions(1000):
            for row in part:
                yield Interview(**row._mapping)


async def interviews_after(conn: AsyncConnection, wave_id: int, number: int, most: int) -> list[Interview]:
    """The next interviews of a wave as they were recorded: for counting, never for showing in this order."""
    query = select(interviews).where(interviews.c.wave_id == wave_id, interviews.c.id > number)
    rows = await conn.execute(query.order_by(interviews.c.id).limit(most))
    return [Interview(**row._mapping) for row in rows]


async def stream_raw(conn: AsyncConnection, wave_id: int, upto: int) -> AsyncIterator[list[Raw]]:
    """The interviews of a wave up to the one of this number, not decoded, part after part, with their seeds.

    In the order of their keys, and of each respondent the last correction only.
    """
    query = _raw(interviews.c.wave_id == wave_id, interviews.c.id <= upto).add_columns(interviews.c.seed)
    query = query.order_by(interviews.c.respondent, interviews.c.revision)
    held: Raw | None = None
    async with conn.stream(query) as result:
        async for found in result.partitions(PART):
            rows = [*([held] if held is not None else []), *found]
            held = rows[-1]
            latest = (one != after for one, after in pairwise([row.respondent for row in rows]))
            if kept := list(compress(rows, latest)):
                yield kept
    if held is not None:
        yield [held]


async def raw_after(conn: AsyncConnection, wave_id: int, number: int, most: int) -> Sequence[Raw]:
    """The next interviews of a wave as they were recorded, not decoded yet."""
    query = _raw(interviews.c.wave_id == wave_id, interviews.c.id > number)
    found = await conn.execute(query.order_by(interviews.c.id).limit(most))
    rows: Sequence[Raw] = found.all()
    return rows


async def raw_among(conn: AsyncConnection, wave_id: int, numbers: Collection[int]) -> Sequence[Raw]:
    """Those of these interviews of a wave that are still there, not decoded yet."""
    query = _raw(interviews.c.wave_id == wave_id, interviews.c.id.in_(sorted(numbers)))
    rows: Sequence[Raw] = (await conn.execute(query)).all()
    return rows


async def corrected(conn: AsyncConnection, wave_id: int, respondents: Sequence[str]) -> set[int]:
    """The interviews of these respondents in whose place a later revision counts."""
    if not respondents:
        return set()
    query = select(interviews.c.id, interviews.c.respondent, interviews.c.revision)
    query = query.where(interviews.c.wave_id == wave_id, interviews.c.respondent.in_(respondents))
    latest: dict[str, int] = {}
    numbers: set[int] = set()
    for row in await conn.execute(query.order_by(interviews.c.revision)):
        if row.respondent in latest:
            numbers.add(latest[row.respondent])
        latest[row.respondent] = row.id
    return numbers


async def numbers_between(conn: AsyncConnection, wave_id: int, after: int, upto: int) -> set[int]:
    """The interviews of a wave whose numbers are in this range."""
    query = select(interviews.c.id).where(
        interviews.c.wave_id == wave_id, interviews.c.id > after, interviews.c.id <= upto
    )
    return set((await conn.execute(query)).scalars())


async def count_between(conn: AsyncConnection, wave_id: int, after: int, upto: int) -> int:
    """How many interviews of a wave have numbers in this range."""
    query = select(func.count()).where(
        interviews.c.wave_id == wave_id, interviews.c.id > after, interviews.c.id <= upto
    )
    return (await conn.execute(query)).scalar_one()


async def newest_id(conn: AsyncConnection, wave_id: int) -> int:
    """The number of the interview of a wave that was recorded last; 0 without any."""
    query = select(func.max(interviews.c.id)).where(interviews.c.wave_id == wave_id)
    return (await conn.execute(query)).scalar() or 0


def _raw(*where: ColumnElement[bool]) -> Select[Any]:
    return select(
        interviews.c.id,
        interviews.c.version,
        interviews.c.submitted_at,
        cast(interviews.c.answers, Text).label("answers"),
        interviews.c.status,
        interviews.c.channel,
        interviews.c.township,
        interviews.c.community,
        interviews.c.came_from,
        interviews.c.frame,
        interviews.c.panel,
        cast(interviews.c.flags, Text).label("flags"),
        cast(interviews.c.design, Text).label("design"),
        interviews.c.respondent,
        interviews.c.revision,
    ).where(*where)
