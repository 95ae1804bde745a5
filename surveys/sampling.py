"""How the rows were drawn: units within strata of a frame, and the variance that follows from it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.labels import Codes, Factor, Labels

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What was drawn: units (clusters, or rows where there are none) within strata. Identity is the sample's.

    A stratum of a single unit shows no variance within itself. Its unit is therefore compared with the
    overall centre of the linearised values instead of its stratum's (R: survey.lonely.psu = "adjust"), which
    overstates the variance rather than hiding it; where the frame holds that one unit only, it adds nothing.
    """

    units: Codes | None
    """Unit of each row; None = the row itself."""
    strata: Codes | None
    """Stratum of each unit; None = one stratum."""
    sizes: npt.NDArray[np.int64]
    """Units in each stratum."""
    unsampled: Floats
    """Share of each stratum of the frame that was not drawn; 1 with replacement."""
    second: "Sample | None" = None
    """The rows within the units, where only some of a unit were asked; its `unsampled` is the share of the
    first stage that was drawn."""

    @classmethod
    def drawn(
        cls,
        rows: int,
        strata: Labels | None,
        clusters: Labels | None,
        population: npt.ArrayLike | None,
        subsampled: bool = False,
    ) -> "Sample":
        """Number units and strata. A cluster label counts within its stratum. ValueError if it cannot be.

        `subsampled`: the rows were drawn within their clusters. Where the frame takes variance away from the
        first stage, that of the second stands beside it (W. G. Cochran, Sampling Techniques, 1977, 11.4).
        """
        strata_of_rows = None if strata is None else Factor.of(strata, rows, "strata").codes
        units = None
        strata_of_units = strata_of_rows
        if clusters is not None:
            labelled = Factor.of(clusters, rows, "clusters")
            pairs = labelled.codes
            if strata_of_rows is not None:
                pairs = strata_of_rows * len(labelled.labels) + labelled.codes
            units = Factor.of(pairs, rows, "clusters").codes
            if strata_of_rows is not None:
                strata_of_units = np.zeros(_levels(units), dtype=np.intp)
                strata_of_units[units] = strata_of_rows
        count = rows if units is None else _levels(units)
        if strata_of_units is None:
            sizes = np.array([count] if count else [], dtype=np.int64)
        else:
            sizes = np.bincount(strata_of_units).astype(np.int64)
        unsampled = np.ones(len(sizes))
        if population is not None:
            unsampled = _unsampled(rows, strata_of_rows, sizes, population)
        second = None
        if subsampled and units is not None and (unsampled < 1).any():
            strata_of = np.zeros(count, dtype=np.intp) if strata_of_units is None else strata_of_units
            within = np.bincount(units, minlength=count).astype(np.int64)
            second = cls(None, units, within, 1 - unsampled[strata_of])
        return cls(units, strata_of_units, sizes, unsampled, second)

    @classmethod
    def within(cls, rows: npt.NDArray[np.bool_]) -> "Sample":
        """These rows drawn alone, apart from the others."""
        strata = rows.astype(np.intp)
        sizes = np.bincount(strata, minlength=2).astype(np.int64)
        return cls(None, strata, sizes, np.ones(2))

    def spread(self, influence: Floats) -> Floats:
        """Values whose squares add up to the variance of the sum of `influence` (one value a row).

        Products of the spreads of two estimates add up to their covariance. All nan where fewer than two
        units were drawn.
        """
        sums = influence
        if self.units is not None:
            sums = np.bincount(self.units, influence, minlength=int(self.sizes.sum())).astype(float)
        if sums.size < 2:
            return np.full(sums.size or 1, np.nan)
        single = self.sizes == 1
        factors = np.sqrt(self.unsampled * np.where(single, 1.0, self.sizes / np.maximum(self.sizes - 1, 1)))
        if self.strata is None:
            found = (sums - sums.mean()) * factors[0]
        else:
            centres = np.where(single, 0.0, np.bincount(self.strata, sums) / self.sizes)
            found = (sums - centres[self.strata]) * factors[self.strata]
        return np.asarray(found if self.second is None else np.append(found, self.second.spread(influence)))

    def variance(self, influence: Floats) -> float:
        """Variance of the sum of `influence`; nan where fewer than two units were drawn."""
        spread = self.spread(influence)
        return float(spread @ spread)

    def degrees(self, weights: Floats) -> int:
        """Units minus strata, both counted where a row has weight.

        Where all units of a stratum were drawn and rows within them, these are the units, and theirs the
        strata.
        """
        rows = weights > 0
        if self.units is None:
            used = rows
        else:
            used = np.bincount(self.units[rows], minlength=int(self.sizes.sum())) > 0
        if self.second is not None and self.units is not None:
            strata_of = np.zeros(used.size, dtype=np.intp) if self.strata is None else self.strata
            whole = self.unsampled[strata_of] <= 0
            asked = int(np.count_nonzero(rows & whole[self.units])) - int(np.count_nonzero(used & whole))
            used = used & ~whole
        else:
            asked = 0
        strata = int(used.any()) if self.strata is None else np.unique(self.strata[used]).size
        return asked + int(np.count_nonzero(used)) - strata


def _levels(codes: Codes) -> int:
    return int(codes.max()) + 1 if codes.size else 0


def _unsampled(
    rows: int, strata: Codes | None, sizes: npt.NDArray[np.int64], population: npt.ArrayLike
) -> Floats:
    """1 - n/N a stratum. ValueError if N varies within a stratum or is less than what was drawn."""
    counts = np.asarray(population, float)
    if counts.ndim == 0:
        counts = np.full(rows, float(counts))
    if counts.shape != (rows,):
        raise ValueError(f"population: {counts.shape} for {rows} rows")
    frame = np.zeros(len(sizes))
    codes = np.zeros(rows, dtype=np.intp) if strata is None else strata
    frame[codes] = counts
    if not np.array_equal(frame[codes], counts):
        raise ValueError("population: it differs within a stratum, or is missing")
    if (frame < sizes).any():
        raise ValueError("population: a stratum of the frame has fewer units than were drawn")
    return np.asarray(1 - sizes / frame)
