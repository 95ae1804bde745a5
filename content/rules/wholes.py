"""Whole articles with the title of their law, gram by gram: for the few articles that are compared closely.

A passage tells best which item is meant; a whole article tells best which of many laws is. BM25 as in
`postings`, with a stronger correction for length, because articles differ more in length than passages do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from content.rules.counting import Floats, Integers, counted

K1 = 1.5
B = 0.9


@dataclass(frozen=True, slots=True)
class Wholes:
    """Article i has the grams[starts[i]:starts[i+1]], each as often as `counts` says."""

    vocabulary: Mapping[str, int]
    starts: Integers
    grams: NDArray[np.int32]
    counts: NDArray[np.float32]
    idf: NDArray[np.float32]
    norms: NDArray[np.float32]
    mean: float

    @classmethod
    def build(cls, texts: Iterable[Iterable[tuple[str, float]]]) -> "Wholes":
        """Index articles, each given as folded, weighted parts."""
        found = counted(texts)
        order = np.argsort(found.texts, kind="stable")
        spread = np.bincount(found.grams, minlength=max(len(found.vocabulary), 1))
        idf = np.log(1 + (found.count - spread + 0.5) / (spread + 0.5))
        length = np.bincount(found.texts, weights=found.frequency, minlength=max(found.count, 1)).astype(
            np.float64
        )
        mean = max(float(length.mean()), 1.0)
        return cls(
            found.vocabulary,
            np.searchsorted(found.texts[order], np.arange(found.count + 1)),
            found.grams[order].astype(np.int32),
            found.frequency[order].astype(np.float32),
            idf.astype(np.float32),
            norms(length, mean).astype(np.float32),
            mean,
        )

    def vector(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """The weights by gram's number, as `scores` takes them; grams that no article has are left out."""
        found = np.zeros(len(self.idf), dtype=np.float32)
        for gram, weight in weights.items():
            if (known := self.vocabulary.get(gram)) is not None:
                found[known] = weight
        return found

    def scores(self, rows: Integers, vector: NDArray[np.float32]) -> Floats:
        """BM25 of these articles for the weighted grams."""
        begins = self.starts[rows]
        sizes = self.starts[rows + 1] - begins
        ends = np.cumsum(sizes)
        where = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - (ends - sizes), sizes)
        ids, row = self.grams[where], np.repeat(np.arange(len(rows)), sizes)
        weights = vector[ids]
        known = np.flatnonzero(weights)
        ids, row, counts = ids[known], row[known], self.counts[where[known]]
        gains = weights[known] * self.idf[ids] * counts * (K1 + 1) / (counts + self.norms[rows[row]])
        return np.bincount(row, weights=gains, minlength=len(rows)).astype(np.float64)

    def units(self) -> Any:
        """A sparse row of length 1 for each article: its grams by idf and the logarithm of how often."""
        from scipy import sparse  # needed only where an office has taught many questions

        weights = (np.log1p(self.counts) * self.idf[self.grams]).astype(np.float32)
        row = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        length = np.sqrt(np.bincount(row, weights**2, len(self.starts) - 1)).astype(np.float32)
        shape = (len(self.starts) - 1, len(self.idf))
        units = weights / np.maximum(length, 1e-9)[row]
        return sparse.csr_matrix((units, self.grams, self.starts), shape=shape)


def norms(length: Floats, mean: float) -> Floats:
    """What BM25 adds to a count in a text of this length."""
    return K1 * (1 - B + B * length / mean)
