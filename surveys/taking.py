"""PURE: a message or a form, and the question that was put -> the answers with what it says."""

from collections.abc import Mapping, Sequence

from surveys.answers import Unclear, read, read_form, split_other
from surveys.interview import Ask
from surveys.parts import other
from surveys.questionnaire import Answer, Answers


def from_message(given: Answers, step: Ask, text: str) -> dict[str, Answer] | Unclear:
    """The answers with that of a chat message; "其他：路灯太暗" gives the choice and its words at once."""
    value = read(step.question, text)
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
