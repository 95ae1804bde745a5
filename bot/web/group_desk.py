"""分组: groups of followers that a push may be meant for; residents join by word or by their home."""

from aiohttp import web

from bot.problems import NotFound, Problem
from bot.pushes import segments
from bot.pushes.segments import NotPossible
from bot.pushes.tagging import EVERY
from bot.web.campaign_desk import EDITORS
from bot.web.campaign_turns import READERS
from bot.web.guard import Routes, Visit
from content.audience import DIMENSIONS, LONGEST, WORDS, in_words, key_of

routes = Routes(rail="活动")
GROUPS = "/office/plan/groups"
HINTS = {
    "township": "说过“我住在……”的居民自动归入",
    "community": "说过“我住在……”的居民自动归入",
    "interest": "居民回复“订阅＋名称”加入",
    "role": "居民回复“订阅＋名称”加入，例如网格员、志愿者、家长",
    "choice": "居民回复“订阅＋名称”加入",
}


@routes.get(GROUPS, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The groups with their size and how the platform's tag stands."""
    return await _page(visit)


@routes.post(f"{GROUPS}/new", roles=EDITORS)
async def add(visit: Visit) -> web.StreamResponse:
    """A new group."""
    form = await visit.form()
    dimension = next((one for one in DIMENSIONS if one == form.text("dimension", 16)), None)
    name = form.text("name", 40)
    try:
        if dimension is None:
            raise Problem("请选一种分组。")
        try:
            key = key_of(dimension, name)
        except ValueError as error:
            raise Problem(f"名称写 1 到 {LONGEST // 3} 个字，不用冒号。") from error
        try:
            async with visit.service.database.transaction() as conn:
                await segments.add(conn, key, visit.staff.name, visit.now)
                await visit.audit(conn, "新增分组", in_words(key))
        except NotPossible as refused:
            raise Problem(str(refused)) from refused
    except Problem as problem:
        return await _page(visit, problem, name)
    return visit.see_other(GROUPS, flash=f"分组“{name}”已加好，稍后和微信的标签对上。")


@routes.get(f"{GROUPS}/remove", roles=EDITORS)
async def ask_to_remove(visit: Visit) -> web.StreamResponse:
    """Which group would go, with how many are in it."""
    async with visit.service.database.snapshot() as conn:
        known = await segments.audiences(conn)
    found = known.get(visit.request.query.get("key", ""))
    if found is None or not found.key:
        raise NotFound("没有这个分组，可能刚被去掉。请回到“分组”。")
    return visit.page("group_remove.html", group=found, in_words=in_words)


@routes.post(f"{GROUPS}/remove", roles=EDITORS)
async def remove(visit: Visit) -> web.StreamResponse:
    """Take the group away, with who had chosen it."""
    key = (await visit.form()).text("key", 80)
    async with visit.service.database.transaction() as conn:
        if not await segments.remove(conn, key):
            raise NotFound("没有这个分组，可能刚被去掉。请回到“分组”。")
        await visit.audit(conn, "去掉分组", in_words(key))
    return visit.see_other(GROUPS, flash="分组已去掉。定给它的稿件不会发给别人，请改发给谁。")


async def _page(visit: Visit, problem: Problem | None = None, name: str = "") -> web.Response:
    async with visit.service.database.snapshot() as conn:
        known = await segments.everything(conn)
        audiences = await segments.audiences(conn)
    return visit.page(
        "groups.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        name=name,
        rows=[(one, audiences[one.key].size) for one in known],
        everybody=audiences[""].size,
        dimensions=WORDS,
        hints=HINTS,
        in_words=in_words,
        can_edit=bool(visit.staff.roles & EDITORS),
        hours=int(EVERY.total_seconds() // 3600),
        is_connected=visit.service.platform is not None,
    )
