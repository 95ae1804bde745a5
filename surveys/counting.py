"""PURE: an indicator on an interview, defined once, and counted over columns.

A reading (`surveys.readings`) gives every interview a code; `measure` says what each code means for an
indicator: not asked, refused, don't know, outside the rule, or a value from 0 to 1. Everything else follows
from how often each code occurs in each group, which is one `numpy.bincount` a block (`tabulated`).

A new kind of indicator needs a reading and its meanings, nothing more. Where the kind only says otherwise
which options count, change `surveys.meanings.meaning_of`. Several questions together are read by
`surveys.composites`: rows are never looked at one by one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from surveys.columns import ANSWERED, Block, Codes, Columns, Floats, Mask
from surveys.composites import blend
from surveys.indicator import Indicator
from surveys.meanings import Meaning, Measure, Reading, meaning_of, out_of
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Question, Questionnaire
from surveys.readings import Best, Everybody, Exactly, Fact, Picked, Said

Counts = npt.NDArray[np.int64]
Where: TypeAlias = Callable[[Block], Mask]
"""Which interviews of a block count."""
INSIDE: frozenset[str] = frozenset(("", "inside"))
"""Where the screen places those whom the rates speak for; "" where there is no screen."""
OUTSIDE: frozenset[str] = frozenset(("outside",))


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What a reading gives in each group, a row a group and a column a code.

    `weight` and `square` are the sums of the weights and of their squares, 0 where nobody asked for them.
    """

    n: Counts
    weight: Floats
    square: Floats

    @classmethod
    def empty(cls, groups: int, codes: int, weighted: bool) -> "Table":
        """Nobody yet."""
        size = (groups, codes) if weighted else (0, codes)
        return cls(np.zeros((groups, codes), dtype=np.int64), np.zeros(size), np.zeros(size))

    def add(self, keys: npt.NDArray[np.intp], weights: Floats, squares: Floats) -> None:
        """Count rows, each with its place in the table."""
        self.n.ravel()[:] += np.bincount(keys, minlength=self.n.size)
        if self.weight.size:
            self.weight.ravel()[:] += np.bincount(keys, weights, minlength=self.n.size)
            self.square.ravel()[:] += np.bincount(keys, squares, minlength=self.n.size)

    def without_last(self) -> "Table":
        """Without the group of those who do not count."""
        return Table(self.n[:-1], self.weight[:-1], self.square[:-1])


@dataclass(frozen=True, slots=True)
class Part:
    """A division of the interviews; a code whose label is None makes no group."""

    reading: Reading
    labels: tuple[str | None, ...]


def measure(indicator: Indicator, question: Question, columns: Columns, place: int = 0) -> Measure:
    """What each answer to the question at this place of the indicator means for it."""
    made = _measure(indicator, question, columns, place)
    return Measure(made.reading, tuple(out_of(indicator, meaning) for meaning in made.meanings))


def _measure(indicator: Indicator, question: Question, columns: Columns, place: int) -> Measure:
    found = [meaning_of(indicator, option, place) for option in question.options]
    if question.type != "multiple":
        options = dict(zip([option.code for option in question.options], found, strict=True))
        labels = columns.answers[question.id]
        meanings = (_BLANKS.get(label) or options.get(label, "outside") for label in labels)
        return Measure(Said(question.id), tuple(meanings))
    if indicator.rule == "accuracy":
        right = tuple(meaning == 1.0 for meaning in found)
        unsure = tuple(meaning == "dont_know" for meaning in found)
        return Measure(Exactly(question.id, right, unsure), ("not_asked", "refused", 0.0, 1.0, "dont_know"))
    values = sorted({value for value in found if isinstance(value, float)})
    order: list[Meaning] = ["outside", "dont_know", *values]
    ranks = tuple(order.index(meaning) for meaning in found)
    return Measure(Best(question.id, ranks), ("not_asked", "refused", *order))


_BLANKS: Mapping[str, Meaning] = {NOT_ASKED: "not_asked", REFUSED: "refused"}


def measures(questionnaire: Questionnaire, columns: Columns) -> list[Measure]:
    """The measure of every indicator."""
    found = []
    for indicator in questionnaire.indicators:
        parts = []
        for place, name in enumerate(indicator.asks):
            question = questionnaire.question(name)
            if question is None:
                raise LookupError(f"{indicator.id} is about {name}, which is not asked")
            parts.append(measure(indicator, question, columns, place))
        found.append(blend(indicator, parts, columns) if indicator.questions else parts[0])
    return found


def parts_by_fact(name: str, columns: Columns) -> list[Part]:
    """Everybody by what is known beside the answers."""
    return [Part(Fact(name), columns.facts[name])]


def parts_by_question(question: Question, columns: Columns) -> list[Part]:
    """Everybody by an answer; who chose several options is in several groups.

    The first part divides everybody, so that its codes together are all.
    """
    if question.type != "multiple":
        return [Part(Said(question.id), columns.answers[question.id])]
    states = tuple(None if label == ANSWERED else label for label in columns.answers[question.id])
    options = [
        Part(Picked(question.id, place), (None, option.code)) for place, option in enumerate(question.options)
    ]
    return [Part(Said(question.id), states), *options]


def tabulated(
    columns: Columns,
    group: Reading,
    groups: int,
    readings: Mapping[Reading, int],
    where: Where | None = None,
    *,
    weighted: bool = False,
) -> dict[Reading, Table]:
    """How often each code of each reading (with their number) occurs in each of so many groups."""
    found = {reading: Table.empty(groups + 1, codes, weighted) for reading, codes in readings.items()}
    most = max(readings.values(), default=0) * (groups + 1)
    for block in columns.blocks:
        rows, places = _rows_of(block, group, groups, where)
        places = places.astype(np.min_scalar_type(-most - 1))
        weights = block.weights if rows is None else block.weights[rows]
        squares = weights * weights if weighted else weights
        for reading, table in found.items():
            codes = reading.codes(block)
            keys = places * readings[reading]
            keys += (codes if rows is None else codes[rows]).astype(keys.dtype, copy=False)
            table.add(keys.astype(np.intp), weights, squares)
    return {reading: table.without_last() for reading, table in found.items()}


def _rows_of(
    block: Block, group: Reading, groups: int, where: Where | None
) -> tuple[npt.NDArray[np.intp] | None, Codes]:
    """The rows to look at (None: all), and the group of each: who does not count is in one behind the last.

    To pick nearly all rows out of every column would cost more than to count them.
    """
    places = group.codes(block)
    if where is None or where is anybody or (mask := where(block)).all():
        return None, places
    if 4 * np.count_nonzero(mask) > len(block):
        return None, np.where(mask, places, np.intp(groups))
    rows = np.flatnonzero(mask)
    return rows, places[rows]


def crossed(
    columns: Columns, group: Reading, groups: int, reading: Reading, codes: int, where: Where | None = None
) -> Counts:
    """How often each of so many codes of a reading occurs in each of so many groups."""
    return tabulated(columns, group, groups, {reading: codes}, where)[reading].n


def gathered(columns: Columns, reading: Reading, where: Where) -> Codes:
    """The codes of all these interviews in one column."""
    found = [reading.codes(block)[where(block)] for block in columns.blocks]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int8)


def among(columns: Columns, fact: str, wanted: Callable[[str], bool]) -> Where:
    """The interviews of which a fact has one of the wanted labels."""
    kept = np.array([wanted(label) for label in columns.facts[fact]], dtype=np.bool_)
    return anybody if kept.all() else lambda block: kept[block.facts[fact]]


def anybody(block: Block) -> Mask:
    """All interviews."""
    return np.ones(len(block), dtype=np.bool_)


def labelled(columns: Columns, fact: str, where: Where) -> dict[str, int]:
    """How many interviews have each label of a fact."""
    labels = columns.facts[fact]
    counts = crossed(columns, Fact(fact), len(labels), Everybody(), 1, where)[:, 0]
    return dict(zip(labels, counts.tolist(), strict=True))


def both(first: Where, second: Where) -> Where:
    """The interviews that are in both."""
    if anybody in (first, second):
        return second if first is anybody else first
    return lambda block: first(block) & second(block)


def in_frame(columns: Columns) -> Where:
    """The interviews that the rates speak for."""
    return among(columns, "frame", INSIDE.__contains__)
