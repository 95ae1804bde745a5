"""问卷: one round of asking. It is looked at before it is opened, watched, and ended for good."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import cast, get_args

from aiohttp import web
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.erasure import Erasure, Journal
from bot.lookup import wave_named
from bot.problems import Conflict, Problem
from bot.web.guard import Routes, Visit
from bot.web.rule_words import indicator_title, indicators_of, rule_words
from bot.web.shell import SHANGHAI
from bot.web.survey_desk import DESK, READERS, WRITERS
from bot.web.visit import Form
from bot.web.wave_returns import Returns, show_length
from bot.web.wave_words import KINDS, SAMPLES, results_path, state_words, wave_path
from surveys import publishing, results, store, waves
from surveys.questionnaire import Questionnaire
from surveys.terms import Kind, Sample, Terms, seal, seal_hash

routes = Routes(rail="问卷")
OFFERED_KINDS: tuple[Kind, ...] = ("routine", "mock")
LONGEST_NAME = 40
LONGEST_POPULATION = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """A wave that somebody wants to open, as the form has it; dates as they were typed."""

    paper: str
    name: str
    kind: str
    sample: str
    population: str
    day: str
    hour: str


@dataclass(frozen=True, slots=True)
class Readied:
    """A plan that can be carried out: what it asks, when it ends, what is sealed."""

    plan: Plan
    questionnaire: Questionnaire
    version: int
    terms: Terms
    closes: datetime | None
    sealed_hash: str


@routes.get(f"{DESK}/open", roles=WRITERS)
async def show_form(visit: Visit) -> web.StreamResponse:
    """The form for a new wave."""
    paper = visit.request.query.get("paper", "")[:80]
    return await _form_page(visit, Plan(paper, "", "routine", "open", "", "", "20:00"))


@routes.post(f"{DESK}/open/check", roles=WRITERS)
async def check(visit: Visit) -> web.StreamResponse:
    """Show what will be sealed, and ask; nothing is kept."""
    plan = _plan(await visit.form())
    try:
        async with visit.service.database.snapshot() as conn:
            readied = await _ready(conn, plan, visit.now)
            running = [
                wave
                for wave in await waves.open_waves(conn, visit.now)
                if wave.questionnaire == readied.questionnaire.id
            ]
    except Problem as problem:
        return await _form_page(visit, plan, problem)
    return visit.page(
        "survey_open_check.html",
        readied=readied,
        plan=plan,
        rules=_rules(readied.questionnaire),
        running=running,
        kind=KINDS[plan.kind],
        sample=SAMPLES[plan.sample],
    )


@routes.post(f"{DESK}/open/back", roles=WRITERS)
async def back(visit: Visit) -> web.StreamResponse:
    """From the check back to the form, with what was filled in."""
    return await _form_page(visit, _plan(await visit.form()))


@routes.post(f"{DESK}/open", roles=WRITERS)
async def open_(visit: Visit) -> web.StreamResponse:
    """Open the wave exactly as it was shown."""
    form = await visit.form()
    plan = _plan(form)
    try:
        async with visit.service.database.transaction() as conn:
            readied = await _ready(conn, plan, visit.now)
            if not hmac.compare_digest(form.text("sealed", 64).encode(), readied.sealed_hash.encode()):
                raise Conflict("内容和刚才看到的不一样了，调查没有开始。请再核对一遍。")
            wave = await waves.open_wave(
                conn,
                readied.questionnaire,
                readied.version,
                plan.name,
                now=visit.now,
                secret=secrets.token_bytes(32),
                terms=readied.terms,
                closes=readied.closes,
            )
            await visit.audit(
                conn,
                "开始调查",
                wave.name,
                问卷=wave.questionnaire,
                版本=wave.version,
                性质=KINDS[wave.kind],
                封存码=wave.sealed_hash,
            )
    except Problem as problem:
        return await _form_page(visit, plan, problem)
    except IntegrityError:
        return await _form_page(visit, plan, Conflict(_taken(plan.name)))
    return visit.see_other(
        wave_path(wave.name), flash=f"“{wave.name}”已经开始。居民在公众号里发“问卷”就能作答。"
    )


@routes.get(f"{DESK}/waves/{{name}}", roles=READERS)
async def show_wave(visit: Visit) -> web.StreamResponse:
    """How the answers come in, and what was sealed."""
    return await _wave_page(visit)


@routes.post(f"{DESK}/waves/{{name}}/close", roles=WRITERS)
async def close(visit: Visit) -> web.StreamResponse:
    """End the wave for good, after its name has been repeated."""
    name = visit.request.match_info["name"]
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, name)
    if (await visit.form()).text("confirm", 200) != wave.name:
        return await _wave_page(
            visit, Problem(f"写的名称和“{wave.name}”不一样，没有结束。请核对是不是这次调查。")
        )
    journal = Journal(Path(visit.service.config.privacy.erasure_journal))
    try:
        await Erasure(visit.service.database, journal).close_wave(name, visit.now, visit.staff.name)
    except Conflict as problem:
        return await _wave_page(visit, problem)
    return visit.see_other(wave_path(wave.name), flash=f"“{wave.name}”已经结束，答卷和人的联系已经永久切断。")


async def _wave_page(visit: Visit, problem: Problem | None = None) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.match_info["name"])
        questionnaire = await results.questionnaire_of(conn, wave)
        counts = (await store.counts(conn, [wave.id]))[wave.id]
        returns = Returns(questionnaire)
        async for one in store.stream_interviews(conn, wave.id):
            length = one.submitted_at - one.started_at
            returns.add(one.answers, status=one.status, channel=one.channel, seconds=length)
    # Closing makes the times whole days: how long somebody took is not known any more.
    seconds = returns.median_seconds() if wave.state == "open" else None
    return visit.page(
        "survey_wave.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        wave=wave,
        state=state_words(wave, visit.now),
        title=questionnaire.title,
        counts=counts,
        returns=returns,
        length=show_length(seconds) if seconds is not None else "",
        rules=_rules(questionnaire),
        kind=KINDS[wave.kind],
        sample=SAMPLES[wave.sample],
        path=wave_path(wave.name),
        results_path=results_path(wave.name),
        may_write=bool(visit.staff.roles & WRITERS),
    )


async def _form_page(visit: Visit, plan: Plan, problem: Problem | None = None) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        published = await publishing.list_questionnaires(conn)
    newest = {one.id: one for one in published}
    offered = [one for one in published if one is newest[one.id] or f"{one.id}:{one.version}" == plan.paper]
    return visit.page(
        "survey_open.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        plan=plan,
        offered=offered,
        kinds={kind: KINDS[kind] for kind in OFFERED_KINDS},
        samples=SAMPLES,
    )


def _plan(form: Form) -> Plan:
    return Plan(
        paper=form.text("paper", 80),
        name=" ".join(form.text("name", 200).split()),
        kind=form.text("kind", 16),
        sample=form.text("sample", 16),
        population=" ".join(form.text("population", 1000).split()),
        day=form.text("day", 10),
        hour=form.text("hour", 5),
    )


async def _ready(conn: AsyncConnection, plan: Plan, now: datetime) -> Readied:
    """Check the plan; Problem with what to change."""
    identity, _, version = plan.paper.partition(":")
    found = None
    if version.isascii() and version.isdecimal() and len(version) < 10:
        found = await publishing.get_questionnaire(conn, identity, int(version))
    if found is None:
        raise Problem("请选择用哪一份问卷。")
    if plan.kind not in OFFERED_KINDS or plan.sample not in get_args(Sample):
        raise Problem("请选择调查的性质和参加的办法。")
    if not plan.name or not plan.name.strip("."):
        raise Problem("请给这次调查起一个名称，例如“2027年春季调查”。")
    if len(plan.name) > LONGEST_NAME or len(plan.population) > LONGEST_POPULATION:
        words = f"名称最多 {LONGEST_NAME} 个字，调查对象最多 {LONGEST_POPULATION} 个字，请改短一些。"
        raise Problem(words)
    if await waves.find_wave(conn, plan.name) is not None:
        raise Conflict(_taken(plan.name))
    questionnaire, number = found
    closes = _closing(plan, now)
    terms = Terms(plan.kind, cast(Sample, plan.sample), plan.population)
    ends = None if closes is None else int(closes.timestamp())
    digest = seal_hash(seal(questionnaire, number, terms, None, ends))
    return Readied(plan, questionnaire, number, terms, closes, digest)


def _closing(plan: Plan, now: datetime) -> datetime | None:
    """When the wave ends by itself; None where somebody will end it."""
    if not plan.day:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(plan.day), time.fromisoformat(plan.hour), SHANGHAI)
    except ValueError as error:
        raise Problem("结束的日期或时间没有看懂。请这样写：2027-02-20 和 20:00。") from error
    if moment <= now:
        raise Problem("结束时间已经过去了，请选一个以后的时间。")
    return moment


def _taken(name: str) -> str:
    return f"已经有叫“{name}”的调查了，这一次没有开始。请换一个名称。"


def _rules(questionnaire: Questionnaire) -> list[tuple[str, str, str]]:
    """(indicator, question, rule) in words, as they are sealed."""
    return [
        (indicator_title(indicator), question.title, rule_words(indicator, question))
        for indicator, question in indicators_of(questionnaire)
    ]
