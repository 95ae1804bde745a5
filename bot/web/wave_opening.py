"""问卷: opening a wave. What will be sealed is looked at first; it opens exactly as it was shown."""

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import Conflict, Problem
from bot.waves.teaching import BEFORE, taught
from bot.web.guard import Routes, Visit
from bot.web.routes import MEGABYTE
from bot.web.survey_desk import DESK, WRITERS
from bot.web.wave_plan import OFFERED_KINDS, Plan, plan_of, terms_of_plan, times_of
from bot.web.wave_terms import ALLOWED, WEIGHTING_WORDS, term_rows
from bot.web.wave_words import CHANNELS, KINDS, SAMPLES, wave_path
from surveys import publishing, waves
from surveys.ages import ADULTS_ONLY, mixed_band
from surveys.importing.weights import WeightsError, fitted, uncounted
from surveys.questionnaire import Questionnaire
from surveys.rule_words import rules_of
from surveys.suppression import LEAST, LEAST_PUBLISHED
from surveys.terms import HEADER_WORDS, MOST_LEAST, Terms, seal, seal_hash

routes = Routes(rail="问卷")


@dataclass(frozen=True, slots=True)
class Readied:
    """A plan that can be carried out: what it asks, on which terms, from when until when."""

    questionnaire: Questionnaire
    version: int
    terms: Terms
    opens: datetime | None
    closes: datetime | None
    sealed_hash: str


@routes.get(f"{DESK}/open", roles=WRITERS)
async def show_form(visit: Visit) -> web.StreamResponse:
    """The form for a new wave."""
    return await _form_page(visit, Plan(paper=visit.request.query.get("paper", "")[:80]))


@routes.post(f"{DESK}/open/check", roles=WRITERS, limit=MEGABYTE)
async def check(visit: Visit) -> web.StreamResponse:
    """Show what will be sealed, and ask; nothing is kept."""
    plan = plan_of(await visit.form())
    try:
        async with visit.service.database.snapshot() as conn:
            readied = await _ready(conn, plan, visit.now)
            doubts = await _doubts(conn, readied, visit.now)
    except Problem as problem:
        return await _form_page(visit, plan, problem)
    return visit.page(
        "survey_open_check.html",
        readied=readied,
        plan=plan,
        rules=rules_of(readied.questionnaire),
        terms=term_rows(readied.terms, readied.questionnaire),
        doubts=doubts,
        kind=KINDS[plan.kind],
        sample=SAMPLES[plan.sample],
    )


@routes.post(f"{DESK}/open/back", roles=WRITERS, limit=MEGABYTE)
async def back(visit: Visit) -> web.StreamResponse:
    """From the check back to the form, with what was filled in."""
    return await _form_page(visit, plan_of(await visit.form()))


@routes.post(f"{DESK}/open", roles=WRITERS, limit=MEGABYTE)
async def open_(visit: Visit) -> web.StreamResponse:
    """Open the wave exactly as it was shown."""
    form = await visit.form()
    plan = plan_of(form)
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
                opens=readied.opens,
                closes=readied.closes,
                keyword=plan.keyword,
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
    begun = "已经开始" if readied.opens is None else "已经排好，到时间自动开始"
    return visit.see_other(
        wave_path(wave.name),
        flash=f"“{wave.name}”{begun}。居民在公众号里发“{wave.keyword or '问卷'}”就能作答。",
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
        channels=ALLOWED,
        pooled=CHANNELS,
        weighting=WEIGHTING_WORDS,
        least=LEAST,
        least_published=LEAST_PUBLISHED,
        most_least=MOST_LEAST,
        header=[(name, words, getattr(plan.header, name)) for name, words in HEADER_WORDS.items()],
        more=plan != Plan(paper=plan.paper, name=plan.name, population=plan.population),
    )


async def _ready(conn: AsyncConnection, plan: Plan, now: datetime) -> Readied:
    """Check the plan; Problem with what to change."""
    identity, _, version = plan.paper.partition(":")
    found = None
    if version.isascii() and version.isdecimal() and len(version) < 10:
        found = await publishing.get_questionnaire(conn, identity, int(version))
    if found is None:
        raise Problem("请选择用哪一份问卷。")
    terms = terms_of_plan(plan)
    try:
        terms = replace(terms, margins=fitted(terms.margins, found[0]))
    except WeightsError as error:
        raise Problem(f"加权用的人口数有问题，还没有开始：{error}") from error
    every = await waves.list_waves(conn)
    if any(wave.name == plan.name for wave in every):
        raise Conflict(_taken(plan.name))
    if plan.keyword and any(wave.state == "open" and wave.keyword == plan.keyword for wave in every):
        raise Conflict(f"“{plan.keyword}”已经是另一次调查的口令，请换一个。")
    opens, closes = times_of(plan, now)
    questionnaire, number = found
    sealed = seal(questionnaire, number, terms, _epoch(opens), _epoch(closes))
    return Readied(questionnaire, number, terms, opens, closes, seal_hash(sealed))


async def _doubts(conn: AsyncConnection, readied: Readied, now: datetime) -> list[str]:
    """What somebody should think about before it is sealed; nothing of it stands in the way."""
    running = [
        f"“{wave.name}”"
        for wave in await waves.open_waves(conn, now)
        if wave.questionnaire == readied.questionnaire.id
    ]
    found = []
    if running:
        names = "".join(running)
        found.append(f"同一份问卷的调查{names}还在进行。两次一起开，居民会看到两份同名的问卷。")
    terms = readied.terms
    if terms.sample == "quota" and not any(place.target for place in terms.frame):
        found.append("选了按配额收集，但名单里没有目标份数，看不出哪里收够了。")
    if terms.sample == "probability" and terms.channels != ("interviewer",):
        found.append(
            "选了随机抽样，但聊天、网页和海报谁都能答，没有抽到的人会混进来。"
            "请在“可以怎么答”里只留访员上门，或者改选自愿填答。"
        )
    if terms.sample != "probability" and any(
        one.target is not None for one in readied.questionnaire.indicators
    ):
        found.append("问卷定了达标线，但这次不是随机抽样：结果里画出达标线，不判断达标没有。")
    if "poster" in terms.channels and not terms.frame:
        found.append("没有社区名单，就打印不出分社区的海报码。")
    if terms.frame and all(one.type != "community" for one in readied.questionnaire.questions):
        found.append(
            "有社区名单，但问卷里没有选社区的题：发口令、点菜单来答的人分不到社区，"
            "只有扫海报的码和访员上门的才分得到。"
        )
    if terms.minors and (band := mixed_band(readied.questionnaire)):
        found.append(f"问卷里的“{band}”分不出未满 14 岁的孩子。请先把它分成“未满14岁”和“14到17岁”两项。")
    if terms.minors and ADULTS_ONLY.search(readied.questionnaire.consent):
        found.append("答题前的告知写着只请 18 岁以上的居民，这次却让 14 到 17 岁的也来答。请先改告知里的话。")
    found += uncounted(terms.margins, readied.questionnaire)
    opens = readied.opens or now
    until = readied.closes or opens + BEFORE
    return found + [push.line() for push in await taught(conn, terms.topics, opens, until)]


def _epoch(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _taken(name: str) -> str:
    return f"已经有叫“{name}”的调查了，这一次没有开始。请换一个名称。"
