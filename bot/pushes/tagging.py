"""Keeps the platform's tags like our segments, so that a mass send reaches exactly those who are in one.

The platform's own list is compared with ours, so that a lost call, an erasure and a hand in the console
all end the same way. Our tags carry a mark; others are never touched.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.database import Database
from bot.pushes import segments
from bot.pushes.segments import Segment
from bot.wechat.errors import ApiError
from bot.wechat.tags import Tags
from content.audience import parts

log = logging.getLogger(__name__)

MARK = "@"
BATCH = 50
"""How many members one call of the platform takes."""
EVERY = timedelta(hours=2)
"""How long a tag stays uncompared when nothing is known to have changed: the platform counts such calls."""


def tag_name(key: str) -> str:
    """What the platform calls a segment: its name behind our mark."""
    found = parts(key)
    return f"{MARK}{found[1]}" if found else ""


class Tagging:
    """The work that the heartbeat calls; any number of replicas may run it."""

    def __init__(self, database: Database, tags: Tags, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._tags = tags
        self._clock = clock

    async def run_due(self) -> int:
        """Compare the segments that were not compared lately; how many members were changed."""
        now = self._clock()
        async with self._database.snapshot() as conn:
            known = await segments.everything(conn)
        if all(one.checked_at is not None and one.checked_at >= (now - EVERY).timestamp() for one in known):
            return 0
        async with self._database.transaction() as conn:
            due = await segments.take_due(conn, now - EVERY, now)
        changed = 0
        names: dict[str, int] | None = None
        for one in due:
            try:
                names = names if names is not None else await self._tags.by_name()
                changed += await self._reconcile(one, names)
            except ApiError as error:
                # The next round compares again; nothing is lost meanwhile.
                log.warning("segment tag was not compared: %s", error)
        return changed

    async def _reconcile(self, segment: Segment, names: dict[str, int]) -> int:
        """Make the platform's list of one segment like ours; how many were put in or taken out."""
        tag = segment.tag
        name = tag_name(segment.key)
        if tag is None or tag not in names.values():
            tag = names[name] if name in names else await self._tags.create(name)
            async with self._database.transaction() as conn:
                await segments.tagged(conn, segment.key, tag)
        async with self._database.snapshot() as conn:
            wanted = await segments.openids(conn, segment.key)
        present = await self._tags.members(tag)
        missing, surplus = sorted(wanted - present), sorted(present - wanted)
        for at in range(0, len(missing), BATCH):
            await self._tags.give(tag, missing[at : at + BATCH])
        for at in range(0, len(surplus), BATCH):
            await self._tags.take(tag, surplus[at : at + BATCH])
        return len(missing) + len(surplus)
