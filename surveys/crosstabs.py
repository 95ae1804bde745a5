"""Whether two questions are related, asked of a sample with its design."""

from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt

from surveys.design import Design
from surveys.labels import Factor, Labels

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Association:
    """A test of independence; all nan where the sample has one category or no degree of freedom."""

    f: float
    df: float
    """Of the numerator, fractional."""
    df_within: float
    """Of the denominator."""
    p: float


def rao_scott(rows: Labels, columns: Labels, design: Design) -> Association:
    """Pearson's test with the second-order correction, as an F test (R svychisq, statistic = "F").

    J. N. K. Rao, A. J. Scott, Annals of Statistics 12, 1984, 46-60; F by D. R. Thomas, J. N. K. Rao, JASA 82,
    1987, 630-636. Holds one number a row and cell of the table.
    """
    size = design.weights.size
    used = design.weights > 0
    down, high = _present(rows, size, used, "rows")
    across, wide = _present(columns, size, used, "columns")
    n = int(np.count_nonzero(used))
    if high < 2 or wide < 2 or design.df <= 0:
        return Association(nan, nan, nan, nan)
    cells = down * wide + across
    total = design.weights.sum()
    shares = np.bincount(cells[used], design.weights[used], minlength=high * wide) / total
    spreads = []
    for cell, share in enumerate(shares):
        values = np.where(used, (cells == cell) - share, 0.0) / total
        spreads.append(design.sample.spread(design.influence(values)))
    spread = np.array(spreads).T
    expected = np.outer(
        shares.reshape(high, wide).sum(axis=1), shares.reshape(high, wide).sum(axis=0)
    ).ravel()
    pearson = n * float(((shares - expected) ** 2 / expected).sum())
    inverse = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
    contrasts = _interactions(high, wide) * inverse[:, None]
    observed = spread @ contrasts
    simple = contrasts.T @ (shares[:, None] * contrasts) / n
    effects = np.linalg.pinv(simple, rcond=1e-12, hermitian=True) @ (observed.T @ observed)
    trace = float(np.trace(effects))
    if not trace > 0:
        return Association(nan, nan, nan, nan)
    df = trace**2 / float(np.trace(effects @ effects))
    f = pearson / trace
    from scipy.special import fdtrc  # slow to load, and needed only where tables are tested

    return Association(f, df, df * design.df, float(fdtrc(df, df * design.df, f)))


def _present(
    labels: Labels, size: int, used: npt.NDArray[np.bool_], name: str
) -> tuple[npt.NDArray[np.intp], int]:
    """The labels numbered again by those that have weight; others lie anywhere."""
    factor = Factor.of(labels, size, name)
    present = np.zeros(len(factor.labels), dtype=np.bool_)
    present[factor.codes[used]] = True
    return np.maximum(np.cumsum(present) - 1, 0)[factor.codes], int(np.count_nonzero(present))


def _interactions(high: int, wide: int) -> Floats:
    """An orthonormal basis of what a table can do beyond its margins: one column a contrast."""
    return np.asarray(np.kron(_contrasts(high), _contrasts(wide)), dtype=np.float64)


def _contrasts(levels: int) -> Floats:
    """Orthonormal columns that add up to nothing (Helmert)."""
    columns = np.zeros((levels, levels - 1))
    for place in range(1, levels):
        columns[:place, place - 1] = 1.0
        columns[place, place - 1] = -place
        columns[:, place - 1] /= np.sqrt(place * (place + 1))
    return columns
