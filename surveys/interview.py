"""Which question comes next: order, conditions, going back; all from the answers given so far."""

from dataclasses import dataclass

from surveys.questionnaire import Answer, Answers, Question, Questionnaire


@dataclass(frozen=True, slots=True)
class Ask:
    """Put this question; it is number `position` of at most `of`, after the section titles in `intro`."""

    question: Question
    position: int
    of: int
    intro: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to ask; `closing` are the questionnaire's own last words, or ""."""

    closing: str


def next_step(questionnaire: Questionnaire, given: Answers) -> Ask | Finished:
    """The first question that applies and has no answer yet."""
    given = reachable(questionnaire, given)
    intro: list[str] = []
    for question in questionnaire.questions:
        if not question.applies(given):
            continue
        if question.type == "section":
            intro.append(question.title)
        elif question.id in given:
            intro.clear()
        else:
            return Ask(question, len(given) + 1, _length(questionnaire, given), tuple(intro))
    return Finished(questionnaire.closing)


def previous(questionnaire: Questionnaire, given: Answers) -> dict[str, Answer]:
    """The answers without the last one, so that `next_step` asks that question again; {} stays {}."""
    kept = reachable(questionnaire, given)
    if kept:
        kept.popitem()
    return kept


def reachable(questionnaire: Questionnaire, given: Answers) -> dict[str, Answer]:
    """The answers that still count, in the order of the questions: a changed answer may close a branch."""
    kept: dict[str, Answer] = {}
    for question in questionnaire.asked():
        if question.id in given and question.applies(kept):
            kept[question.id] = given[question.id]
    return kept


def _length(questionnaire: Questionnaire, given: Answers) -> int:
    """How many questions there will be at most: a condition on a question still to come counts as met."""
    coming: set[str] = set()
    for question in questionnaire.asked():
        open_condition = question.show_if is not None and question.show_if.question in coming - given.keys()
        if open_condition or question.applies(given):
            coming.add(question.id)
    return len(coming)
