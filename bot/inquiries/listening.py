"""Fetches the voice messages that had no words, while WeChat still has them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.database import Database
from bot.inquiries import recordings
from bot.inquiries.recordings import Claimed
from bot.wechat.api import Platform
from bot.wechat.errors import ApiError, Rejected

log = logging.getLogger(__name__)

AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Listening:
    """One beat of the work; every replica may do it."""

    database: Database
    platform: Platform
    clock: Callable[[], datetime]

    async def fetch_due(self) -> None:
        """Fetch what is due. What fails for now is due again later, for three days; twice harms nothing."""
        now = int(self.clock().timestamp())
        async with self.database.transaction() as connection:
            claimed = await recordings.claim(connection, now, AT_ONCE)
        for one in claimed:
            await self._fetch(one, now)

    async def _fetch(self, one: Claimed, now: int) -> None:
        try:
            sound, content_type = await self.platform.voice(one.media_id)
        except ApiError as error:
            log.warning("a recording was not fetched", extra={"code": error.code, "tries": one.tries})
            if isinstance(error.outcome, Rejected) or now - one.at > recordings.MEDIA_LIVES:
                await self._give_up(one)
            return
        if not sound or len(sound) > recordings.LARGEST:
            await self._give_up(one)
            return
        async with self.database.transaction() as connection:
            await recordings.keep(connection, one.id, sound, content_type)

    async def _give_up(self, one: Claimed) -> None:
        async with self.database.transaction() as connection:
            await recordings.give_up(connection, one.id)
