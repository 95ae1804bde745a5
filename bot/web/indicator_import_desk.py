"""测评指标 brought in: a table is read, looked at with its doubts, and only then taken into use."""

import asyncio
from importlib.resources import files

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import Conflict, NotFound, Problem
from bot.web.campaign_desk import EDITORS
from bot.web.guard import Routes, Visit
from bot.web.indicator_desk import DESK, sent_level
from bot.web.names import naming
from bot.web.routes import MEGABYTE
from content import indicator_reading, indicator_store
from content.indicator_reading import Draft, Unreadable
from content.indicator_store import Changed, System
from content.indicators import LEVELS, changed
from surveys.importing.sheets import SheetError, read_sheet

routes = Routes(rail="活动")
IMPORT = f"{DESK}/import"
VERSION = f"{DESK}/versions/{{id:[0-9]{{1,18}}}}"
SAMPLE = "sample.csv"
SAMPLE_TITLE = "样本，不是官方的测评体系"
EARLIEST, LATEST = 2011, 2100
LARGEST = 5 * MEGABYTE
UNPACKED, COLUMNS = 32 * MEGABYTE, 100
"""Of a workbook: what a small file may grow to, and columns that are looked at."""
LONGEST_TITLE = 60


@routes.get(IMPORT, roles=EDITORS)
async def show(visit: Visit) -> web.StreamResponse:
    """What a table may look like, and where to give it."""
    return _form(visit)


@routes.post(IMPORT, roles=EDITORS, limit=LARGEST + MEGABYTE)
async def read(visit: Visit) -> web.StreamResponse:
    """Read the table and keep it as a version that is not in use yet."""
    form = await visit.form()
    upload, is_sample = form.file("file"), bool(form.text("sample", 3))
    try:
        year, level = _year(form.text("year", 4)), sent_level(form)
        if is_sample:
            name, content, title = SAMPLE, sample(), SAMPLE_TITLE
        elif upload is None:
            raise Problem("请先选一个文件。")
        else:
            name, content = upload.name, upload.content
            title = form.text("title", LONGEST_TITLE) or name.rpartition(".")[0][:LONGEST_TITLE] or "未命名"
        draft = await asyncio.to_thread(_read, name, content)
        async with visit.service.database.transaction() as conn:
            made = await indicator_store.add(
                conn, year, level, title, draft, visit.staff.name, visit.now, is_sample=is_sample
            )
            await visit.audit(conn, "导入测评指标", named(made), 指标=len(draft.indicators), 文件=name)
    except Problem as problem:
        return _form(visit, problem)
    return visit.see_other(f"{DESK}/versions/{made.id}")


@routes.get(VERSION, roles=EDITORS)
async def show_version(visit: Visit) -> web.StreamResponse:
    """The tree as it was read, its doubts, and what it changes for evidence that stands already."""
    async with visit.service.database.snapshot() as conn:
        made = await _found(conn, visit)
        indicators = await indicator_store.tree(conn, made)
        used = await indicator_store.current(conn, made.year, made.level)
        tags = await indicator_store.tags(conn, made.year, made.level)
        before = await indicator_store.tree(conn, used) if used else ()
        name_of = await naming(conn)
    return visit.page(
        "indicators_version.html",
        made=made,
        indicators=indicators,
        used=used,
        changes=changed(before, indicators, tags) if made.state == "draft" else (),
        levels=LEVELS,
        name_of=name_of,
    )


@routes.post(f"{VERSION}/use", roles=EDITORS)
async def use(visit: Visit) -> web.StreamResponse:
    """Take the version into use; the one before stays to be looked at."""
    try:
        async with visit.service.database.transaction() as conn:
            made = await _found(conn, visit)
            await indicator_store.use(conn, made, visit.staff.name, visit.now)
            await visit.audit(conn, "启用测评指标", named(made))
    except Changed as clash:
        raise Conflict(str(clash)) from clash
    said = f"{made.year}年{LEVELS[made.level]}指标的第 {made.version} 版开始使用。"
    return visit.see_other(f"{DESK}?year={made.year}&level={made.level}", flash=said)


@routes.post(f"{VERSION}/drop", roles=EDITORS)
async def drop(visit: Visit) -> web.StreamResponse:
    """Throw away what was read and is not in use."""
    try:
        async with visit.service.database.transaction() as conn:
            made = await _found(conn, visit)
            await indicator_store.drop(conn, made)
            await visit.audit(conn, "去掉没启用的指标", named(made))
    except Changed as clash:
        raise Conflict(str(clash)) from clash
    return visit.see_other(DESK, flash="没启用的那一版去掉了。")


def sample() -> bytes:
    """A small tree in our own words, to try it with."""
    return (files("content") / "library" / "indicators" / SAMPLE).read_bytes()


def named(system: System) -> str:
    """What the audit trail calls a version."""
    return f"{system.year}年{LEVELS[system.level]}测评指标第 {system.version} 版"


def _read(name: str, content: bytes) -> Draft:
    if len(content) > LARGEST:
        raise Problem(f"文件超过 {LARGEST // MEGABYTE} MB，请只留指标那一张表。")
    try:
        sheet = read_sheet(name, content, indents=True, unpacked=UNPACKED, columns=COLUMNS)
        return indicator_reading.read(sheet)
    except (SheetError, Unreadable) as error:
        raise Problem(str(error)) from error


async def _found(conn: AsyncConnection, visit: Visit) -> System:
    made = await indicator_store.get(conn, int(visit.request.match_info["id"]))
    if made is None:
        raise NotFound("没有这一版，可能已经去掉了。请回到“测评指标”。")
    return made


def _year(written: str) -> int:
    year = int(written) if written.isascii() and written.isdecimal() else 0
    if not EARLIEST <= year <= LATEST:
        raise Problem("请写指标是哪一年的，例如 2027。")
    return year


def _form(visit: Visit, problem: Problem | None = None) -> web.Response:
    return visit.page(
        "indicators_import.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        year=visit.now.year,
        levels=LEVELS,
    )
