"""/q/<token>: the questionnaire as a page. The same drafts, the same reading, the same record as in the chat.

A GET changes nothing, so that a link preview cannot use the link up. Works without scripts.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import links, residents
from bot.arrivals import coming_from, of_invitation
from bot.links import Link
from bot.open_wave import OpenWave, finish
from bot.problems import NotFound, Problem
from bot.question_words import fits_chat
from bot.residents import respondent_key
from bot.web.guard import PUBLIC, Routes, Visit
from bot.web.page_identity import COOKIE, GONE, OVER, sends_away, session_of
from bot.web.question_view import groups, name_of
from bot.web.visit import Form, set_cookie
from surveys import publishing, quotas, store, waves
from surveys.interview import Ask, Finished, screen, without_last
from surveys.parts import other
from surveys.store import Draft
from surveys.taking import from_form

routes = Routes()
PATH = "/q/{token}"


class LinkUsed(Problem):
    """Somebody else's link: its reader is told how to get an own one."""

    status = 403
    code = "link_used"


@dataclass(frozen=True, slots=True)
class Rejected:
    """What of a form could not be taken, by question: the words that say why, and all that was sent."""

    hints: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)


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
    """Begin, answer, go back or pause; then on to the next page."""
    form = await visit.form()
    session = session_of(visit)
    fresh = session or secrets.token_urlsafe(32)
    rejected = Rejected()
    async with visit.service.database.transaction() as connection:
        await _hold(connection, visit)
        link, open_wave, respondent = await _open(connection, visit)
        key = (open_wave.id, respondent)
        if key in await store.answered(connection, [key]):
            return visit.see_other(_here(visit))
        if not link.session_hash and not await links.begin(connection, link, fresh):
            raise LinkUsed(_USED)
        draft = (await store.load_drafts(connection, [key])).get(key)
        moment = int(visit.now.timestamp())
        if draft is None or draft.state == "consent":
            if form.text("step") != "begin":
                raise Problem("请先阅读说明，再点“同意并开始”。")
            draft = _begun(open_wave, draft, link, respondent, moment)
        else:
            draft = _here_now(open_wave, draft, moment)
            draft, rejected = _moved(open_wave, draft, form)
        if young := open_wave.declines(draft.answers):
            await store.discard_drafts(connection, [key])
            return _page(visit, "answer_young.html", open_wave, words=young)
        waiting = draft.waiting if isinstance(open_wave.next(draft), Finished) else ""
        welcome = await _keep(connection, open_wave, draft, moment)
    if not welcome:
        return _page(visit, "answer_full.html", open_wave)
    if waiting:
        closing = open_wave.questionnaire.closing
        return _page(visit, "answer_done.html", open_wave, closing=closing, waiting=waiting)
    if rejected.hints:
        return _question(visit, open_wave, draft, rejected)
    response = visit.see_other(_here(visit))
    if not session:
        set_cookie(response, visit.service, COOKIE, fresh)
    return response


def _begun(open_wave: OpenWave, invited: Draft | None, link: Link, respondent: str, moment: int) -> Draft:
    """A new draft; what an invitation in the chat, or its address, knew of the way here stays known."""
    fresh = open_wave.begun(respondent, "page", moment)
    if invited is None:
        origin = of_invitation(open_wave.wave, link.way, link.mark)
        return coming_from(origin, fresh, None)
    return replace(
        fresh,
        revision=invited.revision,
        township=invited.township,
        community=invited.community,
        came_from=invited.came_from,
    )


def _here_now(open_wave: OpenWave, draft: Draft, moment: int) -> Draft:
    """The draft as one that is answered on the page; who was sent over for one question stays in the chat."""
    step = open_wave.next(draft)
    if draft.state == "handed" and isinstance(step, Ask) and not fits_chat(open_wave, step):
        return replace(draft, updated_at=moment)
    return replace(draft, channel="page", state="asking", updated_at=moment)


def _moved(open_wave: OpenWave, draft: Draft, form: Form) -> tuple[Draft, Rejected]:
    """The draft after one form, and what of the form could not be taken."""
    step, frame = form.text("step"), open_wave.wave.frame
    if step == "back":
        kept = without_last(open_wave.questionnaire, draft.answers, frame)
        return open_wave.answered(draft, kept), Rejected()
    asked = screen(open_wave.questionnaire, draft.answers, frame, draft.seed)
    if not asked or asked[0].question.id != form.text("question"):
        return draft, Rejected()  # sent twice, or from an old page: show where the interview is
    if step == "skip":
        free = {one.question.id: None for one in asked if not one.question.required}
        return open_wave.answered(draft, {**draft.answers, **free}), Rejected()
    fields = _fields(asked, form)
    answers, hints = from_form(draft.answers, asked, fields)
    return open_wave.answered(draft, answers), Rejected(hints, fields)


def _fields(asked: Sequence[Ask], form: Form) -> dict[str, list[str]]:
    """The form's values by the id of what they answer; the first question's field has the plain name."""
    fields = {one.question.id: form.texts(name_of(asked, one.question)) for one in asked}
    for one in asked:
        if one.piece == 1 and (words := other(one.whole)) is not None:
            fields[words.id] = form.texts(name_of(asked, words))
    return fields


async def _keep(connection: AsyncConnection, open_wave: OpenWave, draft: Draft, moment: int) -> bool:
    """Save the draft, or record what it has become; False if a quota was full and nothing is kept."""
    key = (draft.wave_id, draft.respondent)
    if closed := open_wave.closed_to(draft.answers):
        await store.record(connection, [], [(open_wave.id, quota) for quota in closed])
        await store.discard_drafts(connection, [key])
        return False
    if isinstance(open_wave.next(draft), Finished):
        interview = finish(open_wave, draft, moment)
        kept = await store.record(connection, [interview])
        await store.discard_drafts(connection, [key])
        return key in kept or not interview.quotas
    if await store.save_drafts(connection, [draft]):
        raise Problem("这份问卷刚在另一处有改动，这一步没有保存。请退回上一页再点一次，前面的回答都在。")
    return True


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
    full = await quotas.full(connection, {wave.id: published[0]})
    open_wave = OpenWave(wave, published[0], full.get(wave.id, frozenset()))
    return link, open_wave, respondent_key(openid, wave.secret)


_USED = "这个链接只能由第一个打开的人使用。请您自己关注公众号，发送“问卷”，就会得到您的链接。"


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
    asked = screen(open_wave.questionnaire, draft.answers, open_wave.wave.frame, draft.seed)
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
