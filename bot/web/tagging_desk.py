"""标到指标: from a push, an activity or a wave to the indicators that it stands for."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.filing import evidence
from bot.filing.evidence import Piece
from bot.problems import NotFound, Problem
from bot.web.campaign_desk import EDITORS
from bot.web.guard import Routes, Visit
from bot.web.indicator_desk import DESK, READERS, key_of, level_of, place_of
from content import indicator_store
from content.indicator_store import System
from content.indicators import KINDS, LEVELS, Indicator, Tag
from content.suggesting import Proposal, Wording

routes = Routes(rail="活动")
TAG = f"{DESK}/tag"


@routes.get(TAG, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The trees of the piece's year, what it stands for already ticked, what its words propose marked."""
    async with visit.service.database.snapshot() as conn:
        piece = await _piece(conn, visit.request.query.get("piece", ""))
        used = [one for one in await indicator_store.systems(conn) if one.state == "current"]
        stands = await indicator_store.tags_of(conn, piece.kind, piece.ref)
        trees = [await _tree(conn, system, piece) for system in used if system.year == piece.day.year]
    return visit.page(
        "indicators_tag.html",
        piece=piece,
        trees=trees,
        stands=set(stands),
        others=sorted({f"{one.year}年{LEVELS[one.level]}" for one in used if one.year != piece.day.year}),
        may_edit=bool(EDITORS & visit.staff.roles),
        place=place_of(piece),
        kinds=KINDS,
        levels=LEVELS,
    )


@routes.post(TAG, roles=EDITORS)
async def save(visit: Visit) -> web.StreamResponse:
    """The piece stands for exactly the ticked indicators of one tree."""
    form = await visit.form()
    chosen, level = set(form.texts("code", 60)), level_of(form.text("level", 16))
    year = form.text("year", 4)
    if level is None or not (year.isascii() and year.isdecimal()):
        raise Problem("没有看懂是哪一套指标，什么也没有改动。请退回上一页再试。")
    async with visit.service.database.transaction() as conn:
        piece = await _piece(conn, form.text("piece", 40))
        system = await indicator_store.current(conn, int(year), level)
        known = {one.code for one in await indicator_store.tree(conn, system)} if system else set()
        if system is None or not chosen <= known:
            raise Problem("指标刚换过版本，什么也没有改动。请退回上一页，刷新再选。")
        stands = await indicator_store.tags_of(conn, piece.kind, piece.ref)
        before = {code for at, of, code in stands if (at, of) == (system.year, level) and code in known}
        tags = [Tag(code, piece.kind, piece.ref) for code in sorted(chosen - before)]
        await indicator_store.tag(conn, system.year, level, tags, visit.staff.name, visit.now)
        for code in sorted(before - chosen):
            await indicator_store.untag(conn, system.year, level, Tag(code, piece.kind, piece.ref))
        if chosen != before:
            object = f"{KINDS[piece.kind]} {piece.ref}"
            await visit.audit(conn, "标到指标", object, 年份=year, 指标=sorted(chosen), 原来=sorted(before))
    said = f"“{piece.title}”现在标在 {len(chosen)} 个指标上。" if chosen else f"“{piece.title}”没有标到指标。"
    return visit.see_other(f"{TAG}?piece={piece.kind}:{piece.ref}", flash=said)


async def _piece(conn: AsyncConnection, written: str) -> Piece:
    key = key_of(written)
    found = (await evidence.pieces_of(conn, [key])).get(key)
    if found is None:
        raise NotFound("没有这件材料，可能地址有误。")
    return found


async def _tree(
    conn: AsyncConnection, system: System, piece: Piece
) -> tuple[System, tuple[Indicator, ...], dict[str, Proposal]]:
    indicators = await indicator_store.tree(conn, system)
    return system, indicators, {one.code: one for one in Wording(indicators).proposals(piece.words)}
