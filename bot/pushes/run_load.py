"""A claimed chunk of a run while its people are called: whom we may write to, who is left."""

import logging
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.inquiries.letters import QUOTA
from bot.pushes import ledger, run_beginning, run_refusals, runs, segments, subscriptions
from bot.pushes.runs import Chunk, Outcome, Run
from bot.pushes.windows import spent
from bot.residents import Addressee
from content.ledger import touching

log = logging.getLogger(__name__)

WEEK = timedelta(days=7)


@dataclass(slots=True, eq=False)
class Load:
    """A claimed chunk while its people are called: who is left, and what became of the others."""

    chunk: Chunk
    waiting: deque[Addressee]
    under_way: int = 0
    unasked: list[int] = field(default_factory=list)
    outcomes: defaultdict[Outcome, list[int]] = field(default_factory=lambda: defaultdict(list))
    disagreeing: list[int] = field(default_factory=list)
    silences: int = 0
    trouble: run_refusals.Refusal | None = None
    halted: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nobody is being called and nobody else will be."""
        return not self.under_way and (self.halted or not self.waiting)

    def halt(self) -> None:
        """Call nobody else."""
        self.halted = True
        self.unasked += [one.id for one in self.waiting]
        self.waiting.clear()


async def claim(conn: AsyncConnection, chunk: Chunk, most_a_week: int, now: datetime) -> Load:
    """Claim the people of a chunk whom the platform lets us write to; the others end here."""
    run = chunk.run
    since = run_beginning.window_since(run.channel, now)
    agreed = run.payload["template"] if run.channel == "notice" else None
    among = None if agreed is None else await subscriptions.takers_of(conn, agreed)
    people = await segments.people(conn, run.audience, since, chunk.first, chunk.last, among)
    closed = await _disturbed(conn, run, [one.id for one in people], most_a_week, now)
    if run.channel == "custom":
        wrote = {one.id: one.last_message_at or 0 for one in people}
        closed |= {one for one, messages in (await spent(conn, wrote)).items() if messages >= QUOTA}
    mine = await runs.take(conn, chunk, [one.id for one in people if one.id not in closed], closed, now)
    if agreed is not None:
        await subscriptions.spend(conn, agreed, mine)
    return Load(chunk, deque(one for one in people if one.id in mine))


async def _disturbed(
    conn: AsyncConnection, run: Run, ids: Sequence[int], most: int, now: datetime
) -> set[int]:
    """Whose phone has rung as often within a week as the office wants it to, whichever way."""
    start = now - WEEK
    sends = touching(await ledger.mass_uses(conn, start, now), run.audience)
    if len(sends) >= most:
        return set(ids)
    alone = await runs.written_since(conn, dict.fromkeys(ids, int(start.timestamp())))
    return {one for one, times in alone.items() if times + len(sends) >= most}


async def settle(conn: AsyncConnection, load: Load, now: datetime) -> None:
    """Store what became of everybody in it, and what that means for its run."""
    run = load.chunk.run
    if not await runs.settle(conn, load.chunk, load.outcomes, load.unasked):
        log.warning("chunk %d of run %d was settled by its lease", load.chunk.number, run.id)
        return
    await residents.left(conn, load.outcomes.get("gone", ()), now)
    if run.channel == "notice":
        await subscriptions.give_back(conn, run.payload["template"], load.unasked)
        await subscriptions.refused(conn, run.payload["template"], load.disagreeing)
    if load.trouble is not None:
        again = load.trouble.again_at
        await runs.hold(conn, run.id, load.trouble.words, again, setback=again is not None)
    elif load.outcomes.get("sent"):
        await runs.goes_well(conn, run.id, now)
