"""公众平台的草稿: what colleagues wrote in the platform's own console, taken over into review."""

from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import staff
from bot.office.signing import others_needed
from bot.problems import Conflict, Problem
from bot.web.campaign_desk import DESK, EDITORS, named
from bot.web.campaign_form import BLANK_AHEAD
from bot.web.guard import Routes, Visit
from bot.wechat.api import Platform
from bot.wechat.errors import ApiError
from content import acts, store
from content.campaign import State
from content.festivals import SHANGHAI
from content.templates import SENT_AT
from content.text import Content

routes = Routes(rail="活动")
HERE = f"{DESK}/drafts"
MOST = 20
OPEN: tuple[State, ...] = ("draft", "in_review", "approved", "due", "sending", "unknown")


@routes.get(HERE, roles=EDITORS)
async def show(visit: Visit) -> web.StreamResponse:
    """The newest drafts of the console, and which of them are in review already."""
    platform = _platform(visit)
    try:
        drafts = await platform.drafts(MOST)
    except ApiError as error:
        raise Problem(f"读不到公众平台的草稿箱。{error.outcome.message}") from error
    async with visit.service.database.snapshot() as conn:
        known = await _running(conn)
    return visit.page("campaign_drafts.html", drafts=drafts, known=known)


@routes.post(HERE, roles=EDITORS)
async def take(visit: Visit) -> web.StreamResponse:
    """A campaign with the draft's words; what goes out is the draft itself, if it stays as it is now."""
    media_id = (await visit.form()).text("media_id", 255)
    try:
        draft = await _platform(visit).draft(media_id)
    except ApiError as error:
        raise Problem(f"读不到这篇草稿。{error.outcome.message}") from error
    if draft is None:
        raise Conflict("公众平台上已经没有这篇草稿。请刷新页面再选。")
    if draft.articles > 1:
        raise Problem("一次发几篇的草稿审不全，没有接过来。请在公众平台上拆成单篇。")
    config = visit.service.config
    due = datetime.combine((visit.now + BLANK_AHEAD).date(), SENT_AT, SHANGHAI)
    content = Content(
        title=draft.title,
        body="\n".join(draft.paragraphs),
        digest=draft.digest,
        source=draft.author or config.office.name,
        festival="",
        tone="plain",
        due_at=due,
        lateness_minutes=config.campaigns.lateness_minutes,
        taken=draft.media_id,
        taken_hash=draft.hash,
    )
    async with visit.service.database.transaction() as conn:
        await staff.hold(conn, visit.staff.id)
        if (there := (await _running(conn)).get(media_id)) is not None:
            return visit.see_other(f"{DESK}/{there}", flash="这篇草稿已经接过来了。")
        people = await staff.everybody(conn)
        levels = others_needed(config.campaigns.review_levels, people, [visit.staff.name])
        campaign = await acts.create(conn, content, visit.staff.name, levels, visit.now)
        await visit.audit(conn, "接过公众平台的草稿", named(campaign), 标题=content.title)
    said = "已接过来。请定好发送时间，再提交审核；在这里改了文字，就按改的文字另做一篇。"
    return visit.see_other(f"{DESK}/{campaign.id}/edit", flash=said)


async def _running(conn: AsyncConnection) -> dict[str, int]:
    """The campaigns of drafts that were taken over and may still go out; one that failed is taken anew."""
    listed = await store.list_campaigns(conn, OPEN)
    return {one.content.taken: one.id for one in listed if one.content.taken}


def _platform(visit: Visit) -> Platform:
    if visit.service.platform is None:
        raise Problem("还没有连接公众号，读不到草稿箱。")
    return visit.service.platform
