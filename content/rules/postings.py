"""Weighted postings: BM25 over grams for hundreds of thousands of short texts, in-process.

BM25 after Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with the idf of Lucene,
log(1 + (N - df + 0.5) / (df + 0.5)), which is never negative.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from content.rules.counting import Floats, counted

K1 = 1.2
B = 0.5
FEW = 30_000
"""Below so many postings counting them is twice as fast as a sparse product, above it many times slower."""


@dataclass(frozen=True, slots=True)
class Postings:
    """`gains`: for each gram, by its number in the vocabulary, a row of what each text gains from it."""

    vocabulary: Mapping[str, int]
    gains: Any
    idf: npt.NDArray[np.float32]
    count: int

    @classmethod
    def build(cls, texts: Iterable[Iterable[tuple[str, float]]]) -> "Postings":
        """Index texts, each given as folded, weighted parts (a lead-in counts for less)."""
        found = counted(texts)
        count = found.count
        spread = np.bincount(found.grams, minlength=max(len(found.vocabulary), 1))
        idf = np.log(1 + (count - spread + 0.5) / (spread + 0.5))
        length = np.bincount(found.texts, weights=found.frequency, minlength=max(count, 1))
        norm = K1 * (1 - B + B * length / max(float(length.mean()), 1.0))
        gains = idf[found.grams] * found.frequency * (K1 + 1) / (found.frequency + norm[found.texts])
        starts = np.concatenate(([0], np.cumsum(spread)))
        rows = sparse.csr_array(
            (gains.astype(np.float32), found.texts.astype(np.int32), starts), shape=(len(spread), count)
        )
        return cls(found.vocabulary, rows, idf.astype(np.float32), count)

    def idf_of(self, gram: str) -> float:
        """How much the gram tells; one that no text has tells as much as the rarest."""
        known = self.vocabulary.get(gram)
        return float(np.log(1 + (self.count + 0.5) / 0.5)) if known is None else float(self.idf[known])

    def scores(self, weights: Mapping[str, float]) -> Floats:
        """The score of every text for the weighted grams."""
        known = [
            (number, weight)
            for gram, weight in weights.items()
            if (number := self.vocabulary.get(gram)) is not None
        ]
        if not known:
            return np.zeros(self.count)
        rows = np.array([number for number, _ in known])
        each = np.array([weight for _, weight in known], dtype=np.float32)
        begins, ends = self.gains.indptr[rows], self.gains.indptr[rows + 1]
        if (ends - begins).sum() > FEW:
            found: Floats = (self.gains[rows].T @ each).astype(np.float64)
            return found
        spans = [slice(begin, end) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
        texts = np.concatenate([self.gains.indices[span] for span in spans])
        gains = np.concatenate([self.gains.data[span] for span in spans]) * np.repeat(each, ends - begins)
        return np.bincount(texts, weights=gains, minlength=self.count).astype(np.float64)
