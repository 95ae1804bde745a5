"""A sample with its weights: what an estimate needs beside the answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.calibration import Step
from surveys.labels import Labels
from surveys.sampling import Sample

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Design:
    """Rows with weights, strata, clusters and the frame: all that an estimate needs beside the answers.

    A row of weight 0 is in the sample but not estimated for: its unit counts in its stratum, its values are
    never looked at. The arrays must not be changed afterwards.
    """

    weights: Floats
    sample: Sample
    df: int
    """Units minus strata of the whole design, rows without weight left out."""
    steps: tuple[Step, ...]

    def __init__(
        self,
        weights: npt.ArrayLike,
        strata: Labels | None = None,
        clusters: Labels | None = None,
        population: npt.ArrayLike | None = None,
        *,
        subsampled: bool = False,
    ) -> None:
        """One entry a row. `population`: first-stage units of the frame in the row's stratum; None = with
        replacement. `subsampled`: a cluster's rows are some of its people, not all, so that the correction
        for the frame leaves their variance. ValueError for a negative or missing weight, or columns that do
        not fit each other.
        """
        given = np.asarray(weights, float)
        if given.ndim != 1:
            raise ValueError("weights: one number a row")
        if not (np.isfinite(given) & (given >= 0)).all():
            raise ValueError("weights: a weight is negative, infinite or missing")
        sample = Sample.drawn(len(given), strata, clusters, population, subsampled)
        self._fill(given, sample, sample.degrees(given), ())

    def _fill(self, weights: Floats, sample: Sample, df: int, steps: tuple[Step, ...]) -> None:
        for name, value in (("weights", weights), ("sample", sample), ("df", df), ("steps", steps)):
            object.__setattr__(self, name, value)

    def _with(self, weights: Floats, steps: tuple[Step, ...]) -> "Design":
        other = object.__new__(Design)
        other._fill(weights, self.sample, self.df, steps)
        return other

    def domain(self, mask: npt.ArrayLike) -> "Design":
        """The part of the rows for which `mask` is true, without forgetting how all of them were drawn."""
        inside = np.asarray(mask)
        if inside.shape != self.weights.shape or inside.dtype != np.bool_:
            raise ValueError("mask: one true or false a row")
        return self._with(np.where(inside, self.weights, 0.0), self.steps)

    def group(self, mask: npt.ArrayLike) -> "Design":
        """The domain of a group that is spoken of by itself.

        Where all of it lies in one of several first-stage units, the sample holds no second unit to compare
        with, and the domain would have next to no error whatever its people said. It then is its unit: the
        people were drawn in it, and their number less one are the degrees of freedom.
        """
        part = self.domain(mask)
        rows = part.weights > 0
        if self.sample.units is None or self.sample.sizes.sum() < 2:
            return part
        units = self.sample.units[rows]
        if units.size < 2 or (units != units[0]).any():
            return part
        alone = object.__new__(Design)
        alone._fill(part.weights, Sample.within(rows), int(units.size) - 1, ())
        return alone

    def adjusted(self, weights: Floats, step: Step) -> "Design":
        """The same rows with other weights; variances follow the step."""
        return self._with(weights, (*self.steps, step))

    def influence(self, values: Floats) -> Floats:
        """What each row adds to the error of a weighted sum of `values`, all adjustments undone in turn."""
        influence = self.weights * values
        for step in reversed(self.steps):
            if step.calibration is not None:
                influence = step.calibration.residual(influence)
        return influence
