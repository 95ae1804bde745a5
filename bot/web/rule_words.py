"""PURE: how an indicator counts, in the office's words."""

from surveys.questionnaire import Indicator, Option, Question, Questionnaire

DONT_KNOW = {"excluded": "不计入分母", "not_counted_positive": "计入分母、不算正面"}


def indicator_title(indicator: Indicator) -> str:
    """What the office calls it."""
    return indicator.title or indicator.id


def rule_words(indicator: Indicator, question: Question) -> str:
    """Numerator, denominator and what is left out, each in a sentence."""
    outside = [
        option
        for option in question.options
        if option.polarity != "dont_know" and not _counts(indicator, option)
    ]
    unsure = [option for option in question.options if option.polarity == "dont_know"]
    missing = f"选{_names(unsure)}的{DONT_KNOW[indicator.dont_know_rule]}。" if unsure else ""
    left_out = f"选{_names(outside)}的不计入。" if outside else ""
    if indicator.rule == "score":
        values = "、".join(
            f"“{option.label}”{option.score:g} 分" for option in question.options if option.score is not None
        )
        asks = f"每个选项折成 0 到 100 分（{values}），取答了这道题的人的平均分"
    else:
        positive = [option for option in question.options if option.polarity == "positive"]
        asks = f"分子是选{_names(positive)}的人，分母是答了这道题的人"
    return f"{asks}。{missing}没有问到和不愿回答的人不计入。{left_out}"


def indicators_of(questionnaire: Questionnaire) -> list[tuple[Indicator, Question]]:
    """The indicators with their questions, in the order of the questionnaire."""
    found = ((one, questionnaire.question(one.question)) for one in questionnaire.indicators)
    return [(indicator, question) for indicator, question in found if question is not None]


def rules_of(questionnaire: Questionnaire) -> list[tuple[str, str, str]]:
    """(indicator, question, rule) in words, as they are sealed."""
    return [
        (indicator_title(indicator), question.title, rule_words(indicator, question))
        for indicator, question in indicators_of(questionnaire)
    ]


def _counts(indicator: Indicator, option: Option) -> bool:
    return option.score is not None if indicator.rule == "score" else option.polarity is not None


def _names(options: list[Option]) -> str:
    return "、".join(f"“{option.label}”" for option in options)
