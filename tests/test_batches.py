"""What waits before one transaction is served together."""

import asyncio
from collections.abc import Sequence

from bot.batches import Batches


async def test_those_who_were_served_together_and_ask_on_one_after_the_other_are_served_together() -> None:
    served: list[list[str]] = []

    async def commit(batch: Sequence[str]) -> list[str]:
        served.append(list(batch))
        return list(batch)

    batches: Batches[str, str] = Batches("questions", commit, lambda asked: asked)
    batches.start()

    async def person(name: str, turns_between: int) -> None:
        for _ in range(3):
            await batches.put(name)
            for _ in range(turns_between):
                await asyncio.sleep(0)

    await asyncio.gather(person("quick", 0), person("slow", 1))
    await batches.stop()
    assert served == [["quick", "slow"]] * 3
