"""/q/<token>: the questionnaire as a page. The same drafts, the same reading, the same record as in the chat.

A GET changes nothing, so that a link preview cannot use the link up. Works without scripts.
"""

import secrets
from dataclasses import replace
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import links, residents
from bot.interviewing import OpenWave, finish
from bot.links import Link
from bot.problems import NotFound, Problem
from bot.residents import respondent_key
from bot.web.guard import PUBLIC, Routes, Visit
from bot.web.page_identity import COOKIE, GONE, OVER, sends_away, session_of
from bot.web.visit import set_cookie
from surveys import publishing, store, waves
from surveys.answers import Unclear, read_form
from surveys.interview import Ask, Finished, next_step, previous
from surveys.store import Draft

routes = Routes()
PATH = "/q/{token}"


class LinkUsed(Problem):
    """Somebody else's link: its reader is told how to get an own one."""

    status = 403
    code = "link_used"


@routes.get(PATH, roles=PUBLIC)
async def show(visit: Visit) -> web.StreamResponse:
    """Consent, the next question, or thanks. The browser gets its session before it begins.

    So whoever pressed begin and never saw the answer is known when pressing again.
    """
    if (away := await sends_away(visit)) is not None:
        return away
    async with visit.service.database.snapshot() as connection:
        link, open_wave, respondent = await _open(connection, visit)
        key = (open_wave.id, respondent)
        if key in await store.answered(connection, [key]):
            return _page(visit, "answer_done.html", open_wave, closing=open_wave.questionnaire.closing)
        if not _mine(link, visit):
            consent = _page(visit, "answer_consent.html", open_wave)
            if not session_of(visit):
                set_cookie(consent, visit.service, COOKIE, secrets.token_urlsafe(32))
            return consent
        draft = (await store.load_drafts(connection, [key])).get(key)
    if draft is None or draft.state == "consent":
        return _page(visit, "answer_consent.html", open_wave)
    return _question(visit, open_wave, draft)


@routes.post(PATH, roles=PUBLIC)
async def take(visit: Visit) -> web.StreamResponse:
    """Begin, answer, go back or pause; then on to the next page."""
    form = await visit.form()
    session = session_of(visit)
    fresh = session or secrets.token_urlsafe(32)
    hint = ""
    async with visit.service.database.transaction() as connection:
        await _hold(connection, visit)
        link, open_wave, respondent = await _open(connection, visit)
        key = (open_wave.id, respondent)
        if key in await store.answered(connection, [key]):
            return visit.see_other(visit.request.path)
        if not link.session_hash and not await links.begin(connection, link, fresh):
            raise LinkUsed(_USED)
        draft = (await store.load_drafts(connection, [key])).get(key)
        moment = int(visit.now.timestamp())
        if draft is None or draft.state == "consent":
            if form.text("step") != "begin":
                raise Problem("请先阅读说明，再点“同意并开始”。")
            started = Draft(open_wave.id, respondent, {}, "page", moment, moment)
            draft = replace(started, revision=draft.revision if draft else 0)
        else:
            draft = replace(draft, channel="page", state="asking", updated_at=moment)
            draft, hint = _moved(
                open_wave, draft, form.text("step"), form.text("question"), form.texts("answer")
            )
        await _keep(connection, open_wave, draft, moment)
    if hint:
        return _question(visit, open_wave, draft, hint)
    response = visit.see_other(visit.request.path)
    if not session:
        set_cookie(response, visit.service, COOKIE, fresh)
    return response


def _moved(open_wave: OpenWave, draft: Draft, step: str, asked: str, values: list[str]) -> tuple[Draft, str]:
    """The draft after one form, or the words that say what is missing."""
    if step == "back":
        return replace(draft, answers=previous(open_wave.questionnaire, draft.answers)), ""
    following = next_step(open_wave.questionnaire, draft.answers)
    if isinstance(following, Finished) or following.question.id != asked:
        return draft, ""  # sent twice, or from an old page: show where the interview is
    if step == "skip" and not following.question.required:
        return replace(draft, answers={**draft.answers, asked: None}), ""
    value = read_form(following.question, values)
    if isinstance(value, Unclear):
        return draft, value.hint
    return replace(draft, answers={**draft.answers, asked: value}), ""


async def _keep(connection: AsyncConnection, open_wave: OpenWave, draft: Draft, moment: int) -> None:
    if isinstance(next_step(open_wave.questionnaire, draft.answers), Finished):
        await store.record(connection, [finish(open_wave, draft, moment)])
        await store.discard_drafts(connection, [(draft.wave_id, draft.respondent)])
    elif await store.save_drafts(connection, [draft]):
        raise Problem("这份问卷刚在另一处有改动，这一步没有保存。请退回上一页再点一次，前面的回答都在。")


async def _hold(connection: AsyncConnection, visit: Visit) -> None:
    """Keep the person and the wave as they are until the transaction ends; what is read before may be stale.

    Person first, then wave, then link and draft: the order of every other door.
    """
    if (link := await links.find(connection, visit.request.match_info["token"], visit.now)) is not None:
        await residents.lock(connection, link.resident)
        await waves.hold_open(connection, [link.wave_id])


async def _open(connection: AsyncConnection, visit: Visit) -> tuple[Link, OpenWave, str]:
    """The link, its open wave and the key of its person there; else words that say what to do."""
    link = await links.find(connection, visit.request.match_info["token"], visit.now)
    if link is None:
        raise NotFound(GONE)
    if link.session_hash and not _mine(link, visit):
        raise LinkUsed(_USED)
    wave = await waves.get_wave(connection, link.wave_id)
    if wave is None or wave.secret is None or not wave.takes_answers(visit.now):
        raise NotFound(OVER)
    published = await publishing.get_questionnaire(connection, wave.questionnaire, wave.version)
    openid = await residents.openid_of(connection, link.resident)
    if published is None or openid is None:
        raise NotFound("这个链接已经失效。请回到公众号，发送“问卷”，会得到新的链接。")
    return link, OpenWave(wave, published[0]), respondent_key(openid, wave.secret)


_USED = "这个链接只能由第一个打开的人使用。请您自己关注公众号，发送“问卷”，就会得到您的链接。"


def _mine(link: Link, visit: Visit) -> bool:
    return link.belongs_to(session_of(visit))


def _question(visit: Visit, open_wave: OpenWave, draft: Draft, hint: str = "") -> web.Response:
    step = next_step(open_wave.questionnaire, draft.answers)
    if not isinstance(step, Ask):
        raise Problem("这份问卷没有下一题了。请退回上一页看看。")
    return _page(
        visit,
        "answer_question.html",
        open_wave,
        step=step,
        can_go_back=bool(draft.answers),
        hint=hint,
        status=400 if hint else 200,
    )


def _page(visit: Visit, template: str, open_wave: OpenWave, **context: Any) -> web.Response:
    response = visit.page(
        template, title=open_wave.questionnaire.title, questionnaire=open_wave.questionnaire, **context
    )
    response.headers["Cache-Control"] = "no-store"
    return response
