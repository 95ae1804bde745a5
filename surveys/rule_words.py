"""PURE: how an indicator counts, in the office's words: the same on every page and in every file."""

from collections.abc import Sequence
from typing import TypeAlias

from surveys.indicator import LEAST_SHARE, Indicator
from surveys.questionnaire import Option, Question, Questionnaire

DONT_KNOW = {"excluded": "不计入分母", "not_counted_positive": "计入分母、不算正面"}
RULES = {"top_box": "占比", "score": "平均得分", "accuracy": "正确率"}
Fed: TypeAlias = tuple[Indicator, tuple[Question, ...]]
"""An indicator with the questions that feed it, in its order."""


def indicator_title(questionnaire: Questionnaire, indicator: Indicator) -> str:
    """What the office calls it; without a name what it asks, and how it counts where two ask alike."""
    if indicator.title:
        return indicator.title
    named = (questionnaire.question(name) for name in indicator.asks)
    words = question_words([question for question in named if question is not None]).replace("\n", "：")
    alike = [one for one in questionnaire.indicators if not one.title and one.asks == indicator.asks]
    return words if len(alike) < 2 else f"{words}（{RULES[indicator.rule]}）"


def question_words(questions: Sequence[Question]) -> str:
    """What was asked, one question after the other."""
    return "；".join(question.title for question in questions)


def rule_words(indicator: Indicator, questions: Sequence[Question]) -> str:
    """Numerator, denominator and what is left out, each in a sentence."""
    if indicator.questions:
        return _composite(indicator, questions)
    (question,) = questions
    counted = f"{_asks(indicator, question, 0)}，{_out_of(indicator, question)}。"
    return counted + _left_out(indicator, question, 0)


def indicators_of(questionnaire: Questionnaire) -> list[Fed]:
    """The indicators with their questions, in the order of the questionnaire."""
    return [
        (one, tuple(question for name in one.asks if (question := questionnaire.question(name)) is not None))
        for one in questionnaire.indicators
    ]


def rules_of(questionnaire: Questionnaire) -> list[tuple[str, str, str]]:
    """(indicator, question, rule) in words, as they are sealed; with the target where the office set one."""
    return [
        (
            indicator_title(questionnaire, indicator),
            question_words(questions),
            rule_words(indicator, questions) + _aim(indicator),
        )
        for indicator, questions in indicators_of(questionnaire)
    ]


def _aim(indicator: Indicator) -> str:
    return "" if indicator.target is None else f"达标线 {round(indicator.target * 100, 2):g}%。"


def _composite(indicator: Indicator, questions: Sequence[Question]) -> str:
    parts = "；".join(
        f"“{question.title}”占 {indicator.share(place):.3g}，{_asks(indicator, question, place)}"
        for place, question in enumerate(questions)
    )
    return (
        f"由 {len(questions)} 道题合成，是各题得数的加权平均：{parts}。"
        f"答了的题合起来占到 {LEAST_SHARE:g} 才计入，没答的题不算，其余的按比例放大。"
        f"{_refused(indicator)}“说不清”的题{_UNSURE[indicator.dont_know_rule]}。"
    )


_UNSURE = {"excluded": "当作没答", "not_counted_positive": "算 0"}


def _asks(indicator: Indicator, question: Question, place: int) -> str:
    if indicator.rule == "score":
        values = "、".join(
            f"“{option.label}”{option.score:g} 分" for option in question.options if option.score is not None
        )
        return f"每个选项折成 0 到 100 分（{values}）"
    counted = _names(_numerator(indicator, question, place))
    if indicator.rule == "top_box":
        return f"分子是选{counted}的人"
    if question.type == "multiple":
        return f"分子是答对的人，要选的是{counted}，少选、多选都不算对"
    return f"分子是答对的人，选{counted}算对"


def _out_of(indicator: Indicator, question: Question) -> str:
    if indicator.rule == "score":
        return "取答了这道题的人的平均分"
    if indicator.denominator == "asked":
        return "分母是问到这道题的人"
    if indicator.denominator == "answered":
        return "分母是答了这道题的人"
    codes = indicator.denominator
    return f"分母是选{_names([one for one in question.options if one.code in codes])}的人"


def _left_out(indicator: Indicator, question: Question, place: int) -> str:
    unsure = [option for option in question.options if option.polarity == "dont_know"]
    missing = f"选{_names(unsure)}的{DONT_KNOW[indicator.dont_know_rule]}。" if unsure else ""
    outside = [] if indicator.denominator == "asked" else _outside(indicator, question, place)
    left_out = f"选{_names(outside)}的不计入。" if outside else ""
    return f"{missing}{_refused(indicator)}{left_out}"


def _refused(indicator: Indicator) -> str:
    if indicator.denominator == "asked":
        return "没有问到的人不计入；不愿回答的计入分母。"
    return "没有问到和不愿回答的人不计入。"


def _numerator(indicator: Indicator, question: Question, place: int) -> list[Option]:
    codes = indicator.codes(place)
    return [one for one in question.options if (one.code in codes if codes else one.polarity == "positive")]


def _outside(indicator: Indicator, question: Question, place: int) -> list[Option]:
    """Whose choice the rule cannot use."""
    found = [option for option in question.options if option.polarity != "dont_know"]
    if indicator.rule == "score":
        return [option for option in found if option.score is None]
    if not isinstance(indicator.denominator, str):
        codes = indicator.denominator
        return [option for option in found if option.code not in codes]
    if indicator.rule == "accuracy" or indicator.codes(place):
        return []
    return [option for option in found if option.polarity is None]


def _names(options: Sequence[Option]) -> str:
    return "、".join(f"“{option.label}”" for option in options)
