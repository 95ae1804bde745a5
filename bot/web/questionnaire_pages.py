"""/q/<token>: the questionnaire as a page. The same drafts, the same reading, the same record as in the chat.

A GET changes nothing, so that a link preview cannot use the link up. Works without scripts.
"""

import secrets
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.chat.question_words import fits_chat
from bot.problems import NotFound, Over, Problem, TooOften
from bot.residents import respondent_key
from bot.waves.links import Link
from bot.waves.open_wave import OpenWave
from bot.waves.panel_words import ABOUT
from bot.web import page_panel
from bot.web.guard import PUBLIC, Routes, Visit
from bot.web.page_identity import COOKIE, ENDED, FORMS, GONE, personal_link, sends_away, session_of
from bot.web.page_moves import Rejected
from bot.web.page_turns import PAGE_TURNS, LinkUsed, Submission
from bot.web.question_view import groups
from bot.web.visit import set_cookie
from surveys import publishing, quotas, store, waves
from surveys.interview import screen
from surveys.store import Draft

routes = Routes()
PATH = "/q/{token}"


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
            panel = await page_panel.standing(connection, visit, link, open_wave.wave)
            closing = open_wave.questionnaire.closing
            return _page(visit, "answer_done.html", open_wave, closing=closing, panel=panel, about=ABOUT)
        if open_wave.closed_to({}):
            return _page(visit, "answer_full.html", open_wave)
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
    """Begin, answer, go back or pause, and join the panel at the end; then on to the next page."""
    token, app = visit.request.match_info["token"], visit.request.app
    if not app[FORMS].allows(token, visit.now):
        raise TooOften("点得太快了，这一下没有保存。请等一分钟再点，前面的回答都在。")
    form = await visit.form()
    if (step := form.text("step")) in page_panel.STEPS:
        async with visit.service.database.transaction() as connection:
            await page_panel.choose(connection, visit, step)
        return visit.see_other(_here(visit))
    session = session_of(visit)
    fresh = session or secrets.token_urlsafe(32)
    taken = await app[PAGE_TURNS].take(Submission(token, fresh, form))
    open_wave = taken.open_wave
    if taken.young:
        return _page(visit, "answer_young.html", open_wave, words=taken.young, waiting=taken.waiting)
    if taken.full:
        return _page(visit, "answer_full.html", open_wave, waiting=taken.waiting)
    if taken.waiting:
        closing = open_wave.questionnaire.closing
        return _page(visit, "answer_done.html", open_wave, closing=closing, waiting=taken.waiting)
    if taken.draft is not None and taken.rejected.hints:
        return _question(visit, open_wave, taken.draft, taken.rejected)
    response = visit.see_other(_here(visit))
    if not session:
        set_cookie(response, visit.service, COOKIE, fresh)
    return response


async def _open(connection: AsyncConnection, visit: Visit) -> tuple[Link, OpenWave, str]:
    """The link, its open wave and the key of its person there; else words that say what to do."""
    link = await personal_link(connection, visit)
    if link.session_hash and not _mine(link, visit):
        raise LinkUsed
    wave = await waves.get_wave(connection, link.wave_id)
    if wave is None or wave.secret is None or not wave.takes_answers(visit.now):
        raise Over(ENDED)
    published = await publishing.get_questionnaire(connection, wave.questionnaire, wave.version)
    openid = await residents.openid_of(connection, link.resident)
    if published is None or openid is None:
        raise NotFound(GONE)
    full = await quotas.full(connection, {wave.id: published[0]})
    open_wave = OpenWave(wave, published[0], full.get(wave.id, frozenset()))
    return link, open_wave, respondent_key(openid, wave.secret)


def _is_large(visit: Visit) -> bool:
    return visit.request.query.get("type") == "large"


def _here(visit: Visit) -> str:
    """This page, in the size of type that was chosen: the address remembers it, without script or cookie."""
    return visit.request.path + ("?type=large" if _is_large(visit) else "")


def _mine(link: Link, visit: Visit) -> bool:
    return link.belongs_to(session_of(visit))


def _question(
    visit: Visit,
    open_wave: OpenWave,
    draft: Draft,
    rejected: Rejected | None = None,
) -> web.Response:
    again = rejected or Rejected()
    asked = screen(open_wave.questionnaire, draft.answers, open_wave.places, draft.seed)
    if not asked:
        raise Problem("这份问卷没有下一题了。请退回上一页看看。")
    return _page(
        visit,
        "answer_question.html",
        open_wave,
        groups=list(groups(asked, again.hints, again.fields)),
        first=asked[0],
        can_go_back=bool(draft.answers),
        can_return=draft.state == "handed" and fits_chat(open_wave, asked[0]),
        can_skip=all(not one.question.required for one in asked),
        status=400 if again.hints else 200,
    )


def _page(visit: Visit, template: str, open_wave: OpenWave, **context: Any) -> web.Response:
    response = visit.page(
        template,
        title=open_wave.questionnaire.title,
        questionnaire=open_wave.questionnaire,
        ages=open_wave.ages,
        header=open_wave.wave.header.rows(),
        large=_is_large(visit),
        **context,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
