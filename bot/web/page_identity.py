"""Who answers on the questionnaire page: by WeChat's silent authorisation, or by the link from the chat.

Inside WeChat, where the account may ask (a verified service account whose domain is registered), the person
is who WeChat says, whatever link was opened: a forwarded link opens as its new reader. Elsewhere a personal
link belongs to the first browser that begins, and an invitation says how to get a personal link.
"""

import hmac
import logging
import secrets
from collections.abc import Container
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.account.connection import facts
from bot.account.connection_steps import DOMAINS
from bot.limits import Meter, Rule
from bot.problems import Forbidden, NotFound, Over, Problem, TooOften, Unavailable
from bot.waves import invitations, links
from bot.waves.arrivals import typed_code
from bot.waves.links import NewLink
from bot.web.guard import PUBLIC, Routes, Visit
from bot.web.visit import clear_cookie, set_cookie
from bot.wechat import oauth
from bot.wechat.errors import ApiError
from surveys import publishing, waves
from surveys.waves import Wave

log = logging.getLogger(__name__)

routes = Routes()
ENTER = "/q/{token}/enter"
COOKIE = "answer"
STATE = "enter"
STATE_SECONDS = 600
PER_ADDRESS = Rule(times=600, seconds=60)
"""Mobile networks put thousands of phones behind one address; a machine that guesses codes is faster."""
CODES = web.AppKey("codes", Meter)
PER_LINK = Rule(times=120, seconds=60)
"""Forms of one person; nobody reads that fast."""
FORMS = web.AppKey("forms", Meter)

GONE = "链接已经失效，或者问卷已经结束；您答过的题都留着。没答完的，请回到公众号发送“问卷”，会得到新的链接。"
OVER = "这次调查已经结束，谢谢您的关注。"
ENDED = "这次调查已经结束，谢谢您。结束前您答过的题都已经收下，没答完的不用再答。"
AGAIN = "这一步放得太久，或者在别处打开过。请回到聊天或海报，重新点开链接；已答的内容都在。"
VIRTUAL = (
    "您现在是临时身份打开的，还答不了。请点页面下方的“使用完整服务”，再打开一次，或者关注公众号，发送“问卷”。"
)


@dataclass(frozen=True, slots=True)
class Target:
    """What an address leads to: a wave, by a personal link or by an invitation."""

    wave: Wave
    link: links.Link | None
    invitation: invitations.Invitation | None


async def sends_away(visit: Visit) -> web.StreamResponse | None:
    """Where this browser must go before it sees a question; None where it may stay."""
    token = visit.request.match_info["token"]
    is_invitation = invitations.claimed(token) is not None
    account = visit.service.config.account
    could_ask = oauth.has_web_identity(account) and visit.service.platform is not None
    if not is_invitation and not (could_ask and _in_wechat(visit)):
        return None
    async with visit.service.database.snapshot() as connection:
        asks = could_ask and await _domain_is_registered(connection, visit)
        target = await _target(connection, visit)
        published = await publishing.get_questionnaire(
            connection, target.wave.questionnaire, target.wave.version
        )
    if target.link is not None and target.link.belongs_to(session_of(visit)):
        return None
    if not asks and not is_invitation:
        return None
    in_chat_only = target.invitation is not None and "page" not in target.wave.terms.channels
    if account is None or not asks or in_chat_only:
        if published is None:
            raise NotFound(GONE)
        is_large = visit.request.query.get("type") == "large"
        code = typed_code(target.wave, target.invitation) if target.invitation is not None else ""
        title = published[0].title
        return visit.page("answer_invited.html", title=title, word=code or title, large=is_large)
    nonce = secrets.token_hex(16)
    back = f"{visit.service.config.server.public_url}/q/{quote(token, safe='.')}/enter"
    response = web.Response(status=302, headers={"Location": oauth.authorize_url(account, back, nonce)})
    response.headers["Cache-Control"] = "no-store"
    set_cookie(response, visit.service, STATE, f"{nonce}.{int(visit.now.timestamp())}")
    return response


@routes.get(ENTER, roles=PUBLIC)
async def enter(visit: Visit) -> web.StreamResponse:
    """WeChat sends the browser back: its person gets an own link, bound to this browser.

    The state must be the one this very browser was sent away with; the code works once at WeChat. A second
    load of this page finds the browser known already.
    """
    if (known := await _known_already(visit)) is not None:
        return known
    if visit.request.method == "HEAD":
        return web.Response()  # a preview must not use the code up
    code = visit.request.query.get("code", "")
    if not code or len(code) > 512 or not _state_fits(visit):
        raise Problem(AGAIN)
    meter = visit.request.config_dict[CODES]
    if not meter.allows(visit.address, visit.now):
        raise TooOften("打开得太频繁了。请等一分钟再点开链接；已答的内容都在。")
    visitor = await _visitor(visit, code)
    session = session_of(visit) or secrets.token_urlsafe(32)
    async with visit.service.database.transaction() as connection:
        resident = await residents.visited(connection, visitor.openid, visit.service.new_id, visit.now)
        token = await _own_link(connection, visit, resident, session)
    response = visit.see_other(f"/q/{quote(token, safe='.')}")
    set_cookie(response, visit.service, COOKIE, session)
    clear_cookie(response, visit.service, STATE)
    return response


def session_of(visit: Visit) -> str:
    """The browser's own secret, "" before its first visit."""
    return visit.cookie(COOKIE)


async def personal_link(connection: AsyncConnection, visit: Visit) -> links.Link:
    """The link of this address; NotFound or Over with words where it is known no more."""
    token = visit.request.match_info["token"]
    if (link := await links.find(connection, token, visit.now)) is not None:
        return link
    wave = await waves.get_wave(connection, links.wave_of(token) or 0)
    raise missing(token, {wave.id} if wave is not None and wave.takes_answers(visit.now) else ())


def missing(token: str, running: Container[int]) -> Problem:
    """What is said of an address that is not known: whether it is too old or wrong, or its wave has ended."""
    named = links.wave_of(token)
    return NotFound(GONE) if named is None or named in running else Over(ENDED)


async def _own_link(connection: AsyncConnection, visit: Visit, resident: int, session: str) -> str:
    """The token of this person's link in the wave, bound to this browser; person first, then the wave."""
    target = await _target(connection, visit)
    if target.wave.id not in await waves.hold_open(connection, [target.wave.id]):
        raise Over(OVER)
    link = target.link
    if link is not None and link.resident == resident:
        await links.bind(connection, link, session)
        return visit.request.match_info["token"]
    made = NewLink.naming(target.wave.id, resident, secrets.token_urlsafe(18))
    if target.invitation is not None:
        made = replace(made, way=target.invitation.way, mark=target.invitation.mark)
    await links.add(connection, [made], visit.now, session)
    return made.token


async def _target(connection: AsyncConnection, visit: Visit) -> Target:
    """What the address leads to, if it is true and its wave takes answers; NotFound or Over with words."""
    token = visit.request.match_info["token"]
    invitation = invitations.claimed(token)
    link = None if invitation else await personal_link(connection, visit)
    wave_id = invitation.wave_id if invitation is not None else link.wave_id if link is not None else 0
    wave = await waves.get_wave(connection, wave_id)
    if wave is None or wave.secret is None or not wave.takes_answers(visit.now):
        raise Over(OVER if link is None else ENDED)
    if invitation is not None and not invitations.holds(token, wave.secret):
        raise NotFound(GONE)
    return Target(wave, link, invitation)


async def _known_already(visit: Visit) -> web.StreamResponse | None:
    token = visit.request.match_info["token"]
    async with visit.service.database.snapshot() as connection:
        link = await links.find(connection, token, visit.now)
    if link is not None and link.belongs_to(session_of(visit)):
        return visit.see_other(f"/q/{quote(token, safe='.')}")
    return None


async def _visitor(visit: Visit, code: str) -> oauth.Visitor:
    if visit.service.platform is None:
        raise NotFound(GONE)
    try:
        visitor = await visit.service.platform.web_identity.visitor(code)
    except ApiError as error:
        if error.code in oauth.STALE_CODES:
            raise Problem(AGAIN) from None
        log.warning("web identity: %s", error)
        raise Unavailable("微信暂时没有回应，没能认出您。请过一会儿再点开链接；已答的内容都在。") from None
    if visitor.virtual:
        raise Forbidden(VIRTUAL)
    return visitor


async def _domain_is_registered(connection: AsyncConnection, visit: Visit) -> bool:
    """Whether the administrator has said so: WeChat shows an error for any other address of ours."""
    service = visit.service
    if service.config.account is None:
        return False
    fact = (await facts(connection, service.config.account.app_id, visit.now)).get(DOMAINS)
    return fact is not None and fact.detail == urlsplit(service.config.server.public_url).hostname


def _state_fits(visit: Visit) -> bool:
    """Whether the browser was sent away from here, with this state, within ten minutes."""
    nonce, _, sent_at = visit.cookie(STATE).partition(".")
    given = visit.request.query.get("state", "")
    if not nonce or not sent_at.isascii() or not sent_at.isdecimal() or len(sent_at) > 12:
        return False
    age = int(visit.now.timestamp()) - int(sent_at)
    return hmac.compare_digest(nonce.encode(), given.encode()) and 0 <= age <= STATE_SECONDS


def _in_wechat(visit: Visit) -> bool:
    """WeChat's own browser; that of its sister for companies knows no accounts of residents."""
    agent = visit.request.headers.get("User-Agent", "").lower()
    return "micromessenger" in agent and "wxwork" not in agent
