"""Remarks of colleagues on a campaign, on the whole text or at a passage, until they are dealt with."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from content import passages, store
from content.campaign import Campaign, Refused
from content.reviews import Review, history, note, open_remarks


async def remark(
    conn: AsyncConnection,
    campaign_id: int,
    person: str,
    words: str,
    now: datetime,
    place: str = "",
    passage: str = "",
) -> None:
    """Add a remark to the history; changes nothing else. Raises Refused for words that are not there."""
    campaign = await store.get(conn, campaign_id)
    about = passages.passage(campaign.content, place, passage) if place else ""
    await note(conn, campaign_id, Review("comment", 0, person, _shown(campaign), words, now, place, about))


async def resolve(
    conn: AsyncConnection, campaign_id: int, remark_id: int, person: str, now: datetime
) -> None:
    """Say that a remark at a passage has been dealt with. Raises Refused when it is not open."""
    campaign = await store.get(conn, campaign_id)
    if remark_id not in {line.id for line in open_remarks(await history(conn, campaign_id))}:
        raise Refused("changed", "这条意见已经有人处理过，请刷新页面看看。")
    await note(conn, campaign_id, Review("resolve", 0, person, _shown(campaign), "", now, about=remark_id))


def _shown(campaign: Campaign) -> str:
    return campaign.content_hash or campaign.content.hash
