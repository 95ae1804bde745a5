"""PURE: questions that nobody can ever come to, found by trying the answers that conditions look at."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, combinations, product

from surveys.conditions import Compared, Expression, Joined, Node, Not, When
from surveys.parts import columns
from surveys.questionnaire import Answer, Question, Questionnaire

MOST_TRIED = 5_000
"""Sets of answers; a questionnaire whose conditions need more is taken as sound."""
_MOST_CHOSEN = 2


def unreachable(questionnaire: Questionnaire) -> list[Question]:
    """The questions whose condition no set of answers meets, in order; [] where there are too many to try."""
    waiting = [question for question in questionnaire.questions if question.show_if is not None]
    looked_at = set[str]().union(*(one.show_if.names() for one in waiting if one.show_if is not None))
    domains = _domains(questionnaire, looked_at, [one.show_if for one in waiting if one.show_if is not None])
    size = 1
    for domain in domains.values():
        size *= len(domain)
    if size > MOST_TRIED:
        return []
    missed = {question.id: question for question in waiting}
    asked = [
        (one, [part.id for part in columns(one) if part.id in domains]) for one in questionnaire.questions
    ]
    for answers in product(*domains.values()):
        for question in _reached(asked, dict(zip(domains, answers, strict=True))):
            missed.pop(question.id, None)
        if not missed:
            break
    return list(missed.values())


def _reached(
    asked: Sequence[tuple[Question, Sequence[str]]], answers: Mapping[str, Answer]
) -> Iterator[Question]:
    kept: dict[str, Answer] = {}
    for question, looked_at in asked:
        if question.applies(kept):
            yield question
            kept |= {name: answers[name] for name in looked_at}


def _domains(
    questionnaire: Questionnaire, names: set[str], conditions: list[When]
) -> dict[str, list[Answer]]:
    """What is tried for each question that a condition looks at."""
    values: dict[str, set[str]] = {}
    for when in conditions:
        for node in _compared(when.tree if isinstance(when, Expression) else when):
            values.setdefault(node.question, set()).add(node.value)
    found: dict[str, list[Answer]] = {}
    for question in questionnaire.questions:
        for part in columns(question):
            if part.id in names:
                found[part.id] = [*_tried(part, values.get(part.id, set())), None]
    return found


def _tried(question: Question, values: set[str]) -> list[Answer]:
    codes = [option.code for option in question.options]
    match question.type:
        case "single" | "scale":
            return list(codes)
        case "multiple" | "ranking":
            sets = chain.from_iterable(combinations(codes, size) for size in range(1, _MOST_CHOSEN + 1))
            return [*map(list, sets), codes]
        case "number":
            numbers = {int(value) + step for value in values for step in (-1, 0, 1)}
            least = 0 if question.min is None else question.min
            numbers = {n for n in numbers if least <= n and (question.max is None or n <= question.max)}
            return [str(number) for number in sorted(numbers | {least})]
        case "date":
            days = [date.fromisoformat(value) for value in values]
            return [str(day + timedelta(days=step)) for day in days for step in (-1, 0, 1)] or ["2000-01-01"]
        case _:
            return [*sorted(values), "词"]


def _compared(node: Node) -> Iterator[Compared]:
    match node:
        case Compared():
            yield node
        case Not(part):
            yield from _compared(part)
        case Joined(_, parts):
            for part in parts:
                yield from _compared(part)
