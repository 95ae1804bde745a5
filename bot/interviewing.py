"""PURE: one turn of a questionnaire in the chat: consent, one question a message, back, pause, resume."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.wording import fits, link, tap
from surveys.answers import Unclear
from surveys.conditions import decided
from surveys.figures import number_range
from surveys.interview import Ask, Finished, next_step, previous, reachable
from surveys.order import seed_of
from surveys.parts import columns, place_of
from surveys.questionnaire import Answers, Question, Questionnaire
from surveys.store import Draft, Interview
from surveys.taking import from_message
from surveys.waves import Wave

AGREE = frozenset({"同意", "同意并开始", "开始", "好", "好的", "可以", "愿意", "参加", "1", "是", "行"})
DECLINE = frozenset({"不同意", "不参加", "不愿意", "不想", "算了", "2", "不"})
BACK = frozenset({"上一题", "返回", "返回上一题", "上一步", "回上一题", "改上一题"})
PAUSE = frozenset({"退出", "暂停", "稍后", "稍后继续", "停", "不做了", "结束", "取消"})
RESUME = frozenset({"继续", "继续答题", "接着答", "继续问卷"})
FULL = "谢谢您愿意参加。像您这样的朋友，这次需要的份数已经够了，您的回答不再计入，也不保存。"
MENU_IDS_PER_WAVE = 100_000
MENU_IDS_PER_QUESTION = 100
LONGEST_MENU_ID = 18


@dataclass(frozen=True, slots=True)
class OpenWave:
    """A wave that takes answers now, with the version that it runs and the quotas that are full."""

    wave: Wave
    questionnaire: Questionnaire
    full: frozenset[str] = frozenset()

    @property
    def id(self) -> int:
        """The wave's number."""
        return self.wave.id

    def next(self, draft: Draft) -> Ask | Finished:
        """What is asked after the answers of this draft."""
        return next_step(self.questionnaire, draft.answers, self.wave.frame, draft.seed)

    def begun(self, respondent: str, channel: str, moment: int) -> Draft:
        """A new draft in which nothing is answered yet."""
        seed = seed_of(self.questionnaire, respondent)
        frame = self.questionnaire.frame({})
        return Draft(self.id, respondent, {}, channel, moment, moment, seed=seed, frame=frame)

    def closed_to(self, answers: Answers) -> tuple[str, ...]:
        """The full quotas that somebody falls under who answers so; nothing said later changes it."""
        return tuple(
            quota.id
            for quota in self.questionnaire.quotas
            if quota.id in self.full
            and quota.counts(answers)
            and (quota.when is None or decided(quota.when, answers))
        )

    def answered(self, draft: Draft, answers: Answers) -> Draft:
        """The draft with these answers; those that no question leads to any more are dropped."""
        kept = reachable(self.questionnaire, answers, self.wave.frame)
        return replace(draft, answers=kept, frame=self.questionnaire.frame(kept))


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message did: the reply, the draft afterwards (None: there is none), a finished interview.

    `turned_away` are the full quotas that ended it.
    """

    reply: str
    draft: Draft | None
    finished: Interview | None = None
    turned_away: tuple[str, ...] = ()


def invite(open_wave: OpenWave, respondent: str, now: datetime, privacy_note: str, page: str = "") -> Turn:
    """Name the purpose and ask for consent, before anything is asked. `page` is an address."""
    if closed := open_wave.closed_to({}):
        return Turn(FULL, None, turned_away=closed)
    moment = int(now.timestamp())
    draft = replace(open_wave.begun(respondent, "chat", moment), state="consent")
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
        kept = previous(open_wave.questionnaire, draft.answers, open_wave.wave.frame)
        return _ask(open_wave, _moved(open_wave.answered(draft, kept), now))
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
    step = open_wave.next(draft)
    if not isinstance(step, Ask):
        return _ask(open_wave, _moved(draft, now))
    tapped = _tapped(menu_id, open_wave)
    if tapped is not None and tapped != step.question.id:
        return Turn(f"您点的是前面的题目。现在请答这一题：\n\n{_words(open_wave, step)}", _moved(draft, now))
    answers = from_message(draft.answers, step, text)
    if isinstance(answers, Unclear):
        aside = "想先问别的，请点下面的“暂停”。"
        return Turn(f"{answers.hint}\n{aside}\n\n{_words(open_wave, step)}", _moved(draft, now))
    return _ask(open_wave, _moved(open_wave.answered(draft, answers), now))


def _ask(open_wave: OpenWave, draft: Draft) -> Turn:
    if closed := open_wave.closed_to(draft.answers):
        return Turn(FULL, None, turned_away=closed)
    step = open_wave.next(draft)
    if isinstance(step, Ask):
        return Turn(_words(open_wave, step), replace(draft, state="asking"))
    closing = step.closing or "您的回答已经保存，只用来做统计，帮助我们改进工作。谢谢您。"
    return Turn(closing, None, finish(open_wave, draft, draft.updated_at))


def finish(open_wave: OpenWave, draft: Draft, submitted_at: int) -> Interview:
    """The complete interview that a draft has become.

    The place that led here (a poster's, an interviewer's) stands before the one that was named.
    """
    answers = reachable(open_wave.questionnaire, draft.answers, open_wave.wave.frame)
    township, community = place_of(open_wave.questionnaire, answers, open_wave.wave.frame)
    return Interview(
        wave_id=draft.wave_id,
        respondent=draft.respondent,
        version=open_wave.wave.version,
        answers=answers,
        status="complete",
        channel=draft.channel,
        township=draft.township or township,
        community=draft.community or ("" if draft.township else community),
        started_at=draft.started_at,
        submitted_at=submitted_at,
        came_from=draft.came_from,
        seed=draft.seed,
        frame=open_wave.questionnaire.frame(answers),
        quotas={one.id: one.limit for one in open_wave.questionnaire.quotas if one.counts(answers)},
    )


def _moved(
    draft: Draft,
    now: datetime,
    *,
    state: Literal["asking", "paused"] | None = None,
    started_at: int | None = None,
) -> Draft:
    return replace(
        draft,
        state=state or draft.state,
        started_at=draft.started_at if started_at is None else started_at,
        updated_at=int(now.timestamp()),
    )


def _words(open_wave: OpenWave, step: Ask) -> str:
    """A question as a chat message: tap-able options, or typed ones where links would not fit."""
    question = step.question
    place = f"第 {step.position} 题（共 {step.of} 题）"
    if step.pieces > 1 and step.whole.type == "matrix":
        place += f"，第 {step.piece} 项（共 {step.pieces} 项）"
    head = "\n".join((*step.intro, place, question.title))
    begun = step.position > 1 or step.piece > 1
    foot = f"{tap('上一题')}　{tap('暂停')}" if begun else tap("暂停")
    end = f"{_how(question)}{_refusable(question)}。\n\n{foot}"
    if not question.options:
        return f"{head}\n\n{end}"
    if question.type in ("single", "scale"):
        tappable = "\n".join(_option_links(open_wave, question))
        text = f"{head}\n\n{tappable}\n\n点选或{end.removeprefix('请')}"
        if fits(text):
            return text
    typed = "\n".join(f"{key} {option.label}".strip() for key, option in question.choices())
    return f"{head}\n\n{typed}\n\n{end}"


def _how(question: Question) -> str:
    """What to send, without the full stop."""
    match question.type:
        case "multiple":
            return f"可选多项{_limits(question)}，请一次回复，例如：1,3"
        case "ranking":
            most = question.max or len(question.options)
            return f"请按先后排出 {most} 项，例如：{' '.join(['2', '1', '3'][:most])}"
        case "number":
            return f"请回复一个整数{number_range(question)}"
        case "date":
            return "请回复日期，例如：2026年5月1日"
        case "single" | "scale":
            return "请回复数字"
        case _:
            return "请直接打字回答"


def _limits(question: Question) -> str:
    least = f"，最少 {question.min} 项" if question.min is not None and question.min > 1 else ""
    return f"{least}，最多 {question.max} 项" if question.max is not None else least


def _refusable(question: Question) -> str:
    return "" if question.required else "；不想回答可回复“跳过”"


def _option_links(open_wave: OpenWave, question: Question) -> list[str]:
    base = open_wave.id * MENU_IDS_PER_WAVE
    base += (_ids(open_wave).index(question.id) + 1) * MENU_IDS_PER_QUESTION
    return [
        tap(f"{key} {option.label}".strip(), option.label, base + number)
        for number, (key, option) in enumerate(question.choices(), start=1)
    ]


def _ids(open_wave: OpenWave) -> list[str]:
    """Everything that is asked one by one, in order."""
    return [part.id for question in open_wave.questionnaire.questions for part in columns(question)]


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
    ids = _ids(open_wave)
    if wave_id == 0 or number == 0:
        return None
    return ids[number - 1] if wave_id == open_wave.id and number <= len(ids) else ""
