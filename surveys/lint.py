"""What makes a questionnaire fit to be published: no coaching, nothing identifying, answers that count."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from surveys.native import QuestionnaireError, from_dict, load, unknown_keys
from surveys.questionnaire import Question, Questionnaire


@dataclass(frozen=True, slots=True)
class Finding:
    """`question` is an id or "" for the whole; "block" forbids publishing; `message` says what to do."""

    question: str
    level: Literal["block", "warn"]
    message: str


CHAT_QUESTIONS = 12
"""More questions than this tire people in a chat."""
CHAT_LETTERS = 300
"""A longer message is hard to read on a phone."""
CHAT_BYTES = 1800
"""WeChat cuts a text at 2,048 bytes; the rest is for progress and navigation."""

_COACHING = re.compile(
    "最佳(?:选项|答案)|(?:标准|参考|正确|推荐|建议|统一)答案|(?:推荐|建议|正确)选项|(?:请|应|务必|一定要|建议|统一|都)"
    '(?:您|大家)?(?:选择?|回答|填写?)[“"「『:：]|(?:请|务必|一定要?|建议)(?:您|大家)?(?:选择?|回答|填写?)'
    "(?:很|非常|比较|基本)?(?:满意|知道|支持|参加|A|[aＡ])|满分好评|全部选?满意|答对|得满分"
)
_REWARD = re.compile("抽奖|红包|奖品|奖励|有奖|礼品|积分|兑换|话费")
_IDENTIFYING = re.compile(
    "姓名|名字|电话|手机|联系方式|身份证|证件号|住址|门牌|楼栋|房号|家庭地址|微信号|QQ号|银行卡|车牌"
)


_WARNED_AGAINST = re.compile("(?:不要|请勿|不用|不必|无需)[^。；！]*")
"""A sentence like "please give no names" names what it forbids."""


def lint_text(toml_text: str) -> tuple[Questionnaire | None, list[Finding]]:
    """Everything that is wrong with a native file, and the questionnaire if it is consistent at all."""
    try:
        data = load(toml_text)
        questionnaire = from_dict(data)
    except QuestionnaireError as error:
        return None, [Finding("", "block", problem) for problem in error.problems]
    ignored = [
        Finding(question, "warn", f"“{key}”这一项不认识，没有起作用，请检查拼写。")
        for question, key in unknown_keys(data)
    ]
    return questionnaire, lint(questionnaire) + ignored


def lint(questionnaire: Questionnaire) -> list[Finding]:
    """Findings in the order of the questions; publishable if none blocks."""
    return [
        *_whole(questionnaire),
        *(finding for question in questionnaire.questions for finding in _question(questionnaire, question)),
    ]


def blocks(findings: list[Finding]) -> bool:
    """Whether any finding forbids publishing."""
    return any(finding.level == "block" for finding in findings)


def _whole(questionnaire: Questionnaire) -> Iterator[Finding]:
    if not questionnaire.consent:
        yield Finding("", "block", "缺少告知：请在 consent 里写明谁在调查、做什么用、自愿和匿名。")
    for text in (questionnaire.title, questionnaire.consent, questionnaire.closing):
        yield from _words("", text)
    asked = len(questionnaire.asked())
    if asked > CHAT_QUESTIONS:
        yield Finding("", "warn", f"共 {asked} 题，在聊天里偏长；{CHAT_QUESTIONS} 题以上建议用网页填写。")
    if not questionnaire.indicators:
        yield Finding("", "warn", "没有指标，算不出知晓率、满意率等；需要的话请用 [[indicator]] 加上。")


def _question(questionnaire: Questionnaire, question: Question) -> Iterator[Finding]:
    rows = [row.label for row in question.rows]
    for text in (question.title, *(option.label for option in question.options), *rows):
        yield from _words(question.id, text)
    if question.type == "text" and _IDENTIFYING.search(_WARNED_AGAINST.sub("", question.title)):
        yield Finding(question.id, "block", "这道题会问出是谁在答，请删去；调查是匿名的。")
    yield from _length(question)
    if question.type in ("single", "multiple", "scale"):
        yield from _options(questionnaire, question)
    if len(re.findall("[？?]", question.title)) > 1:
        yield Finding(question.id, "warn", "一道题里问了两件事，请拆成两道。")


def _options(questionnaire: Questionnaire, question: Question) -> Iterator[Finding]:
    labels = [option.label for option in question.options]
    if len(set(labels)) < len(labels):
        yield Finding(question.id, "block", "有两个选项的文字一样，请改成不同的。")
    typed = {label: key for key, option in question.choices() if (label := option.label)}
    if any(label.isdecimal() and label != key for label, key in typed.items()):
        yield Finding(question.id, "warn", "选项是数字，又和序号不一致，回复数字会分不清；请给选项加上单位。")
    measured = question.metric or any(one.question == question.id for one in questionnaire.indicators)
    if not measured:
        return
    if not any(option.polarity == "dont_know" for option in question.options):
        yield Finding(question.id, "warn", "缺少“说不清”一类的选项，请加一个并标为 dont_know。")
    if any(option.polarity is None and option.score is None for option in question.options):
        yield Finding(question.id, "warn", "有选项没写 polarity，选它的人不会计入比例；请补上。")
    if not any(indicator.question == question.id for indicator in questionnaire.indicators):
        yield Finding(question.id, "warn", "写了 metric，但没有指标用到它；请加一个 [[indicator]]。")


def _length(question: Question) -> Iterator[Finding]:
    shown = "\n".join([question.title, *(f"{key} {option.label}" for key, option in question.choices())])
    if len(shown.encode()) > CHAT_BYTES:
        yield Finding(question.id, "warn", "聊天里一条消息放不下，会请居民去网页答这一题；请删短或拆开。")
    elif len(shown) > CHAT_LETTERS:
        yield Finding(question.id, "warn", f"题目和选项超过 {CHAT_LETTERS} 字，在手机上不好读；请删短。")


def _words(question: str, text: str) -> Iterator[Finding]:
    if (found := _COACHING.search(text)) is not None:
        yield Finding(question, "block", f"“{found[0]}”像是在教人怎么答，请删去；测评题不能有答案提示。")
    if (found := _REWARD.search(text)) is not None:
        yield Finding(
            question, "warn", f"出现了“{found[0]}”：奖励不能和怎么答挂钩，有奖的内容请另做知识问答。"
        )
