"""PURE: a cell of a table of interviews, in the words of whatever tool wrote it, as an answer."""

import re

from surveys.answers import Unclear, read_form
from surveys.importing.headings import folded
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Answer, Question

FILLED_IN = re.compile("〖(.*?)〗$")
"""The words behind an option, as 问卷星 writes them."""
_SEVERAL = re.compile("[|｜┋→]")
"""What stands between several options; the arrow between ranked ones, as 问卷星 writes them."""
_UNANSWERED = frozenset({"(空)", "（空）"})
_SKIPPED = frozenset({"(跳过)", "（跳过）"})
"""How 问卷星 writes a blank, and a question that was not asked; -2 and -3 where it writes numbers."""


class BadCell(ValueError):
    """A cell that cannot be read; the words say what it should be."""


def meant(question: Question, text: str) -> str:
    """A cell with another tool's words for "left empty" and "not asked" in ours."""
    if any(text in (option.code, option.label) for option in question.options):
        return text
    chosen = bool(question.options) or question.type == "scale"
    if text in _SKIPPED or (chosen and text == "-3"):
        return NOT_ASKED
    return "" if text in _UNANSWERED or (chosen and text == "-2") else text


def left_empty(text: str) -> bool:
    """Whether another tool's words for nothing stand where no question is answered."""
    return text in _UNANSWERED or text in _SKIPPED


def answered(question: Question, text: str) -> Answer:
    """What a cell of a question says; BadCell if it is no answer."""
    if text in ("", REFUSED):
        return None
    answer = read_form(question, _codes(question, text) if question.options else [text])
    if isinstance(answer, Unclear):
        raise BadCell(f"“{short(text)}”不行。{answer.hint}")
    return answer


def _codes(question: Question, text: str) -> list[str]:
    """The codes of what a cell names: one option, or several joined by "|"; codes go before labels."""
    names = {folded(option.label): option.code for option in reversed(question.options)}
    names |= {folded(option.code): option.code for option in reversed(question.options)}
    names |= {option.label: option.code for option in reversed(question.options)}
    names |= {option.code: option.code for option in question.options}

    def found(part: str) -> str | None:
        return names.get(part) or names.get(folded(part)) or names.get(folded(FILLED_IN.sub("", part)))

    if whole := found(text):
        return [whole]
    parts = [part.strip() for part in _SEVERAL.split(text)]
    codes = [found(part) for part in parts if part]
    unknown = [part for part in parts if part and found(part) is None]
    if unknown:
        raise BadCell(f"没有“{short(unknown[0])}”这个选项，请填选项的代码或文字。")
    return [code for code in codes if code is not None]


def short(text: str) -> str:
    """As much of a cell as a message has room for."""
    return text if len(text) <= 20 else text[:20] + "…"
