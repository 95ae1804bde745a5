"""What confirmed questions tell about a new one: which articles answered questions like it.

Questions are compared by the cosine of their grams, each weighing its idf. Four views of the same lessons:
the nearest question of each article; kernel ridge regression, which weighs all questions at once, so that a
phrase they all share tells nothing; the articles read together with the questions they answered; and, for
articles that nobody taught too, how much they read like those that the regression expects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from content.rules.counting import Floats, Integers
from content.rules.phrases import Query
from content.rules.wholes import K1, Wholes, norms
from content.rules.words import grams

RIDGE = 0.6


@dataclass(frozen=True, slots=True)
class Lessons:
    """Distinct questions as they are understood; `pairs` are (question, article position), in order."""

    queries: tuple[Query, ...]
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the lessons tell about a message.

    For every article that was taught (in the order of `Experience.articles`) `nearest`: likeness (0..1) of
    its nearest question; `expected`: the ridge's guess, about 0 to 1; `read`: BM25 of the article together
    with its questions, to be compared with `Wholes.scores`. For all articles `akin`: how much each reads like
    the articles that are expected, about 0 to 1.
    """

    nearest: Floats
    expected: Floats
    read: Floats
    akin: Floats


@dataclass(frozen=True, slots=True)
class Experience:
    """Lessons made ready; `place` finds an article in `articles`, -1 where nothing was taught about it."""

    articles: Integers
    place: Integers
    often: Floats
    _new: Mapping[str, int]
    """Grams of the questions that no article has, numbered behind those of the articles."""
    _rarest: float
    _questions: Any
    _pairs: tuple[Integers, Integers]
    _pull: NDArray[np.float32]
    _together: Any
    _units: Any
    _taught: Any

    @classmethod
    def build(cls, lessons: Lessons, chosen: Sequence[int], wholes: Wholes, units: Any) -> "Experience":
        """From the chosen questions of the lessons; `wholes` are all articles, `units` are `Wholes.units`."""
        from scipy import sparse  # needed only where an office has taught many questions

        at = {question: place for place, question in enumerate(chosen)}
        pairs = [(at[question], article) for question, article in lessons.pairs if question in at]
        asked, answered = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
        articles, placed = np.unique(answered, return_inverse=True)
        place = np.full(len(wholes.starts) - 1, -1, dtype=np.int64)
        place[articles] = np.arange(len(articles))
        heard = dict.fromkeys(gram for one in chosen for gram in grams(lessons.queries[one].folded))
        strange = (gram for gram in heard if gram not in wholes.vocabulary)
        new = {gram: len(wholes.idf) + number for number, gram in enumerate(strange)}
        rarest = float(np.log(1 + (len(place) + 0.5) / 0.5))
        shape = (len(chosen), len(wholes.idf) + len(new))
        counts = _matrix([_counts(lessons.queries[one], wholes, new) for one in chosen], shape, sparse)
        idf = np.concatenate((wholes.idf, np.full(len(new), rarest, dtype=np.float32)))
        questions = _unit(counts.sign().multiply(idf).tocsr(), sparse)
        alike = (questions @ questions.T).toarray()
        alike[np.diag_indices_from(alike)] += RIDGE
        target = np.zeros((len(chosen), len(articles)), dtype=np.float32)
        target[asked, placed] = 1
        links = sparse.csr_matrix(
            (np.ones(len(asked), dtype=np.float32), (placed, asked)), shape=(len(articles), len(chosen))
        )
        return cls(
            articles,
            place,
            np.bincount(placed, minlength=len(articles)).astype(np.float64),
            new,
            rarest,
            questions,
            (placed, asked),
            np.linalg.solve(alike, target),
            _weighed(_rows(wholes, articles, len(new), sparse) + links @ counts, idf, wholes.mean),
            units,
            units[articles].T,
        )

    def recall(self, query: Query, wholes: Wholes, vector: NDArray[np.float32]) -> Recalled:
        """What the lessons tell about a message; `vector` holds its weighted grams."""
        own, said = (np.zeros(len(wholes.idf) + len(self._new), dtype=np.float32) for _ in range(2))
        for gram in _counts(query, wholes, self._new):
            own[gram] = wholes.idf[gram] if gram < len(wholes.idf) else self._rarest
        said[: len(wholes.idf)] = vector
        for gram_said, weight in query.weights.items():
            if (number := self._new.get(gram_said)) is not None:
                said[number] = weight
        alike = self._questions @ (own / max(float(np.linalg.norm(own)), 1e-9))
        nearest = np.zeros(len(self.articles))
        np.maximum.at(nearest, self._pairs[0], alike[self._pairs[1]])
        expected = alike @ self._pull
        akin = self._units @ (self._taught @ expected)
        return Recalled(
            nearest,
            np.maximum(expected, 0).astype(np.float64),
            (self._together @ said).astype(np.float64),
            np.maximum(akin, 0).astype(np.float64),
        )


def _counts(query: Query, wholes: Wholes, new: Mapping[str, int]) -> dict[int, int]:
    """How often the message has each gram that some article or question has."""
    found: dict[int, int] = {}
    for gram in grams(query.folded):
        known = wholes.vocabulary.get(gram, new.get(gram, -1))
        if known >= 0:
            found[known] = found.get(known, 0) + 1
    return found


def _matrix(rows: Sequence[dict[int, int]], shape: tuple[int, int], sparse: Any) -> Any:
    starts = np.cumsum([0, *(len(row) for row in rows)])
    ids = np.array([gram for row in rows for gram in row], dtype=np.int64)
    values = np.array([count for row in rows for count in row.values()], dtype=np.float32)
    return sparse.csr_matrix((values, ids, starts), shape=shape)


def _rows(wholes: Wholes, articles: Integers, new: int, sparse: Any) -> Any:
    """The articles' own counts, with room for grams that are new."""
    shape = (len(wholes.starts) - 1, len(wholes.idf) + new)
    whole = sparse.csr_matrix((wholes.counts, wholes.grams, wholes.starts), shape=shape)
    return whole[articles]


def _unit(rows: Any, sparse: Any) -> Any:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (sparse.diags((1 / np.maximum(length, 1e-9)).astype(np.float32)) @ rows).tocsr()


def _weighed(counts: Any, idf: NDArray[np.float32], mean: float) -> Any:
    """Counts -> what each gram gains its article in BM25."""
    found = counts.tocsr()
    norm = norms(np.asarray(found.sum(axis=1), dtype=np.float64).ravel(), mean)
    row = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
    found.data = (idf[found.indices] * found.data * (K1 + 1) / (found.data + norm[row])).astype(np.float32)
    return found
