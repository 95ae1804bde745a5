"""PURE: one turn of a questionnaire in the chat: consent, one question a message, back, pause, resume."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.wording import fits, link, tap
from surveys.answers import Unclear, read
from surveys.interview import Ask, next_step, previous
from surveys.questionnaire import Answer, Question, Questionnaire
from surveys.store import Draft, Interview
from surveys.waves import Wave

AGREE = frozenset({"同意", "同意并开始", "开始", "好", "好的", "可以", "愿意", "参加", "1", "是", "行"})
DECLINE = frozenset({"不同意", "不参加", "不愿意", "不想", "算了", "2", "不"})
BACK = frozenset({"上一题", "返回", "返回上一题", "上一步", "回上一题", "改上一题"})
PAUSE = frozenset({"退出", "暂停", "稍后", "稍后继续", "停", "不做了", "结束", "取消"})
RESUME = frozenset({"继续", "继续答题", "接着答", "继续问卷"})
MENU_IDS_PER_WAVE = 100_000
MENU_IDS_PER_QUESTION = 100
LONGEST_MENU_ID = 18


@dataclass(frozen=True, slots=True)
class OpenWave:
    """A wave that takes answers now, with the version that it runs."""

    wave: Wave
    questionnaire: Questionnaire

    @property
    def id(self) -> int:
        """The wave's number."""
        return self.wave.id


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message did: the reply, the draft afterwards (None: there is none), a finished interview."""

    reply: str
    draft: Draft | None
    finished: Interview | None = None


def invite(open_wave: OpenWave, respondent: str, now: datetime, privacy_note: str, page: str = "") -> Turn:
    """Name the purpose and ask for consent, before anything is asked. `page` is an address."""
    moment = int(now.timestamp())
    draft = Draft(
        wave_id=open_wave.id,
        respondent=respondent,
        answers={},
        state="consent",
        channel="chat",
        started_at=moment,
        updated_at=moment,
    )
    questionnaire = open_wave.questionnaire
    lines = [
        f"《{questionnaire.title}》共 {len(questionnaire.asked())} 题，每个微信账号可答一次。",
        questionnaire.consent,
        privacy_note,
        f"{tap('1 同意并开始', '同意并开始')}　{tap('2 不参加', '不参加')}",
        f"字太小？{link('在网页上填写', page)}" if page else "",
    ]
    return Turn("\n\n".join(line for line in lines if line), draft)


def take(text: str, menu_id: str, open_wave: OpenWave, draft: Draft, now: datetime) -> Turn:
    """Read a message as the next move in an interview that is under way."""
    word = text.strip().rstrip("。.！!")
    if draft.state == "consent":
        return _consent(word, open_wave, draft, now)
    if word in PAUSE:
        return Turn(f"已经为您保存。想接着答时，请点 {tap('继续答题')}。", _moved(draft, now, state="paused"))
    if word in BACK:
        kept = previous(open_wave.questionnaire, draft.answers)
        return _ask(open_wave, _moved(draft, now, answers=kept))
    if word in RESUME:
        return _ask(open_wave, _moved(draft, now))
    return _answer(text, menu_id, open_wave, draft, now)


def resume(open_wave: OpenWave, draft: Draft, now: datetime) -> Turn:
    """Take up a paused interview where it stopped."""
    if draft.state == "consent":
        return Turn(f"请先告诉我们您是否愿意参加：{tap('同意并开始')}　{tap('不参加')}", draft)
    return _ask(open_wave, replace(_moved(draft, now, state="asking"), channel="chat"))


def _consent(word: str, open_wave: OpenWave, draft: Draft, now: datetime) -> Turn:
    if word in AGREE or word in RESUME:
        return _ask(open_wave, _moved(draft, now, state="asking", started_at=int(now.timestamp())))
    if word in DECLINE or word in PAUSE:
        return Turn("好的，不参加也没有关系。有文明方面的问题，随时可以问我。", None)
    return Turn(
        f"请点一下：{tap('1 同意并开始', '同意并开始')}　{tap('2 不参加', '不参加')}", _moved(draft, now)
    )


def _answer(text: str, menu_id: str, open_wave: OpenWave, draft: Draft, now: datetime) -> Turn:
    questionnaire = open_wave.questionnaire
    step = next_step(questionnaire, draft.answers)
    if not isinstance(step, Ask):
        return _ask(open_wave, _moved(draft, now))
    tapped = _tapped(menu_id, open_wave)
    if tapped is not None and tapped != step.question.id:
        return Turn(f"您点的是前面的题目。现在请答这一题：\n\n{_words(open_wave, step)}", _moved(draft, now))
    value = read(step.question, text)
    if isinstance(value, Unclear):
        aside = "想先问别的，请点下面的“暂停”。"
        return Turn(f"{value.hint}\n{aside}\n\n{_words(open_wave, step)}", _moved(draft, now))
    return _ask(open_wave, _moved(draft, now, answers={**draft.answers, step.question.id: value}))


def _ask(open_wave: OpenWave, draft: Draft) -> Turn:
    step = next_step(open_wave.questionnaire, draft.answers)
    if isinstance(step, Ask):
        return Turn(_words(open_wave, step), replace(draft, state="asking"))
    closing = step.closing or "您的回答已经保存，只用来做统计，帮助我们改进工作。谢谢您。"
    return Turn(closing, None, finish(open_wave, draft, draft.updated_at))


def finish(open_wave: OpenWave, draft: Draft, submitted_at: int) -> Interview:
    """The complete interview that a draft has become."""
    return Interview(
        wave_id=draft.wave_id,
        respondent=draft.respondent,
        version=open_wave.wave.version,
        answers=draft.answers,
        status="complete",
        channel=draft.channel,
        community=draft.community,
        started_at=draft.started_at,
        submitted_at=submitted_at,
    )


def _moved(
    draft: Draft,
    now: datetime,
    *,
    state: Literal["asking", "paused"] | None = None,
    answers: Mapping[str, Answer] | None = None,
    started_at: int | None = None,
) -> Draft:
    return replace(
        draft,
        state=state or draft.state,
        answers=draft.answers if answers is None else answers,
        started_at=draft.started_at if started_at is None else started_at,
        updated_at=int(now.timestamp()),
    )


def _words(open_wave: OpenWave, step: Ask) -> str:
    """A question as a chat message: tap-able options, or typed ones where links would not fit."""
    question = step.question
    head = "\n".join((*step.intro, f"第 {step.position} 题（共 {step.of} 题）", question.title))
    foot = f"{tap('上一题')}　{tap('暂停')}" if step.position > 1 else tap("暂停")
    if question.type == "text":
        return f"{head}\n\n请直接打字回答{_refusable(question)}。\n\n{foot}"
    if question.type == "multiple":
        typed = "\n".join(f"{key} {option.label}" for key, option in question.choices())
        return f"{head}\n\n{typed}\n\n可选多项，请一次回复，例如：1,3{_refusable(question)}。\n\n{foot}"
    tappable = "\n".join(_option_links(open_wave, question))
    text = f"{head}\n\n{tappable}\n\n点选或回复数字{_refusable(question)}。\n\n{foot}"
    if fits(text):
        return text
    typed = "\n".join(f"{key} {option.label}".strip() for key, option in question.choices())
    return f"{head}\n\n{typed}\n\n请回复数字{_refusable(question)}。\n\n{foot}"


def _refusable(question: Question) -> str:
    return "" if question.required else "；不想回答可回复“跳过”"


def _option_links(open_wave: OpenWave, question: Question) -> list[str]:
    base = _menu_base(open_wave, question.id)
    return [
        tap(f"{key} {option.label}".strip(), option.label, base + number)
        for number, (key, option) in enumerate(question.choices(), start=1)
    ]


def _menu_base(open_wave: OpenWave, question_id: str) -> int:
    ids = [question.id for question in open_wave.questionnaire.questions]
    return open_wave.id * MENU_IDS_PER_WAVE + (ids.index(question_id) + 1) * MENU_IDS_PER_QUESTION


def is_option(menu_id: str) -> bool:
    """Whether an option of some questionnaire was tapped."""
    return _is_number(menu_id) and int(menu_id) >= MENU_IDS_PER_WAVE


def _is_number(menu_id: str) -> bool:
    return menu_id.isdecimal() and len(menu_id) <= LONGEST_MENU_ID


def _tapped(menu_id: str, open_wave: OpenWave) -> str | None:
    """The question whose option was tapped: an old message's option must not answer a new question."""
    if not _is_number(menu_id):
        return None
    wave_id, rest = divmod(int(menu_id), MENU_IDS_PER_WAVE)
    number = rest // MENU_IDS_PER_QUESTION
    questions = open_wave.questionnaire.questions
    if wave_id == 0 or number == 0:
        return None
    if wave_id != open_wave.id or number > len(questions):
        return ""
    return questions[number - 1].id
