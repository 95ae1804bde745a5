"""微信里的截图: what a push looked like on a phone, put there by staff once it is out, for the evidence."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import staff
from bot.problems import Conflict, NotFound, Problem
from bot.web import uploads
from bot.web.campaign_desk import DESK, EDITORS, ONE, found_in, named
from bot.web.campaign_turns import READERS, name_of
from bot.web.guard import Routes, Visit
from content import screens
from content.campaign import Campaign

routes = Routes(rail="活动")
SCREENS = f"{ONE}/screens"
SCREEN = f"{SCREENS}/{{sha256:[0-9a-f]{{64}}}}"
OUT = frozenset({"sending", "sent", "unknown"})
"""States in which there may be something to take a picture of."""


@routes.get(SCREENS, roles={*READERS, "auditor"})
async def show(visit: Visit) -> web.StreamResponse:
    """All that are there, and a form for one more."""
    return await _page(visit)


@routes.get(SCREEN, roles={*READERS, "auditor"})
async def show_one(visit: Visit) -> web.StreamResponse:
    """One picture."""
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
        content = await screens.load(conn, campaign.id, visit.request.match_info["sha256"])
    if content is None:
        raise NotFound("没有这张截图，可能刚被删掉。")
    return web.Response(body=content, content_type="image/jpeg")


@routes.post(SCREENS, roles=EDITORS, limit=uploads.LIMIT)
async def add(visit: Visit) -> web.StreamResponse:
    """One more; the same picture a second time changes nothing."""
    try:
        image = await uploads.picture(visit)
        if image is None:
            raise Problem("请先选一张截图。")
        async with visit.service.database.transaction() as conn:
            campaign = await _sent(conn, visit)
            is_new = await screens.add(conn, campaign.id, image, visit.staff.name, visit.now)
            if is_new:
                await visit.audit(conn, "放微信截图", named(campaign))
    except screens.TooMany:
        return await _page(visit, Conflict(f"一篇最多放 {screens.MOST} 张截图，请先删掉不用的。"))
    except Problem as problem:
        return await _page(visit, problem)
    said = "截图放好了，材料包里会有。" if is_new else "这张截图已经有了。"
    return visit.see_other(f"{DESK}/{campaign.id}/screens", flash=said)


@routes.post(f"{SCREEN}/remove", roles=EDITORS)
async def remove(visit: Visit) -> web.StreamResponse:
    """Delete one for good, also from the packs that were made with it and from older backups."""
    async with visit.service.database.transaction() as conn:
        campaign = await found_in(conn, visit)
        sha256 = visit.request.match_info["sha256"]
        if await screens.remove(conn, campaign.id, sha256):
            await visit.audit(conn, "删除微信截图", named(campaign))
            await uploads.forget_for_good(conn, visit, sha256)
    return visit.see_other(f"{DESK}/{campaign.id}/screens", flash="截图删掉了，找不回来。")


async def _sent(conn: AsyncConnection, visit: Visit) -> Campaign:
    campaign = await found_in(conn, visit)
    if campaign.state not in OUT:
        raise Conflict("这篇推送还没有发出，发出以后才有微信里的样子可以截。")
    return campaign


async def _page(visit: Visit, problem: Problem | None = None) -> web.Response:
    if isinstance(problem, NotFound):
        raise problem
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
        found = await screens.listed(conn, campaign.id)
        people = await staff.everybody(conn)
    may_change = bool(visit.staff.roles & EDITORS)
    return visit.page(
        "campaign_screens.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        campaign=campaign,
        screens=found,
        may_add=may_change and campaign.state in OUT and len(found) < screens.MOST,
        may_remove=may_change,
        name_of=lambda name: name_of(name, people),
    )
