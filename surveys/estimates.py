"""Intervals for rates."""

from math import sqrt

Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


def wilson(successes: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Score interval of a proportion (E. B. Wilson, JASA 22, 1927, 209-212), exact 0 and 1 at the ends.

    `successes` may be fractional: for the mean of scores within 0..1 the interval is conservative, because
    their variance is at most mean * (1 - mean). Without observations it is (0, 1). ValueError outside 0..n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}")
    if n == 0:
        return 0.0, 1.0
    p = successes / n
    centre = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if successes == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if successes == n else min(1.0, (centre + half) / scale)
    return low, high


def newcombe(x: float, n: int, y: float, m: int) -> tuple[float, float]:
    """95 % interval of x/n - y/m for independent samples: the hybrid score interval, uncorrected.

    R. G. Newcombe, Statistics in Medicine 17, 1998, 873-890, method 10. ValueError as for `wilson`.
    """
    p, q = x / n, y / m
    (low_p, high_p), (low_q, high_q) = wilson(x, n), wilson(y, m)
    difference = p - q
    return (
        difference - sqrt((p - low_p) ** 2 + (high_q - q) ** 2),
        difference + sqrt((high_p - p) ** 2 + (q - low_q) ** 2),
    )
