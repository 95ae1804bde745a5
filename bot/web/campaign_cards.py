"""What the campaigns tell the page 今天: signatures, the week, sends in trouble, the last publication."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.office.signing import signing_roles
from bot.pushes import confirming, ledger, overdue_reminding, runs
from bot.service import Service
from bot.web.campaign_turns import READERS
from bot.web.today_desk import Card, FirstStep, OwnProvider, Provider
from bot.web.visit import Visit
from content import store
from content.campaign import Campaign, level_name
from content.festivals import WEEKDAYS
from content.overdue import silence

LIST, NEW, SENDS = "/office/campaigns", "/office/campaigns/new", "/office/sends"
AHEAD = timedelta(days=7)


def _signatures(step: str) -> Provider:
    """Texts that wait for one level: a card of its own, for those whose role signs it."""

    async def card(conn: AsyncConnection, _service: Service, now: datetime) -> Card | None:
        waiting = [
            (campaign, level)
            for campaign in await store.list_campaigns(conn, ("in_review",))
            if (level := campaign.next_level) and level_name(level, campaign.levels) == step
        ]
        if not waiting:
            return None
        first, level = waiting[-1]
        due = _moment(first.content.due_at, now)
        words = f"{_titles([campaign for campaign, _ in waiting])}。最早的一篇定于 {due} 发送。"
        roles = signing_roles(level, first.levels)
        return Card(f"等{step}的稿件", f"{len(waiting)} 篇", words, "waiting", roles, LIST, "去审核")

    return card


async def upcoming(conn: AsyncConnection, _service: Service, now: datetime) -> Card | None:
    """The pushes of the next seven days; those not approved, and those late, ask somebody to act.

    A sheet without a title is nobody's plan yet.
    """
    under_way = await store.list_campaigns(conn, ("draft", "in_review", "approved", "due"))
    planned = [one for one in under_way if one.content.title]
    soon = [campaign for campaign in planned[::-1] if now <= campaign.content.due_at <= now + AHEAD]
    unsigned = [campaign for campaign in soon if campaign.state in ("draft", "in_review")]
    late = [one for one in planned if one.content.due_at < now and one.state in ("draft", "in_review")]
    words = "；".join(f"{_moment(campaign.content.due_at, now)}{_title(campaign)}" for campaign in soon[:3])
    words = f"{words}。" if soon else "没有安排。离节日一周以前动笔，审核才来得及。"
    if unsigned:
        words += f"{len(unsigned)} 篇还没有通过审核。"
    elif soon:
        words += "都已通过审核。"
    if late:
        words += f"另有 {len(late)} 篇过了发送时间还没有审完，请改时间或停止。"
    state: Literal["waiting", "calm"] = "waiting" if unsigned or late else "calm"
    return Card("未来 7 天的推送", f"{len(soon)} 篇", words, state, READERS, LIST)


async def troubled(conn: AsyncConnection, _service: Service, _now: datetime) -> Card | None:
    """Failed, missed and unclear sends, and personal ones that stand still or left somebody out."""
    entries = await outbox.waiting_for_people(conn)
    held = sum(run.state == "held" for run in await runs.under_way(conn))
    personal = held + len(await runs.to_look_at(conn))
    if not entries and not personal:
        return None
    unclear = sum(entry.state == "unknown" for entry in entries)
    words = "没有发出去，或者错过了时间。"
    if unclear:
        words = f"其中 {unclear} 条不知道有没有发出，要到公众号后台核对。"
    elif personal:
        words = "有逐个发送停下来等您决定，或者发完以后有几位没有收到。"
    roles = frozenset({"editor", "approver"})
    return Card("待处理的发送", f"{len(entries) + personal} 条", words, "loss", roles, SENDS, "去处理")


async def confirmation(conn: AsyncConnection, service: Service, now: datetime) -> Card | None:
    """A mass send that may wait for the administrator's confirmation."""
    waiting = await confirming.waiting(conn, service.config, now)
    if not waiting:
        return None
    until = min(confirming.confirm_until(one) for one in waiting)
    left = int((until - now).total_seconds() // 60)
    words = f"公众平台如果开了群发保护，管理员要在 {until:%H:%M} 以前用手机微信确认，否则发不出去。"
    return Card("等管理员确认的群发", f"还剩 {left} 分钟", words, "waiting", READERS | {"admin"}, SENDS)


async def publication(conn: AsyncConnection, _service: Service, now: datetime) -> Card | FirstStep | None:
    """How long nothing has gone out; for an office that has nothing yet, the first step."""
    if not await store.list_campaigns(conn, limit=1):
        words = "还没有写过推送。可以从下一个节日的模板开始，改几处就能交审。"
        return FirstStep(words, NEW, "写第一篇推送")
    last = await ledger.last_push(conn)
    if last is None:
        return Card("上次推送", "还没有", "第一篇稿件发出以后，这里显示隔了多少天。", "calm", READERS, LIST)
    found = silence(last.at, await overdue_reminding.approved(conn), now)
    title = f"《{last.title}》" if last.title else "在公众平台里手工发的一次"
    words = f"{_moment(last.at, now)}{title}。{found.words}"
    figure = f"{found.days} 天前" if found.days > 0 else "今天"
    state: Literal["waiting", "calm"] = "waiting" if found.is_too_long else "calm"
    return Card(
        "上次推送", figure, words, state, READERS, LIST, "去安排一篇" if found.is_too_long else "去看看"
    )


async def drafts(conn: AsyncConnection, visit: Visit) -> Card | None:
    """The drafts of the person who looks, those sent back among them: they wait for nobody else."""
    own = [one for one in await store.list_campaigns(conn, ("draft",)) if one.author == visit.staff.name]
    if not own:
        return None
    words = f"{_titles(own)}。写好了就提交审核；退回来的，原因在稿件下面。"
    return Card("等您写完的稿件", f"{len(own)} 篇", words, "waiting", READERS, f"{LIST}?show=mine", "接着写")


OWN_CARDS: tuple[OwnProvider, ...] = (drafts,)
CARDS: tuple[Provider, ...] = (
    troubled,
    confirmation,
    _signatures("终审"),
    _signatures("三审"),
    _signatures("复审"),
    upcoming,
    publication,
)


def _titles(campaigns: Sequence[Campaign]) -> str:
    return "、".join(_title(campaign) for campaign in campaigns[:3]) + ("等" if len(campaigns) > 3 else "")


def _title(campaign: Campaign) -> str:
    return f"《{campaign.content.title}》" if campaign.content.title else "一篇还没有标题的稿件"


def _moment(at: datetime, now: datetime) -> str:
    year = f"{at.year}年" if at.year != now.year else ""
    return f"{year}{at.month}月{at.day}日（星期{WEEKDAYS[at.weekday()]}）{at:%H:%M}"
