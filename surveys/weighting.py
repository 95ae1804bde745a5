"""Weights that make a sample look like the population: post-stratification, raking, trimming.

Each returns a new design whose standard errors know what was done, and `design.steps` says it for the
method note. Rows without weight stay without.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from surveys.calibration import Calibration, Step, kish
from surveys.contradicting import contradiction
from surveys.design import Design
from surveys.labels import Codes, Factor, Labels

__all__ = ["MarginRefused", "Refusal", "kish", "poststratify", "rake", "trim"]

Floats = npt.NDArray[np.float64]
Targets = Mapping[Any, float]
"""{label: population count}."""

ROUNDS = 10_000
"""Raking that has not met its margins by then will not."""
PATIENCE = 100
"""After so many rounds it is looked whether the margins can be met at all; most are met in fewer."""

Refusal = Literal["no_counts", "no_count", "uncounted", "nobody", "sums", "apart"]
"""Why a margin cannot be met: it has no counts; a count that is none; somebody in a category without a count,
a count without anybody; margins of different populations; margins that contradict each other."""


class MarginRefused(ValueError):
    """A margin that the sample cannot be made to meet: which one, where in it, and why."""

    def __init__(
        self, margin: int, category: Hashable | None, kind: Refusal, reason: str, beside: Sequence[int] = ()
    ) -> None:
        self.margin = margin
        """Its position, from 1."""
        self.beside = tuple(beside)
        """The positions of the margins that it contradicts."""
        self.category = category
        self.kind = kind
        where = f"margin {margin}" if category is None else f"margin {margin}, category {category!r}"
        super().__init__(f"{where}: {reason}")


def poststratify(design: Design, groups: Labels, targets: Targets) -> Design:
    """Weights that add up to the population count in every group: {label: count}, one label a row.

    MarginRefused (a ValueError) for a group without rows, a row without a group, and a count not above 0.
    """
    codes, counts = _margin(1, design, groups, targets)
    sums = np.bincount(codes, design.weights, minlength=len(counts))
    weights = design.weights * (counts / sums)[codes]
    return _calibrated("poststratify", design, weights, [codes], [counts], 1)


def rake(design: Design, margins: Sequence[Labels], targets: Sequence[Targets], tol: float = 1e-10) -> Design:
    """Weights that meet several margins at once, each as in `poststratify`, changed by as little as can be.

    Iterative proportional fitting (W. E. Deming, F. F. Stephan, Annals of Mathematical Statistics 11, 1940,
    427-444) until every category is within `tol`, relatively, of its count. MarginRefused as for
    `poststratify`, where the counts of two margins add up to different populations, and where the margins
    cannot be met together.
    """
    if len(margins) != len(targets) or not margins:
        raise ValueError(f"{len(margins)} margins and {len(targets)} targets")
    prepared = [
        _margin(number, design, labels, counts)
        for number, (labels, counts) in enumerate(zip(margins, targets, strict=True), start=1)
    ]
    columns = [codes for codes, _ in prepared]
    counts = [count for _, count in prepared]
    for number, count in enumerate(counts[1:], start=2):
        if abs(count.sum() / counts[0].sum() - 1) > max(tol, 1e-12):
            reason = f"its counts add up to {count.sum():.12g}, those of margin 1 to {counts[0].sum():.12g}"
            raise MarginRefused(number, None, "sums", reason)
    cells, places = _cells(columns)
    factors, rounds = _fitted(np.bincount(cells, design.weights).astype(float), places, counts, tol, targets)
    return _calibrated("rake", design, design.weights * factors[cells], columns, counts, rounds)


def trim(design: Design, lower: float, upper: float) -> Design:
    """Weights within `lower`..`upper`, their sum kept.

    What is cut off or added is shared equally over the rows that were not touched, and again until no weight
    is outside (R trimWeights, strict). Counts met before are no longer met exactly; the standard errors keep
    the earlier calibration and take the cut as given. ValueError where the bounds leave no room for the sum.
    """
    if not 0 <= lower <= upper:
        raise ValueError(f"bounds {lower} and {upper}")
    used = design.weights > 0
    weights = design.weights[used]
    size, aim = weights.size, float(weights.sum())
    rounding = 1e-12 * aim
    if not size * lower - rounding <= aim <= size * upper + rounding:
        raise ValueError(f"{size} weights with the sum {aim:.12g} do not fit within {lower} and {upper}")
    outside = (weights < lower) | (weights > upper)
    free, touched, rounds = ~outside, outside.copy(), 0
    weights = np.clip(weights, lower, upper)
    excess = aim - weights.sum() if outside.any() else 0.0
    bound = upper if excess > 0 else lower  # sharing moves all one way: only this one can be passed
    while excess != 0 and (outside.any() or rounds == 0):
        if not free.any():
            if abs(excess) <= rounding:
                break
            raise ValueError("every weight is outside the bounds: nobody is left to share the excess")
        rounds += 1
        weights[free] += excess / np.count_nonzero(free)
        outside = (weights < lower) | (weights > upper)
        touched |= outside
        weights = np.clip(weights, lower, upper)
        excess = aim - weights.sum()
        free = weights != bound
    result = design.weights.copy()
    result[used] = weights
    return design.adjusted(result, Step("trim", rounds, 0.0, int(np.count_nonzero(touched)), kish(result)))


def _margin(number: int, design: Design, labels: Labels, targets: Targets) -> tuple[Codes, Floats]:
    """The category of each row as its place in `targets`, and the counts; refuses what cannot be met."""
    if not targets:
        raise MarginRefused(number, None, "no_counts", "it has no counts")
    factor = Factor.of(labels, design.weights.size, f"margin {number}")
    places = {label: place for place, label in enumerate(targets)}
    counts = np.array([float(count) for count in targets.values()])
    for label, count in targets.items():
        if not 0 < count < np.inf:
            raise MarginRefused(
                number, label, "no_count", f"its count is {count}; leave out whom nobody belongs to"
            )
    weight = np.bincount(factor.codes, design.weights, minlength=len(factor.labels))
    for label, present in zip(factor.labels, weight, strict=True):
        if present > 0 and label not in places:
            raise MarginRefused(number, label, "uncounted", "it is in the sample but has no count")
    codes = np.array([places.get(label, 0) for label in factor.labels], dtype=np.intp)[factor.codes]
    sampled = np.bincount(codes, design.weights, minlength=len(counts))
    for label, present in zip(targets, sampled, strict=True):
        if present == 0:
            raise MarginRefused(
                number, label, "nobody", "nobody in the sample; merge it with another category"
            )
    return codes, counts


def _cells(columns: Sequence[Codes]) -> tuple[Codes, list[Codes]]:
    """The cross-classification: the cell of each row, and each cell's category in each margin."""
    pairs = columns[0]
    for column in columns[1:]:
        wide = int(column.max()) + 1
        pairs = Factor.of(pairs * wide + column, column.size, "cells").codes
    cells = Factor.of(pairs, pairs.size, "cells").codes
    places = []
    for column in columns:
        place = np.zeros(int(cells.max()) + 1, dtype=np.intp)
        place[cells] = column
        places.append(place)
    return cells, places


def _fitted(
    base: Floats, places: Sequence[Codes], counts: Sequence[Floats], tol: float, targets: Sequence[Targets]
) -> tuple[Floats, int]:
    """The factor of each cell, and how many rounds it took."""
    factors = np.ones(base.size)
    worst = (np.inf, 0, 0)
    for round_ in range(1, ROUNDS + 1):
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            for place, count in zip(places, counts, strict=True):
                factors *= (count / np.bincount(place, base * factors, minlength=count.size))[place]
        if not np.isfinite(factors).all():  # margins that cannot be met together drive them apart for ever
            break
        if round_ == PATIENCE:
            _refuse_contradiction(base, places, counts, targets)
        fitted = base * factors
        misses = [
            abs(np.bincount(place, fitted, minlength=count.size) / count - 1)
            for place, count in zip(places, counts, strict=True)
        ]
        worst = max((float(miss.max()), margin, int(miss.argmax())) for margin, miss in enumerate(misses))
        if worst[0] <= tol:
            return factors, round_
    _refuse_contradiction(base, places, counts, targets)
    distance, margin, category = worst
    label = list(targets[margin])[category]
    reason = f"still {distance:.2%} off after {round_} rounds: the margins cannot be met together"
    raise MarginRefused(margin + 1, label, "apart", reason)


def _refuse_contradiction(
    base: Floats, places: Sequence[Codes], counts: Sequence[Floats], targets: Sequence[Targets]
) -> None:
    """MarginRefused where no weights above 0 meet these margins together."""
    found = contradiction([place[base > 0] for place in places], counts)
    if found is None:
        return
    *others, margin = (place + 1 for place in found.margins)
    label = None if found.category is None else list(targets[margin - 1])[found.category]
    beside = " and ".join(f"margin {one}" for one in others)
    raise MarginRefused(margin, label, "apart", f"it cannot be met together with {beside}", others)


def _calibrated(
    kind: str,
    design: Design,
    weights: Floats,
    columns: Sequence[Codes],
    counts: Sequence[Floats],
    rounds: int,
) -> Design:
    sizes = tuple(count.size for count in counts)
    error = max(
        float(abs(np.bincount(codes, weights, minlength=count.size) / count - 1).max())
        for codes, count in zip(columns, counts, strict=True)
    )
    calibration = Calibration(design.weights, weights, tuple(columns), sizes)
    return design.adjusted(weights, Step(kind, rounds, error, 0, kish(weights), calibration))
