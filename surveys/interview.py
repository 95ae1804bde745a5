"""PURE: what comes next: order, conditions, screens, going back; all from the answers given so far."""

from dataclasses import dataclass, replace

from surveys.order import shown
from surveys.parts import NO_PLACES, Places, other, parts
from surveys.piping import filled, named
from surveys.questionnaire import Answer, Answers, Question, Questionnaire


@dataclass(frozen=True, slots=True)
class Ask:
    """Put this question; it is number `position` of at most `of`, after the section titles in `intro`.

    `question` is one piece of `whole`, as this person sees it: number `piece` of `pieces`.
    """

    question: Question
    position: int
    of: int
    intro: tuple[str, ...]
    whole: Question
    piece: int = 1
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to ask; `closing` are the questionnaire's own last words, or ""."""

    closing: str


def next_step(
    questionnaire: Questionnaire, given: Answers, places: Places = NO_PLACES, seed: int = 0
) -> Ask | Finished:
    """The first piece that applies and has no answer yet."""
    kept: dict[str, Answer] = {}
    intro: list[str] = []
    position = 0
    for question in questionnaire.questions:
        if question.show_if is not None and not question.show_if.holds(kept):
            continue
        if question.in_one_piece and (name := question.id) in given:
            kept[name] = given[name]
            position += 1
            intro = []
            continue
        if question.type == "section":
            intro.append(question.title)
            continue
        position += 1
        missing: Question | None = None
        piece = pieces = 0
        for part in parts(question, kept, places):
            pieces += 1
            if part.id in given:
                kept[part.id] = given[part.id]
            elif missing is None:
                missing, piece = part, pieces
        if missing is None:
            intro = []
            continue
        asked = shown(missing, seed)
        title = filled(questionnaire, asked.title, kept)
        return Ask(
            asked if title == asked.title else replace(asked, title=title),
            position,
            _length(questionnaire, kept),
            tuple(filled(questionnaire, title, kept) for title in intro) if piece == 1 else (),
            question,
            piece,
            pieces,
        )
    return Finished(questionnaire.closing)


def screen(
    questionnaire: Questionnaire, given: Answers, places: Places = NO_PLACES, seed: int = 0
) -> tuple[Ask, ...]:
    """What fits on one page: the pieces of one question, or of one section; () when all is answered.

    It ends before anything that depends on what is asked on this very page.
    """
    asked: list[Ask] = []
    pretended = dict(given)
    while isinstance(step := next_step(questionnaire, pretended, places, seed), Ask):
        if asked and not _together(questionnaire, asked, step):
            break
        asked.append(step)
        pretended[step.question.id] = None
        if (step.whole.type == "community" and places) or _alone(questionnaire, step.whole):
            break
    return tuple(asked)


def _alone(questionnaire: Questionnaire, whole: Question) -> bool:
    """Whether nothing else can share its page: a question of one piece where each has a page of its own."""
    return questionnaire.paging == "question" and whole.type != "matrix" and other(whole) is None


def _together(questionnaire: Questionnaire, asked: list[Ask], step: Ask) -> bool:
    if step.whole is asked[0].whole:
        return True
    if questionnaire.paging == "question":
        return False
    pending = {one.question.id for one in asked}
    between = _between(questionnaire, asked[-1].whole, step.whole)
    return not any(one.type == "section" or _needed(one) & pending for one in between)


def _between(questionnaire: Questionnaire, last: Question, coming: Question) -> tuple[Question, ...]:
    """What stands after one question up to another, that one included."""
    places = [one.id for one in questionnaire.questions]
    return questionnaire.questions[places.index(last.id) + 1 : places.index(coming.id) + 1]


def _needed(question: Question) -> set[str]:
    """The ids whose answers decide whether, and in which words, a question is put."""
    return set(named(question.title)) | (question.show_if.names() if question.show_if is not None else set())


def previous(questionnaire: Questionnaire, given: Answers, places: Places = NO_PLACES) -> dict[str, Answer]:
    """The answers without the last one, so that `next_step` asks that question again; {} stays {}."""
    kept = reachable(questionnaire, given, places)
    if kept:
        kept.popitem()
    return kept


def without_last(
    questionnaire: Questionnaire, given: Answers, places: Places = NO_PLACES
) -> dict[str, Answer]:
    """The answers without those of the last question, all its pieces."""
    kept = reachable(questionnaire, given, places)
    last = next(reversed(kept), "").partition(".")[0]
    return {name: answer for name, answer in kept.items() if name.partition(".")[0] != last}


def reachable(questionnaire: Questionnaire, given: Answers, places: Places = NO_PLACES) -> dict[str, Answer]:
    """The answers that still count, in the order of the questions: a changed answer may close a branch."""
    kept: dict[str, Answer] = {}
    for question in questionnaire.questions:
        if question.show_if is not None and not question.show_if.holds(kept):
            continue
        if question.in_one_piece:
            if (name := question.id) in given:
                kept[name] = given[name]
        else:
            for part in parts(question, kept, places):
                if part.id in given:
                    kept[part.id] = given[part.id]
    return kept


def _length(questionnaire: Questionnaire, given: Answers) -> int:
    """How many questions there will be at most: a condition on a question still to come counts as met."""
    if questionnaire.length is not None:
        return questionnaire.length
    coming: set[str] = set()
    for question in questionnaire.questions:
        if question.type == "section":
            continue
        if question.show_if is not None and not question.show_if.holds(given):
            names = question.show_if.names()
            if not any(name.partition(".")[0] in coming and name not in given for name in names):
                continue
        coming.add(question.id)
    return len(coming)
