"""留言: what residents asked and the rules did not answer, alike questions together; who has taken which."""

import asyncio
from datetime import datetime, timedelta
from typing import get_args

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.inquiries import handling, letters, messages
from bot.inquiries.handling import State
from bot.office import staff
from bot.service import Service
from bot.web.campaign_turns import name_of
from bot.web.guard import Routes, Visit
from bot.web.message_groups import handled_groups, waiting_groups
from bot.web.today_desk import Card
from content.overdue import ANSWERED_WITHIN, is_late

routes = Routes(rail="留言")
DESK = "/office/messages"
READERS = frozenset({"editor", "reviewer", "approver"})
STATES = {"waiting": "等着处理", "claimed": "有人在处理", "answered": "已答复", "closed": "已关闭"}


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The questions of the last 30 days in one state, the waiting ones first of all."""
    wanted = visit.request.query.get("state", "waiting")
    state: State | None = next((one for one in get_args(State) if one == wanted), None)
    async with visit.service.database.snapshot() as conn:
        outcomes = await messages.outcomes(conn, handling.since(visit.now))
        if state is None:
            asked = await handling.waiting(conn, visit.now)
            groups = await asyncio.to_thread(waiting_groups, asked)
        else:
            rows = await handling.latest(conn, state, visit.now)
            asked = await messages.get(conn, [row.message_id for row in rows])
            groups = handled_groups(asked, rows)
        kept = len(await letters.kept(conn))
        people = await staff.everybody(conn)
    return visit.page(
        "messages.html",
        groups=groups,
        state=state or "waiting",
        states=STATES,
        total=sum(outcomes.values()),
        answered=outcomes.get("answered", 0),
        kept=kept,
        days=messages.OPEN_DAYS,
        now=int(visit.now.timestamp()),
        name_of=lambda name: name_of(name, people),
    )


async def card(conn: AsyncConnection, _service: Service, now: datetime) -> Card | None:
    """How many questions wait, and for how long; one from somebody in danger before all others."""
    asked = await handling.waiting(conn, now)
    if not asked:
        return Card("等着处理的留言", "0 条", "最近 30 天的问题都有答复。", "good", READERS, DESK)
    if urgent := sum(one.urgent for one in asked):
        words = "有居民可能有危险，请马上查看。"
        return Card("可能有危险的留言", f"{urgent} 条", words, "loss", READERS, DESK)
    first = datetime.fromtimestamp(min(one.at for one in asked), now.tzinfo)
    late = sum(is_late(datetime.fromtimestamp(one.at, now.tzinfo), now) for one in asked)
    words = (
        f"最早的一条等了 {(now - first).days} 天。" if now - first >= timedelta(days=1) else "都不到一天。"
    )
    if not late:
        return Card("等着处理的留言", f"{len(asked)} 条", words, "calm", READERS, DESK)
    words += f"{late} 条等了 {ANSWERED_WITHIN.days} 天以上，检查时会看有没有答复，请先处理。"
    return Card("等着处理的留言", f"{len(asked)} 条", words, "waiting", READERS, DESK, "去答复")
