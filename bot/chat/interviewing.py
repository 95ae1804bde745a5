"""PURE: one turn of a questionnaire in the chat: consent, one question a message, back, pause, resume."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.chat.question_words import fits_chat, stays, tapped, words
from bot.config import Office
from bot.waves.open_wave import OpenWave, finish
from bot.wording import link, tap
from surveys.answers import Unclear
from surveys.interview import Ask, previous
from surveys.store import Draft, Interview
from surveys.taking import from_message

AGREE = frozenset({"同意", "同意并开始", "开始", "好", "好的", "可以", "愿意", "参加", "1", "是", "行"})
DECLINE = frozenset({"不同意", "不参加", "不愿意", "不想", "算了", "2", "不"})
BACK = frozenset({"上一题", "返回", "返回上一题", "上一步", "回上一题", "改上一题"})
PAUSE = frozenset(
    (
        "退出", "退出答题", "退出问卷", "暂停", "稍后", "稍后继续", "停", "停止", "不做了",
        "不答了", "不想答了", "不填了", "不想填了", "先不答了", "结束", "结束答题", "取消", "算了", "等一下",
        "等会儿", "等会儿再答", "等会再答",
    )
)  # fmt: skip
AGAIN = frozenset(
    (
        "重来", "重新来", "重新答", "重新填", "重新开始", "重填", "重答", "我想重新答", "从头来", "从头开始",
        "改答案", "我要改答案", "修改", "选错了", "我选错了", "点错了", "答错了", "上一个", "改一下",
    )
)  # fmt: skip
"""To change what was answered; one goes back question by question, so that nothing is lost at a word."""
RESUME = frozenset({"继续", "继续答题", "接着答", "继续问卷"})
LATER = "记下了，答完这份问卷后为您查。现在请先答这一题："
NO_ROOM = "前面问的都记着，这一句请答完问卷再发一次。现在请先答这一题："
SHORTEST_QUESTION, LONGEST_WAITING, MOST_WAITING = 4, 200, 3
_QUESTION = re.compile(
    "[?？]|[吗么呢]$|怎么|怎样|如何|什么|多少|哪里|哪儿|哪个|谁|几点|能不能|可不可以|可以.*吗|是不是|要不要|会不会|"
    "违法|违规|罚|规定|条例|投诉|举报"
)
_ABOUT_THE_QUESTION = re.compile(
    "什么意思|啥意思|[没看不]懂|不明白|怎么[答选填回]|选哪|选什么|填什么|答什么|几道题|多少题|还有多少"
)
_DOUBTING = re.compile(
    "骗|真的吗|真的假的|假的|靠谱|正规|收费|要钱|花钱|谁(?:搞|做|发|办|弄)|哪个(?:单位|部门)|什么单位|(?:干什么|干啥|干嘛|什么|啥)用?的?[?？]?$"
    "|做什么用|有什么用|保密|匿名|泄露|隐私|安全"
)
"""Whoever is asked to take part wants to know by whom and what for."""
FULL = "谢谢您愿意参加。像您这样的朋友，这次需要的份数已经够了，您的回答不再计入，也不保存。"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message did: the reply, the draft afterwards (None: there is none), a finished interview.

    `turned_away` are the full quotas that ended it. With `hand_over` the question is better put on the page;
    `waiting` are the questions to the office, a line each, that wait for the end, where one came to them;
    not `understood`: it was no answer.
    """

    reply: str
    draft: Draft | None
    finished: Interview | None = None
    turned_away: tuple[str, ...] = ()
    hand_over: bool = False
    waiting: str | None = None
    understood: bool = True


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
        f"{open_wave.ages}{privacy_note}",
        f"{tap('1 同意并开始', '同意并开始')}　{tap('2 不参加', '不参加')}",
        f"字太小？{link('在网页上填写', page)}" if page else "",
    ]
    return Turn("\n\n".join(line for line in lines if line), draft)


def take(
    text: str,
    menu_id: str,
    open_wave: OpenWave,
    draft: Draft,
    now: datetime,
    office: Office,
    waiting: str = "",
) -> Turn:
    """Read a message as the next move in an interview that is under way; `waiting` was asked before."""
    word = text.strip().rstrip("。.！!")
    if draft.state == "consent":
        return _consent(word, open_wave, draft, now, office, waiting)
    if word in PAUSE:
        return Turn(f"已经为您保存。想接着答时，请点 {tap('继续答题')}。", _moved(draft, now, state="paused"))
    if word in BACK:
        kept = previous(open_wave.questionnaire, draft.answers, open_wave.places)
        return _ask(open_wave, open_wave.answered(draft, kept, int(now.timestamp())))
    if word in AGAIN:
        step = _ask(open_wave, _moved(draft, now))
        how = (
            "前面的都可以改：点下面的“上一题”，一题一题往回走。"
            if draft.answers
            else "这是第一题，直接答就行。"
        )
        return replace(step, reply=f"{how}\n\n{step.reply}")
    if word in RESUME or (draft.state == "handed" and not _typeable(open_wave, draft)):
        return _ask(open_wave, _moved(draft, now))
    return _answer(text, menu_id, open_wave, draft, now, waiting)


def _typeable(open_wave: OpenWave, draft: Draft) -> bool:
    """Whether the question that was put on the page may be answered here after all: a long list may."""
    step = open_wave.next(draft)
    return isinstance(step, Ask) and step.whole.type != "matrix" and not fits_chat(open_wave, step)


def resume(open_wave: OpenWave, draft: Draft, now: datetime) -> Turn:
    """Take up a paused interview where it stopped."""
    if draft.state == "consent":
        return Turn(f"请先告诉我们您是否愿意参加：{tap('同意并开始')}　{tap('不参加')}", draft)
    return _ask(open_wave, replace(_moved(draft, now, state="asking"), channel="chat"))


def _consent(
    word: str, open_wave: OpenWave, draft: Draft, now: datetime, office: Office, waiting: str
) -> Turn:
    if word in AGREE or word in RESUME:
        return _ask(open_wave, _moved(draft, now, state="asking", started_at=int(now.timestamp())))
    if word in DECLINE or word in PAUSE:
        return Turn("好的，不参加也没有关系。有文明方面的问题，随时可以问我。", None)
    again = f"请点一下：{tap('1 同意并开始', '同意并开始')}　{tap('2 不参加', '不参加')}"
    kept: str | None = None
    if _DOUBTING.search(word):
        who = f"这是{office.name}的调查，自愿参加，不收费，也不问姓名、身份证号和验证码"
        again = f"{who}；想核实，请打 {office.hotline}。\n\n{again}"
    elif asks_something(word):
        kept, _ = _kept_too(waiting, word)
        again = f"您问的记下了，答完这份问卷，或者点了“不参加”，就为您查。\n\n{again}"
    return Turn(again, _moved(draft, now), waiting=kept, understood=False)


def _answer(text: str, menu_id: str, open_wave: OpenWave, draft: Draft, now: datetime, waiting: str) -> Turn:
    step = open_wave.next(draft)
    if not isinstance(step, Ask):
        return _ask(open_wave, _moved(draft, now))
    of = tapped(menu_id, open_wave)
    if of is not None and of != step.question.id:
        return Turn(f"您点的是前面的题目。现在请答这一题：\n\n{words(open_wave, step)}", _moved(draft, now))
    answers = from_message(draft.answers, step, text, open_wave.places)
    if isinstance(answers, Unclear) and asks_something(text):
        kept, said = _kept_too(waiting, text)
        again = f"{said}\n\n{words(open_wave, step)}"
        return Turn(again, _moved(draft, now), waiting=kept, understood=False)
    if isinstance(answers, Unclear):
        aside = "想先问别的，请点下面的“暂停”。"
        hint = f"{answers.hint}\n{aside}\n\n{words(open_wave, step)}"
        return Turn(hint, _moved(draft, now), understood=False)
    return _ask(open_wave, open_wave.answered(draft, answers, int(now.timestamp())))


def _ask(open_wave: OpenWave, draft: Draft) -> Turn:
    if closed := open_wave.closed_to(draft.answers):
        return Turn(FULL, None, turned_away=closed)
    if young := open_wave.declines(draft.answers):
        return Turn(young, None)
    step = open_wave.next(draft)
    if isinstance(step, Ask):
        asking = draft if draft.state == "asking" else replace(draft, state="asking")
        text = words(open_wave, step)
        return Turn(text, asking, hand_over=not stays(step, text))
    closing = step.closing or "您的回答已经保存，只用来做统计，帮助我们改进工作。谢谢您。"
    return Turn(closing, None, finish(open_wave, draft, draft.updated_at))


def _kept_too(before: str, text: str) -> tuple[str, str]:
    """What waits for the end, a line a question, and what is said: nothing that was promised is lost."""
    question = one_line(text)[:LONGEST_WAITING]
    lines = before.splitlines()
    if question not in lines:
        lines.append(question)
    together = "\n".join(lines)
    room = len(lines) <= MOST_WAITING and len(together) <= LONGEST_WAITING
    return (together, LATER) if room else (before, NO_ROOM)


def one_line(text: str) -> str:
    """A question as it waits."""
    return " ".join(text.split())


def asks_something(text: str) -> bool:
    """Whether somebody turns to the office instead of answering; only asked of what is no answer."""
    return (
        len(text) >= SHORTEST_QUESTION
        and _QUESTION.search(text) is not None
        and _ABOUT_THE_QUESTION.search(text) is None
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
