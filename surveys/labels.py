"""Labels as numbers: the columns that say where a row belongs."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """Labels as numbers: `labels[codes[i]]` is the label of row i."""

    codes: Codes
    labels: tuple[Hashable, ...]

    @classmethod
    def of(cls, column: "Labels", rows: int, name: str) -> "Factor":
        """Number the labels of a column; a factor stays as it is. ValueError without one label a row."""
        if isinstance(column, np.ndarray) and column.ndim != 1:
            raise ValueError(f"{name}: one label a row, in one dimension")
        if isinstance(column, Factor):
            codes, labels = column.codes.astype(np.intp, copy=False), column.labels
        elif isinstance(column, np.ndarray) and column.dtype.kind in "iub":
            codes, labels = _numbered(column)
        else:
            seen: dict[Hashable, int] = {}
            listed = column.tolist() if isinstance(column, np.ndarray) else column
            codes = np.array([seen.setdefault(label, len(seen)) for label in listed], dtype=np.intp)
            if any(label != label for label in seen):
                raise ValueError(f"{name}: a label is missing (not a number)")
            labels = tuple(seen)
        if len(codes) != rows:
            raise ValueError(f"{name}: {len(codes)} labels for {rows} rows")
        return cls(codes, labels)


Labels = Factor | Iterable[Hashable] | npt.NDArray[Any]
"""One label a row, of any hashable type."""


def _numbered(column: npt.NDArray[Any]) -> tuple[Codes, tuple[Hashable, ...]]:
    """Codes in the order of the values; without sorting where the values lie close together."""
    if column.size == 0:
        return np.zeros(0, dtype=np.intp), ()
    lowest, highest = int(column.min()), int(column.max())
    if highest - lowest > 2 * column.size + 1000:
        values, inverse = np.unique(column, return_inverse=True)
        return inverse.astype(np.intp), tuple(values.tolist())
    offsets = column.astype(np.int64) - lowest
    present = np.bincount(offsets) > 0
    return (np.cumsum(present) - 1)[offsets].astype(np.intp), tuple(
        (np.flatnonzero(present) + lowest).tolist()
    )
