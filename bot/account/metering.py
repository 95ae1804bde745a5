"""Keeps the ledger of calls true: adds up what left, and asks the platform for its own count now and then."""

import logging
from collections.abc import Callable
from datetime import datetime

from bot.database import Database
from bot.wechat import calls
from bot.wechat.api import Platform
from bot.wechat.calls import Told
from bot.wechat.errors import ApiError

log = logging.getLogger(__name__)

ASKED_EVERY_SECONDS = 6 * 3600
PATIENCE_SECONDS = 3600
"""So long a method is not asked about again of which the platform would not tell."""


class Metering:
    """The work that the heartbeat calls; any number of replicas may run it."""

    def __init__(self, database: Database, platform: Platform, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._platform = platform
        self._clock = clock
        self._asked_at: dict[str, float] = {}

    async def run_due(self) -> int:
        """Add up the calls, then ask about methods whose count is old or that were refused; how many."""
        await self._platform.calls.flush()
        now = self._clock()
        async with self._database.snapshot() as conn:
            stale = await calls.to_ask(conn, self._platform.calls.app_id, now, ASKED_EVERY_SECONDS)
        early = now.timestamp() - PATIENCE_SECONDS
        due = [path for path in stale if not early < self._asked_at.get(path, 0.0) <= now.timestamp()]
        return sum([await self.ask(path) for path in due])

    async def ask(self, path: str) -> bool:
        """Ask the platform about one method and keep what it says; False when it would not tell."""
        self._asked_at[path] = self._clock().timestamp()
        try:
            told = await self._platform.quota(path)
        except ApiError as error:
            log.warning("the platform does not tell how often %s may be called: %s", path, error)
            return False
        if told.daily_limit > 0:
            await self._platform.calls.learn(path, Told(told.daily_limit, told.used))
        return told.daily_limit > 0
