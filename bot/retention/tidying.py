"""Removes at night what nobody needs any more: pictures that stand in no text, drafts made for a preview.

A picture stays as long as any text names it: one being written, one that was ever put before reviewers, one
that went out. A preview's draft at the platform goes after a day, unless somebody has changed it in the
console or taken it over.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import BigInteger, Column, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database, metadata
from bot.wechat.console_drafts import ConsoleDraft
from bot.wechat.errors import ApiError
from content import image_store, reviews, store
from content.festivals import SHANGHAI

log = logging.getLogger(__name__)

PICTURES_KEPT = timedelta(days=30)
PREVIEWS_KEPT = timedelta(days=1)
NIGHT_HOUR = 3
AT_ONCE = 100
CHANGED_AFTER_SECONDS = 120
"""A draft changed later than this after it was made has been changed by a person."""

preview_drafts = Table(
    "preview_drafts",
    metadata,
    Column("media_id", String(255), primary_key=True),
    Column("cover_id", String(255), nullable=False),
    Column("made_at", BigInteger, nullable=False),
)


class Platform(Protocol):
    """What tidying asks of WeChat; every call may raise ApiError."""

    async def draft(self, media_id: str) -> ConsoleDraft | None: ...

    async def delete_draft(self, media_id: str) -> None: ...

    async def delete_material(self, media_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft made for a colleague's phone, and its cover; `made_at` in epoch seconds."""

    media_id: str
    cover_id: str
    made_at: int


async def note_preview(conn: AsyncConnection, preview: Preview) -> None:
    """A draft that is nobody's any more tomorrow."""
    row = {"media_id": preview.media_id, "cover_id": preview.cover_id, "made_at": preview.made_at}
    await conn.execute(insert(preview_drafts).values(row))


class Tidying:
    """The work that the heartbeat calls, on any number of replicas. Without a `platform` drafts wait."""

    def __init__(self, database: Database, platform: Platform | None, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._platform = platform
        self._clock = clock

    async def run_due(self) -> int:
        """In the small hours remove what is old enough; how many things went."""
        now = self._clock()
        if now.astimezone(SHANGHAI).hour != NIGHT_HOUR:
            return 0
        return await self.pictures(now) + await self.previews(now)

    async def pictures(self, now: datetime) -> int:
        """Remove pictures that no text names and nobody has put anywhere for a month."""
        before = now - PICTURES_KEPT
        async with self._database.transaction() as conn:
            old = await image_store.older(conn, before)
            if not old:
                return 0
            used = await store.images(conn) | await reviews.images(conn)
            gone = await image_store.forget(conn, old - used, before)
        if gone:
            log.info("removed %d pictures that no text names", gone)
        return gone

    async def previews(self, now: datetime) -> int:
        """Remove the platform's drafts that were made only to be looked at."""
        if self._platform is None:
            return 0
        until = int((now - PREVIEWS_KEPT).timestamp())
        async with self._database.snapshot() as conn:
            query = select(preview_drafts).where(preview_drafts.c.made_at < until)
            rows = await conn.execute(query.order_by(preview_drafts.c.made_at).limit(AT_ONCE))
            due = [Preview(*row) for row in rows]
            taken = await store.taken(conn) if due else set()
        removed = 0
        for one in due:
            try:
                removed += await self._remove(self._platform, one, taken)
            except ApiError as error:
                log.warning("a preview draft stays for another night: %s", error)
                break
            async with self._database.transaction() as conn:
                mine = preview_drafts.c.media_id == one.media_id
                await conn.execute(delete(preview_drafts).where(mine))
        return removed

    async def _remove(self, platform: Platform, one: Preview, taken: set[str]) -> bool:
        """Whether the draft was there and nobody's."""
        if one.media_id in taken:
            return False
        draft = await platform.draft(one.media_id)
        if draft is not None and draft.updated_at > one.made_at + CHANGED_AFTER_SECONDS:
            return False
        if draft is not None:
            await platform.delete_draft(one.media_id)
            if one.cover_id:
                await platform.delete_material(one.cover_id)
        return draft is not None
