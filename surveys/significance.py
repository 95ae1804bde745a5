"""Tests for rates that are shown side by side."""

from collections.abc import Sequence
from math import erfc, sqrt


def two_proportions(x: float, n: int, y: float, m: int) -> float:
    """Two-sided p value of "x of n and y of m have one rate": pooled z; 1 without variance."""
    pooled = (x + y) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    return 1.0 if variance <= 0 else erfc(abs(x / n - y / m) / sqrt(2 * variance))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values in the given order (S. Holm, Scandinavian Journal of Statistics 6, 1979, 65-70)."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = largest
    return adjusted
