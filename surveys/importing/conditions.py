"""The small part of XLSForm's and SurveyJS's expressions that one condition of ours can hold."""

import operator
import re
from collections.abc import Mapping

from surveys.conditions import Condition
from surveys.questionnaire import Question

_NAME = r"\$?\{\s*([^{}]+?)\s*\}"
_VALUE = r"'([^']*)'|\"([^\"]*)\"|(-?\d+(?:\.\d+)?)|(true|false)"
_SELECTED = re.compile(rf"(not\s*\(\s*)?selected\s*\(\s*{_NAME}\s*,\s*(?:{_VALUE})\s*\)(\s*\))?", re.I)
_CONTAINS = re.compile(rf"{_NAME}\s*(?:contains|\*=)\s*(?:{_VALUE})", re.I)
_ANY_OF = re.compile(rf"{_NAME}\s*anyof\s*\[([^\]]*)\]", re.I)
_COMPARED = re.compile(rf"{_NAME}\s*(<=|>=|!=|<>|==|=|<|>)\s*(?:{_VALUE})")
_OR = re.compile(r"\s+or\s+|\s*\|\|\s*", re.I)
_LONGEST = 2_000


def read_condition(
    text: str, questions: Mapping[str, Question], codes: Mapping[str, Mapping[str, str]]
) -> Condition | None:
    """The condition, or None where it takes more than one question or another operation.

    `questions` are the earlier ones by their name in the source, `codes` the codes by the values there.
    """
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and _closes_last(text):
        text = text[1:-1].strip()
    if not text or len(text) > _LONGEST:
        return None
    chosen: dict[str, dict[str, None]] = {}
    for part in map(str.strip, _OR.split(text)):
        found = _part(part[1:-1].strip() if _wrapped(part) else part, questions, codes)
        if found is None:
            return None
        chosen.setdefault(found[0], {}).update(dict.fromkeys(found[1]))
    if len(chosen) != 1:
        return None
    name, wanted = chosen.popitem()
    return Condition(questions[name].id, tuple(wanted)) if wanted else None


def _wrapped(part: str) -> bool:
    return part.startswith("(") and part.endswith(")") and _closes_last(part)


def _closes_last(text: str) -> bool:
    """Whether the first bracket is closed by the last one."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


def _part(
    part: str, questions: Mapping[str, Question], codes: Mapping[str, Mapping[str, str]]
) -> tuple[str, list[str]] | None:
    """Question name and the codes that satisfy one comparison."""
    if found := _SELECTED.fullmatch(part):
        name, values, negative = found[2], [_first(found.groups()[2:6])], bool(found[1])
        if negative != bool(found[7]):
            return None
    elif found := _CONTAINS.fullmatch(part):
        name, values, negative = found[1], [_first(found.groups()[1:])], False
    elif found := _ANY_OF.fullmatch(part):
        name, negative = found[1], False
        values = [_first(one.groups()) for one in re.finditer(_VALUE, found[2])]
    elif found := _COMPARED.fullmatch(part):
        return _comparison(found, questions, codes)
    else:
        return None
    return _codes(name, values, negative, questions, codes)


def _comparison(
    found: re.Match[str], questions: Mapping[str, Question], codes: Mapping[str, Mapping[str, str]]
) -> tuple[str, list[str]] | None:
    name, sign, value = found[1], found[2], _first(found.groups()[2:])
    if sign in ("=", "==", "!=", "<>"):
        return _codes(name, [value], sign in ("!=", "<>"), questions, codes)
    question = questions.get(name)
    if question is None or question.type != "scale" or not re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        return None
    end = float(value)
    holds = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[sign]
    points = question.points()
    return name, [one.code for one in question.options if one.code in points and holds(int(one.code), end)]


def _codes(
    name: str,
    values: list[str],
    negative: bool,
    questions: Mapping[str, Question],
    codes: Mapping[str, Mapping[str, str]],
) -> tuple[str, list[str]] | None:
    question = questions.get(name)
    if question is None or question.type not in ("single", "multiple", "scale"):
        return None
    known = codes.get(name, {})
    if not values or any(value not in known for value in values):
        return None
    wanted = [known[value] for value in values]
    if not negative:
        return name, wanted
    if question.type == "multiple":
        return None
    return name, [option.code for option in question.options if option.code not in wanted]


def _first(groups: tuple[str | None, ...]) -> str:
    return next((group for group in groups if group is not None), "")
