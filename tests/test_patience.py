"""Waiting so long and no longer, each from the moment they came."""

import asyncio

import pytest

from bot.patience import Patience


async def test_who_waits_is_given_what_the_work_gives_or_raises() -> None:
    loop, patience = asyncio.get_running_loop(), Patience(60.0)
    good: asyncio.Future[str] = loop.create_future()
    bad: asyncio.Future[str] = loop.create_future()
    waiting = [asyncio.ensure_future(patience.wait(work)) for work in (good, good, bad)]
    await asyncio.sleep(0)
    good.set_result("done")
    bad.set_exception(LookupError("broken"))
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert told[:2] == ["done", "done"]
    assert isinstance(told[2], LookupError)
    assert await patience.wait(good) == "done"


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    work: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    patience = Patience(60.0)
    gone, stays = (asyncio.ensure_future(patience.wait(work)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    assert gone.cancelled()
    work.set_result("done")
    assert await stays == "done"


async def test_each_gives_up_in_their_turn_and_the_work_goes_on() -> None:
    loop = asyncio.get_running_loop()
    patience = Patience(0.01)
    work: asyncio.Future[str] = loop.create_future()
    came: dict[str, float] = {}
    gave_up: dict[str, float] = {}

    async def wait(name: str) -> None:
        came[name] = loop.time()
        with pytest.raises(TimeoutError):
            await patience.wait(work)
        gave_up[name] = loop.time()

    first = asyncio.ensure_future(wait("first"))
    await asyncio.sleep(0)
    await asyncio.gather(first, wait("second"))
    assert list(gave_up) == ["first", "second"]
    assert all(gave_up[name] - came[name] >= 0.01 for name in came)
    work.set_result("done")
    assert await patience.wait(work) == "done"
