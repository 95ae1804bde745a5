"""What is being sent, and what waits for a person: failed, missed, or nobody knows how it ended."""

from typing import Literal

from aiohttp import web

from bot import outbox
from bot.problems import NotFound, Problem
from bot.pushes import asking, confirming, outcomes, runs
from bot.web.calls_desk import used_today
from bot.web.guard import Routes, Visit
from bot.wechat.allowances import SENDING
from content.audience import in_words

routes = Routes(rail="活动")
DESK = "/office/sends"
RESOLVERS = {"editor", "approver"}
Verdict = Literal["sent", "failed", "missed"]
VERDICTS: dict[str, Verdict] = {"sent": "sent", "failed": "failed", "missed": "missed"}
VERDICT_WORDS = {"sent": "已发出", "failed": "没有发出", "missed": "错过时间，已知悉"}


@routes.get(DESK, roles=RESOLVERS)
async def show(visit: Visit) -> web.StreamResponse:
    """What happened to each, what the platform said, and how a person settles it."""
    async with visit.service.database.snapshot() as conn:
        entries = await outbox.waiting_for_people(conn)
        going, ended = await runs.under_way(conn), await runs.to_look_at(conn)
        taken = await outbox.with_platform(conn)
        asked = {one.id for one in await confirming.waiting(conn, visit.service.config, visit.now)}
    return visit.page(
        "campaign_sends.html",
        entries=entries,
        going=going,
        ended=ended,
        taken=[(one, confirming.confirm_until(one) if one.id in asked else None) for one in taken],
        group_words=in_words,
        asks=visit.service.platform is not None,
        used=[one for one in await used_today(visit) if one.path in SENDING],
    )


@routes.get(f"{DESK}/{{id:[0-9]{{1,18}}}}/ask", roles=RESOLVERS)
async def ask(visit: Visit) -> web.StreamResponse:
    """What the platform knows of a send that nobody saw the end of."""
    platform = visit.service.platform
    if platform is None:
        raise Problem("还没有连接公众号，问不到微信。")
    async with visit.service.database.snapshot() as conn:
        waiting = await outbox.waiting_for_people(conn)
        entry_id = int(visit.request.match_info["id"])
        entry = next((one for one in waiting if one.id == entry_id), None)
        if entry is None:
            raise NotFound("这一条已经处理过，或者地址有误。请回到“发送”看看。")
        near = await asking.reported_near(conn, entry)
    found = await asking.about(platform, entry, near)
    title = entry.payload.get("title") or "发给一位居民的消息"
    return visit.page("send_asked.html", found=found, title=title)


@routes.post(f"{DESK}/{{id:[0-9]{{1,18}}}}/resolve", roles=RESOLVERS)
async def resolve(visit: Visit) -> web.StreamResponse:
    """A person says how it ended, or that they have seen it."""
    form = await visit.form()
    verdict = VERDICTS.get(form.text("verdict", 16))
    if verdict is None:
        raise Problem("没有选择结果，什么也没有改动。请回到“待处理的发送”再选一次。")
    is_checked = form.text("checked", 1) == "1"
    async with visit.service.database.transaction() as conn:
        waiting = await outbox.waiting_for_people(conn)
        entry_id = int(visit.request.match_info["id"])
        if any(entry.id == entry_id and entry.state == "unknown" for entry in waiting) and not is_checked:
            raise Problem("请先到公众号后台核对有没有发出，勾选“已经核对过”，再选结果。")
        entry = await outcomes.resolve_push(conn, entry_id, verdict, visit.staff.name, visit.now)
        nameless = "给同事的提醒" if entry.kind == "notice" else "发给一位居民的消息"
        title = str(entry.payload.get("title") or entry.payload.get("subject") or nameless)
        await visit.audit(conn, "处理发送结果", f"发送 {entry.id}", 标题=title, 结果=VERDICT_WORDS[verdict])
    return visit.see_other(DESK, flash=f"“{title}”已处理：{VERDICT_WORDS[verdict]}。")
