"""计划: the year and the month of pushes with their channel and quota, the board by state, moving a push."""

import re
from calendar import Calendar
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import Conflict, NotFound, Problem
from bot.pushes import year_plan
from bot.pushes.moving import Move, move
from bot.pushes.year_plan import YearPlan
from bot.web.campaign_desk import EDITORS, named, number_of
from bot.web.campaign_form import YEARS_AHEAD
from bot.web.campaign_turns import COLOURS, READERS
from bot.web.guard import Routes, Visit
from bot.web.plan_view import BOARD, cells, months
from content import acts, holidays, store
from content.audience import in_words as audience_words
from content.campaign import EDITABLE, STATE_WORDS, Campaign, Refused
from content.collisions import KIND_WORDS
from content.festivals import FIRST_YEAR, LAST_YEAR, in_words, lunar_words
from content.planning import CHANNEL_WORDS

routes = Routes(rail="活动")
PLAN = "/office/plan"
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@routes.get(PLAN, roles=READERS)
async def show_year(visit: Visit) -> web.StreamResponse:
    """Twelve months with their pushes, the quota of each, and what clashes."""
    plan = await _plan(visit, _year(visit))
    return _page(visit, "plan_year.html", plan, months=months(plan, visit.now.date()))


@routes.get(f"{PLAN}/month", roles=READERS)
async def show_month(visit: Visit) -> web.StreamResponse:
    """One month by days; a push can be dragged, or moved by its link, to another day."""
    found = MONTH.fullmatch(visit.request.query.get("month", ""))
    year, month = (int(found[1]), int(found[2])) if found else (visit.now.year, visit.now.month)
    if not FIRST_YEAR < year <= LAST_YEAR:  # the sheet of January 1900 would begin before the lunar tables
        year, month = visit.now.year, visit.now.month
    plan = await _plan(visit, year)
    weeks = Calendar().monthdatescalendar(year, month)
    days = {cell.day: cell for cell in cells(plan, [day for week in weeks for day in week])}
    return _page(
        visit,
        "plan_month.html",
        plan,
        month=month,
        weeks=[[days[day] for day in week] for week in weeks],
        usage=plan.usages[month - 1],
        before=_neighbour(year, month, -1),
        after=_neighbour(year, month, 1),
        clashes=[one for one in plan.collisions if one.day.month == month],
        lunar_words=lunar_words,
    )


@routes.get(f"{PLAN}/board", roles=READERS)
async def show_board(visit: Visit) -> web.StreamResponse:
    """The year's campaigns in columns by state, the next one first."""
    plan = await _plan(visit, _year(visit))
    written = [one for one in plan.campaigns if one.content.due_at.year == plan.year]
    columns = [(words, [one for one in written if one.state in states]) for words, states in BOARD]
    return _page(visit, "plan_board.html", plan, columns=columns)


@routes.get(f"{PLAN}/move", roles=EDITORS)
async def ask_to_move(visit: Visit) -> web.StreamResponse:
    """What follows from another day, before it is confirmed; without a day, a form to choose one."""
    query = visit.request.query
    return await _ask(visit, number_of(query.get("id", "")[:18]), query.get("to", ""))


@routes.post(f"{PLAN}/move", roles=EDITORS)
async def confirm_move(visit: Visit) -> web.StreamResponse:
    """Move the push, as it was when the consequences were shown."""
    form = await visit.form()
    number, to = number_of(form.text("id", 18)), form.text("to", 10)
    seen = number_of(form.text("revision", 18))
    try:
        day = _day(to, visit.now)
        async with visit.service.database.transaction() as conn:
            told = await _told(conn, visit, number, day)
            if told.campaign.revision != seen:
                raise Conflict("稿件在您打开之后有改动，没有改日子。请看看最新的稿件再决定。")
            content = told.campaign.content
            after = await acts.edit(
                conn, number, replace(content, due_at=told.at), visit.staff.name, visit.now
            )
            was = f"{in_words(content.due_at.date())}{content.due_at:%H:%M}"
            now = f"{in_words(told.at.date())}{told.at:%H:%M}"
            await visit.audit(conn, "改推送日子", named(after), 标题=content.title, 原来=was, 改为=now)
    except Refused as refused:
        raise Conflict(refused.words) from refused
    except Problem as problem:
        if isinstance(problem, NotFound):
            raise
        return await _ask(visit, number, to, problem)
    flash = (
        f"《{content.title or '无标题稿件'}》改到{in_words(told.at.date())}，现在是草稿。请读一遍再提交审核。"
    )
    return visit.see_other(f"{PLAN}/month?month={told.at:%Y-%m}", flash=flash)


async def _ask(visit: Visit, number: int, to: str, problem: Problem | None = None) -> web.Response:
    move_told: Move | None = None
    async with visit.service.database.snapshot() as conn:
        campaign = await _campaign(conn, number)
        if to and problem is None:
            try:
                move_told = await _told(conn, visit, number, _day(to, visit.now))
            except Problem as refused:
                problem = refused
    return visit.page(
        "plan_move.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        campaign=campaign,
        to=to,
        move=move_told,
        in_words=in_words,
        state_words=STATE_WORDS,
    )


async def _told(conn: AsyncConnection, visit: Visit, number: int, day: date) -> Move:
    campaign = await _campaign(conn, number)
    facts = await year_plan.read(conn, visit.service.config, day.year, visit.now)
    try:
        return move(facts, visit.service.config, campaign, day, visit.now)
    except holidays.Unreadable as error:
        raise _bad_file(visit, day.year, error) from error


async def _campaign(conn: AsyncConnection, number: int) -> Campaign:
    try:
        return await store.get(conn, number)
    except Refused as refused:
        raise NotFound("没有这篇稿件，可能地址有误。请回到“计划”再选一次。") from refused


async def _plan(visit: Visit, year: int) -> YearPlan:
    async with visit.service.database.snapshot() as conn:
        facts = await year_plan.read(conn, visit.service.config, year, visit.now)
    try:
        return year_plan.build(facts, visit.service.config, visit.now)
    except holidays.Unreadable as error:
        raise _bad_file(visit, year, error) from error


def _bad_file(visit: Visit, year: int, error: holidays.Unreadable) -> Problem:
    folder = visit.service.config.campaigns.holidays
    return Problem(f"{year} 年的放假安排文件（{folder}/{year}.txt）读不懂。{error} 请让维护人员改好。")


def _page(visit: Visit, template: str, plan: YearPlan, **more: Any) -> web.Response:
    return visit.page(
        template,
        plan=plan,
        year=plan.year,
        years=[
            one for one in range(visit.now.year - 1, visit.now.year + 3) if FIRST_YEAR <= one <= LAST_YEAR
        ],
        can_edit=bool(visit.staff.roles & EDITORS),
        editable=EDITABLE,
        channels=CHANNEL_WORDS,
        kinds=KIND_WORDS,
        state_words=STATE_WORDS,
        colours=COLOURS,
        audience_words=audience_words,
        in_words=in_words,
        **more,
    )


def _year(visit: Visit) -> int:
    asked = number_of(visit.request.query.get("year", "")[:4])
    return asked if FIRST_YEAR <= asked <= LAST_YEAR else visit.now.year


def _day(written: str, now: datetime) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise Problem("请选一个日子，例如 2027-03-08。") from error
    if not now.year - 1 <= day.year <= min(now.year + YEARS_AHEAD, LAST_YEAR):
        raise Problem(f"日期写成了 {day.year} 年，请核对年份。")
    return day


def _neighbour(year: int, month: int, step: int) -> str:
    moved = year * 12 + month - 1 + step
    return f"{moved // 12}-{moved % 12 + 1:02d}"
