"""PURE: `{q3}` in a title becomes what was answered there: the chosen label, or the typed words."""

import re
from collections.abc import Iterator

from surveys.parts import piece
from surveys.questionnaire import Answers, Question, Questionnaire

LONGEST = 40
NOTHING = "（未填）"
_PLACE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]{0,31}(?:\.[A-Za-z0-9_-]{1,16})?)\}")
_HARMLESS = str.maketrans({"<": "＜", ">": "＞", "&": "＆", "\n": " ", "{": "｛", "}": "｝"})
"""In the chat, angle brackets would make a link of what somebody typed."""


def named(title: str) -> Iterator[str]:
    """The ids that a title speaks of."""
    return (match[1] for match in _PLACE.finditer(title))


def filled(questionnaire: Questionnaire, title: str, given: Answers) -> str:
    """The title with the answers put in, each cut to `LONGEST` characters."""
    if "{" not in title:
        return title
    return _PLACE.sub(lambda match: _said(questionnaire, match[1], given), title)


def _said(questionnaire: Questionnaire, identity: str, given: Answers) -> str:
    answer = given.get(identity)
    if answer is None:
        return NOTHING
    codes = [answer] if isinstance(answer, str) else answer
    question = piece(questionnaire, identity)
    said = "、".join(code if question is None else _label(question, code) for code in codes)
    said = said.translate(_HARMLESS)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _label(question: Question, code: str) -> str:
    option = question.option(code)
    return code if option is None else option.label
