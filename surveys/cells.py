"""PURE: weighted rates with their errors from sums alone, without looking at the rows one by one.

Interviews of one cell (a category in each margin, a stratum) were drawn alike, and weighting multiplies
their weights by one factor. So the number of rows, the weights and their squares, by cell, group and answer,
say all that `surveys.estimates` finds row by row: the same figures from a table of a few thousand numbers.
Clusters are beyond it: their sums differ from one to the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from surveys.calibration import Calibration
from surveys.columns import Block, Codes, Columns, Floats
from surveys.counting import Part, Table, Where, both, tabulated
from surveys.design import Design
from surveys.intervals import score, t95
from surveys.labels import Factor
from surveys.meanings import Reading
from surveys.readings import Everybody, Fact, Nested
from surveys.weighting import poststratify, rake

MOST_CELLS = 1 << 20
"""More combinations than this are left to the rows."""
Margin = tuple[Part, Mapping[str, float]]
"""How interviews are divided, and the population of each label."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """The cell of each interview, numbered among those that occur."""

    within: Nested
    numbers: npt.NDArray[np.intp]

    def codes(self, block: Block) -> Codes:
        """Their numbers."""
        return self.numbers[self.within.codes(block)]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The interviews by cell, and what weighting makes of each: all arrays have an entry a cell."""

    columns: Columns
    where: Where
    reading: Reading
    weight: Floats
    square: Floats
    factors: Floats
    calibration: Calibration | None
    """What the weights were made to meet, its rows the cells."""
    strata: Codes
    drawn: npt.NDArray[np.int64]
    """Interviews in each stratum, those without weight among them."""
    df: int

    @property
    def alike(self) -> bool:
        """Whether all were drawn and are weighted alike: groups need no division by cell."""
        return len(self.weight) == 1 and self.calibration is None and _all_weigh(self.columns)

    def sums(self, part: Part, readings: Mapping[Reading, int]) -> dict[Reading, Table]:
        """A row a cell and group, those of the first cell first, a column a code; n counts who weighs."""
        groups = len(part.labels)
        size = len(self.weight) * groups
        inside = Nested((self.reading, part.reading), (len(self.weight), groups))
        found = tabulated(self.columns, inside, size, readings, self.where, weighted=True)
        if _all_weigh(self.columns):
            return found
        weighing = tabulated(self.columns, inside, size, readings, both(self.where, _weighs))
        return {
            reading: Table(weighing[reading].n, table.weight, table.square)
            for reading, table in found.items()
        }

    def together(self, table: Table) -> Table:
        """Of the sums by cell and group those of all groups."""
        cells = len(self.weight)
        n, weight, square = (
            one.reshape(cells, -1, table.n.shape[1]).sum(axis=1)
            for one in (table.n, table.weight, table.square)
        )
        return Table(n, weight, square)


class Shares(NamedTuple):
    """An estimate for each of several groups; nan where the interviews cannot say."""

    value: Floats
    se: Floats
    deff: Floats
    n_eff: Floats
    low: Floats
    high: Floats
    n: Floats
    """Interviews with weight."""


def cells_of(columns: Columns, where: Where, margins: Sequence[Margin]) -> Cells | None:
    """The interviews by cell, weighted to meet the margins; None where there are clusters or too many cells.

    MarginRefused as for `surveys.weighting`.
    """
    parts = [part for part, _ in margins] + [Part(Fact("stratum"), columns.facts["stratum"])]
    sizes = tuple(len(part.labels) for part in parts)
    within, most = Nested(tuple(part.reading for part in parts), sizes), int(np.prod(sizes))
    if any(columns.facts["cluster"]) or most > MOST_CELLS:
        return None
    table = tabulated(columns, Everybody(), 1, {within: most}, where, weighted=True)[within]
    present = np.flatnonzero(table.n[0])
    numbers = np.full(most, present.size, dtype=np.intp)
    numbers[present] = np.arange(present.size)
    *places, strata = np.unravel_index(present, sizes)
    weight, square = table.weight[0][present], table.square[0][present]
    design = Design(weight)
    labels = [Factor(place, part.labels) for place, part in zip(places, parts, strict=False)]
    targets = [counts for _, counts in margins]
    if len(margins) == 1:
        design = poststratify(design, labels[0], targets[0])
    elif margins:
        design = rake(design, labels, targets)
    strata = np.unique(strata, return_inverse=True)[1] if present.size else strata
    drawn = np.bincount(strata, table.n[0][present]).astype(np.int64)
    return Cells(
        columns,
        where,
        Place(within, numbers),
        weight,
        square,
        np.divide(design.weights, weight, out=np.zeros_like(weight), where=weight > 0),
        design.steps[0].calibration if design.steps else None,
        strata,
        drawn,
        _weighing(columns, where, int(drawn.sum())) - np.unique(strata[weight > 0]).size,
    )


def shares(cells: Cells, table: Table, values: Floats, *, mean: bool) -> Shares:
    """What is worth `values` (a code each; nan: not in the denominator) in each group of `Cells.sums`.

    `mean` gives Student's interval instead of Wilson's with an effective n, as `surveys.estimates` does.
    """
    counted = ~np.isnan(values)
    value = values[counted]
    shape = (len(cells.weight), -1, len(values))
    n = table.n.reshape(shape)[:, :, counted].sum(axis=0)
    weight, square = (one.reshape(shape)[:, :, counted] for one in (table.weight, table.square))
    by_answer = np.einsum("c,cgm->gm", cells.factors, weight)
    squared = np.einsum("c,cgm->g", cells.factors**2, square)
    rows, whole = n.sum(axis=1), by_answer.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        least = np.where(n > 0, value, np.inf).min(axis=1, initial=np.inf)
        most = np.where(n > 0, value, -np.inf).max(axis=1, initial=-np.inf)
        found = np.where(rows > 0, np.where(least == most, least, by_answer @ value / whole), np.nan)
        away = np.where(n > 0, value - found[:, None], 0.0)
        variance = np.where(rows > 1, _variance(cells, weight, square, away / whole[:, None]), np.nan)
        simple = np.where(rows > 1, (by_answer * away**2).sum(axis=1) / whole / np.maximum(rows - 1, 1), 0.0)
        kish = rows * squared / whole**2
        alike = np.where(variance == 0, kish, np.nan)
        deff = np.where(simple > 0, variance / simple, alike)
        n_eff = rows / deff
        se = np.sqrt(variance)
        if mean:
            half = t95(cells.df) * se
            return Shares(found, se, deff, n_eff, found - half, found + half, rows)
        bounded = np.where(variance > 0, np.minimum(rows, found * (1 - found) / variance), rows)
        size = np.where(simple == 0, rows / kish, bounded)
        low, high = score(np.nan_to_num(found), np.where(rows > 0, size, 0.0), cells.df)
    return Shares(found, se, deff, n_eff, low, high, rows)


def _variance(cells: Cells, weight: Floats, square: Floats, away: Floats) -> Floats:
    """The variance of each group's share; `away` is the linearised value of each answer in each group."""
    first = np.einsum("cgm,gm->cg", weight, away)
    fitted = _fitted(cells.calibration, first)
    factors = cells.factors[:, None]
    sums = factors * (first - fitted * cells.weight[:, None])
    inside = np.einsum("cgm,cgm->cg", square, (away - fitted[:, :, None]) ** 2)
    outside = np.maximum(cells.square[:, None] - square.sum(axis=2), 0.0)
    squares = factors**2 * (inside + outside * fitted**2)
    strata = np.zeros((len(cells.drawn), len(cells.weight)))
    strata[cells.strata, np.arange(len(cells.weight))] = 1.0
    drawn = cells.drawn[:, None]
    if drawn.sum() < 2:
        return np.full(away.shape[0], np.nan)
    whole = strata @ squares
    spread = whole - np.where(drawn > 1, (strata @ sums) ** 2 / drawn, 0.0)
    spread = np.where(spread > 1e-13 * whole, spread, 0.0)  # less is rounding
    scale = np.where(drawn > 1, drawn / np.maximum(drawn - 1, 1), 1.0)
    return np.asarray((scale * spread).sum(axis=0))


def _fitted(calibration: Calibration | None, first: Floats) -> Floats:
    """The part of each cell's linearised value that the margins explain: it has no error any more."""
    if calibration is None:
        return np.zeros_like(first)
    member = np.zeros((sum(calibration.sizes), first.shape[0]))
    start = 0
    for codes, size in zip(calibration.margins, calibration.sizes, strict=True):
        member[start + codes, np.arange(first.shape[0])] = 1.0
        start += size
    slopes = calibration.inverse @ (member @ first / calibration.before.sum())
    return np.asarray(member.T @ slopes)


def _all_weigh(columns: Columns) -> bool:
    return all(bool((block.weights > 0).all()) for block in columns.blocks)


def _weighing(columns: Columns, where: Where, drawn: int) -> int:
    """How many of those drawn have a weight."""
    if _all_weigh(columns):
        return drawn
    return sum(int(np.count_nonzero(_weighs(block) & where(block))) for block in columns.blocks)


def _weighs(block: Block) -> npt.NDArray[np.bool_]:
    return block.weights > 0
