"""Which pushes taught what a wave asks about: a rate after them says less about what people knew before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from content import store
from content.campaign import Campaign
from content.festivals import SHANGHAI
from surveys.changes import changes_of
from surveys.waves import Wave

BEFORE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Taught:
    """A push about a topic of a wave: gone out already, or approved to go out while the wave runs."""

    campaign_id: int
    title: str
    topic: str
    due_at: datetime
    gone: bool

    def line(self) -> str:
        """The warning as it stands at the desk and in the method note."""
        day = self.due_at.astimezone(SHANGHAI)
        verb = "发出" if self.gone else "将发出"
        return (
            f"{day.year}年{day.month}月{day.day}日{verb}的推送“{self.title}”讲过“{self.topic}”，"
            "看过推送的人更容易答对，结果不能当作推送之前的情况。"
        )


async def taught(
    conn: AsyncConnection, topics: Sequence[str], since: datetime, until: datetime
) -> list[Taught]:
    """The pushes on these topics from 14 days before `since` to `until`, the oldest first."""
    if not topics:
        return []
    found = await store.list_campaigns(conn, ("approved", "due", "sending", "sent", "unknown"))
    return [
        Taught(
            one.id, one.content.title, topic, one.content.due_at, one.state in ("sending", "sent", "unknown")
        )
        for one in sorted(found, key=lambda one: one.content.due_at)
        if since - BEFORE <= one.content.due_at <= until and (topic := _topic(one, topics))
    ]


async def taught_in(conn: AsyncConnection, wave: Wave, now: datetime) -> list[Taught]:
    """The pushes that taught a topic of this wave before or while it ran."""
    ends = wave.closed_at or wave.closes_at
    until = now + BEFORE if ends is None else datetime.fromtimestamp(ends, SHANGHAI)
    return await taught(conn, wave.terms.topics, datetime.fromtimestamp(wave.opens_at, SHANGHAI), until)


def _topic(campaign: Campaign, topics: Sequence[str]) -> str:
    """The first topic that the push speaks of; "" if it speaks of none."""
    content = campaign.content
    words = "\n".join((content.title, content.digest, content.body, content.festival))
    return next((topic for topic in topics if topic in words), "")


async def told_of(conn: AsyncConnection, wave: Wave, now: datetime) -> list[str]:
    """What happened around a wave and stands in its method note: corrections, pushes on its topics."""
    corrected = [change.line() for change in await changes_of(conn, wave.id)]
    return corrected + [push.line() for push in await taught_in(conn, wave, now)]
