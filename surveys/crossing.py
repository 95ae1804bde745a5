"""Questions about the person against what was asked: shares, and whether the two are related."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import isfinite

import numpy as np

from surveys.counting import Part, crossed, parts_by_fact, parts_by_question
from surveys.crosstabs import rao_scott
from surveys.drawn import Sampled
from surveys.estimates import Design
from surveys.labels import Factor
from surveys.questionnaire import Question
from surveys.significance import holm
from surveys.suppression import small_rows

_MOST_NUMBERS = 6_000_000
"""The test holds a number an interview and cell: some 100 MiB; larger tables are shown untested."""
_MOST = 40
"""Tables; a reader has no use for more, and their p values would be worth little."""


@dataclass(frozen=True, slots=True)
class Row:
    """One group: who answered, and how many gave each answer; None where the group stays back."""

    label: str
    n: int | None
    counts: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Cross:
    """One table; the test is Rao and Scott's, None where there is nothing to test."""

    rows_title: str
    columns_title: str
    answers: tuple[str, ...]
    rows: tuple[Row, ...]
    f: float | None
    df: float | None
    df_within: float | None
    p: float | None
    holm: float | None = None


def crosses(given: Sampled, groups: Sequence[Question], design: Design) -> tuple[Cross, ...]:
    """Township and `groups` against every question that an indicator rests on; `design` is that of `given`.

    The p values are adjusted (Holm) over all tables.
    """
    return _tested([_townships(given), *(_side(question, given) for question in groups)], given, design)


def crossed_by(given: Sampled, by: str, design: Design) -> tuple[Cross, ...]:
    """One variable, "township" or a question of one choice, against those questions; () for another."""
    if by == "township":
        return _tested([_townships(given)], given, design)
    question = given.questionnaire.question(by)
    if question is None or question.type not in ("single", "scale"):
        return ()
    return _tested([_side(question, given)], given, design)


def _tested(people: Sequence["_Side"], given: Sampled, design: Design) -> tuple[Cross, ...]:
    found = list(islice(_tables(given, people, design), _MOST)) if design.weights.size else []
    tested = [one for one in found if one.p is not None]
    adjusted = iter(holm([one.p or 0.0 for one in tested]))
    return tuple(one if one.p is None else replace(one, holm=next(adjusted)) for one in found)


def _townships(given: Sampled) -> "_Side":
    townships = parts_by_fact("township", given.columns)[0]
    places = {label: label or "未填写" for label in townships.labels if label is not None}
    return _Side("乡镇街道", townships, places)


def _tables(given: Sampled, people: Sequence["_Side"], design: Design) -> Iterator[Cross]:
    asked = dict.fromkeys(name for one in given.questionnaire.indicators for name in one.asks)
    for name in asked:
        question = given.questionnaire.question(name)
        if question is not None and question.type != "multiple":
            across = _side(question, given)
            for side in people:
                if side.part != across.part:
                    yield _table(side, across, given, design)


@dataclass(frozen=True, slots=True)
class _Side:
    """What the rows or the columns of a table are; `labels` are the words of the codes that are in it."""

    title: str
    part: Part
    labels: Mapping[str, str]

    def places(self) -> list[int]:
        """The places of those codes."""
        return [place for place, label in enumerate(self.part.labels) if label in self.labels]

    def words(self, place: int) -> str:
        """What the code at this place means."""
        return self.labels[self.part.labels[place] or ""]


def _side(question: Question, given: Sampled) -> _Side:
    (part,) = parts_by_question(question, given.columns)
    return _Side(question.title, part, {option.code: option.label for option in question.options})


def _table(down: _Side, across: _Side, given: Sampled, design: Design) -> Cross:
    sizes = len(down.part.labels), len(across.part.labels)
    counts = crossed(given.columns, down.part.reading, sizes[0], across.part.reading, sizes[1], given.where)
    rows, shown = down.places(), across.places()
    table = counts[np.ix_(rows, shown)].tolist()
    hidden = small_rows(dict(enumerate(table)), given.terms.least)
    made = []
    for number, row in enumerate(table):
        if sum(row):
            seen = None if number in hidden else tuple(row)
            made.append(Row(down.words(rows[number]), sum(row) if seen else None, seen))
    answers = tuple(across.words(place) for place in shown)
    return Cross(down.title, across.title, answers, tuple(made), *_test(down, across, given, design))


def _test(
    down: _Side, across: _Side, given: Sampled, design: Design
) -> tuple[float | None, float | None, float | None, float | None]:
    groups, answers = given.codes(down.part), given.codes(across.part)
    used = np.isin(groups, down.places()) & np.isin(answers, across.places())
    size = groups.size * len(down.places()) * len(across.places())
    if not used.any() or size > _MOST_NUMBERS:
        return None, None, None, None
    rows, columns = Factor(groups, down.part.labels), Factor(answers, across.part.labels)
    made = rao_scott(rows, columns, design.domain(used))
    figures = (made.f, made.df, made.df_within, made.p)
    return figures if all(map(isfinite, figures)) else (None, None, None, None)
