"""Pushes whose time has come: a mass send or a publication becomes an outbox entry, others a run."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.database import Database
from bot.outbox.entries import NewEntry
from bot.pushes import run_beginning
from bot.pushes.addressing import Addressed
from content import store
from content.audience import EVERYBODY
from content.campaign import Campaign
from content.noticing import Said
from content.text import EACH_ALONE

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DuePushes:
    """The work that the heartbeat calls. Any number of replicas may run it on one database.

    `addressed` is what a campaign's links go out as; `author` and `hotline` may stand in a notice.
    """

    database: Database
    clock: Callable[[], datetime]
    author: str
    hotline: str
    addressed: Callable[[AsyncConnection, Campaign], Awaitable[Addressed]]

    async def begin(self) -> int:
        """Turn approved campaigns whose time has come into outbox entries and runs; how many became due."""
        now = self.clock()
        async with self.database.snapshot() as conn:
            if not await store.is_anything_due(conn, now):
                return 0
        async with self.database.transaction() as conn:
            found = await store.due(conn, now)
            addressed = [(one, await self.addressed(conn, one)) for one in found.due]
            entries = [
                _entry_for(one, made.source_url)
                for one, made in addressed
                if one.content.way not in EACH_ALONE
            ]
            await outbox.add(conn, entries, now)
            for campaign, made in addressed:
                if campaign.content.way in EACH_ALONE:
                    await _begin_run(conn, campaign, made, self.author, self.hotline, now)
        for campaign in (*found.missed, *found.failed):
            log.warning("campaign %d was not sent: %s", campaign.id, campaign.state)
        return len(found.due)


def _entry_for(campaign: Campaign, source_url: str) -> NewEntry:
    content = campaign.content
    return NewEntry(
        key=campaign.key,
        kind="publish" if content.way == "publish" else "mass",
        payload={
            "title": content.title,
            "digest": content.digest,
            "content": content.article,
            "source_url": source_url,
            "taken": content.taken,
            "taken_hash": content.taken_hash,
            "audience": EVERYBODY if content.way == "publish" else content.audience,
            "cover": content.cover,
            "pictures": list(dict.fromkeys(one.sha256 for one in content.pictures)),
        },
        due_at=content.due_at,
        expires_at=content.due_at + timedelta(minutes=content.lateness_minutes),
        campaign_id=campaign.id,
    )


async def _begin_run(
    conn: AsyncConnection, campaign: Campaign, made: Addressed, unit: str, hotline: str, now: datetime
) -> None:
    """A push to each one: it may take hours, but not into the next day."""
    content = campaign.content
    night = datetime.combine(content.due_at.date() + timedelta(days=1), time(), content.due_at.tzinfo)
    to = (conn, campaign.key, content.audience)
    if content.way == "notice":
        said = Said(content.title, content.digest, content.due_at, unit, hotline)
        run = await run_beginning.begin_notices(*to, said, made.source_url, night, now, campaign.id)
    else:
        run = await run_beginning.begin(*to, made.message, night, now, campaign.id)
    if run is not None:
        await store.settle(conn, campaign.id, "sending", {}, now)
