"""What residents notice of the platform's trouble: how late the loop is, how soon a message is answered."""

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.simulator import Simulator

TICK_SECONDS = 0.01
ASKING = 4
QUESTIONS = 3


class Watch:
    """Milliseconds, apart for calm and for troubled moments."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._numbers = itertools.count()
        self.lag: defaultdict[str, list[float]] = defaultdict(list)
        self.replies: defaultdict[str, list[float]] = defaultdict(list)

    @asynccontextmanager
    async def during(self, mood: str) -> AsyncIterator[None]:
        """Watch the loop and ask questions for as long as the block lasts, at least a few."""
        watching = asyncio.create_task(self._loop(mood))
        asking = [asyncio.create_task(self._ask(mood)) for _ in range(ASKING)]
        try:
            yield
        finally:
            await asyncio.gather(*asking)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _loop(self, mood: str) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK_SECONDS)
            self.lag[mood].append(max(0.0, time.perf_counter() - before - TICK_SECONDS) * 1000)

    async def _ask(self, mood: str) -> None:
        """A message counts that was answered at once: a service that is killed answers nobody."""
        for _ in range(QUESTIONS):
            person = self._simulator.resident(f"问话的{next(self._numbers) % 400}号")
            began = time.perf_counter()
            await person.say("垃圾怎么分类")
            if len(person.last.attempts) == 1 and not person.last.problem:
                self.replies[mood].append((time.perf_counter() - began) * 1000)

    def rows(self) -> dict[str, object]:
        """The figures, a row a mood."""
        found: dict[str, object] = {}
        for name, kept in (("loop late, ms", self.lag), ("message answered, ms", self.replies)):
            for mood in sorted(kept):
                half, most = quantile(kept[mood], 0.5), quantile(kept[mood], 0.99)
                found[f"{name}, {mood}"] = f"p50 {half:.1f}, p99 {most:.1f}, {len(kept[mood])} times"
        return found


def quantile(values: list[float], share: float) -> float:
    """The value that so many do not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
