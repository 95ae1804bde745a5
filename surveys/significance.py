"""Tests for rates that are shown side by side."""

from collections.abc import Sequence
from math import erfc, isfinite, sqrt


def two_proportions(x: float, n: int, y: float, m: int) -> float:
    """Two-sided p value of "x of n and y of m have one rate": pooled z; 1 without variance."""
    pooled = (x + y) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    return 1.0 if variance <= 0 else erfc(abs(x / n - y / m) / sqrt(2 * variance))


def student(value: float, se: float, df: float) -> float:
    """Two-sided p value of "the true value is 0": t; 1 without variance or a degree of freedom."""
    if not (isfinite(value) and se > 0 and df > 0):
        return 1.0
    from scipy.special import stdtr  # slow to load, and needed only where rates are compared

    return float(2 * stdtr(df, -abs(value) / se))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values in the given order (S. Holm, Scandinavian Journal of Statistics 6, 1979, 65-70)."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = largest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values in the given order: the false discovery rate at which each would be found.

    Y. Benjamini, Y. Hochberg, Journal of the Royal Statistical Society B 57, 1995, 289-300.
    """
    adjusted = [0.0] * len(p_values)
    smallest = 1.0
    falling = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    for passed, place in enumerate(falling):
        smallest = min(smallest, p_values[place] * (len(p_values) / (len(p_values) - passed)))
        adjusted[place] = smallest
    return adjusted
