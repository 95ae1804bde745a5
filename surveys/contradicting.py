"""PURE: whether several margins can be met together by weights above 0, and which of them contradict.

A linear programme over the cells that have interviews: counts of people that meet every margin, the smallest
of them as large as can be. Raking converges where that is above 0; otherwise it drives the weights of some
cells to nothing for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
_NOTHING = 1e-9
"""A cell that can have no more than this of an even share has nobody."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Margins that cannot be met together, by place from 0, though all but any one of them can.

    `category` is that of the last which misses its count by most, None where only a weight of 0 would do.
    """

    margins: tuple[int, ...]
    category: int | None


def contradiction(places: Sequence[Codes], counts: Sequence[Floats]) -> Contradiction | None:
    """The margins that contradict each other; None where all can be met.

    `places`: of each cell that has interviews its category in each margin; `counts` of the categories, with
    the same sum in every margin.
    """
    left = list(range(len(places)))
    if _can_be_met([places[one] for one in left], [counts[one] for one in left]):
        return None
    for margin in range(len(places)):
        others = [one for one in left if one != margin]
        if not _can_be_met([places[one] for one in others], [counts[one] for one in others]):
            left = others
    return Contradiction(tuple(left), _missed([places[one] for one in left], [counts[one] for one in left]))


def _can_be_met(places: Sequence[Codes], counts: Sequence[Floats]) -> bool:
    from scipy.optimize import linprog  # half a second that only a contradiction has to take

    if not places:
        return True
    cells = places[0].size
    even = 1 / cells
    rows, sums = _meeting(places, counts)
    smallest = np.full((rows.shape[0], 1), even) * rows.sum(axis=1, keepdims=True)
    found = linprog(
        np.append(np.zeros(cells), -1.0),
        A_eq=np.hstack((rows, smallest)),
        b_eq=sums,
        bounds=[(0, None)] * cells + [(0, 1)],
        method="highs",
    )
    return bool(found.success and -found.fun > _NOTHING)


def _missed(places: Sequence[Codes], counts: Sequence[Floats]) -> int | None:
    """The category of the last margin that is off by most where the others are met; None for none."""
    from scipy.optimize import linprog

    cells, size = places[0].size, counts[-1].size
    rows, sums = _meeting(places, counts)
    slack = np.vstack((np.zeros((rows.shape[0] - size, size)), np.eye(size)))
    cost = np.concatenate((np.zeros(cells), np.tile(1 / sums[-size:], 2)))
    found = linprog(cost, A_eq=np.hstack((rows, slack, -slack)), b_eq=sums, method="highs")
    if not found.success or found.fun <= _NOTHING:
        return None
    off = found.x[cells : cells + size] + found.x[cells + size :]
    return int((off / sums[-size:]).argmax())


def _meeting(places: Sequence[Codes], counts: Sequence[Floats]) -> tuple[Floats, Floats]:
    """A row for each category: its cells, and its share of the people."""
    rows = np.vstack(
        [place == np.arange(count.size)[:, None] for place, count in zip(places, counts, strict=True)]
    )
    return rows.astype(float), np.concatenate([count / count.sum() for count in counts])
