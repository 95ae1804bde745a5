"""Design-based estimates: a number with its standard error, design effect, degrees of freedom and interval.

Taylor linearisation with the first-stage units as the source of all variance (K. M. Wolter, Introduction to
Variance Estimation, 2007, chapter 6); R `survey` gives the same figures. Intervals are 95 % and use t.
"""

from dataclasses import dataclass, field, replace
from math import inf, isfinite, isnan, nan, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from surveys.calibration import kish
from surveys.design import Design
from surveys.intervals import exact, hybrid, newcombe, on_logit, score, t95, wilson
from surveys.sampling import Sample

__all__ = [
    "Design",
    "Estimate",
    "Interval",
    "difference",
    "doubtful",
    "mean",
    "newcombe",
    "proportion",
    "total",
    "wilson",
]

Floats = npt.NDArray[np.float64]
Interval = Literal["wilson", "korn-graubard", "logit"]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One mean or total within an estimate, kept so that a difference can look at the rows again."""

    sign: float
    values: Floats
    """Linearised value of each row; their weighted sum has the variance of the estimate."""
    design: Design

    def influence(self) -> Floats:
        """What each row adds to the error of the estimate."""
        return self.sign * self.design.influence(self.values)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and how far to trust it; nan and endless intervals where the data cannot say.

    It holds on to its rows, so that a difference can have its covariance: take the numbers out of it where
    thousands of estimates are kept.
    """

    value: float
    se: float
    deff: float
    """Variance over that of a simple random sample of n with replacement; Kish's where both are 0."""
    n: int
    """Rows with weight."""
    n_eff: float
    """n / deff. It may exceed n; intervals use n at most."""
    df: float
    interval: tuple[float, float]
    simple: float = field(repr=False)
    """The variance that simple random sampling with replacement would have."""
    share: bool = field(repr=False)
    """Whether it is a proportion."""
    terms: tuple[Term, ...] = field(repr=False, compare=False)


def mean(y: npt.ArrayLike, design: Design) -> Estimate:
    """Weighted mean of `y`, one number a row. ValueError where a row with weight has no finite value."""
    values, centre, n = _column(y, design)
    if n == 0:
        return _estimate(nan, nan, 0.0, n, ())
    weight = design.weights.sum()
    deviations = np.where(design.weights > 0, values - centre, 0.0)
    term = Term(1.0, deviations / weight, design)
    variance = design.sample.variance(term.influence()) if n > 1 else nan
    return _estimate(centre, variance, _scatter(deviations, design, n) / n, n, (term,))


def total(y: npt.ArrayLike, design: Design) -> Estimate:
    """Weighted sum of `y`, one number a row. ValueError where a row with weight has no finite value."""
    values, centre, n = _column(y, design)
    if n == 0:
        return _estimate(0.0, nan, 0.0, n, ())
    weight = float(design.weights.sum())
    deviations = np.where(design.weights > 0, values - centre, 0.0)
    simple = _scatter(deviations, design, n) * weight * weight / n
    term = Term(1.0, values, design)
    return _estimate(
        float(design.weights @ values), design.sample.variance(term.influence()), simple, n, (term,)
    )


def proportion(successes: npt.ArrayLike, design: Design, interval: Interval = "wilson") -> Estimate:
    """Weighted share of successes: true or false a row, or a score within 0..1.

    `wilson` and `korn-graubard` take n_eff = p(1-p) / variance, at most n. At 0 % and 100 % the sample shows
    no variance: there n_eff is n / kish(weights), and `logit`, which has no value, gives the Korn-Graubard
    interval. (0, 1) without a degree of freedom. ValueError as for `mean`, outside 0..1, and for another
    interval.
    """
    if interval not in ("wilson", "korn-graubard", "logit"):
        raise ValueError(f"interval {interval!r}: wilson, korn-graubard or logit")
    found = mean(successes, design)
    inside = np.asarray(successes, float)[design.weights > 0]
    if ((inside < 0) | (inside > 1)).any():
        raise ValueError("successes: a value outside 0..1")
    return replace(found, interval=_share_interval(found, design, interval), share=True)


def difference(a: Estimate, b: Estimate) -> Estimate:
    """a - b, with the covariance where both come from one design (its domains and adjustments included).

    Estimates of two designs are taken as independent; df is then Satterthwaite's. Where one of two
    proportions is 0 % or 100 % and so shows no variance, the interval is the hybrid of both intervals
    instead of t times the standard error. n counts the rows of both.
    """
    terms = (*a.terms, *(replace(term, sign=-term.sign) for term in b.terms))
    known = not (isnan(a.se) or isnan(b.se))
    variance, df = _combined(terms) if known else (nan, 0)
    found = _estimate(a.value - b.value, variance, a.simple + b.simple, a.n + b.n, terms, df)
    if not (a.share and b.share):
        return found
    low, high = found.interval
    if 0.0 in (a.simple, b.simple) and a.n and b.n:
        low, high = hybrid(a.value, a.interval, b.value, b.interval)
    return replace(found, interval=(max(-1.0, low), min(1.0, high)))


def doubtful(share: Estimate) -> bool:
    """Whether the interval of a proportion may cover less than it says.

    Below five effective successes or failures, or twelve degrees of freedom.
    """
    rarer = min(share.value, 1 - share.value)
    return not (min(share.n, share.n_eff) * rarer >= 5 and share.df >= 12)


def _column(y: npt.ArrayLike, design: Design) -> tuple[Floats, float, int]:
    """The values with 0 where a row has no weight, their weighted mean (exact if they are all one), n."""
    given = np.asarray(y, float)
    if given.shape != design.weights.shape:
        raise ValueError(f"{given.shape} values for {design.weights.shape} rows")
    used = design.weights > 0
    inside = given[used]
    if not np.isfinite(inside).all():
        raise ValueError("a row with weight has no finite value: estimate in the domain of those that have")
    if inside.size == 0:
        return np.zeros_like(given), nan, 0
    values = np.where(used, given, 0.0)
    if inside.min() == inside.max():
        return values, float(inside[0]), inside.size
    return values, float(design.weights @ values / design.weights.sum()), inside.size


def _scatter(deviations: Floats, design: Design, n: int) -> float:
    """Variance of one row as the weighted sample shows it, n - 1 in the denominator; 0 for one row."""
    if n < 2:
        return 0.0
    return float(design.weights @ (deviations * deviations) / design.weights.sum() * n / (n - 1))


def _estimate(
    value: float, variance: float, simple: float, n: int, terms: tuple[Term, ...], df: float | None = None
) -> Estimate:
    """The figures that follow from a variance."""
    if df is None:
        df = terms[0].design.df if terms else 0
    if isnan(variance):
        deff = nan
    elif simple > 0:
        deff = variance / simple
    else:
        deff = kish(terms[0].design.weights) if variance == 0 else nan
    se = sqrt(variance) if variance >= 0 else nan
    half = t95(df) * se if df > 0 else inf
    interval = (value - half, value + half) if isfinite(half) else (-inf, inf)
    n_eff = n / deff if deff != 0 else inf
    return Estimate(value, se, deff, n, n_eff, df, interval, simple, False, terms)


def _share_interval(found: Estimate, design: Design, interval: Interval) -> tuple[float, float]:
    """The interval of a proportion whose value and standard error are found."""
    if found.n == 0 or found.df <= 0:
        return 0.0, 1.0
    p = found.value
    if found.simple == 0:
        size = found.n / kish(design.weights)
    else:
        variance = found.se * found.se
        size = min(found.n, p * (1 - p) / variance) if variance > 0 else found.n
    if interval == "logit" and 0 < p < 1:
        return on_logit(p, found.se, found.df)
    low, high = score(p, size, found.df) if interval == "wilson" else exact(p, size, found.n, found.df)
    return float(low), float(high)


def _combined(terms: tuple[Term, ...]) -> tuple[float, float]:
    """Variance and degrees of freedom of a sum of terms: one variance for each sample, then all together."""
    samples: dict[Sample, list[Term]] = {}
    for term in terms:
        samples.setdefault(term.design.sample, []).append(term)
    parts = [
        (sample.variance(np.sum([term.influence() for term in own], axis=0)), own[0].design.df)
        for sample, own in samples.items()
    ]
    variance = sum(part for part, _ in parts)
    least = min(df for _, df in parts)
    if len(parts) == 1 or least == 0 or not variance > 0:
        return variance, least
    return variance, variance * variance / sum(part * part / df for part, df in parts)
