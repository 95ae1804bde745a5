"""访问: who interviews where and how many, how it goes, and which households are visited again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.lookup import wave_named
from bot.office import staff
from bot.office.staff import Staff
from bot.problems import Problem
from bot.web.guard import Routes, Visit
from bot.web.visit import Form
from surveys import fieldbook, store, waves
from surveys.export.lists import csv_bytes
from surveys.fieldbook import Task
from surveys.fieldwork import Contact, Mode, Sameness, draw_revisits, outcomes_of, sameness
from surveys.outcomes import Outcomes
from surveys.waves import Wave

routes = Routes(rail="访问")
PLAN = "/office/field/plan"
REVISITS = "/office/field/revisits.csv"
READERS = frozenset({"editor", "approver", "analyst", "admin"})
WRITERS = frozenset({"editor", "admin"})
MODES: Mapping[str, str] = {"household": "入户", "street": "街头"}
CHANNEL = "interviewer"
MOST = 10_000
LONGEST_START = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One task in the list, with what was met so far."""

    task: Task
    name: str
    outcomes: Outcomes
    met: int
    waiting: int


@routes.get(PLAN, roles=READERS)
async def show_plan(visit: Visit) -> web.StreamResponse:
    """The tasks of a wave and what came of them."""
    return await _page(visit, visit.request.query.get("wave", "")[:200])


@routes.post(PLAN, roles=WRITERS)
async def assign(visit: Visit) -> web.StreamResponse:
    """Give an interviewer a community, or change quota and manner of a task."""
    form = await visit.form()
    name = form.text("wave", 200)
    try:
        async with visit.service.database.transaction() as conn:
            wave = await wave_named(conn, name)
            person = next((one for one in await _interviewers(conn) if str(one.id) == form.text("who")), None)
            if person is None:
                raise Problem("请选择访员。先请管理员在“账号”里给同事加上“访员”角色。")
            if wave.id not in await waves.hold_open(conn, [wave.id]):
                raise Problem(f"“{wave.name}”已经结束，不能再分派。")
            made = await fieldbook.assign(conn, _task(form, wave, person))
            place = f"{made.township} {made.community}".strip()
            await visit.audit(conn, "分派访问", wave.name, 访员=person.name, 地点=place, 份数=made.quota)
    except Problem as problem:
        return await _page(visit, name, problem)
    return visit.see_other(
        f"{PLAN}?wave={quote(name, safe='')}",
        flash=f"{person.display}：{place}，{made.quota} 份。对方登录后，在“访问”里就能看到。",
    )


@routes.get(REVISITS, roles=READERS)
async def revisits(visit: Visit) -> web.StreamResponse:
    """A tenth of every interviewer's finished households, drawn by the wave's seal, as CSV."""
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.query.get("wave", "")[:200])
        tasks = await fieldbook.tasks_in(conn, wave.id)
        met = await fieldbook.contacts_of(conn, [task.id for task in tasks])
        names = await _names(conn)
    places = {str(task.id): task for task in tasks}
    finished = [
        (str(task.id), contact.household.code)
        for task in tasks
        if task.mode == "household"
        for contact in met[task.id]
        if contact.outcome == "complete"
    ]
    drawn = draw_revisits(finished, wave.sealed_hash)
    rows = [["访员", "乡镇街道", "社区（村）", "家庭编号", "起点", "间隔", "回访结果"]]
    for task_id, code in drawn:
        task = places[task_id]
        who = names.get(task.interviewer, "")
        rows.append([who, task.township, task.community, code, task.start_point, str(task.step), ""])
    if visit.request.method != "HEAD":
        async with visit.service.database.transaction() as conn:
            await visit.audit(conn, "抽取回访名单", wave.name, 户数=len(drawn))
    name = quote(f"{wave.name} 回访名单.csv", safe="")
    return web.Response(
        body=csv_bytes(rows),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f"attachment; filename=\"revisits.csv\"; filename*=UTF-8''{name}"},
    )


async def _page(visit: Visit, name: str, problem: Problem | None = None) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        offered = [one for one in await waves.list_waves(conn) if "interviewer" in one.terms.channels]
        wave = next((one for one in offered if one.name == name), None)
        if wave is None:
            wave = next((one for one in offered if one.state == "open"), offered[0] if offered else None)
        interviewers = await _interviewers(conn)
        names = await _names(conn)
        tasks = await fieldbook.tasks_in(conn, wave.id) if wave else []
        met = await fieldbook.contacts_of(conn, [task.id for task in tasks])
        alike = await _alike(conn, wave) if wave else []
    sent = await visit.form() if problem else None
    return visit.page(
        "field_plan.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        sent=lambda field, default="": sent.text(field) if sent else default,
        offered=offered,
        wave=wave,
        is_open=wave is not None and wave.takes_answers(visit.now),
        lines=[_line(task, met[task.id], names) for task in tasks],
        alike=[(names.get(int(one.interviewer), ""), one) for one in alike if one.is_striking],
        total=outcomes_of(contact for found in met.values() for contact in found),
        interviewers=interviewers,
        frame=wave.frame if wave else {},
        modes=MODES,
        replaces_allowed=wave is not None and wave.sample != "probability",
        may_write=bool(visit.staff.roles & WRITERS),
        plan=PLAN,
        revisits=f"{REVISITS}?wave={quote(wave.name, safe='')}" if wave else "",
    )


async def _alike(conn: AsyncConnection, wave: Wave) -> Sequence[Sameness]:
    found = [
        (str(one.design["interviewer"]), one.answers)
        async for one in store.stream_interviews(conn, wave.id, channel=CHANNEL)
        if one.design and str(one.design.get("interviewer", "")).isdecimal()
    ]
    return sameness(found)


async def _interviewers(conn: AsyncConnection) -> list[Staff]:
    return [one for one in await staff.everybody(conn) if one.active and "interviewer" in one.roles]


async def _names(conn: AsyncConnection) -> dict[int, str]:
    return {one.id: one.display for one in await staff.everybody(conn)}


def _line(task: Task, met: Sequence[Contact], names: Mapping[int, str]) -> Line:
    waiting = len(fieldbook.waiting(met, task.visits))
    return Line(task, names.get(task.interviewer, "（账号已删）"), outcomes_of(met), len(met), waiting)


def _task(form: Form, wave: Wave, person: Staff) -> Task:
    """What the form says; Problem with what to change."""
    township, _, community = form.text("place", 200).partition("／")
    if wave.frame:
        if community not in wave.frame.get(township, ()):
            raise Problem("请从名单里选择社区（村）。")
    else:
        township, community = _short(form, "township", 40), _short(form, "community", 40)
        if not community:
            raise Problem("请写明在哪个社区或村。")
    mode = form.text("mode", 16)
    if mode not in get_args(Mode):
        raise Problem("请选择入户还是街头。")
    start = _short(form, "start_point", LONGEST_START)
    if mode == "household" and not start:
        raise Problem("入户访问请写明起点，例如“村委会大门”。")
    return Task(
        wave.id,
        person.id,
        township,
        community,
        "household" if mode == "household" else "street",
        _number(form, "quota", 1, MOST, "份数"),
        start,
        _number(form, "step", 1, 500, "隔几户走一户") if mode == "household" else 1,
        _number(form, "visits", 1, 9, "最多去几次") if mode == "household" else 1,
        replaces=mode == "household" and wave.sample != "probability" and form.text("replaces") == "yes",
    )


def _short(form: Form, field: str, longest: int) -> str:
    text = " ".join(form.text(field, 400).split())
    if len(text) > longest:
        raise Problem(f"有一栏写得太长了，最多 {longest} 个字。")
    return text


def _number(form: Form, field: str, least: int, most: int, words: str) -> int:
    text = form.text(field, 10)
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise Problem(f"“{words}”请填 {least} 到 {most} 的整数。")
    return int(text)
