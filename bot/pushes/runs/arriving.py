"""What the platform says later of a notice that it took: it arrived, or it did not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pushes.runs.table import Outcome, run_people, send_runs

LOOKED_BACK = 20


@dataclass(frozen=True, slots=True)
class Arrived:
    """The platform's word on a notice of a template to a resident; no answer of a call holds its number."""

    resident: int
    template: str
    is_there: bool


async def arrived(conn: AsyncConnection, told: Sequence[Arrived]) -> None:
    """Settle each in the newest run of its template that wrote to the resident; a repetition changes nothing.

    People come before runs, as when a chunk is settled.
    """
    changes: dict[int, Counter[str]] = {}
    for one in sorted(told, key=lambda one: one.resident):
        run = await _run_of(conn, one)
        if run is not None:
            changes.setdefault(run, Counter()).update(await _moved(conn, run, one))
    for run, change in sorted(changes.items()):
        values = {name: send_runs.c[name] + by for name, by in change.items() if by}
        if values:
            await conn.execute(update(send_runs).where(send_runs.c.id == run).values(values))


async def _run_of(conn: AsyncConnection, one: Arrived) -> int | None:
    query = (
        select(send_runs.c.id, send_runs.c.payload)
        .join(run_people, run_people.c.run_id == send_runs.c.id)
        .where(run_people.c.resident == one.resident, send_runs.c.channel == "notice")
        .order_by(send_runs.c.id.desc())
        .limit(LOOKED_BACK)
    )
    return next(
        (row.id for row in await conn.execute(query) if row.payload["template"] == one.template), None
    )


async def _moved(conn: AsyncConnection, run: int, one: Arrived) -> dict[str, int]:
    """By how much the counts of the run change."""
    end: Outcome = "sent" if one.is_there else "failed"
    before: tuple[Outcome, ...] = ("unknown", "") if one.is_there else ("sent", "unknown", "")
    for outcome in before:
        moved = await conn.execute(
            update(run_people)
            .where(
                run_people.c.run_id == run,
                run_people.c.resident == one.resident,
                run_people.c.outcome == outcome,
            )
            .values(outcome=end)
        )
        if moved.rowcount == 1:
            return {end: 1, outcome: -1} if outcome else {end: 1}
    return {}
