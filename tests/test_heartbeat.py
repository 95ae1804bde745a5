"""The clock beats every job, one at a time, and survives a job that fails."""

import asyncio
import logging

import pytest

from bot.heartbeat import Heartbeat


async def test_a_failing_job_is_logged_without_its_words_and_beats_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    beats = 0
    thrice = asyncio.Event()

    async def work() -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            thrice.set()
        raise ValueError("居民的私话")

    heart = Heartbeat({"work": (0.01, work)})
    with caplog.at_level(logging.ERROR, "bot.heartbeat"):
        heart.start()
        await thrice.wait()
        await heart.stop()
    assert "job work failed: ValueError" in caplog.text
    assert "私话" not in caplog.text


async def test_a_job_never_runs_beside_itself_and_is_awaited_at_the_end() -> None:
    started, let_go, others = asyncio.Event(), asyncio.Event(), asyncio.Event()
    running = finished = beats = 0

    async def slow() -> None:
        nonlocal running, finished
        running += 1
        assert running == 1
        started.set()
        await let_go.wait()
        running -= 1
        finished += 1

    async def quick() -> None:
        nonlocal beats
        beats += 1
        if beats == 4:
            others.set()

    heart = Heartbeat({"slow": (0.01, slow), "quick": (0.01, quick)})
    heart.start()
    await started.wait()
    await others.wait()
    stopping = asyncio.create_task(heart.stop())
    let_go.set()
    await stopping
    assert finished >= 1
    assert running == 0


async def test_a_beat_that_was_under_way_begins_nothing_after_the_stop() -> None:
    """The scheduler still called once after it was stopped, and the job met a database that was closed."""
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1

    heart = Heartbeat({"work": (60.0, work)})
    heart.start()
    await asyncio.sleep(0)
    late = asyncio.create_task(heart._beat("work"))
    await heart.stop()
    await late
    await asyncio.sleep(0)
    assert begun == 1
