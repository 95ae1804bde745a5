"""The page as one writes it first for the same promises: aiohttp, one transaction a form.

Three statements an answer, besides BEGIN and COMMIT, each for a promise that the service keeps:

- the link with its person, whose row is locked: a forwarded link takes no answers from a second browser, and
  the chat and a second tab do not cross;
- the wave, which nobody closes meanwhile, with the draft: no answer reaches a closed wave, and whoever
  comes back goes on where they stopped;
- the draft with the new answer: durable before the next page; the last one becomes the interview, once for
  each respondent, and the draft goes.

Left out, to its favour: conditions, quotas and other kinds of questions, going back, limits,
security headers.
"""

import hashlib
import hmac
from multiprocessing.connection import Connection

from aiohttp import web
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database
from bot.residents import respondent_key
from bot.residents.table import residents
from bot.waves.links import links
from tests.bench import plain_interviews, plain_served
from tests.bench.plain_interviews import ORDER, Asking
from tests.bench.plain_served import Handler

CHANNEL = "plain page"

_LINK = (
    select(links.c.session_hash, residents.c.openid)
    .join_from(links, residents, residents.c.id == links.c.resident)
    .where(
        links.c.token_hash == bindparam("token"),
        links.c.wave_id == bindparam("wave"),
        links.c.expires_at > bindparam("moment"),
    )
    .with_for_update(of=residents)
)
_BIND = (
    update(links)
    .where(links.c.token_hash == bindparam("token"), links.c.session_hash == "")
    .values(session_hash=bindparam("session"))
)


def serve(url: str, port: int, parent: Connection) -> None:
    """The forms of the questionnaire at /q/{token}."""
    plain_served.serve(url, port, parent, "/q/{token}", handler)


async def handler(database: Database) -> Handler:
    """What takes a form and names the page that comes next."""
    async with database.snapshot() as connection:
        wave = await plain_interviews.asking(connection)

    async def take(request: web.Request) -> web.Response:
        form = await request.post()
        step, question, answer, token = (
            str(form.get(name, "")) for name in ("step", "question", "answer", "form_token")
        )
        door, session = (request.cookies.get(f"civility-{name}", "") for name in ("door", "answer"))
        shown = hashlib.sha256(f"form:{door}".encode()).hexdigest()
        if not door or not session or not hmac.compare_digest(token.encode(), shown.encode()):
            raise web.HTTPForbidden(text="页面放得太久，已经失效。请退回上一页，刷新后再提交一次。")
        asked = "" if step == "begin" else question
        async with database.transaction() as connection:
            respondent = await _person(connection, wave, request.match_info["token"], session)
            await _take(connection, wave, respondent, asked, answer)
        return web.Response(status=303, headers={"Location": request.path})

    return take


async def _person(connection: AsyncConnection, wave: Asking, token: str, session: str) -> str:
    """The respondent whose link this is, locked; raises for a link that is gone or another browser's."""
    hashed = hashlib.sha256(token.encode()).hexdigest()
    mine = hashlib.sha256(session.encode()).hexdigest()
    given = {"token": hashed, "wave": wave.wave_id, "moment": plain_served.moment()}
    row = (await connection.execute(_LINK, given)).first()
    if row is None:
        raise web.HTTPNotFound(text="链接已经失效，或者问卷已经结束。")
    bound, openid = row
    if not bound:
        done = await connection.execute(_BIND, {"token": hashed, "session": mine})
        bound = mine if done.rowcount == 1 else ""
    if bound != mine:
        raise web.HTTPForbidden(text="这个链接只能由第一个打开的人使用。")
    return respondent_key(openid, wave.secret)


async def _take(
    connection: AsyncConnection, wave: Asking, respondent: str, question: str, answer: str
) -> None:
    """Begin, or keep the answer to the question that comes next; any other was sent twice."""
    moment = plain_served.moment()
    here = await plain_interviews.here(connection, wave, respondent, moment)
    if here is None:
        raise web.HTTPNotFound(text="这次调查已经结束，谢谢您的关注。")
    if here.answers is None:
        if not question and not await plain_interviews.is_answered(connection, wave, respondent):
            await plain_interviews.begin(connection, wave, respondent, moment, "asking", CHANNEL)
        return
    if question != ORDER[len(here.answers)]:
        return
    answers = plain_interviews.answered(here.answers, answer)
    if answers is None:
        raise web.HTTPBadRequest(text="这一题没有这个选项。")
    await plain_interviews.keep(connection, wave, respondent, answers, here.started_at, moment, CHANNEL)
