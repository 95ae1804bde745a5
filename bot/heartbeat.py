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

from content.festivals import SHANGHAI

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[Any]]


class Heartbeat:
    """Runs each job once at the start and then every so many seconds, never the same job twice at a time.

    `jobs` maps a name to (interval in seconds, coroutine function). A job that raises is logged by the
    error's kind and place, never by its text, which may quote data; the next beat runs it again.
    """

    def __init__(self, jobs: Mapping[str, tuple[float, Job]]) -> None:
        self._jobs = dict(jobs)
        self._scheduler = AsyncIOScheduler(jobstores={"default": MemoryJobStore()}, timezone=SHANGHAI)
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begin to beat, in the running event loop."""
        for name, (seconds, _job) in self._jobs.items():
            self._launch(name)
            self._scheduler.add_job(
                self._beat, "interval", seconds=seconds, args=[name], id=name, misfire_grace_time=None
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """Beat no more, and wait for the jobs that are under way."""
        self._scheduler.shutdown(wait=False)
        await asyncio.gather(*self._running.values())

    async def _beat(self, name: str) -> None:
        # A coroutine function, because the scheduler would call a plain one in a thread.
        self._launch(name)

    def _launch(self, name: str) -> None:
        if name not in self._running:
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
