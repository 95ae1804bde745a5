"""What becomes of a push as its campaign sees it: ended by the platform, stopped or settled by a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.outbox.entries import Entry
from bot.pushes import runs
from bot.pushes.runs import Run
from content import acts, store
from content.campaign import STOPPABLE, Campaign, State
from content.remarking import remark

STATES: Mapping[str, State] = {
    "sending": "sending",
    "sent": "sent",
    "failed": "failed",
    "missed": "missed",
    "unknown": "unknown",
}
"""States of an entry that its campaign follows."""
MAY_STOP = STOPPABLE | {"sending"}
"""Campaigns that somebody may still try to stop."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What stopping came to: the campaign now, what had been handed to the platform, and who was reached."""

    campaign: Campaign
    gone: tuple[Entry, ...]
    run: Run | None

    @property
    def words(self) -> str:
        """For whoever stopped it: what had already gone out."""
        if self.run is not None and self.run.handled:
            return (
                f"已停止。停止以前已经处理 {self.run.handled} 人，其中发出 {self.run.sent} 人；其余不会再发。"
            )
        if not self.gone:
            return "已停止，不会再发送。还没有一条发出。"
        if self.gone[-1].state == "sent":
            return "来不及了：微信已经发完。要让居民看不到，请到公众平台删除这篇文章。"
        return (
            "来不及全部拦下：稿件已经交给微信，系统不会再交第二次。如果公众平台开了群发保护，请管理员在手机上点"
            "“拒绝”，就不会发出；没有开的，请到公众平台看有没有发出，需要时删除文章。"
        )


async def tell_campaign(conn: AsyncConnection, entry: Entry, now: datetime) -> None:
    """The campaign follows its push. A campaign that has moved on meanwhile keeps its state."""
    if entry.campaign_id is not None and (state := STATES.get(entry.state)):
        await store.settle(conn, entry.campaign_id, state, entry.counts, now)


async def finished(
    conn: AsyncConnection, msg_id: str, status: str, counts: Mapping[str, int], now: datetime
) -> None:
    """The platform's finish event of a push, in the transaction of the message that brought it."""
    entry = await outbox.settle_by_message(conn, msg_id, status, counts, now)
    if entry is not None:
        await tell_campaign(conn, entry, now)


async def stop_push(
    conn: AsyncConnection, campaign_id: int, person: str, reason: str, now: datetime
) -> Stopped:
    """Call a campaign off up to the last moment; what is with the platform is said. Raises Refused."""
    gone = await outbox.stop(conn, campaign_id, now)
    run = await runs.of_campaign(conn, campaign_id)
    before = await store.get(conn, campaign_id)
    if gone:
        for entry in gone:
            await tell_campaign(conn, entry, now)
        await remark(conn, campaign_id, person, f"紧急停止：{reason}" if reason else "紧急停止", now)
        return Stopped(await store.get(conn, campaign_id), gone, None)
    if run is not None and run.state in ("running", "paused", "held"):
        run = await runs.stop(conn, run.id, person, now)
    if before.state == "sending":
        await store.settle(conn, campaign_id, "due", run.counts if run else {}, now)
    return Stopped(await acts.stop(conn, campaign_id, person, reason, now), (), run)


async def resolve_push(
    conn: AsyncConnection,
    entry_id: int,
    as_state: Literal["sent", "failed", "missed"],
    person: str,
    now: datetime,
) -> Entry:
    """A person says how an unclear send ended, or has seen a failed or missed one. Raises Conflict."""
    entry = await outbox.resolve(conn, entry_id, as_state, person, now)
    await tell_campaign(conn, entry, now)
    return entry
