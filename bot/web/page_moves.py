"""PURE: what one form of the questionnaire page makes of a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.chat.question_words import fits_chat
from bot.problems import Problem
from bot.waves.arrivals import coming_from, of_invitation
from bot.waves.links import Link
from bot.waves.open_wave import OpenWave
from bot.web.question_view import FIRST, name_of
from bot.web.visit import Form
from surveys.answers import Unclear, read_form
from surveys.interview import Ask, screen, without_last
from surveys.parts import other, piece
from surveys.questionnaire import Answers
from surveys.store import Draft
from surveys.taking import from_form

EARLIER = "您刚才改的是前面的题，这次改动没有保存。要改它，请点“上一题”；现在是这一题："


@dataclass(frozen=True, slots=True)
class Rejected:
    """What of a form could not be taken, by question: the words that say why, and all that was sent."""

    hints: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)


def after(
    open_wave: OpenWave, draft: Draft | None, link: Link, respondent: str, form: Form, moment: int
) -> tuple[Draft, Rejected]:
    """The draft after one form, and what of the form could not be taken; Problem before consent."""
    if draft is None or draft.state == "consent":
        if form.text("step") != "begin":
            raise Problem("请先阅读说明，再点“同意并开始”。")
        return _begun(open_wave, draft, link, respondent, moment), Rejected()
    here = _here_now(open_wave, draft)
    answers, rejected = _answers(open_wave, here, form)
    return open_wave.answered(here, answers, moment), rejected


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


def _here_now(open_wave: OpenWave, draft: Draft) -> Draft:
    """The draft as one that is answered on the page; who was sent over for one question stays in the chat."""
    if draft.state == "handed":
        step = open_wave.next(draft)
        if isinstance(step, Ask) and not fits_chat(open_wave, step):
            return draft
    if draft.channel == "page" and draft.state == "asking":
        return draft
    return replace(draft, channel="page", state="asking")


def _answers(open_wave: OpenWave, draft: Draft, form: Form) -> tuple[Answers, Rejected]:
    """The answers after one form, and what of the form could not be taken."""
    step, frame = form.text("step"), open_wave.places
    if step == "back":
        return without_last(open_wave.questionnaire, draft.answers, frame), Rejected()
    asked = screen(open_wave.questionnaire, draft.answers, frame, draft.seed)
    if not asked or asked[0].question.id != form.text("question"):
        hints = {asked[0].question.id: EARLIER} if asked and _changes_earlier(open_wave, draft, form) else {}
        return draft.answers, Rejected(hints)  # show where the interview is
    if step == "skip":
        free = {one.question.id: None for one in asked if not one.question.required}
        return {**draft.answers, **free}, Rejected()
    fields = _fields(asked, form)
    answers, hints = from_form(draft.answers, asked, fields)
    return answers, Rejected(hints, fields)


def _changes_earlier(open_wave: OpenWave, draft: Draft, form: Form) -> bool:
    """Whether a form of an old page holds another answer than is kept; one that was sent twice does not."""
    earlier = piece(open_wave.questionnaire, form.text("question"))
    if earlier is None or earlier.id not in draft.answers or form.text("step") != "next":
        return False
    value = read_form(earlier, form.texts(FIRST))
    return not isinstance(value, Unclear) and value != draft.answers[earlier.id]


def _fields(asked: Sequence[Ask], form: Form) -> dict[str, list[str]]:
    """The form's values by the id of what they answer; the first question's field has the plain name."""
    fields = {one.question.id: form.texts(name_of(asked, one.question)) for one in asked}
    for one in asked:
        if one.piece == 1 and (words := other(one.whole)) is not None:
            fields[words.id] = form.texts(name_of(asked, words))
    return fields
