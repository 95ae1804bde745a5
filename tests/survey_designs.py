"""A small made-up sample, designs laid over it, and the figures that R's survey package gives for them."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from surveys.crosstabs import rao_scott
from surveys.estimates import Design, Estimate, Interval, difference, mean, proportion, total
from surveys.weighting import poststratify, rake, trim

FOLDER = Path(__file__).parent / "data" / "estimates"
AGES = {"18-34": 700, "35-54": 900, "55+": 500}
SEXES = {"f": 1080, "m": 1020}


def columns(file: Path) -> dict[str, npt.NDArray[Any]]:
    """A CSV by column, numbers as numbers."""
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    found: dict[str, npt.NDArray[Any]] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        try:
            found[name] = np.array(values, float)
        except ValueError:
            found[name] = np.array(values)
    return found


def expected() -> dict[str, list[float]]:
    """R's figures, by "design figure"."""
    found: dict[str, list[float]] = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Town:
    """The sample."""

    rows: Mapping[str, npt.NDArray[Any]]

    @classmethod
    def read(cls) -> "Town":
        """From the test data."""
        return cls(columns(FOLDER / "sample.csv"))

    def designs(self) -> dict[str, Design]:
        """By the names of reference.R."""
        rows, weight = self.rows, self.rows["weight"]
        nested = Design(weight, strata=rows["stratum"], clusters=rows["cluster"], population=rows["frame"])
        raked = rake(nested, [rows["age"], rows["sex"]], [AGES, SEXES])
        return {
            "plain": Design(weight),
            "strata": Design(weight, strata=rows["stratum"]),
            "clusters": Design(weight, clusters=rows["place"]),
            "nested": nested,
            "subsampled": Design(
                weight, rows["stratum"], rows["cluster"], population=rows["frame"], subsampled=True
            ),
            "lonely": Design(weight, strata=rows["lonely"], clusters=rows["place"]),
            "alone": Design(weight, strata=rows["row"]),
            "zeros": Design(rows["weight0"], clusters=rows["place"]),
            "domain": nested.domain(rows["sex"] == "f"),
            "poststratified": poststratify(nested, rows["age"], AGES),
            "raked": raked,
            "trimmed": trim(raked, 12, 36),
        }

    def figures(self, name: str, design: Design) -> Iterator[tuple[str, list[float]]]:
        """What `reference.R` says about one design, in its words and order."""
        y, yes = self.rows["y"], self.rows["yes"]
        yield f"{name} mean", listed(mean(y, design))
        whole = total(y, design)
        yield f"{name} total", [whole.value, whole.se, whole.deff]
        for interval in get_args(Interval):
            yield f"{name} {interval}", listed(proportion(yes, design, interval))
        women, men = (mean(y, design.domain(self.rows["sex"] == sex)) for sex in "fm")
        gap = difference(women, men)
        yield f"{name} difference", [gap.value, gap.se]
        test = rao_scott(self.rows["age"], yes, design)
        yield f"{name} rao-scott", [test.f, test.df, test.df_within, test.p]


def listed(found: Estimate) -> list[float]:
    """Value, standard error, design effect, degrees of freedom, interval."""
    return [found.value, found.se, found.deff, found.df, *found.interval]


def distance(ours: list[float], theirs: list[float]) -> float:
    """The largest relative difference; infinite if the lists do not match."""
    if len(ours) != len(theirs):
        return float("inf")
    return max(0.0 if a == b else abs(a - b) / max(abs(b), 1e-12) for a, b in zip(ours, theirs, strict=True))
