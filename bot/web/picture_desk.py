"""Pictures of a text: the cover and those inside, looked at, described, moved out again. Each is an edit."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from aiohttp import web

from bot.problems import Conflict, NotFound, Problem
from bot.web import uploads
from bot.web.campaign_desk import DESK, EDITORS, ONE, found_in, named, number_of
from bot.web.campaign_turns import READERS
from bot.web.guard import Routes, Visit
from bot.web.review_desk import in_words_of_the_rules
from content import acts, image_store, picturing
from content.campaign import EDITABLE, Content
from content.images import Prepared, Purpose
from content.text import Picture

routes = Routes(rail="活动")
LONGEST_ALT = 100
ADDED = "图片已放在正文最后。要换位置，请在“编辑”里把 [图…] 那一行挪到想放的地方。"


@routes.get(f"{ONE}/pictures", roles=EDITORS)
async def show(visit: Visit) -> web.StreamResponse:
    """The cover and every picture, with what can be done."""
    return await _page(visit)


@routes.get(f"{DESK}/picture/{{sha256:[0-9a-f]{{64}}}}", roles={*READERS, "auditor"})
async def show_picture(visit: Visit) -> web.StreamResponse:
    """One picture as it will go out."""
    async with visit.service.database.snapshot() as conn:
        return picture_of(visit, await image_store.load(conn, [visit.request.match_info["sha256"]]))


def picture_of(visit: Visit, found: Mapping[str, bytes]) -> web.Response:
    """The picture of the address, if it is among those found; NotFound otherwise."""
    body = found.get(visit.request.match_info["sha256"])
    if body is None:
        raise NotFound("没有这张图片。")
    return web.Response(body=body, content_type="image/jpeg")


@routes.post(f"{ONE}/pictures/cover", roles=EDITORS, limit=uploads.LIMIT)
async def set_cover(visit: Visit) -> web.StreamResponse:
    """Another cover, cut to the platform's shape; without a file, the usual one again."""
    form = await visit.form()
    if form.text("usual", 1):
        return await _edit(visit, lambda content, _: replace(content, cover=""), "封面换回了常用的那张。")
    return await _edit(
        visit, lambda content, sha256: replace(content, cover=sha256), "封面换好了。", purpose="cover"
    )


@routes.post(f"{ONE}/pictures/add", roles=EDITORS, limit=uploads.LIMIT)
async def add(visit: Visit) -> web.StreamResponse:
    """One more picture in the text, with words for those who cannot see it."""
    alt = (await visit.form()).text("alt", LONGEST_ALT)

    def put(content: Content, sha256: str) -> Content:
        try:
            return picturing.with_picture(content, Picture(sha256, alt))
        except ValueError as error:
            raise Problem(f"一篇最多放 {picturing.MOST_PICTURES} 张图片。") from error

    return await _edit(visit, put, ADDED, purpose="inline")


@routes.post(f"{ONE}/pictures/{{number:[0-9]{{1,2}}}}", roles=EDITORS)
async def change(visit: Visit) -> web.StreamResponse:
    """Describe a picture anew, or take it out."""
    form, number = await visit.form(), number_of(visit.request.match_info["number"])
    alt, is_removed = form.text("alt", LONGEST_ALT), form.text("act", 8) == "remove"

    def changed(content: Content, _sha256: str) -> Content:
        try:
            if is_removed:
                return picturing.without_picture(content, number)
            return picturing.described(content, number, alt)
        except IndexError as error:
            raise Conflict("没有这张图片，可能刚被去掉。请看看现在的图片。") from error

    return await _edit(visit, changed, f"图 {number} {'去掉了' if is_removed else '的说明存下了'}。")


async def _edit(
    visit: Visit, change: Callable[[Content, str], Content], said: str, *, purpose: Purpose | None = None
) -> web.StreamResponse:
    """Change the pictures as one edit of the text: what was signed counts no more."""
    form = await visit.form()
    try:
        image = await _sent(visit, purpose) if purpose else None
        with in_words_of_the_rules():
            async with visit.service.database.transaction() as conn:
                before = await found_in(conn, visit)
                if before.revision != number_of(form.text("revision", 18)):
                    raise Conflict("您看的时候，这篇稿件有了变化，图片没有改动。请对照下面最新的再做一次。")
                sha256 = await image_store.keep(conn, image, visit.staff.name, visit.now) if image else ""
                after = change(before.content, sha256)
                if after == before.content:
                    return visit.see_other(f"{DESK}/{before.id}/pictures", flash="没有改动。")
                after = replace(after, taken="", taken_hash="")  # with other pictures it is another article
                edited = await acts.edit(conn, before.id, after, visit.staff.name, visit.now)
                await visit.audit(conn, "修改稿件图片", named(edited), 图片=len(after.pictures))
    except Problem as problem:
        return await _page(visit, problem)
    return visit.see_other(f"{DESK}/{edited.id}/pictures", flash=said)


async def _sent(visit: Visit, purpose: Purpose) -> Prepared:
    image = await uploads.picture(visit, purpose)
    if image is None:
        raise Problem("请先选一张图片。")
    return image


async def _page(visit: Visit, problem: Problem | None = None) -> web.Response:
    if isinstance(problem, NotFound):
        raise problem
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
    if campaign.state not in EDITABLE:
        return visit.see_other(f"{DESK}/{campaign.id}", flash="这篇稿件已经进入发送或已经结束，不能再修改。")
    return visit.page(
        "campaign_pictures.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        campaign=campaign,
        most=picturing.MOST_PICTURES,
        is_signed=campaign.state in ("in_review", "approved"),
    )
