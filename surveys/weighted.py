"""Rates after weighting: the interviews made to look like the population, beside the rates as they came.

The errors know of the margins, and of the strata, clusters and weights that interviews brought with them.
Where the sums by cell say all (`surveys.cells`) no row is looked at; else every estimate goes through them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from surveys.cells import Cells, cells_of, shares
from surveys.columns import Mask
from surveys.counting import Part, Table, Where, gathered, measures
from surveys.drawn import PLACES, Sampled, drawn, first_stage, has_design, sampled
from surveys.estimates import Design, Estimate, mean, proportion
from surveys.indicator import DontKnowRule, Indicator
from surveys.judging import cautions
from surveys.margins import Margins, WeightingRefused, margins_of, refusing, weigh
from surveys.meanings import Measure, Reading, value_of
from surveys.rates import Tally
from surveys.readings import Everybody

MOST_SUMS = 1 << 20
"""Sums that are held at once, 24 bytes each: many communities by many cells are many."""

__all__ = [
    "PLACES",
    "Margins",
    "Sampled",
    "Weighed",
    "WeightingRefused",
    "attach",
    "drawn",
    "fill",
    "has_design",
    "sampled",
    "weigh",
]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Interviews with the design that they are estimated by, row by row."""

    given: Sampled
    design: Design
    within: Where | None = None
    """All are weighted; the estimates are of these."""
    _codes: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    _masks: dict[tuple[str, str], Mask] = field(default_factory=dict)
    _measured: dict[str, Measure] = field(default_factory=dict)

    def estimate(
        self, indicator: Indicator, rule: DontKnowRule, group: Mapping[str, str], *, others: bool = False
    ) -> Estimate:
        """The rate of a group, or of all who are not in it."""
        given = self.given
        if not self._measured:
            self._measured.update(_measured(given))
        found = self._measured[indicator.id]
        if indicator.id not in self._codes:
            self._codes[indicator.id] = gathered(given.columns, found.reading, given.where)
        codes = self._codes[indicator.id]
        worth = [value_of(meaning, rule) for meaning in found.meanings]
        inside = np.array([value is not None for value in worth])[codes]
        if self.within is not None:
            inside = inside & given.mask(self.within)
        for key in group.items():
            if key not in self._masks:
                self._masks[key] = given.group(*key)
            inside = inside & (~self._masks[key] if others else self._masks[key])
        gained = np.array([value or 0.0 for value in worth])[codes]
        part = self.design.group(inside) if group else self.design.domain(inside)
        return (mean if indicator.is_mean else proportion)(gained, part)


def attach(
    rates: Sequence[dict[str, Any]],
    given: Sampled,
    margins: Margins,
    within: Where | None = None,
    counted: Tally | None = None,
) -> None:
    """Fill `weighted` of every shown rate: rate, se, deff, n_eff, interval, df, cautions.

    Without margins the weights are those that the interviews brought. All are weighted; the rates are those
    of the interviews `within`. `counted` are the same interviews, counted with their weights. Raises
    WeightingRefused.
    """
    cells = None
    if within is None and "trim" not in given.terms.weighting and first_stage(given) is None:
        with refusing(given, margins):
            divided = [(one.part, one.targets) for one in margins_of(given, margins)]
            cells = cells_of(given.columns, given.where, divided)
    if cells is None:
        fill(rates, Weighed(given, weigh(given, margins), within))
        return
    shown = [entry for entry in rates if not entry["suppressed"] and entry["rate"] is not None]
    known = counted.tables if counted is not None and cells.alike else {}
    told = counted.measured if counted is not None and known else measures(given.questionnaire, given.columns)
    measured = dict(zip(given.questionnaire.indicators, told, strict=True))
    _attach_by_cell(shown, given, cells, measured, known)


def fill(rates: Sequence[dict[str, Any]], weighed: Weighed) -> None:
    """Fill `weighted` of every shown rate, each from the rows."""
    indicators = {one.id: one for one in weighed.given.questionnaire.indicators}
    for entry in rates:
        if not entry["suppressed"] and entry["rate"] is not None:
            indicator = indicators[entry["indicator"]]
            one = weighed.estimate(indicator, entry["dont_know_rule"], entry["group"])
            figures = (one.value, one.se, one.deff, one.n_eff, *one.interval, one.n)
            entry["weighted"] = _document(one.df, *figures) | {
                "cautions": cautions(one.value, one.n, one.n_eff, _own_df(one, weighed.design))
            }


def _own_df(one: Estimate, design: Design) -> float:
    """Units minus strata of the group alone: how well its own error is known. df of the whole where it is
    not of the design's units, as in `Design.group`."""
    samples = [term.design for term in one.terms if term.design.sample is design.sample]
    return samples[0].sample.degrees(samples[0].weights) if samples else math.inf


def _measured(given: Sampled) -> dict[str, Measure]:
    names = [one.id for one in given.questionnaire.indicators]
    return dict(zip(names, measures(given.questionnaire, given.columns), strict=True))


def _attach_by_cell(
    shown: Sequence[dict[str, Any]],
    given: Sampled,
    cells: Cells,
    measured: Mapping[Indicator, Measure],
    known: Mapping[Reading, Mapping[Reading, Table]],
) -> None:
    found: dict[tuple[str, str, str, str | None], dict[str, Any]] = {}

    def estimate(variable: str, labels: Sequence[str | None], tables: Mapping[Reading, Table]) -> None:
        for indicator, one in measured.items():
            if one.reading not in tables:
                continue
            for rule in get_args(DontKnowRule):
                worth = [value_of(meaning, rule) for meaning in one.meanings]
                values = np.array([math.nan if value is None else value for value in worth])
                estimated = shares(cells, tables[one.reading], values, mean=indicator.is_mean)
                rows = zip(*(column.tolist() for column in estimated), strict=True)
                for label, figures in zip(labels, rows, strict=True):
                    found[indicator.id, rule, variable, label] = _document(cells.df, *figures)

    variables = list(dict.fromkeys(name for entry in shown for name in entry["group"]))
    for variable in variables or [""]:
        parts = given.parts(variable) if variable else [Part(Everybody(), (None,))]
        for number, part in enumerate(parts):
            for tables in _tables(cells, part, measured, known):
                if variable:
                    estimate(variable, part.labels, tables)
                if number == 0 and variable in ("", *variables[:1]):
                    estimate("", (None,), {one: cells.together(table) for one, table in tables.items()})
    for entry in shown:
        ((variable, value),) = entry["group"].items() or (("", None),)
        entry["weighted"] = found.get((entry["indicator"], entry["dont_know_rule"], variable, value))


def _tables(
    cells: Cells,
    part: Part,
    measured: Mapping[Indicator, Measure],
    known: Mapping[Reading, Mapping[Reading, Table]],
) -> Iterator[Mapping[Reading, Table]]:
    """Sums by cell and group: those that are known, or of as many questions at once as memory allows."""
    if part.reading in known:
        yield known[part.reading]
        return
    readings = {one.reading: len(one.meanings) for one in measured.values()}
    waiting: dict[Reading, int] = {}
    rows = len(cells.weight) * len(part.labels)
    for reading, codes in readings.items():
        if waiting and rows * (sum(waiting.values()) + codes) > MOST_SUMS:
            yield cells.sums(part, waiting)
            waiting = {}
        waiting[reading] = codes
    if waiting:
        yield cells.sums(part, waiting)


def _document(
    df: float, value: float, se: float, deff: float, n_eff: float, low: float, high: float, n: float
) -> dict[str, Any]:
    return {
        "rate": _number(value),
        "se": _number(se),
        "deff": _number(deff),
        "n_eff": _number(n_eff),
        "interval": [_number(low), _number(high)],
        "df": _number(df),
        "cautions": cautions(value, n, n_eff, df),
    }


def _number(value: float) -> float | None:
    """JSON knows neither nan nor infinity."""
    return float(value) if math.isfinite(value) else None
