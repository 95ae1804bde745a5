"""问卷: a wave while it runs and afterwards: its returns, what was sealed, corrections, and its end."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.lookup import wave_named
from bot.problems import Conflict, Problem
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.waves.teaching import taught_in
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.shell import SHANGHAI
from bot.web.survey_desk import DESK, READERS, WRITERS
from bot.web.survey_paper import quota_words
from bot.web.visit import Form
from bot.web.wave_plan import LONGEST_HEADER, LONGEST_KEYWORD
from bot.web.wave_terms import closing_of, term_rows
from bot.web.wave_view import View, view_of
from bot.web.wave_words import results_path, wave_path
from content import store as campaigns
from surveys import changes, progress, quotas, results, steps, store
from surveys.questionnaire import Questionnaire
from surveys.rule_words import rules_of
from surveys.suppression import is_small
from surveys.terms import HEADER_WORDS, Header
from surveys.waves import Wave

routes = Routes(rail="问卷")
LONGEST_REASON = 100


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody wants to correct, as the form has it."""

    day: str
    hour: str
    keyword: str
    header: Header
    reason: str = ""


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


@routes.get(f"{DESK}/waves/{{name}}/correct", roles=WRITERS)
async def show_correction(visit: Visit) -> web.StreamResponse:
    """The form for what may be corrected while the wave runs."""
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.match_info["name"])
    return _correction_page(visit, wave, _as_it_is(wave))


@routes.post(f"{DESK}/waves/{{name}}/correct", roles=WRITERS)
async def correct(visit: Visit) -> web.StreamResponse:
    """Change the closing time, the keyword or the header; what it was stays on record with its date."""
    given = _correction(await visit.form())
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.match_info["name"])
    try:
        made = await _correct(visit, wave, given)
    except Problem as problem:
        return _correction_page(visit, wave, given, problem)
    said = f"改好了 {len(made)} 处，原来的写法和日期都记着。" if made else "没有什么不一样，什么也没有改。"
    return visit.see_other(wave_path(wave.name), flash=said)


async def _correct(visit: Visit, wave: Wave, given: Correction) -> list[changes.Change]:
    same_end = (given.day, given.hour) == (_as_it_is(wave).day, _as_it_is(wave).hour)
    if same_end:
        closes = None if wave.closes_at is None else datetime.fromtimestamp(wave.closes_at, SHANGHAI)
    else:
        closes = closing_of(given.day, given.hour, visit.now)
    if not given.reason:
        raise Problem("请写一句为什么要改，会和改动一起印在结果的说明里。")
    try:
        async with visit.service.database.transaction() as conn:
            made = await changes.correct(
                conn,
                wave,
                closes=closes,
                header=given.header,
                keyword=given.keyword,
                reason=given.reason,
                by=visit.staff.name,
                now=visit.now,
            )
            if made:
                what = "；".join(f"{one.what}：{one.before}→{one.after}" for one in made)
                await visit.audit(conn, "更正调查", wave.name, 改动=what, 原因=given.reason)
    except changes.ChangedMeanwhile as error:
        raise Conflict("另一位同事刚改过，或者调查已经结束，这一次没有改。请退回调查的页面看看。") from error
    return made


async def _wave_page(visit: Visit, problem: Problem | None = None) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.match_info["name"])
        questionnaire = await results.questionnaire_of(conn, wave)
        view = await _view(conn, wave, questionnaire, visit.now)
        last = await _last_few(conn, wave)
        full = await quotas.full(conn, {wave.id: questionnaire}) if wave.state == "open" else {}
        corrected = await changes.changes_of(conn, wave.id)
        taught, name_of = await taught_in(conn, wave, visit.now), await naming(conn)
    return visit.page(
        "survey_wave.html",
        name_of=name_of,
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        wave=wave,
        view=view,
        title=questionnaire.title,
        rules=rules_of(questionnaire),
        terms=term_rows(wave.terms, questionnaire),
        full=[words for name, words in quota_words(questionnaire).items() if name in full.get(wave.id, ())],
        last=last,
        corrected=corrected,
        taught=taught,
        path=wave_path(wave.name),
        results_path=results_path(wave.name),
        may_write=bool(visit.staff.roles & WRITERS),
    )


async def _last_few(conn: AsyncConnection, wave: Wave) -> int:
    """How many came after the figures moved on last, if so few that to end the wave tells of them."""
    upto = await steps.overall(conn, wave.id) if wave.state == "open" else None
    if upto is None:
        return 0
    came = await store.count_between(conn, wave.id, upto, await store.newest_id(conn, wave.id))
    return came if is_small(came, wave.terms.least) else 0


async def _view(conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire, now: datetime) -> View:
    counts = (await store.counts(conn, [wave.id]))[wave.id]
    found = await progress.current(conn, wave, questionnaire)
    if wave.state == "open":
        for answers in await store.idle_answers(conn, wave.id, now):
            found.returns.stop(answers)
    pushes = {one.id: one.content.title for one in await campaigns.list_campaigns(conn)}
    return view_of(wave, found, counts, pushes, now)


def _correction_page(
    visit: Visit, wave: Wave, given: Correction, problem: Problem | None = None
) -> web.Response:
    return visit.page(
        "survey_correct.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        wave=wave,
        given=given,
        fields=[(name, words, getattr(given.header, name)) for name, words in HEADER_WORDS.items()],
        path=wave_path(wave.name),
    )


def _as_it_is(wave: Wave) -> Correction:
    ends = None if wave.closes_at is None else datetime.fromtimestamp(wave.closes_at, SHANGHAI)
    day, hour = ("", "20:00") if ends is None else (f"{ends:%Y-%m-%d}", f"{ends:%H:%M}")
    return Correction(day, hour, wave.keyword, wave.header)


def _correction(form: Form) -> Correction:
    return Correction(
        form.text("day", 10),
        form.text("hour", 5),
        " ".join(form.text("keyword", LONGEST_KEYWORD).split()),
        Header(**{name: " ".join(form.text(name, LONGEST_HEADER).split()) for name in HEADER_WORDS}),
        " ".join(form.text("reason", LONGEST_REASON).split()),
    )
