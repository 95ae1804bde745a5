"""python -m tests.drills coverage [--draws N]: how often the intervals of proportions hold the truth.

Simple random samples exactly; samples of clusters with unequal weights by simulation, with what the flag
of `surveys.estimates.doubtful` picks out.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from surveys.estimates import Interval
from surveys.intervals import exact, score

Floats = npt.NDArray[np.float64]
KINDS: tuple[Interval, ...] = ("wilson", "korn-graubard")
SIZES = (50, 70, 100, 150, 250, 500, 1000, 2000)
SHARES = np.arange(0.02, 0.9801, 0.005)
LEAST = {"wilson": (0.945, 0.92), "korn-graubard": (0.945, 0.945)}
"""Promised for simple random samples: on average, and in every cell."""


def main(argv: Sequence[str]) -> int:
    """0 where the promise for simple random samples holds; the other table is for the reader."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills coverage", description=__doc__)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    print("simple random samples, exact, n 50 to 2000, p 0.02 to 0.98")
    holds = True
    for kind in KINDS:
        cells = np.array([exact_coverage(kind, n) for n in SIZES])
        average, least = LEAST[kind]
        holds &= bool(cells.mean() >= average and cells.min() >= least)
        print(f"  {kind:14} mean {cells.mean():.2%}, least {cells.min():.2%}, most {cells.max():.2%}")
    random = np.random.default_rng(options.seed)
    print(
        f"clusters, weights of variation 0.5, {options.draws} draws: coverage | where not flagged | flagged"
    )
    print("  clusters x rows   icc     p   wilson            korn-graubard")
    for clusters in (6, 13, 25, 50):
        for rows in (10, 20):
            for icc in (0.02, 0.1):
                for p in (0.02, 0.05, 0.1, 0.3, 0.5):
                    print(Villages(clusters, rows, icc, p).line(options.draws, random))
    return int(not holds)


def plain_bounds(kind: Interval, n: int) -> tuple[Floats, Floats]:
    """The intervals of x = 0..n successes in a simple random sample, as `proportion` gives them."""
    p = np.arange(n + 1) / n
    size = np.where((p == 0) | (p == 1), n, n - 1).astype(float)
    return score(p, size, n - 1) if kind == "wilson" else exact(p, size, n, n - 1)


def exact_coverage(kind: Interval, n: int) -> Floats:
    """Probability that the interval of a simple random sample holds the truth, for each of SHARES."""
    x = np.arange(n + 1)
    low, high = plain_bounds(kind, n)
    ways = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    p = SHARES[:, None]
    chance = np.exp(ways + x * np.log(p) + (n - x) * np.log1p(-p))
    return np.asarray(np.where((low <= p) & (p <= high), chance, 0.0).sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """One entry a draw."""

    p: Floats
    low: Mapping[Interval, Floats]
    high: Mapping[Interval, Floats]
    flagged: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Villages:
    """Clusters whose own shares are beta distributed around `p`, with rows of unequal weight."""

    clusters: int
    rows: int
    icc: float
    p: float

    def drawn(self, draws: int, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Successes and weights: draws x clusters x rows."""
        shape = (draws, self.clusters, self.rows)
        spread = 1 / self.icc - 1
        own = random.beta(self.p * spread, (1 - self.p) * spread, (draws, self.clusters, 1))
        return (random.random(shape) < own).astype(float), random.gamma(4.0, 0.25, shape)

    def estimated(self, successes: Floats, weights: Floats) -> Estimated:
        """What `proportion` gives for each draw, all at once."""
        n, df = self.clusters * self.rows, self.clusters - 1
        total = weights.sum(axis=(1, 2))
        p = (weights * successes).sum(axis=(1, 2)) / total
        p = np.where(successes.all(axis=(1, 2)), 1.0, p)
        sums = (weights * (successes - p[:, None, None])).sum(axis=2) / total[:, None]
        variance = (sums * sums).sum(axis=1) * self.clusters / df
        kish = total * total / (weights * weights).sum(axis=(1, 2))
        inside = (p > 0) & (p < 1)
        raw = np.divide(p * (1 - p), variance, out=kish.copy(), where=inside)
        size = np.where(inside, np.minimum(n, raw), kish)
        shown = np.where(inside, np.minimum(n, raw * n / (n - 1)), kish)
        bounds = {"wilson": score(p, size, df), "korn-graubard": exact(p, size, n, df)}
        flagged = (shown * np.minimum(p, 1 - p) < 5) | (df < 12)
        low, high = ({kind: bounds[kind][side] for kind in KINDS} for side in (0, 1))
        return Estimated(p, low, high, flagged)

    def line(self, draws: int, random: np.random.Generator) -> str:
        """A row of the table."""
        held: dict[Interval, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
        flags = []
        for start in range(0, draws, 500):
            found = self.estimated(*self.drawn(min(500, draws - start), random))
            flags.append(found.flagged)
            for kind in KINDS:
                held[kind].append((found.low[kind] <= self.p) & (self.p <= found.high[kind]))
        flagged = np.concatenate(flags)
        cells = []
        for kind in KINDS:
            hits = np.concatenate(held[kind])
            quiet = f"{hits[~flagged].mean():.1%}" if (~flagged).any() else "-"
            cells.append(f"{hits.mean():.1%} | {quiet}")
        where = f"{self.clusters:>8} x {self.rows:<4} {self.icc:>8} {self.p:>5}"
        return f"  {where}   {'   '.join(f'{cell:15}' for cell in cells)} | {flagged.mean():.0%}"
