"""Weights that were adjusted: what was done, and what it does to a variance."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from surveys.labels import Codes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Weights made to meet known counts, and what that does to a variance: the regression on the margins.

    To first order, a raked estimate has the variance of the residuals of a regression with the weights
    before the adjustment, times those after (J.-C. Deville, C.-E. Särndal, O. Sautory, JASA 88, 1993,
    1013-1020).
    """

    before: Floats
    after: Floats
    margins: tuple[Codes, ...]
    """For each margin the category of each row; rows without weight lie in any."""
    sizes: tuple[int, ...]
    inverse: Floats = field(init=False)
    """Pseudo-inverse of the weighted cross-products of all categories."""

    def __post_init__(self) -> None:
        products = np.block(
            [[self._crossed(i, j) for j in range(len(self.margins))] for i in range(len(self.margins))]
        )
        object.__setattr__(self, "inverse", np.linalg.pinv(products, rcond=1e-12, hermitian=True))

    def _crossed(self, i: int, j: int) -> Floats:
        cells = self.margins[i] * self.sizes[j] + self.margins[j]
        table = np.bincount(cells, self.before / self.before.sum(), minlength=self.sizes[i] * self.sizes[j])
        return np.asarray(table.reshape(self.sizes[i], self.sizes[j]))

    def residual(self, influence: Floats) -> Floats:
        """The influence of each row on an estimate, once the counts are held fixed."""
        values = np.divide(influence, self.after, out=np.zeros_like(influence), where=self.after > 0)
        scaled = self.before / self.before.sum() * values
        sums = [
            np.bincount(codes, scaled, minlength=size)
            for codes, size in zip(self.margins, self.sizes, strict=True)
        ]
        slopes = np.split(self.inverse @ np.concatenate(sums), np.cumsum(self.sizes)[:-1])
        fitted = sum((slope[codes] for slope, codes in zip(slopes, self.margins, strict=True)), np.zeros(1))
        return np.asarray(self.after * (values - fitted))


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One adjustment of weights, for the method note."""

    kind: str
    """`poststratify`, `rake` or `trim`."""
    rounds: int
    error: float
    """Largest relative distance of a category from its count (calibration), or 0."""
    touched: int
    """Rows whose weight was cut to a bound (trimming), or 0."""
    kish: float
    """Kish's design effect of the weights afterwards."""
    calibration: Calibration | None = field(default=None, repr=False)


def kish(weights: npt.ArrayLike) -> float:
    """n sum(w^2) / sum(w)^2 over the rows with weight: what unequal weights alone cost; nan without any.

    L. Kish, Survey Sampling, 1965, 11.7.
    """
    given = np.asarray(weights, float)
    total = given.sum()
    if not total > 0:
        return float("nan")
    shares = given / total  # first, so that squares of tiny weights do not vanish
    return float(np.count_nonzero(given) * (shares @ shares))
