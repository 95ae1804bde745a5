"""PURE: a message or a form, and the question that was put -> the answers with what it says."""

import re
from collections.abc import Mapping, Sequence

from surveys.answers import Unclear, read, read_form, split_other
from surveys.interview import Ask
from surveys.parts import NO_PLACES, Places, other
from surveys.questionnaire import Answer, Answers

_ELSEWHERE = re.compile("不[是在住]|没[有住]|不属|以前|原来|隔壁|旁边|附近|还是")
"""A place is named, but not as the one where somebody lives."""


def from_message(
    given: Answers, step: Ask, text: str, places: Places = NO_PLACES
) -> dict[str, Answer] | Unclear:
    """The answers with that of a chat message; "其他：路灯太暗" gives the choice and its words at once, and
    "河口乡上河村" the township and the community.
    """
    value = read(step.question, text)
    if (
        isinstance(value, Unclear)
        and step.whole.type == "community"
        and (found := _place(step, text, places))
    ):
        return {**given, **found}
    if not isinstance(value, Unclear):
        return _with(given, step, value)
    words = other(step.whole)
    if words is None or step.piece > 1 or (said := split_other(step.question, text)) is None:
        return value
    chosen = read(step.question, said[0])
    if isinstance(chosen, Unclear):
        return value
    answers = _with(given, step, chosen)
    specified = read(words, said[1])
    if isinstance(specified, Unclear) or not words.applies(answers):
        return value
    return answers | {words.id: specified}


def _place(step: Ask, text: str, places: Places) -> dict[str, Answer]:
    """What a sentence like 我住河口乡上河村 says of where somebody lives, if it names one place only."""
    if _ELSEWHERE.search(text):
        return {}
    one = _named([option.label for option in step.question.options], text)
    if step.question.id == step.whole.id:
        return {step.question.id: one} if one else {}
    lying_in = {one} if one else set(places)
    within = [(township, name) for township in lying_in for name in places.get(township, ()) if name in text]
    village = _named([name for _, name in within], text)
    found = [township for township, name in within if name == village]
    if village and len(found) == 1:
        return {step.question.id: found[0], step.whole.id: village}
    return {step.question.id: one} if one else {}


def _named(names: Sequence[str], text: str) -> str:
    """The only name that stands in the text, "" otherwise; of 上河村 and 小上河村 the longer one."""
    there = {name for name in names if name in text}
    longest = [one for one in there if not any(one in other and one != other for other in there)]
    return longest[0] if len(longest) == 1 else ""


def from_form(
    given: Answers, steps: Sequence[Ask], fields: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Answer], dict[str, str]]:
    """The answers with those of a page's fields, by id; and a hint for each that could not be read.

    A field of the words behind "other" counts only where that option was chosen.
    """
    answers, hints = dict(given), dict[str, str]()
    for step in steps:
        value = read_form(step.question, fields.get(step.question.id, ()))
        if isinstance(value, Unclear):
            hints[step.question.id] = value.hint
            continue
        specified: Answer | Unclear = None
        words = other(step.whole) if step.piece == 1 else None
        taken = _with(answers, step, value)
        if words is not None and words.applies(taken):
            specified = read_form(words, fields.get(words.id, ()))
            if isinstance(specified, Unclear):
                hints[step.question.id] = specified.hint
                continue
            taken[words.id] = specified
        answers = taken
    return answers, hints


def _with(given: Answers, step: Ask, value: Answer) -> dict[str, Answer]:
    """Several choices stand in the questionnaire's order, however they were shown."""
    if isinstance(value, list) and step.whole.type == "multiple":
        value = [option.code for option in step.whole.options if option.code in value]
    return {**given, step.question.id: value}
