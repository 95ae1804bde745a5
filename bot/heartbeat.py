"""The service's clock: APScheduler calls the jobs at their intervals and keeps nothing that matters.

Its jobs live in memory only. What is due, and who may do it, is decided in the database, so that any number
of replicas can beat at once and a restart loses nothing.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.ending import cut_off
from content.festivals import SHANGHAI

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[Any]]


WATCH_SECONDS = 5.0
STOP_SECONDS = 3.0
"""A job that takes longer to end is cut off, as a crash would cut it; whatever it does stands that."""


class Heartbeat:
    """Runs each job once at the start and then every so many seconds, never the same job twice at a time.

    `jobs` maps a name to (interval in seconds, coroutine function). A job that raises is logged by the
    error's kind and place, never by its text, which may quote data; the next beat runs it again.

    The scheduler plans by the wall clock: set back by an hour, it would be silent for an hour. A watch by
    the loop's clock, every `watch` seconds, makes it plan again.

    Once `stopping` is set no job begins any more: one that began while the last requests are answered
    would make the end late.
    """

    def __init__(
        self,
        jobs: Mapping[str, tuple[float, Job]],
        watch: float = WATCH_SECONDS,
        stopping: asyncio.Event | None = None,
    ) -> None:
        self._jobs = dict(jobs)
        self._watch_seconds = watch
        self._watch: asyncio.Task[None] | None = None
        self._beaten_at: dict[str, float] = {}
        self._scheduler = AsyncIOScheduler(jobstores={"default": MemoryJobStore()}, timezone=SHANGHAI)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping = stopping or asyncio.Event()

    def start(self) -> None:
        """Begin to beat, in the running event loop."""
        for name, (seconds, _job) in self._jobs.items():
            self._take_beat(name)
            self._scheduler.add_job(
                self._beat, "interval", seconds=seconds, args=[name], id=name, misfire_grace_time=None
            )
        self._scheduler.start()
        self._watch = asyncio.get_running_loop().create_task(self._watch_clock(), name="watch")

    async def stop(self, patience: float = STOP_SECONDS) -> None:
        """Beat no more, and wait so many seconds for the jobs that are under way."""
        self._stopping.set()  # the scheduler stops a moment after it was told to, and may still call
        if self._watch is not None:
            self._watch.cancel()
        self._scheduler.shutdown(wait=False)
        if not self._running:
            return
        _done, late = await asyncio.wait(self._running.values(), timeout=patience)
        for task in late:
            log.warning("job %s was cut off", task.get_name())
        await cut_off(late)

    async def _beat(self, name: str) -> None:
        # A coroutine function, because the scheduler would call a plain one in a thread.
        self._take_beat(name)

    async def _watch_clock(self) -> None:
        while True:
            await asyncio.sleep(self._watch_seconds)
            now = asyncio.get_running_loop().time()
            for name, (seconds, _job) in self._jobs.items():
                if now - self._beaten_at[name] > seconds + self._watch_seconds:
                    self._take_beat(name)
                    self._scheduler.reschedule_job(name, trigger="interval", seconds=seconds)

    def _take_beat(self, name: str) -> None:
        self._beaten_at[name] = asyncio.get_running_loop().time()
        self._launch(name)

    def _launch(self, name: str) -> None:
        if name not in self._running and not self._stopping.is_set():
            self._running[name] = asyncio.get_running_loop().create_task(self._run(name), name=name)

    async def _run(self, name: str) -> None:
        try:
            await self._jobs[name][1]()
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error(
                "job %s failed: %s in %s line %s", name, type(error).__name__, where.filename, where.lineno
            )
        finally:
            del self._running[name]
