"""Which interviews changed after they were recorded, so that who has read them reads them again.

Interviews are only ever added, but for a few: they are marked as doubtful, erased, or written anew when their
wave is closed. Each such change raises the number of the wave in the transaction that makes it, and says
which interviews it was, or that everything has to be read anew. The row of the number is held until that
transaction ends, so that numbers appear in their order. The alternatives cost more: a number in every
interview an index that every answer pays for, and reading a wave anew at every mark ten seconds a million.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.tables import metadata

wave_touches = Table(
    "wave_touches",
    metadata,
    Column("wave_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("anew", BigInteger, nullable=False),
)
touched_interviews = Table(
    "touched_interviews",
    metadata,
    Column("wave_id", BigInteger, primary_key=True, autoincrement=False),
    Column("interview", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Index("ix_touched_interviews_number", "wave_id", "number"),
)


@dataclass(frozen=True, slots=True)
class Touched:
    """How often a wave was touched, and at which number everything had to be read anew."""

    number: int = 0
    anew: int = 0


async def touch(conn: AsyncConnection, wave_id: int, numbers: Collection[int]) -> None:
    """These interviews were changed or removed in this transaction."""
    if not numbers:
        return
    number = await _raise(conn, wave_id, everything=False)
    statement = _insert(conn, touched_interviews)
    statement = statement.on_conflict_do_update(
        index_elements=[touched_interviews.c.wave_id, touched_interviews.c.interview],
        set_={"number": statement.excluded.number},
    )
    rows = [{"wave_id": wave_id, "interview": one, "number": number} for one in sorted(set(numbers))]
    await conn.execute(statement, rows)


async def touch_all(conn: AsyncConnection, wave_id: int) -> None:
    """The interviews of the wave were written anew, removed, or added otherwise than one after another."""
    await _raise(conn, wave_id, everything=True)
    await conn.execute(delete(touched_interviews).where(touched_interviews.c.wave_id == wave_id))


async def state(conn: AsyncConnection, wave_id: int) -> Touched:
    """Where the wave stands."""
    query = select(wave_touches.c.number, wave_touches.c.anew).where(wave_touches.c.wave_id == wave_id)
    row = (await conn.execute(query)).first()
    return Touched() if row is None else Touched(row.number, row.anew)


async def since(conn: AsyncConnection, wave_id: int, number: int) -> Sequence[int]:
    """The interviews that were touched after this number."""
    query = select(touched_interviews.c.interview).where(
        touched_interviews.c.wave_id == wave_id, touched_interviews.c.number > number
    )
    return (await conn.execute(query)).scalars().all()


async def _raise(conn: AsyncConnection, wave_id: int, *, everything: bool) -> int:
    statement = _insert(conn, wave_touches).values(wave_id=wave_id, number=1, anew=int(everything))
    raised = wave_touches.c.number + 1
    statement = statement.on_conflict_do_update(
        index_elements=[wave_touches.c.wave_id],
        set_={"number": raised, **({"anew": raised} if everything else {})},
    )
    return int((await conn.execute(statement.returning(wave_touches.c.number))).scalar_one())


def _insert(conn: AsyncConnection, table: Table) -> Any:
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)
