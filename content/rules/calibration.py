"""A probability fitted on the office's own judged messages, and the threshold its risk target allows.

Logistic regression with a ridge, by Newton's method: no randomness, the same numbers for the same labels.
The threshold comes from probabilities that each message was given by a fit without its own fold. It is walked
down a fixed grid from the strictest and stops at the first step whose Clopper-Pearson bound (one-sided, 95 %)
exceeds the target: a fixed sequence of tests, so that looking at many thresholds does not spoil the bound.
What it promises holds for messages like those that were judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST = 200
RIDGE = 1.0
FOLDS = 5
STEPS = 30
START = 2.5
GRID = tuple(round(0.99 - 0.01 * step, 2) for step in range(60))

Floats = NDArray[np.float64]
Label = tuple[Mapping[str, float], bool]


@dataclass(frozen=True, slots=True)
class Point:
    """Answering all that is at least this sure: how many are answered and wrong, and the bounds of the risk.

    `lower` and `upper` are each one-sided at 95 %.
    """

    threshold: float
    answered: int
    wrong: int
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`weights` by feature name. `kept`: whether the judged messages bound the risk by the target; where they
    do not, the threshold is the one with the least bound.
    """

    intercept: float
    weights: Mapping[str, float]
    threshold: float
    kept: bool
    labels: int

    def probability(self, features: Mapping[str, float]) -> float:
        """0..1 for the first hit being right; a feature that is not given counts as 0."""
        odds = self.intercept + sum(weight * features.get(name, 0.0) for name, weight in self.weights.items())
        return float(1 / (1 + np.exp(-np.clip(odds, -50, 50))))


def fit(labels: Sequence[Label], risk: float) -> Calibration | None:
    """Fit to judged messages (features, right); `risk` is the share of wrong direct answers that is allowed.

    None with fewer than LEAST labels, or where all are right or all are wrong: nothing is to be learnt.
    """
    right = np.array([label[1] for label in labels], dtype=np.float64)
    if len(labels) < LEAST or right.min() == right.max():
        return None
    names = sorted({name for features, _ in labels for name in features})
    rows = np.array([[features.get(name, 0.0) for name in names] for features, _ in labels], dtype=np.float64)
    points = curve(_unseen(rows, right), right, GRID)
    allowed = list[Point]()
    for point in points:
        if point.answered < START * _fewest(risk):
            continue
        if point.upper > risk:
            break
        allowed.append(point)
    answering = [point for point in points if point.answered]
    chosen = allowed[-1] if allowed else min(answering, key=lambda point: point.upper, default=points[0])
    intercept, weights = _logistic(rows, right)
    by_name = dict(zip(names, weights.tolist(), strict=True))
    return Calibration(intercept, by_name, chosen.threshold, bool(allowed), len(labels))


def curve(sureness: Floats, right: Floats, thresholds: Sequence[float]) -> tuple[Point, ...]:
    """The risk-coverage curve at these thresholds."""
    found = []
    for threshold in thresholds:
        answered = sureness >= threshold
        count, wrong = int(answered.sum()), int((answered & (right == 0)).sum())
        found.append(Point(threshold, count, wrong, *bounds(wrong, count)))
    return tuple(found)


def bounds(count: int, of: int) -> tuple[float, float]:
    """Clopper-Pearson bounds of a share, each one-sided at 95 % (together an interval of 90 %)."""
    from scipy.special import betaincinv  # slow to load, and needed only where something is judged

    lower = float(betaincinv(count, of - count + 1, 0.05)) if count else 0.0
    upper = float(betaincinv(count + 1, of - count, 0.95)) if count < of else 1.0
    return lower, upper


def _fewest(risk: float) -> int:
    """So many answers without one error bound the risk; the walk begins at START times as many, where a
    single error does not end it.
    """
    return int(np.ceil(np.log(0.05) / np.log(1 - min(max(risk, 1e-6), 0.999))))


def _unseen(rows: Floats, right: Floats) -> Floats:
    """The probability that a fit to the other folds gives each row."""
    found = np.zeros(len(rows))
    fold = np.arange(len(rows)) % FOLDS
    for one in range(FOLDS):
        intercept, weights = _logistic(rows[fold != one], right[fold != one])
        found[fold == one] = 1 / (1 + np.exp(-np.clip(intercept + rows[fold == one] @ weights, -50, 50)))
    return found


def _logistic(rows: Floats, right: Floats) -> tuple[float, Floats]:
    """Intercept and weights; the ridge is on standardised features and spares the intercept."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    design = np.column_stack((np.ones(len(rows)), (rows - mean) / scale))
    ridge = np.diag([1e-6] + [RIDGE] * rows.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-np.clip(design @ weights, -50, 50)))
        slope = design.T @ (right - probability) - ridge @ weights
        curvature = (design.T * (probability * (1 - probability))) @ design + ridge
        step = np.linalg.solve(curvature, slope)
        weights += step * min(1.0, 5 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    plain: Floats = weights[1:] / scale
    return float(weights[0] - plain @ mean), plain
