"""How much a message is like the examples of each kind: what words alone do not tell.

Ridge regression on the characters, pairs of characters and marks of a message (presence, each message
at length one), one 0/1 target per kind. Learnt from the examples when they are loaded: closed form, no
randomness, the same numbers for the same examples. It is kernel ridge regression in its dual form,
weights = Aᵀ(AAᵀ + λI)⁻¹Y.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from content.rules.words import fold, grams

RIDGE = 0.3


@dataclass(frozen=True, slots=True)
class Likeness:
    """What was learnt. `weights`: one row per feature, one column per kind; `base`: a kind's share alone."""

    kinds: tuple[str, ...]
    features: Mapping[str, int]
    weights: NDArray[np.float32]
    base: NDArray[np.float32]

    def of(self, folded: str, marks: Iterable[str] = ()) -> dict[str, float]:
        """How like each kind the folded message is: about 0 not at all, about 1 as the examples are."""
        seen = _features(folded, marks)
        known = [self.features[feature] for feature in seen if feature in self.features]
        scores = self.base + self.weights[known].sum(axis=0) / max(len(seen), 1) ** 0.5
        return dict(zip(self.kinds, scores.tolist(), strict=True))


def learn(examples: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]) -> Likeness:
    """Likeness from kind -> (message, marks); no examples give no kinds."""
    kinds = tuple(examples)
    rows = [(_features(fold(said), marks), kind) for kind in kinds for said, marks in examples[kind]]
    having: dict[str, list[int]] = {}
    for at, (seen, _) in enumerate(rows):
        for feature in sorted(seen):
            having.setdefault(feature, []).append(at)
    length = np.array([max(len(seen), 1) ** -0.5 for seen, _ in rows], dtype=np.float32)
    target = np.array([[kind == own for kind in kinds] for _, own in rows], dtype=np.float32)
    target = target.reshape(len(rows), len(kinds))
    base = target.mean(axis=0) if rows else np.zeros(len(kinds), dtype=np.float32)
    alike = np.zeros((len(rows), len(rows)), dtype=np.float32)
    for found in having.values():
        if len(found) > 1:
            alike[np.ix_(found, found)] += 1
    alike *= np.outer(length, length)
    np.fill_diagonal(alike, 1 + RIDGE)
    pull = np.linalg.solve(alike, target - base) * length[:, None]
    weights = np.zeros((len(having), len(kinds)), dtype=np.float32)
    for at, found in enumerate(having.values()):
        weights[at] = pull[found].sum(axis=0)
    return Likeness(kinds, {feature: at for at, feature in enumerate(having)}, weights, base)


def _features(folded: str, marks: Iterable[str]) -> set[str]:
    return {*grams(folded), *(f"[{mark}]" for mark in marks)}
