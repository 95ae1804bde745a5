"""PURE: which rows of a table stay back when it is shown again and again while people come in.

Time is one more division. A row is shown when each of its cells has nobody or enough since it was shown last;
so whatever is told is a sum of people by cell and by the stretch since their row was shown, and each such sum
holds nobody or enough. Those whom the other rows have gathered meanwhile are a sum of that kind, and so are
those who came since the time before outside of the rows that are shown at both.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from surveys.suppression import LEAST

Name = TypeVar("Name")


def waiting(table: Mapping[Name, Sequence[Sequence[int]]], least: int = LEAST) -> set[Name]:
    """The rows that stay back at the last moment; `table`: row -> cell -> those who came until each moment.

    With one moment it is `surveys.suppression.small_rows`. Rows that were shown a moment before are the last
    to be added.
    """
    names = sorted(table, key=str)
    counts: npt.NDArray[np.int64] = np.array([table[name] for name in names], dtype=np.int64)
    if not counts.size:
        return set()
    gathered = np.zeros(counts.shape[:2], dtype=np.int64)
    shown = np.zeros(len(names), dtype=np.bool_)
    back = np.zeros_like(shown)
    for number in range(counts.shape[2]):
        came = counts[:, :, number]
        gathered = gathered + came
        back = np.asarray(_few(gathered, least).any(axis=1))
        sizes = counts[:, :, : number + 1].sum(axis=(1, 2))
        others = [row for row in np.lexsort((sizes, shown)).tolist() if not back[row] and sizes[row]]
        for row in others:
            beside = came[back | ~shown].sum(axis=0) if number else gathered.sum(axis=0) * 0
            if not (_few(gathered[back].sum(axis=0), least) | _few(beside, least)).any():
                break
            back[row] = True
        gathered[~back] = 0
        shown = ~back
    return {name for name, stays in zip(names, back.tolist(), strict=True) if stays}


def _few(sizes: npt.NDArray[np.int64], least: int) -> npt.NDArray[np.bool_]:
    return np.asarray((sizes > 0) & (sizes < least))
