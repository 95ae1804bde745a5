"""访问 for the interviewer: the own communities, where to knock next, and one form for the whole doorstep.

The form works without a script while there is a signal. With it, what is filled in stays in the browser
until the service has said that it is kept; the key made with the form lets a repetition change nothing.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import Conflict, NotFound, Problem
from bot.residents import respondent_key
from bot.waves.open_wave import OpenWave, finish
from bot.web.field_form import Heard, asked_when, asks, condition_json, hear
from bot.web.field_report import ANSWERED, Reported, household_named, read_report
from bot.web.guard import Routes, Visit
from bot.web.question_view import groups
from bot.web.shell import STATIC_FILES
from bot.web.today_desk import Card
from surveys import fieldbook, publishing, results, store, waves
from surveys.fieldbook import Task
from surveys.fieldwork import (
    BY_NAME,
    COMPLETE,
    DISPOSITIONS,
    QUOTA_FULL,
    Contact,
    Household,
    next_household,
    way,
)
from surveys.store import Interview

routes = Routes(rail="访问")
DESK = "/office/field"
WORKER = "/office/field-worker.js"
ROLES = frozenset({"interviewer"})
NAMED = 3
"""As many places as the card on 今天 names."""
OVER = "这次调查已经结束，这一份没有存入。"
FULL = "这个社区要的份数已经够了，这一份没有存入。"


class Told(Conflict):
    """An interview at a household that is settled; `following` is its number if it was another household."""

    def __init__(self, words: str, following: Household) -> None:
        super().__init__(words)
        self.following = following


@routes.get(DESK, roles=ROLES)
async def show_tasks(visit: Visit) -> web.StreamResponse:
    """The interviewer's communities in the waves that are open."""
    async with visit.service.database.snapshot() as conn:
        open_now = {one.id: one for one in await waves.open_waves(conn, visit.now)}
        tasks = await fieldbook.tasks_of(conn, visit.staff.id, list(open_now))
        met = await fieldbook.contacts_of(conn, [task.id for task in tasks])
        titles = {one.id: (await results.questionnaire_of(conn, one)).title for one in open_now.values()}
    return visit.page(
        "field_tasks.html",
        title="我的访问",
        lines=[
            (task, titles[task.wave_id], len(fieldbook.waiting(met[task.id], task.visits))) for task in tasks
        ],
    )


@routes.get(WORKER, roles=ROLES)
async def show_worker(_visit: Visit) -> web.StreamResponse:
    """The script that answers for the pages in a dead spot: a browser wants it at their own address."""
    script = web.Response(text=_worker(), content_type="text/javascript")
    script.headers["Cache-Control"] = "no-cache"
    return script


async def card(conn: AsyncConnection, visit: Visit) -> Card | None:
    """The own tasks that are not full, in the waves that take answers."""
    if not ROLES & visit.staff.roles:
        return None
    open_now = [one.id for one in await waves.open_waves(conn, visit.now)]
    left = [one for one in await fieldbook.tasks_of(conn, visit.staff.id, open_now) if not one.is_full]
    if not left:
        return None
    named = "；".join(f"{one.township} {one.community} 完成 {one.done}／{one.quota}" for one in left[:NAMED])
    more = f"；另有 {len(left) - NAMED} 处" if len(left) > NAMED else ""
    return Card("等您去访问", f"{len(left)} 处", f"{named}{more}。", "waiting", ROLES, DESK, "去访问")


@routes.get(f"{DESK}/{{task:[0-9]{{1,18}}}}", roles=ROLES)
async def show_task(visit: Visit) -> web.StreamResponse:
    """Where to knock next, and the form."""
    async with visit.service.database.snapshot() as conn:
        task, open_wave = await _mine(conn, visit)
        met = (await fieldbook.contacts_of(conn, [task.id]))[task.id]
    return _page(visit, task, open_wave, met)


@routes.post(f"{DESK}/{{task:[0-9]{{1,18}}}}", roles=ROLES)
async def take(visit: Visit) -> web.StreamResponse:
    """Keep one visit, and its interview where there was one, exactly once."""
    form = await visit.form()
    wants_json = "application/json" in visit.request.headers.get("Accept", "")
    try:
        async with visit.service.database.transaction() as conn:
            task, open_wave = await _mine(conn, visit, hold=True)
            sent = read_report(form, task, open_wave, visit.now)
            kept = await _keep(conn, visit, task, open_wave, sent)
            if isinstance(kept, Heard):
                if wants_json:
                    return web.json_response({"missing": dict(kept.missing)}, status=422)
                met = (await fieldbook.contacts_of(conn, [task.id]))[task.id]
                return _page(visit, task, open_wave, met, sent, kept)
    except Problem as problem:
        if wants_json:
            following = problem.following.code if isinstance(problem, Told) else ""
            return web.json_response({"words": problem.words, "next": following}, status=problem.status)
        raise
    if wants_json:
        return web.json_response({"words": kept})
    return visit.see_other(f"{DESK}/{task.id}", flash=kept)


async def _keep(
    conn: AsyncConnection, visit: Visit, task: Task, open_wave: OpenWave, sent: Reported
) -> str | Heard:
    """The words for the interviewer; what was heard where something is missing and can still be asked."""
    if (told := await fieldbook.told_before(conn, task, sent.met)) is not None:
        words = f"{told.household.code} 户先前已经记下：{BY_NAME[told.outcome].words}。一户只记一次，"
        if sent.met.outcome in ANSWERED:
            walked = (await fieldbook.contacts_of(conn, [task.id]))[task.id]
            raise Told(f"{words}这一份没有存入。", next_household(walked, task.visits, task.replaces))
        return f"{words}没有再记。"
    if sent.met.outcome not in ANSWERED:
        await fieldbook.report(conn, task, sent.met, visit.now)
        return f"已记下 {sent.met.household.code}：{BY_NAME[sent.met.outcome].words}。"
    interview, heard = _interview(task, open_wave, sent)
    met = sent.met
    if heard.missing and met.outcome == COMPLETE.name:
        if not sent.queued:
            return heard
        met = replace(met, outcome="partial")
    if open_wave.declines(heard.answers):
        await fieldbook.report(conn, task, replace(met, outcome="not_eligible"), visit.now)
        return f"{met.household.code}：年龄不合这次调查的要求，回答没有保存。谢谢对方，去下一户。"
    if not heard.answers:
        raise Problem("一题也没有答。请把结果改成“不愿意接受访问”，再提交一次。")
    if await fieldbook.is_kept(conn, met.key):
        return f"{met.household.code} 的答卷先前已经存好。"
    if met.outcome != COMPLETE.name:
        interview = replace(interview, status="partial", quotas={})
    if not await store.record(conn, [interview]):
        met = replace(met, outcome=QUOTA_FULL.name)
    try:
        await fieldbook.report(conn, task, met, visit.now)
    except ValueError:
        raise Conflict(FULL) from None
    if met.outcome == QUOTA_FULL.name:
        return f"{met.household.code}：{QUOTA_FULL.words}，这一份没有计入。谢谢对方，去下一户。"
    if met.outcome == "partial" and sent.met.outcome != "partial":
        return f"{met.household.code} 有 {len(heard.missing)} 题没有答到，已按“答了一部分”存好。"
    return f"{met.household.code} 的答卷已存好。"


def _interview(task: Task, open_wave: OpenWave, sent: Reported) -> tuple[Interview, Heard]:
    secret = open_wave.wave.secret
    if secret is None:
        raise Conflict(OVER)
    respondent = respondent_key(f"door:{sent.met.key}", secret)
    draft = open_wave.begun(respondent, "interviewer", sent.began_at)
    heard = hear(open_wave, task, draft.seed, sent.fields)
    draft = open_wave.answered(draft, heard.answers, sent.ended_at)
    draft = replace(draft, township=task.township, community=task.community)
    made = finish(open_wave, draft, sent.ended_at)
    design = {"interviewer": str(task.interviewer), "cluster": f"{task.township} {task.community}".strip()}
    return replace(made, design=design, came_from="interviewer"), heard


async def _mine(conn: AsyncConnection, visit: Visit, *, hold: bool = False) -> tuple[Task, OpenWave]:
    """The task in the address, if it is this person's, and its wave; wave first, then task."""
    task_id = int(visit.request.match_info["task"])
    task = await fieldbook.task(conn, task_id)
    if task is None or task.interviewer != visit.staff.id:
        raise NotFound("没有分派给您的这一项访问。请回到“访问”看看。")
    if hold:
        await waves.hold_open(conn, [task.wave_id])
        task = await fieldbook.task(conn, task_id, hold=True) or task
    wave = await waves.get_wave(conn, task.wave_id)
    if wave is None or not wave.takes_answers(visit.now):
        raise Conflict(OVER)
    published = await publishing.get_questionnaire(conn, wave.questionnaire, wave.version)
    if published is None:
        raise NotFound("这次调查的问卷找不到了。请告诉编辑。")
    return task, OpenWave(wave, published[0])


@cache
def _worker() -> str:
    return (STATIC_FILES / "field_worker.js").read_text(encoding="utf-8")


def _page(
    visit: Visit,
    task: Task,
    open_wave: OpenWave,
    met: Sequence[Contact],
    sent: Reported | None = None,
    heard: Heard | None = None,
) -> web.Response:
    hints: Mapping[str, str] = heard.missing if heard else {}
    put = asks(open_wave, task)
    wanted = household_named(visit.request.query.get("household", "")[:10])
    open_visits = fieldbook.waiting(met, task.visits)
    ahead = following = next_household(met, task.visits, task.replaces)
    if wanted in {one.household for one in open_visits}:
        following = wanted
    household = sent.met.household if sent else following
    before = {one.household: one.visits for one in open_visits}
    conditions = {one.whole.id: one.whole.show_if for one in put}
    return visit.page(
        "field_visit.html",
        status=400 if heard else 200,
        title=f"{task.community or task.township} 访问",
        task=task,
        questionnaire=open_wave.questionnaire,
        ages=open_wave.ages,
        household=household,
        ahead=ahead,
        seen=(sent.met.seen if sent else before.get(household, 0)),
        way=way(task.start_point, task.step, household),
        open_visits=open_visits,
        dispositions=[
            one for one in DISPOSITIONS if one.offered and (task.mode == "household" or one.on_street)
        ],
        outcome=sent.met.outcome if sent else "",
        key=sent.met.key if sent else secrets.token_urlsafe(18),
        began=sent.began_at if sent else int(visit.now.timestamp()),
        missing=len(hints),
        first=put[0].question.id if put else "",
        questions=[
            (
                group,
                one.whole.id,
                condition_json(conditions[one.whole.id]),
                asked_when(open_wave.questionnaire, conditions[one.whole.id]),
            )
            for group, one in zip(
                groups(put, hints, sent.fields if sent else {}),
                [one for one in put if one.piece == 1],
                strict=True,
            )
        ],
    )
