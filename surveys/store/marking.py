"""What is put to interviews afterwards: flags, and the numbers of a panel."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import touches
from surveys.store.table import interviews


async def mark(
    conn: AsyncConnection, marks: Mapping[int, Collection[str]]
) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Add these flags to interviews, by their number; (flags before, flags after) of each that changed."""
    if not marks:
        return []
    query = select(interviews.c.id, interviews.c.wave_id, interviews.c.flags)
    query = query.where(interviews.c.id.in_(sorted(marks))).with_for_update()
    rows = (await conn.execute(query)).all()
    found, waves_of = {row.id: row.flags for row in rows}, {row.id: row.wave_id for row in rows}
    changed = {
        number: sorted({*before, *marks[number]})
        for number, before in found.items()
        if not set(marks[number]) <= set(before)
    }
    if changed:
        values = [{"number": number, "marked": flags} for number, flags in changed.items()]
        statement = update(interviews).where(interviews.c.id == bindparam("number"))
        await conn.execute(statement.values(flags=bindparam("marked")), values)
        await _touch(conn, [(waves_of[number], number) for number in changed])
    return [(found[number], flags) for number, flags in changed.items()]


async def tie(conn: AsyncConnection, wave_id: int, numbers: Mapping[str, str]) -> int:
    """Put a panel's numbers to these respondents' interviews; how many rows got one.

    The wave is closed in the same transaction: that its interviews change is told there.
    """
    if not numbers:
        return 0
    mine = interviews.c.respondent.in_(sorted(numbers))
    statement = (
        update(interviews)
        .where(interviews.c.wave_id == wave_id, mine)
        .values(panel=case(dict(numbers), value=interviews.c.respondent))
    )
    return (await conn.execute(statement)).rowcount


async def untie(conn: AsyncConnection, number: str) -> None:
    """Take a panel's number from every interview that has it."""
    theirs = update(interviews).where(interviews.c.panel == number).values(panel="")
    rows = await conn.execute(theirs.returning(interviews.c.wave_id, interviews.c.id))
    await _touch(conn, [(row.wave_id, row.id) for row in rows])


async def _touch(conn: AsyncConnection, changed: Sequence[tuple[int, int]]) -> None:
    """These (wave id, interview) were changed; wave after wave in one order: nobody waits in a ring."""
    for wave_id in sorted({wave for wave, _ in changed}):
        await touches.touch(conn, wave_id, [number for wave, number in changed if wave == wave_id])
