"""Intervals of proportions and differences, from counts or with an effective sample size."""

from math import inf, sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

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
    return hybrid(x / n, wilson(x, n), y / m, wilson(y, m))


def hybrid(
    p: float, of_p: tuple[float, float], q: float, of_q: tuple[float, float], correlation: float = 0.0
) -> tuple[float, float]:
    """Interval of p - q from the intervals of both: it keeps their asymmetry.

    G. Y. Zou, A. Donner, Statistics in Medicine 27, 2008, 1693-1702; with Wilson intervals of independent
    samples it is `newcombe`.
    """

    def reach(down: float, up: float) -> float:
        return sqrt(max(0.0, down * down + up * up - 2 * correlation * down * up))

    return (
        max(-1.0, p - q - reach(p - of_p[0], of_q[1] - q)),
        min(1.0, p - q + reach(of_p[1] - p, q - of_q[0])),
    )


def t95(df: float) -> float:
    """The 97.5 % point of Student's t; infinite without a degree of freedom."""
    if df > 0:
        from scipy.special import stdtrit  # a fifth of a second that only a command with rates has to take

        return float(stdtrit(df, 0.975))
    return inf


def score(p: float | Floats, n_eff: float | Floats, df: float) -> tuple[Floats, Floats]:
    """Wilson's interval with an effective sample size and t in place of z; arrays go through at once.

    R survey's svyciprop(method = "wilson") is this with n_eff = p(1-p) / variance. (0, 1) where nothing
    was observed or df is 0.
    """
    p, n = np.broadcast_arrays(np.asarray(p, float), np.asarray(n_eff, float))
    t = t95(df)
    if t == inf:
        return np.zeros_like(p), np.ones_like(p)
    known = n > 0
    safe = np.where(known, n, 1.0)
    scale = 1 + t * t / safe
    centre = (p + t * t / (2 * safe)) / scale
    half = t * np.sqrt(p * (1 - p) / safe + t * t / (4 * safe * safe)) / scale
    low = np.where(known & (p > 0), np.maximum(0.0, centre - half), 0.0)
    high = np.where(known & (p < 1), np.minimum(1.0, centre + half), 1.0)
    return low, high


def exact(p: float | Floats, n_eff: float | Floats, n: float, df: float) -> tuple[Floats, Floats]:
    """Clopper-Pearson's interval with an effective sample size, itself shrunk by (t(n-1) / t(df)) squared.

    E. L. Korn, B. I. Graubard, Survey Methodology 24, 1998, 193-201. n is the number of rows. (0, 1) where
    nothing was observed or df is 0.
    """
    p, size = np.broadcast_arrays(np.asarray(p, float), np.asarray(n_eff, float))
    if df <= 0:
        return np.zeros_like(p), np.ones_like(p)
    if n > 1:
        size = size * (t95(n - 1) / t95(df)) ** 2
    known = size > 0
    safe = np.where(known, size, 1.0)
    above, below = known & (p > 0), known & (p < 1)
    inside = np.clip(p, 1e-300, 1 - 1e-16)
    from scipy.special import betaincinv

    low = np.where(above, betaincinv(safe * np.where(above, p, 1.0), safe * (1 - p) + 1, 0.025), 0.0)
    high = np.where(below, betaincinv(safe * inside + 1, safe * np.where(below, 1 - p, 1.0), 0.975), 1.0)
    return low, high


def on_logit(p: float, se: float, df: float) -> tuple[float, float]:
    """Student's interval on the log-odds scale, brought back; 0 < p < 1 (R svyciprop, method "xlogit")."""
    from scipy.special import expit, logit

    half = t95(df) * se / (p * (1 - p)) if df > 0 else inf
    centre = logit(p)
    return float(expit(centre - half)), float(expit(centre + half))
