"""PURE: what makes an indicator say less than it seems to: numerators without an opposite, odd weights."""

from collections.abc import Iterator

from surveys.indicator import Indicator
from surveys.lint_words import Problem
from surveys.questionnaire import Questionnaire
from surveys.rule_words import indicator_title, indicators_of

_LOPSIDED = 0.8


def about(indicator: Indicator, questionnaire: Questionnaire) -> Iterator[Problem]:
    """What should be changed; each names the indicator."""
    name = indicator_title(questionnaire, indicator)
    where = f"指标“{name}”"
    if [indicator_title(questionnaire, one) for one in questionnaire.indicators].count(name) > 1:
        yield "warn", f"{where}：另有指标也叫这个名称，结果里分不清；请各起一个名称（title）。"
    questions = dict(indicators_of(questionnaire))[indicator]
    for place, question in enumerate(questions):
        codes = indicator.codes(place)
        others = [one for one in question.options if one.polarity != "dont_know" and one.code not in codes]
        if codes and not others:
            yield "block", f"{where}：题 {question.id} 的选项全在分子里，比例总是 100%；请去掉一些。"
        if not codes and indicator.rule == "accuracy":
            yield "warn", f"{where}：没有写明题 {question.id} 答什么算对，按正面选项算；请核对。"
    if isinstance(indicator.denominator, tuple) and set(indicator.denominator) == set(indicator.codes(0)):
        yield "block", f"{where}：分子和分母是同样的选项，比例总是 100%；请检查。"
    if indicator.target in (0, 1):
        yield "warn", f"{where}：目标写成了 {indicator.target:.0%}，没有调查能说明达到了；请另定一个。"
    heaviest = max(indicator.share(place) for place in range(len(indicator.asks)))
    if indicator.questions and heaviest > _LOPSIDED:
        yield "warn", f"{where}：一道题占了权重的 {heaviest:.0%}，合成的意思不大；请核对权重。"
