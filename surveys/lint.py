"""What makes a questionnaire fit to be published: no coaching, nothing identifying, answers that count."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from surveys import lint_rates, lint_scales, lint_words, reach
from surveys.lint_words import Problem
from surveys.native import QuestionnaireError, from_dict, load, unknown_keys
from surveys.native_words import lines
from surveys.questionnaire import Question, Questionnaire


@dataclass(frozen=True, slots=True)
class Finding:
    """`question` is an id or "" for the whole; "block" forbids publishing; `message` says what to do."""

    question: str
    level: Literal["block", "warn"]
    message: str


CHAT_QUESTIONS = 12
"""More questions than this tire people in a chat."""
CHAT_ROWS = 5
"""A matrix of more rows is put on the page."""
CHAT_LETTERS = 300
"""A longer message is hard to read on a phone."""
CHAT_BYTES = 1800
"""WeChat cuts a text at 2,048 bytes; the rest is for progress and navigation."""


def lint_text(toml_text: str) -> tuple[Questionnaire | None, list[Finding]]:
    """Everything that is wrong with a native file, and the questionnaire if it is consistent at all."""
    try:
        data = load(toml_text)
        questionnaire = from_dict(data, lines(toml_text))
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
        *_unreachable(questionnaire),
    ]


def blocks(findings: list[Finding]) -> bool:
    """Whether any finding forbids publishing."""
    return any(finding.level == "block" for finding in findings)


def _whole(questionnaire: Questionnaire) -> Iterator[Finding]:
    if not questionnaire.consent:
        yield Finding("", "block", "缺少答题前的告知：请写明谁在调查、做什么用、自愿和匿名。")
    for text in (questionnaire.title, questionnaire.consent, questionnaire.closing):
        yield from (Finding("", level, message) for level, message in lint_words.anywhere(text))
    asked = len(questionnaire.asked())
    if asked > CHAT_QUESTIONS:
        yield Finding("", "warn", f"共 {asked} 题，在聊天里偏长；{CHAT_QUESTIONS} 题以上建议用网页填写。")
    if not questionnaire.indicators:
        yield Finding("", "warn", "没有一道题算进比例，算不出知晓率、满意率等；需要的话请加上指标。")
    for indicator in questionnaire.indicators:
        yield from (
            Finding("", level, message) for level, message in lint_rates.about(indicator, questionnaire)
        )


def _question(questionnaire: Questionnaire, question: Question) -> Iterator[Finding]:
    problems = list(lint_words.about(question, len(questionnaire.asked())))
    problems += _length(question)
    if question.options:
        feeding = [
            one
            for one in questionnaire.indicators
            if question.id in {name.partition(".")[0] for name in one.asks}
        ]
        has_indicator = bool(feeding)
        measured = question.metric is not None or has_indicator
        sides = any(one.rule != "accuracy" and not one.numerator for one in feeding) or not feeding
        problems += lint_scales.about(question, measured, has_indicator, sides)
    yield from (Finding(question.id, level, message) for level, message in problems)


def _unreachable(questionnaire: Questionnaire) -> Iterator[Finding]:
    for question in reach.unreachable(questionnaire):
        yield Finding(question.id, "warn", "怎么答都到不了这一题，请检查它的出现条件。")


def _length(question: Question) -> Iterator[Problem]:
    shown = "\n".join([question.title, *(f"{key} {option.label}" for key, option in question.choices())])
    if len(shown.encode()) > CHAT_BYTES:
        yield "warn", "聊天里一条消息放不下，会请居民去网页答这一题；请删短或拆开。"
    elif len(shown) > CHAT_LETTERS:
        yield "warn", f"题目和选项超过 {CHAT_LETTERS} 字，在手机上不好读；请删短。"
    elif question.type == "matrix" and len(question.rows) > CHAT_ROWS:
        yield "warn", f"矩阵超过 {CHAT_ROWS} 行，聊天里会请居民去网页答这一题；请减少行数或拆开。"
