"""The order of candidates, learnt from confirmed questions once an office has taught enough of them.

Each question is learnt from as if it were new: what is recalled for it comes from the lessons of the other
folds only. A question that could recall itself would teach to trust memory more than memory deserves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from content.rules import boosting
from content.rules.counting import Floats, Integers
from content.rules.experience import Experience, Lessons
from content.rules.phrases import Query
from content.rules.wholes import Wholes

LEAST = 200
MOST = 4_000
FOLDS = 5
LOOKED = 250
FOUND = 100
RECALLED = 50
AKIN = 60
COMPARED = 60


@dataclass(frozen=True, slots=True)
class Laid:
    """The articles as they lie: `owner` and `rank` (see `search.RANK`) of each article's law, `sanctions`."""

    wholes: Wholes
    owner: Integers
    rank: Floats
    sanctions: Floats


@dataclass(frozen=True, slots=True)
class Seen:
    """What the search saw of one message: `strength` of all articles, `titles` for all laws."""

    query: Query
    strength: Floats
    titles: Floats


@dataclass(frozen=True, slots=True)
class Ranker:
    """What was learnt, and the lessons it goes on recalling."""

    trees: boosting.Trees
    experience: Experience

    def order(self, seen: Seen, laid: Laid) -> tuple[Integers, Floats]:
        """The articles worth comparing and how well each fits; only differences of scores mean anything."""
        rows, features = _compared(seen, laid, self.experience)
        return rows, self.trees.scores(features)


def learn(lessons: Lessons, laid: Laid, look: Callable[[Query], Seen]) -> Ranker | None:
    """Learn from the lessons, of which the first MOST count; None where there are fewer than LEAST."""
    count = min(len(lessons.queries), MOST)
    if count < LEAST:
        return None
    answers: dict[int, set[int]] = {}
    for question, article in lessons.pairs:
        answers.setdefault(question, set()).add(article)
    units = laid.wholes.units()
    groups, wanted = list[Floats](), list[NDArray[np.bool_]]()
    for fold in range(FOLDS):
        others = [one for one in range(count) if one % FOLDS != fold]
        experience = Experience.build(lessons, others, laid.wholes, units)
        for one in range(fold, count, FOLDS):
            rows, features = _compared(look(lessons.queries[one]), laid, experience)
            right = np.isin(rows, list(answers[one]))
            if right.any():
                groups.append(features)
                wanted.append(right)
    if not groups:
        return None
    return Ranker(boosting.learn(groups, wanted), Experience.build(lessons, range(count), laid.wholes, units))


def _compared(seen: Seen, laid: Laid, experience: Experience) -> tuple[Integers, Floats]:
    """The articles that words or lessons suggest, and a row of features for each."""
    vector = laid.wholes.vector(seen.query.weights)
    recalled = experience.recall(seen.query, laid.wholes, vector)
    near = _best(seen.strength, LOOKED)
    worded = laid.wholes.scores(near, vector)
    worded = worded / max(float(worded.max()), 1e-9) + _shares(seen.strength, near)
    akin = recalled.akin / max(float(recalled.akin.max()), 1e-9)
    suggested = [
        near[_best(worded, FOUND)],
        experience.articles[_best(recalled.read, RECALLED)],
        experience.articles[_best(recalled.expected, RECALLED)],
        _best(akin + seen.strength / max(float(seen.strength.max()), 1e-9), AKIN),
    ]
    rows = np.unique(np.concatenate(suggested))
    place = experience.place[rows]
    taught = place >= 0
    whole = laid.wholes.scores(rows, vector)
    read = np.where(taught, recalled.read[place], whole)
    expected = np.where(taught, recalled.expected[place], 0.0)
    kept = _best(read / max(float(read.max()), 1e-9) + np.sqrt(expected) + akin[rows], COMPARED)
    kept.sort()
    rows, place, taught = rows[kept], place[kept], taught[kept]
    by_law = np.bincount(laid.owner[experience.articles], recalled.expected, len(seen.titles)).astype(
        np.float64
    )
    lessons_of_law = np.bincount(laid.owner[experience.articles], experience.often, len(seen.titles))
    owner, nearest = laid.owner[rows], np.where(taught, recalled.nearest[place], 0.0)
    whole = whole[kept] / max(float(whole.max()), 1e-9)
    read = read[kept] / max(float(read.max()), 1e-9)
    begin = np.searchsorted(laid.owner, owner)
    size = np.searchsorted(laid.owner, owner, "right") - begin
    columns = [
        whole,
        _shares(seen.strength, rows),
        _shares(seen.titles, owner),
        expected[kept],
        nearest,
        read,
        np.log1p(np.where(taught, experience.often[place], 0.0)),
        by_law[owner],
        _shares(by_law, owner),
        _beside(rows, laid.owner, experience.place, recalled.expected),
        np.log1p(lessons_of_law[owner]),
        _neighbours(rows, laid.owner, seen.strength) / max(float(seen.strength.max()), 1e-9),
        laid.rank[rows],
        laid.sanctions[rows] * seen.query.penalty,
        whole * nearest,
        recalled.akin[rows],
        akin[rows],
        _highest(whole, owner),
        _highest(read, owner),
        np.bincount(owner)[owner],
        size,
        (rows - begin) / size,
        laid.wholes.starts[rows + 1] - laid.wholes.starts[rows],
    ]
    return rows, np.stack(columns, axis=1)


def _best(scores: Floats, count: int) -> Integers:
    """Positions of the highest scores, in no order."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(scores, -count)[-count:]


def _shares(values: Floats, rows: Integers) -> Floats:
    found: Floats = values[rows] / max(float(values.max(initial=0.0)), 1e-9)
    return found


def _highest(values: Floats, owner: Integers) -> Floats:
    """For each candidate the highest value among those of its law."""
    found = np.zeros(int(owner.max(initial=0)) + 1)
    np.maximum.at(found, owner, values)
    return found[owner]


def _beside(rows: Integers, owner: Integers, place: Integers, expected: Floats) -> Floats:
    """What the lessons expect of the articles next to each, in the same law."""
    found = np.zeros(len(rows))
    for step in (-1, 1):
        there = np.clip(rows + step, 0, len(owner) - 1)
        known = (place[there] >= 0) & (owner[there] == owner[rows]) & (there != rows)
        found += np.where(known, expected[place[there]], 0.0)
    return found


def _neighbours(rows: Integers, owner: Integers, strength: Floats) -> Floats:
    """The strength of the stronger article next to each, in the same law."""
    found = np.zeros(len(rows))
    for step in (-1, 1):
        there = np.clip(rows + step, 0, len(owner) - 1)
        same = (owner[there] == owner[rows]) & (there != rows)
        found = np.maximum(found, np.where(same, strength[there], 0.0))
    return found


def lessons_of(confirmed: Sequence[tuple[int, Query]]) -> Lessons:
    """Lessons from (article, question): each question once, in an order that depends on nothing but them."""
    queries = {query.folded: query for _, query in confirmed}
    number = {folded: at for at, folded in enumerate(sorted(queries))}
    pairs = sorted({(number[query.folded], article) for article, query in confirmed})
    return Lessons(tuple(queries[folded] for folded in number), tuple(pairs))
