"""PURE: a question in the pieces in which it is asked and kept: one answer, under one id, for each piece.

A matrix is a single choice a row ("grid.a"). A choice like "other" is followed by its words ("q3.other").
Where the wave has a frame, a community question asks the township ("place.township"), then the community;
without one it takes a few words.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from surveys.condition_reading import Subject
from surveys.conditions import Condition
from surveys.questionnaire import Answers, Option, Question, Questionnaire

Places = Mapping[str, tuple[str, ...]]
"""The sample frame: the communities of each township."""
NO_PLACES: Places = {}
WORDS_OF_OTHER = 100
WORDS_OF_PLACE = 40
"""Longest answers, in characters."""


def parts(question: Question, given: Answers, places: Places = NO_PLACES) -> Iterable[Question]:
    """The pieces that these answers lead to; `given` is looked at again before each of them."""
    match question.type:
        case "section":
            return ()
        case "matrix":
            return (question.row(row.code) for row in question.rows)
        case "community":
            return _places(question, given, places)
        case _:
            return _with_words(question, given) if question.has_other else (question,)


def columns(question: Question) -> tuple[Question, ...]:
    """Every piece that an interview may hold, whatever was answered and whatever the frame."""
    if question.type == "community":
        return replace(_township(question, ()), type="text", max=WORDS_OF_PLACE), _in_words(question)
    words = other(question)
    return (*parts(question, {}), *((words,) if words is not None else ()))


def other(question: Question) -> Question | None:
    """The piece that takes the words behind options like "other"; it may be left empty."""
    if not question.has_other:
        return None
    options = [option for option in question.options if option.other]
    codes = tuple(option.code for option in options)
    chosen = "、".join(option.label for option in options)
    title = f"{question.title}\n您选了“{chosen}”，是指什么？"
    when = Condition(question.id, codes)
    return Question(f"{question.id}.other", "text", title, required=False, show_if=when, max=WORDS_OF_OTHER)


def subjects(questionnaire_questions: tuple[Question, ...]) -> dict[str, Subject]:
    """What conditions may speak of, by id."""
    found: dict[str, Subject] = {}
    for question in questionnaire_questions:
        if question.type not in ("section", "matrix"):
            found[question.id] = question.subject()
        for part in columns(question):
            found.setdefault(part.id, Subject("place") if question.type == "community" else part.subject())
    return found


def piece(questionnaire: Questionnaire, identity: str) -> Question | None:
    """The piece of this id."""
    whole = questionnaire.question(identity.partition(".")[0])
    return None if whole is None else next((one for one in columns(whole) if one.id == identity), None)


def place_of(questionnaire: Questionnaire, given: Answers, places: Places) -> tuple[str, str]:
    """(township, community) that the answers name, "" for what they do not; words where there is no frame."""
    for question in questionnaire.questions:
        if question.type == "community":
            township, community = given.get(f"{question.id}.township"), given.get(question.id)
            named = isinstance(township, str) and township in places
            if named or not places:
                return str(township) if named else "", community if isinstance(community, str) else ""
    return "", ""


def _with_words(question: Question, given: Answers) -> Iterator[Question]:
    yield question
    if given.get(question.id) is not None and (words := other(question)) and words.applies(given):
        yield words


def _places(question: Question, given: Answers, places: Places) -> Iterator[Question]:
    if not places:
        yield _in_words(question)
        return
    township = _township(question, tuple(places))
    yield township
    chosen = given.get(township.id)
    if isinstance(chosen, str) and places.get(chosen):
        title = f"{question.title}\n{chosen}的哪个社区或村？"
        yield replace(question, type="single", title=title, options=_named(places[chosen]))


def _township(question: Question, names: tuple[str, ...]) -> Question:
    title = f"{question.title}\n先选乡镇或街道。"
    return replace(question, id=f"{question.id}.township", type="single", title=title, options=_named(names))


def _in_words(question: Question) -> Question:
    return replace(question, type="text", max=WORDS_OF_PLACE)


def _named(names: tuple[str, ...]) -> tuple[Option, ...]:
    """A place is its own code."""
    return tuple(Option(name, name) for name in names)
