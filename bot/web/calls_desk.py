"""接口次数: how often the platform was called today, what is left, and the two things to do about it."""

from aiohttp import web

from bot.account.metering import Metering
from bot.problems import Conflict, Unavailable
from bot.web.guard import Routes, Visit
from bot.wechat import calls
from bot.wechat.allowances import Used
from bot.wechat.api import Platform
from bot.wechat.errors import ApiError

routes = Routes(rail="公众号")
DESK = "/office/connection/calls"
ADMIN = {"admin"}
OBJECT = "接口次数"


@routes.get(DESK, roles=ADMIN)
async def show(visit: Visit) -> web.StreamResponse:
    """Every method that was called today."""
    return visit.page(
        "connection_calls.html",
        used=await used_today(visit),
        connected=visit.service.platform is not None,
    )


@routes.post(f"{DESK}/ask", roles=ADMIN)
async def ask(visit: Visit) -> web.StreamResponse:
    """Let the platform say how much is left."""
    platform = _connected(visit)
    await platform.calls.flush()
    told, asked = await _ask_all(visit, platform)
    async with visit.service.database.transaction() as conn:
        await visit.audit(conn, "查询接口次数", OBJECT, 项数=asked, 问到=told)
    if told < asked:
        return visit.see_other(DESK, flash=f"{asked} 项里问到了 {told} 项，其余的微信没有回答，数字照旧。")
    return visit.see_other(DESK, flash="已经问过微信，下面是它的数字。")


@routes.get(f"{DESK}/clear", roles=ADMIN)
async def ask_to_clear(visit: Visit) -> web.StreamResponse:
    """What beginning anew means, once more."""
    _connected(visit)
    return visit.page("connection_calls_clear.html")


@routes.post(f"{DESK}/clear", roles=ADMIN)
async def clear(visit: Visit) -> web.StreamResponse:
    """Let the platform begin to count anew; it allows that ten times a month."""
    platform = _connected(visit)
    try:
        await platform.clear_quota()
    except ApiError as error:
        raise Unavailable(f"没有清零，次数照旧。{error.outcome.message}") from error
    await platform.calls.begin_anew()
    await platform.calls.flush()
    await _ask_all(visit, platform)
    async with visit.service.database.transaction() as conn:
        await visit.audit(conn, "清零接口次数", OBJECT)
    return visit.see_other(DESK, flash="已清零，今天的次数重新开始算。")


async def used_today(visit: Visit) -> tuple[Used, ...]:
    """What is known of today, the newest seconds left out; nothing without an account."""
    account = visit.service.config.account
    if account is None:
        return ()
    async with visit.service.database.snapshot() as conn:
        return await calls.used_on(conn, account.app_id, visit.now)


async def _ask_all(visit: Visit, platform: Platform) -> tuple[int, int]:
    """How many methods of today the platform told of, and how many there are."""
    used = await used_today(visit)
    metering = Metering(visit.service.database, platform, visit.service.clock)
    told = sum([await metering.ask(one.path) for one in used])
    await platform.calls.flush()
    return told, len(used)


def _connected(visit: Visit) -> Platform:
    if visit.service.platform is None:
        raise Conflict("还没有填写账号信息，什么也没有做。请维护人员先填好配置文件并重启服务。")
    return visit.service.platform
