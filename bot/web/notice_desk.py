"""订阅通知: whether the account has it, which template the office uses, what fills its fields, who agreed."""

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import Conflict, NotFound, Problem, Unavailable
from bot.pushes import subscriptions
from bot.pushes.subscriptions import Template
from bot.web.guard import Routes, Visit
from bot.wechat.errors import ApiError
from content.noticing import SOURCE_WORDS, SOURCES, Filling, Said, Unfit, fill

routes = Routes(rail="公众号")
DESK = "/office/connection/notices"
ADMIN = {"admin"}
OBJECT = "订阅通知"
FIXED_LONGEST = 32


@routes.get(DESK, roles=ADMIN)
async def show(visit: Visit) -> web.StreamResponse:
    """The templates, the one in use with its fields, and how many agreed."""
    return await _page(visit)


@routes.post(f"{DESK}/read", roles=ADMIN)
async def read(visit: Visit) -> web.StreamResponse:
    """Read the account's templates anew."""
    platform = visit.service.platform
    if platform is None or _cannot(visit):
        raise Conflict(f"{_cannot(visit) or '还没有连接公众号。'}什么也没有做。")
    try:
        found = await platform.notice_templates()
    except ApiError as error:
        raise Unavailable(f"没有读到模板，原来的不变。{error.outcome.message}") from error
    listed = [Template(one.id, one.title, one.content, one.long_term, {}) for one in found]
    async with visit.service.database.transaction() as conn:
        await subscriptions.replace_all(conn, listed, visit.now)
        await visit.audit(conn, "读取订阅通知模板", OBJECT, 模板数=len(listed))
    return visit.see_other(DESK, flash=f"读到 {len(listed)} 个模板。")


@routes.post(f"{DESK}/choose", roles=ADMIN)
async def choose(visit: Visit) -> web.StreamResponse:
    """Use this template from now on."""
    form = await visit.form()
    async with visit.service.database.transaction() as conn:
        template = await _found(conn, form.text("template", 64))
        await subscriptions.choose(conn, template.id, visit.now)
        await visit.audit(conn, "选用订阅通知模板", OBJECT, 模板=template.title)
    return visit.see_other(DESK, flash=f"以后的订阅通知用“{template.title}”。请核对下面每一项填什么。")


@routes.post(f"{DESK}/fields", roles=ADMIN)
async def set_fields(visit: Visit) -> web.StreamResponse:
    """Where the words of each field come from; refused where the platform would refuse them."""
    form = await visit.form()
    async with visit.service.database.transaction() as conn:
        template = await _found(conn, form.text("template", 64))
        fillings = {}
        for field in template.fields:
            typed = form.text(f"source-{field.key}", 16)
            source = next((one for one in SOURCES if one == typed), None)
            if source is None:
                raise Problem("请给每一项选好填什么，刚才没有保存。")
            words = form.text(f"words-{field.key}", FIXED_LONGEST).strip()
            fillings[field.key] = Filling(source, words if source == "fixed" else "")
        try:
            fill(template.fields, fillings, _example(visit))
        except Unfit as unfit:
            return await _page(visit, Problem(f"{unfit}。刚才没有保存。"), fillings)
        await subscriptions.set_fillings(conn, template.id, fillings)
        await visit.audit(conn, "设置订阅通知的内容", OBJECT, 模板=template.title)
    return visit.see_other(DESK, flash="已保存，下面是收到的样子。")


async def _page(
    visit: Visit, problem: Problem | None = None, typed: Mapping[str, Filling] | None = None
) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        listed = await subscriptions.listed(conn)
        chosen = next((one for one in listed if one.chosen), None)
        agreed = await subscriptions.count(conn, chosen) if chosen else 0
    shown, unfit = {}, ""
    if chosen is not None:
        try:
            shown = fill(chosen.fields, chosen.fillings, _example(visit))
        except Unfit as error:
            unfit = str(error)
    return visit.page(
        "connection_notices.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        cannot=_cannot(visit),
        connected=visit.service.platform is not None,
        listed=listed,
        chosen=chosen,
        fillings=typed or (chosen.fillings if chosen else {}),
        agreed=agreed,
        shown=shown,
        unfit=unfit,
        sources=SOURCE_WORDS,
        nothing=Filling("fixed"),
    )


async def _found(conn: AsyncConnection, template: str) -> Template:
    found = next((one for one in await subscriptions.listed(conn) if one.id == template), None)
    if found is None:
        raise NotFound("没有这个模板，可能已经在公众平台上删掉。请重新读取。")
    return found


def _cannot(visit: Visit) -> str:
    """Why this account has no subscription notices; "" when it may."""
    account = visit.service.config.account
    if account is None:
        return "还没有连接公众号。"
    if account.kind != "service":
        return "这个公众号是订阅号，微信只给已认证的服务号开放订阅通知。"
    return "" if account.verified else "这个服务号还没有认证，认证以后才能用订阅通知。"


def _example(visit: Visit) -> Said:
    """A push as it might be, to look at."""
    office = visit.service.config.office
    return Said("周六早上志愿者集合提醒", "请带好水杯和帽子", visit.now, office.name, office.hotline)
