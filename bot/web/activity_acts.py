"""现场活动 entered, corrected, photographed, withdrawn: each with its line in the history and the trail."""

import secrets
from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import Conflict, Forbidden, Problem
from bot.web import activity_form, uploads
from bot.web.activity_desk import DESK, ENTER, NO_TOWNSHIP, ONE, found, named, scope
from bot.web.activity_form import Fields
from bot.web.campaign_desk import number_of
from bot.web.guard import Routes, Visit
from content import activity_store
from content.activities import KINDS, Activity
from content.activity_store import Changed, Kept

routes = Routes(rail="活动")
LONGEST_REASON = 200


@routes.get(f"{DESK}/new", roles=ENTER)
async def show_new(visit: Visit) -> web.StreamResponse:
    """An empty form; a contact's own township stands in it."""
    async with visit.service.database.snapshot() as conn:
        mine = await scope(conn, visit)
    first = min(mine, default="") if mine is not None and len(mine) == 1 else ""
    theme = visit.request.query.get("theme", "")[:30]
    return await _form(visit, activity_form.blank(visit.now.date(), first, theme), None)


@routes.post(f"{DESK}/new", roles=ENTER, limit=uploads.LIMIT)
async def enter(visit: Visit) -> web.StreamResponse:
    """Keep what was held; the same form sent twice is one activity."""
    form = await visit.form()
    fields, key = activity_form.typed(form), form.text("key", 64) or secrets.token_urlsafe(16)
    try:
        activity = activity_form.activity_of(fields, visit.now)
        image = await uploads.picture(visit)
        async with visit.service.database.transaction() as conn:
            await _own(conn, visit, activity)
            kept, is_new = await activity_store.enter(conn, key, activity, visit.staff.name, visit.now)
            if is_new:
                await visit.audit(conn, "登记活动", named(kept), **_brief(activity))
                if image is not None:
                    await activity_store.put_photo(conn, kept, image, visit.staff.name, visit.now)
    except Problem as problem:
        return await _form(visit, fields, None, problem, key)
    said = "登记好了。" if is_new else "这次活动已经登记过了。"
    return visit.see_other(f"{DESK}/{kept.id}", flash=said)


@routes.get(f"{ONE}/edit", roles=ENTER)
async def show_edit(visit: Visit) -> web.StreamResponse:
    """The form of an activity that was entered."""
    async with visit.service.database.snapshot() as conn:
        kept = await found(conn, visit)
    return await _form(visit, activity_form.fields_of(kept.activity), kept)


@routes.post(f"{ONE}/edit", roles=ENTER)
async def correct(visit: Visit) -> web.StreamResponse:
    """What was wrong is put right; how it stood before stays to be read."""
    form = await visit.form()
    fields, reason = activity_form.typed(form), form.text("reason", LONGEST_REASON)
    async with visit.service.database.snapshot() as conn:
        kept = await found(conn, visit)
    try:
        activity = activity_form.activity_of(fields, visit.now)
        async with visit.service.database.transaction() as conn:
            before = await _seen(conn, visit, number_of(form.text("revision", 18)))
            await _own(conn, visit, activity)
            if activity == before.activity:
                return visit.see_other(f"{DESK}/{kept.id}", flash="没有改动。")
            await activity_store.correct(conn, before, activity, reason, visit.staff.name, visit.now)
            await visit.audit(conn, "更正活动", named(before), **_brief(activity))
    except (Problem, Changed) as refused:
        return await _form(visit, fields, kept, refused, reason=reason)
    return visit.see_other(f"{DESK}/{kept.id}", flash="改好了，原来写的留在下面的经过里。")


@routes.post(f"{ONE}/photo", roles=ENTER, limit=uploads.LIMIT)
async def put_photo(visit: Visit) -> web.StreamResponse:
    """Another photograph in place of the one that is there, or none."""
    form = await visit.form()
    seen, is_removed = number_of(form.text("revision", 18)), form.text("act", 8) == "remove"
    image = None if is_removed else await uploads.picture(visit)
    if image is None and not is_removed:
        raise Problem("请先选一张照片。")
    try:
        async with visit.service.database.transaction() as conn:
            before = await _seen(conn, visit, seen)
            if image is None:
                await activity_store.drop_photo(conn, before, "", visit.staff.name, visit.now)
            else:
                await activity_store.put_photo(conn, before, image, visit.staff.name, visit.now)
            await visit.audit(conn, "删除活动照片" if image is None else "换活动照片", named(before))
            if before.photo:
                await uploads.forget_for_good(conn, visit, before.photo)
    except Changed as changed:
        raise Conflict(str(changed)) from changed
    said = "照片删掉了，找不回来。" if is_removed else "照片放好了。"
    return visit.see_other(f"{DESK}/{before.id}", flash=said)


@routes.get(f"{ONE}/withdraw", roles=ENTER)
async def ask_to_withdraw(visit: Visit) -> web.StreamResponse:
    """Which activity would be counted no more, once more by its name."""
    async with visit.service.database.snapshot() as conn:
        return visit.page("activity_withdraw.html", kept=await found(conn, visit), error="", status=200)


@routes.post(f"{ONE}/withdraw", roles=ENTER)
async def withdraw(visit: Visit) -> web.StreamResponse:
    """Count it no more, for a reason that stays with it."""
    form = await visit.form()
    reason = form.text("reason", LONGEST_REASON)
    async with visit.service.database.snapshot() as conn:
        kept = await found(conn, visit)
    if not reason:
        error = "请写明为什么撤回，以后查起来才说得清。"
        return visit.page("activity_withdraw.html", status=Problem.status, kept=kept, error=error)
    try:
        async with visit.service.database.transaction() as conn:
            before = await _seen(conn, visit, number_of(form.text("revision", 18)))
            await activity_store.withdraw(conn, before, reason, visit.staff.name, visit.now)
            await visit.audit(conn, "撤回活动", named(before), 名称=before.activity.name, 原因=reason)
            if before.photo:
                await uploads.forget_for_good(conn, visit, before.photo)
    except Changed as changed:
        raise Conflict(str(changed)) from changed
    return visit.see_other(f"{DESK}/{kept.id}", flash=f"“{kept.activity.name}”已撤回，不再计数。")


async def _seen(conn: AsyncConnection, visit: Visit, revision: int) -> Kept:
    """The activity as the person saw it; Changed when it is another by now."""
    kept = await found(conn, visit)
    if kept.revision != revision or kept.state != "kept":
        raise Changed("这次活动刚被别人改过或撤回，请看看现在的样子再改。")
    return kept


async def _own(conn: AsyncConnection, visit: Visit, activity: Activity) -> None:
    mine = await scope(conn, visit)
    if mine is not None and activity.township not in mine:
        raise Forbidden(f"您只能登记{'、'.join(sorted(mine))}的活动。" if mine else NO_TOWNSHIP)


def _brief(activity: Activity) -> dict[str, object]:
    return {"名称": activity.name, "日期": activity.day.isoformat(), "人数": activity.headcount}


async def _form(
    visit: Visit,
    fields: Fields,
    kept: Kept | None,
    refused: Exception | None = None,
    key: str = "",
    reason: str = "",
) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        mine = await scope(conn, visit)
        words = await activity_store.words_used(conn)
    status = 200
    if refused is not None:
        status = refused.status if isinstance(refused, Problem) else Conflict.status
    towns: Sequence[str] = sorted(mine) if mine is not None else words["township"]
    return visit.page(
        "activity_edit.html",
        status=status,
        error=refused.words if isinstance(refused, Problem) else str(refused or ""),
        fields=fields,
        kept=kept,
        key=key or secrets.token_urlsafe(16),
        reason=reason,
        towns=towns,
        is_bound=mine is not None,
        no_township=NO_TOWNSHIP,
        themes=words["theme"],
        kinds=KINDS,
    )
