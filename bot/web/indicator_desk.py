"""测评指标: the tree with what stands for each indicator and what has nothing; one indicator by itself."""

import asyncio
from typing import get_args
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.filing import evidence
from bot.filing.coverage_book import coverage_book
from bot.filing.evidence import Coverage, Piece
from bot.problems import NotFound, Problem
from bot.web.campaign_desk import EDITORS
from bot.web.guard import Routes, Visit
from bot.web.visit import Form
from bot.web.wave_words import as_file, results_path
from content import indicator_store
from content.indicator_store import System
from content.indicators import KINDS, LEVELS, UNITS, Indicator, Kind, Level, Tag, below, gaps, path_of
from content.suggesting import Proposal, Wording

routes = Routes(rail="活动")
DESK = "/office/indicators"
ONE = f"{DESK}/one"
READERS = frozenset({"editor", "reviewer", "approver", "analyst"})
OFFERED = 12
SOUGHT = 40
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NONE = "还没有启用这一年、这一级的测评指标。请回到“测评指标”。"


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The coverage of one system: the one the address names, else this year's, else the latest."""
    async with visit.service.database.snapshot() as conn:
        every = await indicator_store.systems(conn)
        used = [one for one in every if one.state == "current"]
        system = _chosen(visit, used)
        found = await evidence.coverage(conn, system) if system else None
    covered = found.covered if found else ()
    lacking = gaps(covered)
    only = visit.request.query.get("show", "") == "gaps"
    return visit.page(
        "indicators.html",
        system=system,
        used=used,
        drafts=[one for one in every if one.state == "draft"],
        rows=lacking if only else covered,
        only=only,
        leaves=sum(one.is_leaf for one in covered),
        lacking=len(lacking),
        lost=_lost(found) if found else (),
        may_edit=bool(EDITORS & visit.staff.roles),
        address=address,
        levels=LEVELS,
        kinds=KINDS,
        units=UNITS,
    )


@routes.get(f"{DESK}/coverage.xlsx", roles=READERS)
async def export(visit: Visit) -> web.StreamResponse:
    """The same as an Excel workbook."""
    async with visit.service.database.transaction() as conn:
        found = await evidence.coverage(conn, await named_system(conn, visit))
        object = f"{found.system.year}年{LEVELS[found.system.level]}测评指标的材料"
        await visit.audit(conn, "导出", object, 指标=len(found.indicators))
    body = await asyncio.to_thread(coverage_book, found, visit.now)
    name = f"{found.system.year}年{LEVELS[found.system.level]}测评指标材料 {visit.now:%Y-%m-%d}.xlsx"
    return web.Response(body=body, content_type=XLSX, headers=as_file(name, "coverage.xlsx"))


@routes.get(ONE, roles=READERS)
async def show_one(visit: Visit) -> web.StreamResponse:
    """An indicator: what stands for it, and what may, by words in common or by what somebody looks for."""
    sought = visit.request.query.get("q", "")[:40].strip()
    async with visit.service.database.snapshot() as conn:
        found, indicator = await _found(conn, visit)
        offered = await _offered(conn, found, indicator, sought)
    return visit.page(
        "indicator.html",
        system=found.system,
        indicator=indicator,
        above=path_of(found.indicators, indicator.code)[:-1],
        children=[one for one in found.covered if one.indicator.parent == indicator.code],
        pieces=found.of({indicator.code}),
        below=len(found.of([one.code for one in below(found.indicators, indicator.code)])),
        offered=offered,
        sought=sought,
        may_edit=bool(EDITORS & visit.staff.roles),
        address=address,
        place_of=place_of,
        levels=LEVELS,
        kinds=KINDS,
        units=UNITS,
    )


@routes.post(f"{ONE}/tag", roles=EDITORS)
async def tag(visit: Visit) -> web.StreamResponse:
    """Let the chosen pieces stand for the indicator."""
    chosen = (await visit.form()).texts("piece", 40)
    async with visit.service.database.transaction() as conn:
        found, indicator = await _found(conn, visit)
        system = found.system
        keys = [key_of(one) for one in chosen]
        there = await evidence.pieces_of(conn, keys)
        if not keys or any(key not in there for key in keys):
            raise Problem(
                "请先勾选要用的材料。" if not keys else "有一件材料不在了，什么也没有改动。请刷新再选。"
            )
        tags = [Tag(indicator.code, kind, ref) for kind, ref in keys]
        new = await indicator_store.tag(conn, system.year, system.level, tags, visit.staff.name, visit.now)
        await visit.audit(
            conn, "标指标材料", told(system, indicator), 材料=[there[key].title for key in keys]
        )
    return visit.see_other(address(system, indicator.code), flash=f"标好了 {new} 件材料。")


@routes.post(f"{ONE}/untag", roles=EDITORS)
async def untag(visit: Visit) -> web.StreamResponse:
    """A piece stands for the indicator no more; the piece itself stays."""
    kind, ref = key_of((await visit.form()).text("piece", 40))
    code = visit.request.query.get("code", "")
    async with visit.service.database.transaction() as conn:
        system = await named_system(conn, visit)
        if await indicator_store.untag(conn, system.year, system.level, Tag(code, kind, ref)):
            await visit.audit(conn, "取下指标材料", f"{system.year}年 {code}", 材料=f"{KINDS[kind]} {ref}")
    known = visit.request.query.get("back", "") != "list"
    back = address(system, code) if known else f"{DESK}?{urlencode(_series(system))}"
    return visit.see_other(back, flash="取下了，材料本身还在。")


async def named_system(conn: AsyncConnection, visit: Visit) -> System:
    """The system in use of the address's year and level; NotFound without one."""
    year, level = visit.request.query.get("year", ""), level_of(visit.request.query.get("level", ""))
    is_year = year.isascii() and year.isdecimal() and len(year) == 4
    system = await indicator_store.current(conn, int(year), level) if is_year and level else None
    if system is None:
        raise NotFound(NONE)
    return system


def level_of(written: str) -> Level | None:
    """The level that a form or address names."""
    return next((one for one in get_args(Level) if one == written), None)


def key_of(written: str) -> tuple[Kind, int]:
    """The piece that "campaign:7" names. Problem for anything else."""
    name, _, number = written.partition(":")
    kind: Kind | None = next((one for one in get_args(Kind) if one == name), None)
    if kind is None or not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise Problem("没有看懂选的是哪件材料，什么也没有改动。请退回上一页再选一次。")
    return kind, int(number)


def address(system: System, code: str) -> str:
    """The page of an indicator."""
    return f"{ONE}?{urlencode({**_series(system), 'code': code})}"


def place_of(piece: Piece) -> str:
    """The page of a piece."""
    if piece.kind == "wave":
        return results_path(piece.title)
    return f"/office/{'campaigns' if piece.kind == 'campaign' else 'activities'}/{piece.ref}"


def told(system: System, indicator: Indicator) -> str:
    """What the audit trail calls an indicator."""
    return f"{system.year}年{LEVELS[system.level]}指标 {indicator.code}"


async def _found(conn: AsyncConnection, visit: Visit) -> tuple[Coverage, Indicator]:
    found = await evidence.coverage(conn, await named_system(conn, visit))
    code = visit.request.query.get("code", "")
    indicator = next((one for one in found.indicators if one.code == code), None)
    if indicator is None:
        raise NotFound("现在用的这一版里没有这个指标，可能换过版本。请回到“测评指标”再选一次。")
    return found, indicator


async def _offered(
    conn: AsyncConnection, found: Coverage, indicator: Indicator, sought: str
) -> list[tuple[Piece, Proposal | None]]:
    """Pieces of the year that may stand for the indicator and do not yet, those that fit best first."""
    taken = {piece.key for piece in found.of({indicator.code})}
    free = [one for one in await evidence.pieces_in(conn, found.system.year) if one.key not in taken]
    if sought:
        named = [one for one in free if sought in one.title or sought in one.words]
        return [(one, None) for one in sorted(named, key=lambda one: one.day, reverse=True)[:SOUGHT]]
    wording = Wording(found.indicators)
    fits = [(fit.score, one, fit) for one in free if (fit := wording.fit(indicator.code, one.words))]
    fits.sort(key=lambda found: (-found[0], found[1].day))
    return [(one, fit) for _, one, fit in fits[:OFFERED]]


def _chosen(visit: Visit, used: list[System]) -> System | None:
    query = visit.request.query
    for one in used:
        if (f"{one.year}", one.level) == (query.get("year", ""), query.get("level", "")):
            return one
    return next((one for one in used if one.year == visit.now.year), used[0] if used else None)


def _lost(found: Coverage) -> list[tuple[Tag, Piece]]:
    """Pieces whose indicator the version in use does not have."""
    return [
        (tag, found.pieces[tag.kind, tag.ref]) for tag in found.lost if (tag.kind, tag.ref) in found.pieces
    ]


def _series(system: System) -> dict[str, str]:
    return {"year": f"{system.year}", "level": system.level}


def sent_level(form: Form) -> Level:
    """The level that a form names. Problem without one."""
    level = level_of(form.text("level", 16))
    if level is None:
        raise Problem("请选全国还是省级。")
    return level
