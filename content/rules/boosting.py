"""Learning to rank: a sum of small trees that puts what answers a question before what does not.

LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", 2010) over trees that ask the same question
at every node of a level. Everything is counted in fixed order and nothing is random: the same examples give
the same trees on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 32
DEPTH = 5
TREES = 80
RATE = 0.1
RIDGE = 0.2

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trees:
    """What was learnt. Per tree and level a feature and the threshold it must exceed; per tree its leaves."""

    features: Numbers
    thresholds: Floats
    leaves: Floats

    def scores(self, rows: Floats) -> Floats:
        """One score a row (a row per candidate, a column per feature); only their order means anything."""
        steps = np.int64(1) << np.arange(self.features.shape[1], dtype=np.int64)[::-1]
        above = rows[:, self.features] > self.thresholds
        found: Floats = np.take_along_axis(self.leaves.T, above @ steps, axis=0).sum(axis=1)
        return found


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows that should stand before others of the same question, and what a perfect order is worth."""

    better: Numbers
    worse: Numbers
    worth: Floats


def learn(groups: Sequence[Floats], wanted: Sequence[NDArray[np.bool_]]) -> Trees:
    """Learn from questions: the rows of each question's candidates, and which of them answer it."""
    rows = np.concatenate(groups)
    owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    edges = _edges(rows)
    bins = np.stack([np.searchsorted(edge, column) for edge, column in zip(edges, rows.T, strict=True)])
    pairs = _pairs(groups, wanted)
    scores = np.zeros(len(rows))
    chosen, cuts, leaves = [], [], []
    for _ in range(TREES):
        pull, weight = _lambdas(scores, owner, pairs)
        feature, cut, leaf_of = _tree(bins, pull, weight)
        count = 1 << DEPTH
        value = np.bincount(leaf_of, pull, count) / (np.bincount(leaf_of, weight, count) + RIDGE)
        scores += RATE * value[leaf_of]
        chosen.append(feature)
        cuts.append([_threshold(edges[at], where) for at, where in zip(feature, cut, strict=True)])
        leaves.append(RATE * value)
    return Trees(np.array(chosen), np.array(cuts), np.array(leaves))


def _edges(rows: Floats) -> list[Floats]:
    """Thresholds of each column: a value falls into the bin of how many thresholds it exceeds."""
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    return [np.unique(np.quantile(column, shares)) for column in rows.T]


def _threshold(edges: Floats, cut: int) -> float:
    """A cut behind the last bin is exceeded by nothing."""
    return float(edges[cut]) if cut < len(edges) else np.inf


def _pairs(groups: Sequence[Floats], wanted: Sequence[NDArray[np.bool_]]) -> Pairs:
    better, worse, worth = [], [], []
    begin = 0
    for group, right in zip(groups, wanted, strict=True):
        good, bad = begin + np.flatnonzero(right), begin + np.flatnonzero(~right)
        ideal = (1 / np.log2(2 + np.arange(len(good)))).sum()
        better.append(np.repeat(good, len(bad)))
        worse.append(np.tile(bad, len(good)))
        worth.append(np.full(len(good) * len(bad), 1 / ideal if len(good) else 0.0))
        begin += len(group)
    return Pairs(np.concatenate(better), np.concatenate(worse), np.concatenate(worth))


def _lambdas(scores: Floats, owner: Numbers, pairs: Pairs) -> tuple[Floats, Floats]:
    """For each row how strongly it should rise, and how firmly that is known."""
    order = np.lexsort((np.arange(len(scores)), -scores, owner))
    begins = np.searchsorted(owner, owner)
    rank = np.empty(len(scores))
    rank[order] = np.arange(len(scores))
    discount = 1 / np.log2(2 + rank - begins)
    doubt = 1 / (1 + np.exp(scores[pairs.better] - scores[pairs.worse]))
    gain = pairs.worth * np.abs(discount[pairs.better] - discount[pairs.worse])
    size = len(scores)
    force = doubt * gain
    pull = np.bincount(pairs.better, force, size) - np.bincount(pairs.worse, force, size)
    firm = doubt * (1 - doubt) * gain
    weight = np.bincount(pairs.better, firm, size) + np.bincount(pairs.worse, firm, size)
    return pull.astype(np.float64), weight.astype(np.float64)


def _tree(bins: Numbers, pull: Floats, weight: Floats) -> tuple[list[int], list[int], Numbers]:
    """The best question of each level: its feature, the bin it must exceed; and the leaf of each row."""
    leaf_of = np.zeros(bins.shape[1], dtype=np.int64)
    chosen, cuts = [], []
    for level in range(DEPTH):
        count = 1 << level
        gains = np.stack([_gains(leaf_of * BINS + column, pull, weight, count) for column in bins])
        feature, cut = divmod(int(gains.argmax()), BINS)
        chosen.append(feature)
        cuts.append(cut)
        leaf_of = 2 * leaf_of + (bins[feature] > cut)
    return chosen, cuts, leaf_of


def _gains(cells: Numbers, pull: Floats, weight: Floats, leaves: int) -> Floats:
    """For each cut of one feature, how much splitting all leaves there gains."""
    pulls = np.bincount(cells, pull, leaves * BINS).reshape(leaves, BINS).cumsum(axis=1)
    weights = np.bincount(cells, weight, leaves * BINS).reshape(leaves, BINS).cumsum(axis=1)
    rest, rest_weight = pulls[:, -1:] - pulls, weights[:, -1:] - weights
    gain = pulls**2 / (weights + RIDGE) + rest**2 / (rest_weight + RIDGE)
    found: Floats = gain.sum(axis=0)
    return found
