"""PURE: a whole questionnaire as one form for the doorstep, and what such a form says.

One form, because a dead spot must not stop an interview. What is read from it is what the chat and the page
would have kept: the same questions are put to the same reading, in the same order.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.waves.open_wave import OpenWave
from surveys.condition_words import condition_words
from surveys.conditions import Answered, Compared, Condition, Expression, Joined, Node, Not, When
from surveys.fieldbook import Task
from surveys.interview import Ask, next_step
from surveys.parts import WORDS_OF_PLACE, parts
from surveys.piping import filled
from surveys.questionnaire import Answer, Questionnaire
from surveys.taking import from_form

Fields = Mapping[str, Sequence[str]]
"""What a form held, by the id of the question."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The answers of a form; `missing` tells by question what is still needed for a whole interview."""

    answers: Mapping[str, Answer]
    missing: Mapping[str, str]


def asks(open_wave: OpenWave, task: Task) -> tuple[Ask, ...]:
    """Every question that the form puts, whatever the answers before; the place is known from the task."""
    questionnaire = open_wave.questionnaire
    known = placed(open_wave, task)
    put: list[Ask] = []
    intro: list[str] = []
    total = len(questionnaire.asked())
    position = 0
    for question in questionnaire.questions:
        if question.type == "section":
            intro.append(filled(questionnaire, question.title, known))
            continue
        position += 1
        pieces = [one for one in parts(question, known, open_wave.wave.frame) if one.id not in known]
        for number, piece in enumerate(pieces, start=1):
            shown = replace(piece, title=filled(questionnaire, piece.title, known))
            above = tuple(intro) if number == 1 else ()
            put.append(Ask(shown, position, total, above, question, number, len(pieces)))
        if pieces:
            intro.clear()
    return tuple(put)


def placed(open_wave: OpenWave, task: Task) -> dict[str, Answer]:
    """What the task itself answers: where the interview takes place."""
    known: dict[str, Answer] = {}
    for question in open_wave.questionnaire.questions:
        if question.type != "community":
            continue
        if not open_wave.wave.frame:
            known[question.id] = task.community[:WORDS_OF_PLACE]
        else:
            known |= {f"{question.id}.township": task.township, question.id: task.community}
    return known


def hear(open_wave: OpenWave, task: Task, seed: int, fields: Fields) -> Heard:
    """Read a sent form question by question, as they would have been put one by one."""
    known = placed(open_wave, task)
    answers: dict[str, Answer] = {}
    missing: dict[str, str] = {}
    questionnaire, frame = open_wave.questionnaire, open_wave.wave.frame
    while isinstance(step := next_step(questionnaire, answers, frame, seed), Ask):
        identity = step.question.id
        if identity in known:
            answers[identity] = known[identity]
            continue
        answers, wrong = from_form(answers, [step], fields)
        if wrong:
            missing |= wrong
            answers[identity] = None
    return Heard({name: answer for name, answer in answers.items() if name not in missing}, missing)


def condition_json(when: When | None) -> str:
    """A condition for the page's script, "" where there is none."""
    return "" if when is None else json.dumps(_shape(when), ensure_ascii=False, separators=(",", ":"))


def asked_when(questionnaire: Questionnaire, when: When | None) -> str:
    """The same for a page without a script."""
    return f"{condition_words(questionnaire, when)}才问。" if when is not None else ""


def _shape(node: Node | Expression) -> dict[str, Any]:
    match node:
        case Expression():
            return _shape(node.tree)
        case Condition():
            return {"q": node.question, "in": list(node.codes)}
        case Answered():
            return {"q": node.question}
        case Compared():
            points = sorted(node.points)
            return {
                "q": node.question,
                "sign": node.sign,
                "value": node.value,
                "kind": node.kind,
                "points": points,
            }
        case Not():
            return {"not": _shape(node.part)}
        case Joined():
            return {node.word: [_shape(part) for part in node.parts]}
