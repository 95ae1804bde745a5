"""What the platform knows of a send that nobody saw the end of, in words for whoever has to settle it."""

from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.outbox import platform_jobs, publications
from bot.outbox.entries import Entry
from bot.wechat.errors import ApiError
from content.audience import EVERYBODY
from content.festivals import SHANGHAI

BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=40)
"""A send that we lost sight of was reported within this span around our call, the confirmation included."""
JOB_WORDS = {
    "sendsuccess": "微信说：这一次已经发出。",
    "sending": "微信说：还在发，或者在等管理员确认。",
    "sendfail": "微信说：这一次没有发成。",
    "delete": "微信说：发出以后又被删除了。",
}


class Platform(Protocol):
    """What is asked of WeChat; each call changes nothing and may raise ApiError."""

    async def mass_status(self, msg_id: str) -> str: ...

    async def publication_status(self, publish_id: str) -> str: ...

    async def has_draft(self, media_id: str) -> bool: ...


async def about(platform: Platform, entry: Entry, reported: tuple[int, ...]) -> tuple[str, ...]:
    """Sentences, the surest first. `reported`: when the platform told of sends that are none of ours."""
    if entry.kind == "custom":
        return ("发给一位居民的消息，微信不提供查询。可以等居民再来信，或者当面问一问。",)
    found = []
    try:
        if entry.msg_id:
            found.append(await _job(platform, entry))
        if entry.media_id:
            found.append(await _draft(platform, entry))
    except ApiError as error:
        found.append(f"现在问不到微信：{error.outcome.message}")
    for at in reported:
        moment = datetime.fromtimestamp(at, SHANGHAI)
        found.append(f"微信在 {moment:%H:%M} 报告过一次群发成功，不是系统认得的那几次，很可能就是这一次。")
    return tuple(found) or ("稿件还没有交到微信那边，没有可以查的。",)


async def reported_near(conn: AsyncConnection, entry: Entry) -> tuple[int, ...]:
    """When the platform told of sends around our call that are none of ours (epoch seconds)."""
    if entry.called_at is None or entry.kind != "mass":
        return ()
    called = datetime.fromtimestamp(entry.called_at, SHANGHAI)
    return await platform_jobs.strangers(conn, outbox.job_numbers(), called - BEFORE, called + AFTER)


async def _job(platform: Platform, entry: Entry) -> str:
    if entry.kind == "publish":
        status = await platform.publication_status(publications.publish_id(entry.msg_id))
        word = publications.word(status)
    else:
        word = await platform.mass_status(entry.msg_id)
    known = "".join(c for c in word.lower() if c.isalpha())
    return JOB_WORDS.get(known, f"微信回报的状态是“{word}”。")


async def _draft(platform: Platform, entry: Entry) -> str:
    to_all = entry.kind == "publish" or entry.payload.get("audience", EVERYBODY) == EVERYBODY
    if not to_all:
        return "发给分组的稿件，发出以后草稿还留在草稿箱里，从草稿看不出来。"
    if await platform.has_draft(entry.media_id):
        return "草稿还在公众号的草稿箱里：很可能没有发出。"
    return "草稿箱里已经没有这一篇。发出以后微信会把草稿收走：很可能已经发出。"
