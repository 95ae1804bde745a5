"""A text on one's own WeChat before it is signed: the phone tied by a code, and the article sent there."""

import secrets

from aiohttp import web

from bot import limits, residents
from bot.limits import Rule
from bot.office import staff_phones
from bot.problems import Conflict, Problem, TooOften, Unavailable
from bot.pushes import drafting
from bot.pushes.drafting import Sheet
from bot.retention import tidying
from bot.retention.tidying import Preview
from bot.waves import carrying
from bot.web.campaign_desk import DESK, ONE, found_in, named
from bot.web.campaign_turns import READERS
from bot.web.guard import Routes, Visit
from bot.web.review_desk import campaign_page
from bot.wechat.errors import ApiError
from content import image_store
from content.campaign import Campaign
from content.templates import cover

routes = Routes(rail="活动")
own = Routes()
PHONE = "/office/me/phone"
PER_PERSON = Rule(times=10, seconds=3600)
"""The platform allows 100 previews a day for the whole account."""


@own.get(PHONE, roles=READERS)
async def show_phone(visit: Visit) -> web.StreamResponse:
    """Whether a phone is tied."""
    return await _phone_page(visit)


@own.post(PHONE, roles=READERS)
async def tie(visit: Visit) -> web.StreamResponse:
    """A code to send from the phone, or the tie undone."""
    undone = (await visit.form()).text("act", 8) == "undo"
    number = f"{secrets.randbelow(10**staff_phones.DIGITS):0{staff_phones.DIGITS}d}"
    async with visit.service.database.transaction() as conn:
        if undone:
            await staff_phones.forget(conn, visit.staff.id)
        else:
            await staff_phones.offer(conn, visit.staff.id, number, visit.now)
        await visit.audit(conn, "解除微信绑定" if undone else "绑定微信", visit.staff.name)
    if undone:
        return visit.see_other(PHONE, flash="已解除，不再发到那个微信。")
    return await _phone_page(visit, number)


@routes.post(f"{ONE}/preview", roles=READERS)
async def send(visit: Visit) -> web.StreamResponse:
    """The article as it is now, to the person's own WeChat."""
    try:
        campaign = await _send(visit)
    except Problem as problem:
        return await campaign_page(visit, problem)
    return visit.see_other(f"{DESK}/{campaign.id}", flash="已发到您的微信，点开就是居民会看到的样子。")


async def _send(visit: Visit) -> Campaign:
    platform = visit.service.platform
    if platform is None:
        raise Conflict("公众号还没有连接，发不到微信。请管理员在“公众号”里连接。")
    async with visit.service.database.transaction() as conn:
        campaign = await found_in(conn, visit)
        resident = await staff_phones.of(conn, visit.staff.id)
        openid = await residents.openid_of(conn, resident) if resident is not None else None
        if openid is None:
            raise Problem("还没有绑定您的微信。请在“我的账号”里的“我的微信”绑定，再来发。")
        if not campaign.content.title or not campaign.content.blocks:
            raise Problem("还没有标题或正文，没有发。请先写上内容。")
        if not await limits.take(conn, f"preview:{visit.staff.id}", PER_PERSON, visit.now):
            raise TooOften("一小时里最多发 10 次。请过一会儿再试。")
        content = campaign.content
        pictures = tuple(dict.fromkeys(one.sha256 for one in content.pictures))
        # The questionnaire itself, not the counted address: a colleague who looks is no reader.
        path = await carrying.path_of(conn, campaign.id)
        address = f"{visit.service.config.server.public_url}{path}" if path else ""
        sheet = Sheet(content.title, content.digest, content.article, content.cover, pictures, address)
        images = await image_store.load(conn, sheet.images)
        if sheet.images - images.keys():
            raise Conflict("稿件里有一张图片找不到了。请重新上传，再发。")
        await visit.audit(conn, "发到自己的微信预览", named(campaign))
    try:
        office = visit.service.config.office.name
        made = await drafting.put(platform, sheet, images, cover(), office)
        async with visit.service.database.transaction() as conn:
            at = int(visit.now.timestamp())
            await tidying.note_preview(conn, Preview(made.media_id, made.cover_id, at))
        await platform.preview(openid, made.media_id)
    except ApiError as error:
        raise Unavailable(f"没有发成：{getattr(error.outcome, 'message', '微信没有说明原因。')}") from error
    return campaign


async def _phone_page(visit: Visit, number: str = "") -> web.Response:
    async with visit.service.database.snapshot() as conn:
        is_tied = await staff_phones.of(conn, visit.staff.id) is not None
    return visit.page("me_phone.html", is_tied=is_tied, number=number)
