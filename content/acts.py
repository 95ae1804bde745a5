"""What people do to a campaign: create, edit, submit, sign and stop it.

Every act reads the campaign, decides in content.campaign, writes what was decided, and stands in the history.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from content import campaign as rules
from content import store, word_store
from content.campaign import Campaign, Content, Decision, Refused
from content.checks import Quiet, findings
from content.reviews import Act, Review, keep_version, note


async def create(
    conn: AsyncConnection, content: Content, author: str, levels: int, now: datetime
) -> Campaign:
    """A new draft that `levels` other persons (1 to 3) will have to sign."""
    if not rules.FEWEST_OTHERS <= levels <= rules.MOST_OTHERS:
        raise ValueError(f"a campaign needs 1 to 3 signatures of others, not {levels}")
    created = await store.add(conn, rules.tidy(content), author, levels, now)
    await _note(conn, created, "create", 0, author, "", now)
    return created


async def edit(
    conn: AsyncConnection, campaign_id: int, content: Content, person: str, now: datetime
) -> Campaign:
    """Replace the text; the review starts again. Raises Refused."""
    before = await store.get(conn, campaign_id)
    after = await store.change(conn, before, rules.edit(before, content, person, now))
    await _note(conn, after, "edit", 0, person, "", now)
    return after


async def submit(
    conn: AsyncConnection,
    campaign_id: int,
    person: str,
    quiet: Quiet,
    now: datetime,
    levels: int | None = None,
) -> Campaign:
    """Freeze a draft and put it before the reviewers, as many as the draft or `levels` says; refused while
    a check blocks it.
    """
    before = await store.get(conn, campaign_id)
    submitted = rules.submit(before, person, now, levels)
    found = findings(before.content, quiet, now, await word_store.in_use(conn))
    blocking = [one.message for one in found if one.level == "block"]
    if blocking:
        raise Refused("checks", "提交前请先处理：" + "；".join(blocking))
    after = await store.change(conn, before, submitted)
    await keep_version(conn, after.id, after.content, now)
    await _note(conn, after, "submit", 0, person, "", now)
    return after


async def sign(
    conn: AsyncConnection,
    campaign_id: int,
    level: int,
    reviewer: str,
    decision: Decision,
    comment: str,
    seen_hash: str,
    now: datetime,
) -> Campaign:
    """Approve a level or send the text back; `seen_hash` is the hash shown with the text. Raises Refused."""
    before = await store.get(conn, campaign_id)
    after = await store.change(
        conn, before, rules.review(before, level, reviewer, decision, comment, seen_hash, now)
    )
    # A rejected text loses its hash with its review; the history keeps the one that was read.
    await _note(conn, replace(after, content_hash=seen_hash), decision, level, reviewer, comment, now)
    return after


async def stop(conn: AsyncConnection, campaign_id: int, person: str, reason: str, now: datetime) -> Campaign:
    """Call a push off before it leaves. Raises Refused."""
    before = await store.get(conn, campaign_id)
    after = await store.change(conn, before, rules.stop(before, now))
    await _note(conn, after, "stop", 0, person, reason, now)
    return after


async def _note(
    conn: AsyncConnection, campaign: Campaign, act: Act, level: int, person: str, words: str, now: datetime
) -> None:
    shown_hash = campaign.content_hash or campaign.content.hash
    await note(conn, campaign.id, Review(act, level, person, shown_hash, words, now))
