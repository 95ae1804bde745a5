"""问卷: how residents learn of a wave: a word, a push, posters with a code each, one reminder."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import segno
from aiohttp import web
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.account.console import is_local
from bot.lookup import wave_named
from bot.problems import Conflict, NotFound, Problem, Unavailable
from bot.waves import carrying, invitations, posters, reminding
from bot.waves.arrivals import POSTER, code_of, mark_of
from bot.waves.invitations import Invitation
from bot.web.guard import Routes, Visit
from bot.web.survey_desk import DESK, READERS, WRITERS
from bot.web.wave_words import wave_path
from bot.wechat import oauth
from bot.wechat.errors import ApiError
from content import store as campaigns
from content.campaign import Campaign, Refused
from surveys import results
from surveys.waves import Wave

if TYPE_CHECKING:
    from bot.wechat.api import Platform

routes = Routes(rail="问卷")
WAVE = f"{DESK}/waves/{{name}}"
AT_ONCE = 120
"""Posters on one page; more are printed township by township."""
AS_IT_IS = "这篇是公众平台上的草稿，原样发出，带不了问卷。请另写一篇，或者在那边的草稿里设“阅读原文”。"
SCALE, BORDER = 8, 2
"""Of a printed code: pixels a module, modules of white around it."""


@dataclass(frozen=True, slots=True)
class Poster:
    """One sheet: the code as SVG, whether a telephone opens it, where it hangs, what to type instead."""

    township: str
    community: str
    drawn: Markup
    opens: bool
    typed: str


@routes.get(f"{WAVE}/invite", roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The ways to invite, and what each has been used for."""
    return await _page(visit)


@routes.post(f"{WAVE}/invite/push", roles=WRITERS)
async def carry(visit: Visit) -> web.StreamResponse:
    """Let a draft of a push lead its readers here; whoever signs it sees that."""
    return await _change_push(visit, "用推送邀请")


@routes.post(f"{WAVE}/invite/drop", roles=WRITERS)
async def drop(visit: Visit) -> web.StreamResponse:
    """Take the address out of a draft again."""
    return await _change_push(visit, "不再用推送邀请")


@routes.post(f"{WAVE}/invite/codes", roles=WRITERS)
async def make_codes(visit: Visit) -> web.StreamResponse:
    """Ask WeChat for the codes of the posters, some at a time."""
    wave = await _open_wave(visit)
    platform = _maker(visit)
    if platform is None:
        raise Problem("这个公众号不能申请带参数的二维码（要认证的服务号）。海报上印的网址码一样能用。")
    try:
        made = await posters.make_codes(visit.service.database, platform, wave, visit.now)
    except ApiError as error:
        words = "微信暂时没有给出二维码，已经拿到的都保存了。请过一会儿再点一次。"
        raise Unavailable(words) from error
    async with visit.service.database.transaction() as conn:
        await visit.audit(conn, "申请海报码", wave.name, 个数=made)
    return visit.see_other(f"{wave_path(wave.name)}/invite", flash=f"拿到了 {made} 个码。")


@routes.post(f"{WAVE}/invite/remind", roles=WRITERS)
async def remind(visit: Visit) -> web.StreamResponse:
    """Send the reminders that were counted on the page; more or fewer than shown is not sent."""
    wave = await _open_wave(visit)
    seen = (await visit.form()).text("count", 9)
    async with visit.service.database.transaction() as conn:
        questionnaire = await results.questionnaire_of(conn, wave)
        now_waiting = len((await reminding.candidates(conn, wave, visit.now)).waiting)
        if seen != str(now_waiting):
            raise Conflict(f"能提醒的人变了，现在是 {now_waiting} 人，还没有发。请退回去再看一眼。")
        sent = await reminding.remind(conn, wave, questionnaire.title, visit.now)
        await visit.audit(conn, "提醒接着答", wave.name, 人数=sent)
    return visit.see_other(f"{wave_path(wave.name)}/invite", flash=f"正在提醒 {sent} 人，每人只提醒这一次。")


@routes.get(f"{WAVE}/posters", roles=READERS)
async def show_posters(visit: Visit) -> web.StreamResponse:
    """A sheet of A4 for each community, to be printed."""
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.match_info["name"])
        questionnaire = await results.questionnaire_of(conn, wave)
        known = await posters.codes_of(conn, wave.id)
    if wave.secret is None:
        raise Conflict("这次调查已经结束，海报上的码扫了也答不了，不用再印。")
    if not wave.terms.frame:
        raise Conflict("海报一张一个社区，这次调查没有社区名单，印不了。名单要在开始调查时填。")
    town = visit.request.query.get("town", "")
    numbers = [
        number for number, place in enumerate(wave.terms.frame, 1) if not town or place.township == town
    ]
    # Drawn beside the loop: a township's codes take longer than a resident's message may wait.
    drawn = await asyncio.to_thread(
        lambda: [_sheet(visit, wave, number, known.get(number, "")) for number in numbers[:AT_ONCE]]
    )
    return visit.page(
        "survey_posters.html",
        wave=wave,
        title=questionnaire.title,
        count=len(questionnaire.asked()),
        sheets=drawn,
        left=len(numbers) - len(drawn),
        dead=sum(not one.opens for one in drawn),
        path=wave_path(wave.name),
    )


def _sheet(visit: Visit, wave: Wave, number: int, known: str) -> Poster:
    place = wave.terms.frame[number - 1]
    address, opens = known, True  # WeChat's own code leads to the chat, wherever this service runs
    if not known:
        public_url = visit.service.config.server.public_url
        signed = invitations.token(Invitation(wave.id, POSTER, mark_of(place)), wave.secret or b"")
        address, opens = f"{public_url}/q/{signed}", not is_local(urlsplit(public_url).hostname or "")
    code = segno.make(address, error="m", micro=False)
    drawn = Markup(code.svg_inline(scale=SCALE, border=BORDER, svgclass="qr", omitsize=True))  # noqa: S704
    return Poster(place.township, place.community, drawn, opens, code_of(wave.id, number))


async def _page(visit: Visit) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.match_info["name"])
        questionnaire = await results.questionnaire_of(conn, wave)
        carriers = await carrying.campaigns_of(conn, wave.id)
        every = await campaigns.list_campaigns(conn)
        known = await posters.codes_of(conn, wave.id)
        reminders = await reminding.candidates(conn, wave, visit.now)
    towns = list(wave.frame)
    return visit.page(
        "survey_invite.html",
        wave=wave,
        title=questionnaire.title,
        path=wave_path(wave.name),
        carriers=[one for one in every if one.id in carriers],
        offered=[
            one for one in every if one.state == "draft" and one.id not in carriers and not one.content.taken
        ],
        posters=len(wave.terms.frame),
        towns=towns,
        codes=len(known),
        makes_codes=_maker(visit) is not None,
        by_word=not oauth.has_web_identity(visit.service.config.account),
        reminders=reminders,
        is_open=wave.state == "open",
        may_write=bool(visit.staff.roles & WRITERS),
        sends=visit.service.config.account is not None and visit.service.config.account.verified,
        platform=visit.service.platform is not None,
    )


async def _change_push(visit: Visit, action: str) -> web.StreamResponse:
    wave = await _open_wave(visit)
    given = (await visit.form()).text("campaign", 18)
    async with visit.service.database.transaction() as conn:
        campaign = await _draft(conn, given)
        if campaign.content.taken and action == "用推送邀请":
            raise Conflict(AS_IT_IS)
        changed = await (carrying.carry if action == "用推送邀请" else carrying.drop)(
            conn, campaign.id, wave.id
        )
        if not changed:
            raise Conflict("这篇稿件刚被别人改过，没有变动。请退回去再看一眼。")
        await visit.audit(conn, action, wave.name, 稿件=campaign.id, 标题=campaign.content.title)
    return visit.see_other(
        f"{wave_path(wave.name)}/invite", flash=f"改好了：{action}“{campaign.content.title}”。"
    )


async def _draft(conn: AsyncConnection, given: str) -> Campaign:
    if not given.isascii() or not given.isdecimal():
        raise Problem("请选一篇稿件。")
    try:
        campaign = await campaigns.get(conn, int(given))
    except Refused as refused:
        raise NotFound("没有这篇稿件。请从列表里选。") from refused
    if campaign.state != "draft":
        raise Conflict("只有草稿能改；提交以后，审核的人看到什么就发什么。请先把稿件退回草稿。")
    return campaign


async def _open_wave(visit: Visit) -> Wave:
    async with visit.service.database.snapshot() as conn:
        wave = await wave_named(conn, visit.request.match_info["name"])
    if wave.state != "open":
        raise Conflict("这次调查已经结束，不能再邀请人来答。")
    return wave


def _maker(visit: Visit) -> "Platform | None":
    """The account that can make codes that tell where they were scanned: verified service accounts."""
    return visit.service.platform if oauth.has_web_identity(visit.service.config.account) else None
