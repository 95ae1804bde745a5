"""PURE: who is too young for a questionnaire, as far as the answers say.

Children under 14 are never asked: their data needs a guardian's consent. Those of 14 to 17 are asked only
where the wave says so; where it does not, a band of minors such as "under 18" is declined whole. Where it
does, the band leaves open who is a child and is no refusal: the words before the first question ask
children not to answer, and whoever opens the wave is told to part the band at 14.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from surveys.questionnaire import Answers, Question, Questionnaire

CHILD, ADULT = 14, 18
"""Years: younger than the first is a child, younger than the second a minor."""
TooYoung = Literal["", "child", "minor"]

_AGE = re.compile("年龄|几岁|多大年纪|周岁")
_UNDER = re.compile(r"(?:未满|不满|小于|低于)\s*(\d{1,3})|(\d{1,3})\s*周?岁\s*(及|或|含)?以下")
ADULTS_ONLY = re.compile(r"(?:(?<!未)满|面向)\s*18\s*周?岁|18\s*周?岁\s*(?:及|或|含)?\s*以上|(?<!未)成年人")
"""Words that ask adults only; a wave that lets in minors contradicts them."""
_BETWEEN = re.compile(r"(\d{1,3})\s*(?:周?岁)?\s*(?:到|至|[-－—–~～])\s*(\d{1,3})")


def asking_age(questionnaire: Questionnaire) -> tuple[Question, ...]:
    """The questions whose answers tell an age."""
    return tuple(question for question in questionnaire.questions if _asks_age(question.title))


def too_young(asking: Iterable[Question], answers: Answers, minors: bool) -> TooYoung:
    """Whether an answer to the questions `asking` for an age shows a person who may not be asked; `minors` of
    the wave lets in those from 14.
    """
    for question in asking:
        answer = answers.get(question.id)
        span = _span(question, answer) if isinstance(answer, str) else None
        if span is None:
            continue
        oldest = span[1]
        if oldest < CHILD:
            return "child"
        if not minors and oldest < ADULT:
            return "minor"
    return ""


def mixed_band(questionnaire: Questionnaire) -> str:
    """The label of the first age band that children share with older minors; "" where none does."""
    for question in asking_age(questionnaire):
        for option in question.options:
            span = _span(question, option.code)
            if span is not None and span[0] < CHILD <= span[1] < ADULT:
                return option.label
    return ""


@lru_cache(maxsize=4096)
def _asks_age(title: str) -> bool:
    """Remembered: it is asked of every question of an open wave with each batch of answers."""
    return _AGE.search(title) is not None


def _span(question: Question, answer: str) -> tuple[int, int] | None:
    """The youngest and oldest that the answer can mean, in years; None where it tells no age."""
    if question.type == "number":
        return (int(answer), int(answer)) if answer.isascii() and answer.isdecimal() else None
    option = question.option(answer) if question.type == "single" else None
    if option is None:
        return None
    if under := _UNDER.search(option.label):
        # "14岁以下" is said of both sides of the birthday; it is taken for the side that is protected.
        # "18岁及以下" says outright that it holds an adult.
        limit = int(under[1] or under[2])
        return 0, limit if under[3] and limit >= ADULT else limit - 1
    between = _BETWEEN.search(option.label)
    return (int(between[1]), int(between[2])) if between else None
