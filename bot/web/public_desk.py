"""结果, for everybody: a wave's page is proposed, looked at as it will be, opened by a second person."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import segno
from aiohttp import web
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.lookup import wave_named
from bot.problems import Conflict, Forbidden, NotFound, Problem
from bot.service import Service
from bot.waves import public_results
from bot.waves.public_results import Page
from bot.waves.teaching import told_of
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.public_pages import page_of, public_path
from bot.web.public_view import content_of
from bot.web.results_view import sheets
from bot.web.survey_desk import READERS, WRITERS
from bot.web.today_desk import Card
from bot.web.wave_words import results_path
from surveys import results, waves
from surveys.groupings import grouping_questions
from surveys.questionnaire import Questionnaire
from surveys.waves import Wave

routes = Routes(rail="结果")
DESK = "/office/results/{wave}/public"
VERSION = DESK + "/{page:[0-9]{1,18}}"
OPENERS = frozenset({"approver"})
STATES = {
    "proposed": ("waiting", "等同事看"),
    "open": ("good", "公开着"),
    "rejected": ("off", "没有公开"),
    "withdrawn": ("off", "已收回"),
    "replaced": ("off", "已由新的代替"),
}


@dataclass(frozen=True, slots=True)
class Version:
    """A page with the words of its state."""

    page: Page
    colour: str
    words: str


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """Whether anybody can see the results, what waits, what was before."""
    async with visit.service.database.snapshot() as conn:
        wave = await _wave(conn, visit)
        questionnaire = await results.questionnaire_of(conn, wave)
        pages = await public_results.pages_of(conn, wave.id)
        named = await naming(conn)
    now_open = next((one for one in pages if one.state == "open"), None)
    waiting = next((one for one in pages if one.state == "proposed"), None)
    return visit.page(
        "results_publish.html",
        wave=wave,
        now_open=now_open,
        waiting=waiting,
        before=[Version(one, *STATES[one.state]) for one in pages if one not in (now_open, waiting)],
        choices=choices(questionnaire),
        least=wave.terms.least_published,
        address=public_path(now_open) if now_open else "",
        full_address=f"{visit.service.config.server.public_url}{public_path(now_open)}" if now_open else "",
        address_code=_code(f"{visit.service.config.server.public_url}{public_path(now_open)}")
        if now_open
        else "",
        own=waiting is not None and waiting.author == visit.staff.name,
        may_open=bool(visit.staff.roles & OPENERS),
        may_withdraw=bool(visit.staff.roles & WRITERS),
        name_of=named,
        path=desk_path(wave),
        results=results_path(wave.name),
    )


@routes.post(DESK, roles=READERS)
async def propose(visit: Visit) -> web.StreamResponse:
    """Freeze the figures as they are and put them before a second person."""
    by = (await visit.form()).text("by", 64)
    async with visit.service.database.snapshot() as conn:
        wave = await _wave(conn, visit)
        if wave.state != "closed":
            raise Conflict("调查结束以后才能公开结果：还在收答卷时，比例天天在变，也会影响还没答的人。")
        questionnaire = await results.questionnaire_of(conn, wave)
        known = dict(choices(questionnaire))
        if by not in known:
            raise Problem("请从列出的几种里选一种分组。")
        document = await results.published_rates(conn, wave, by or None, visit.service.columns)
        told = await told_of(conn, wave, visit.now)
    least = wave.terms.least_published
    if document["complete"] + document["partial"] < least:
        raise Problem(f"这次调查不到 {least} 份答卷，不能公开：比例说明不了什么，还可能看出是谁答的。")
    if not questionnaire.indicators:
        raise Problem("这份问卷没有指标，没有可以公开的比例。")
    found = sheets(questionnaire, document)
    content = content_of(wave, questionnaire, document, found, known[by] if by else "", told)
    async with visit.service.database.transaction() as conn:
        page = await public_results.propose(conn, wave.id, wave.name, content, visit.staff.name, visit.now)
        await visit.audit(conn, "提出公开结果", wave.name, SHA256=page.hash)
    return visit.see_other(desk_path(wave), flash="已提出。请另一位有“终审”角色的同事看过预览后公开。")


@routes.get(VERSION + "/preview", roles=READERS)
async def preview(visit: Visit) -> web.StreamResponse:
    """The page as everybody would see it."""
    wave, page = await _found(visit)
    back = desk_path(wave)
    return page_of(visit, page, preview="" if page.state == "open" else STATES[page.state][1], back=back)


@routes.post(VERSION + "/open", roles=OPENERS)
async def show_everybody(visit: Visit) -> web.StreamResponse:
    """Everybody may see exactly what this person has looked at."""
    form = await visit.form()
    wave, page = await _found(visit)
    if form.text("looked", 3) != "yes":
        raise Problem("请先打开预览逐项看过，再勾选“我看过预览”。")
    async with visit.service.database.transaction() as conn:
        await public_results.show(conn, page, form.text("seen", 64), visit.staff.name, visit.now)
        await visit.audit(conn, "公开结果", wave.name, SHA256=page.hash, 提出的人=page.author)
    visit.service.open_results.forget()
    return visit.see_other(desk_path(wave), flash="已经公开。网址在下面，随时可以收回。")


@routes.post(VERSION + "/reject", roles=READERS)
async def reject(visit: Visit) -> web.StreamResponse:
    """Send it back, or take the own one back."""
    reason = (await visit.form()).text("reason", 500)
    wave, page = await _found(visit)
    own = page.author == visit.staff.name
    if not own and not visit.staff.roles & OPENERS:
        raise Forbidden("只有终审可以退回同事提出的公开。")
    if not own and not reason:
        raise Problem("请写一句退回的原因，同事才知道怎么改。")
    async with visit.service.database.transaction() as conn:
        await public_results.reject(conn, page, reason, visit.staff.name, visit.now)
        await visit.audit(conn, "收回公开申请" if own else "退回公开申请", wave.name, SHA256=page.hash)
    return visit.see_other(desk_path(wave), flash="已收回，没有公开。" if own else "已退回，没有公开。")


@routes.post(VERSION + "/withdraw", roles=WRITERS)
async def withdraw(visit: Visit) -> web.StreamResponse:
    """Nobody sees it any more, at once."""
    wave, page = await _found(visit)
    async with visit.service.database.transaction() as conn:
        await public_results.withdraw(conn, page, visit.staff.name, visit.now)
        await visit.audit(conn, "收回公开的结果", wave.name, SHA256=page.hash)
    visit.service.open_results.forget()
    return visit.see_other(desk_path(wave), flash="已收回，外面看不到了。再公开要重新提出、重新看。")


def choices(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """(value, words) of what a public page may be grouped by: townships, and questions about the person."""
    asked = [(one.id, one.title) for one in grouping_questions(questionnaire)]
    return [("", "不分组，只公开总的比例"), ("township", "乡镇街道"), *asked]


def desk_path(wave: Wave) -> str:
    """Where the public page of a wave is decided on."""
    return f"/office/results/{quote(wave.name, safe='')}/public"


async def card(conn: AsyncConnection, _service: Service, _now: datetime) -> Card | None:
    """What waits to be opened."""
    waiting = await public_results.proposed(conn)
    if not waiting:
        return None
    wave = await waves.get_wave(conn, waiting[0].wave_id)
    if wave is None:
        return None
    words = f"“{wave.name}”的结果想公开给大家看，请打开预览看一遍。"
    return Card("等着公开的结果", f"{len(waiting)} 份", words, "waiting", OPENERS, desk_path(wave))


def _code(address: str) -> Markup:
    """An address as a QR code to print."""
    return Markup(segno.make(address, error="m", micro=False).svg_inline(scale=4, border=2))  # noqa: S704


async def _wave(conn: AsyncConnection, visit: Visit) -> Wave:
    return await wave_named(conn, visit.request.match_info["wave"])


async def _found(visit: Visit) -> tuple[Wave, Page]:
    async with visit.service.database.snapshot() as conn:
        wave = await _wave(conn, visit)
        pages = await public_results.pages_of(conn, wave.id)
    number = int(visit.request.match_info["page"])
    page = next((one for one in pages if one.id == number), None)
    if page is None:
        raise NotFound("没有这一份，或者它已经不在了。请回到“公开”页面。")
    return wave, page
