"""Weighted postings in flat arrays: BM25 over grams for tens of thousands of short texts, in-process.

BM25 after Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with the idf of Lucene,
log(1 + (N - df + 0.5) / (df + 0.5)), which is never negative.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from content.rules.counting import Floats, counted

K1 = 1.2
B = 0.5


@dataclass(frozen=True, slots=True)
class Postings:
    """For the gram with id g: texts[starts[g]:starts[g+1]], and beside them what each gains from it."""

    vocabulary: Mapping[str, int]
    starts: npt.NDArray[np.int64]
    texts: npt.NDArray[np.int32]
    gains: npt.NDArray[np.float32]
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
        return cls(
            found.vocabulary,
            np.concatenate(([0], np.cumsum(spread))),
            found.texts.astype(np.int32),
            gains.astype(np.float32),
            idf.astype(np.float32),
            count,
        )

    def idf_of(self, gram: str) -> float:
        """How much the gram tells; one that no text has tells as much as the rarest."""
        known = self.vocabulary.get(gram)
        return float(np.log(1 + (self.count + 0.5) / 0.5)) if known is None else float(self.idf[known])

    def scores(self, weights: Mapping[str, float]) -> Floats:
        """The score of every text for the weighted grams."""
        known = [
            (gid, weight)
            for gram, weight in weights.items()
            if (gid := self.vocabulary.get(gram)) is not None
        ]
        if not known:
            return np.zeros(self.count)
        ids = np.array([gid for gid, _ in known])
        begins, ends = self.starts[ids], self.starts[ids + 1]
        spans = [slice(begin, end) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
        each = np.repeat(np.array([weight for _, weight in known], dtype=np.float32), ends - begins)
        texts = np.concatenate([self.texts[span] for span in spans])
        gains = np.concatenate([self.gains[span] for span in spans]) * each
        scores: Floats = np.bincount(texts, weights=gains, minlength=self.count).astype(np.float64)
        return scores
