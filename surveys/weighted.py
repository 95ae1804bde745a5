"""Rates after weighting: the interviews made to look like the population, beside the rates as they came.

One margin is post-stratified, several are raked; the errors know of it (`surveys.weighting`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from surveys.cells import Cells, Margin, cells_of, shares
from surveys.columns import Columns, Mask
from surveys.counting import (
    Everybody,
    Fact,
    Part,
    Table,
    Where,
    both,
    crossed,
    gathered,
    in_frame,
    measures,
    parts_by_fact,
    parts_by_question,
)
from surveys.estimates import Design, mean, proportion
from surveys.labels import Factor
from surveys.meanings import Measure, Reading, value_of
from surveys.questionnaire import DontKnowRule, Indicator, Questionnaire
from surveys.weighting import MarginRefused, poststratify, rake

PLACES = ("township", "community", "channel")
Margins = Mapping[str, Mapping[str, float]]


class WeightingRefused(ValueError):
    """The interviews cannot be made to meet the margins; the words, for staff, say which and why."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """The interviews that are weighted."""

    columns: Columns
    questionnaire: Questionnaire
    where: Where

    def parts(self, variable: str) -> list[Part]:
        """Everybody by a place or a question; [] where it is neither."""
        if variable in PLACES:
            return parts_by_fact(variable, self.columns)
        question = self.questionnaire.question(variable)
        return parts_by_question(question, self.columns) if question and question.options else []

    def codes(self, part: Part) -> npt.NDArray[Any]:
        """The code of each of them."""
        return gathered(self.columns, part.reading, self.where)

    def group(self, variable: str, value: str) -> Mask:
        """Who belongs to a group."""
        for part in self.parts(variable):
            if value in part.labels:
                return np.asarray(self.codes(part) == part.labels.index(value))
        return np.zeros(len(self.weights()), dtype=np.bool_)

    def mask(self, wanted: Where) -> Mask:
        """Which of them are wanted."""
        found = [wanted(block)[self.where(block)] for block in self.columns.blocks]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.bool_)

    def drawn(self, name: str) -> tuple[npt.NDArray[Any], Mask] | None:
        """A column of the design, and where it is empty; None where nobody has an entry."""
        labels = self.columns.facts[name]
        codes = self.codes(Part(Fact(name), labels))
        empty = np.array([not label for label in labels])[codes]
        return None if empty.all() else (codes, empty)

    def weights(self) -> npt.NDArray[np.float64]:
        """The weights of the design."""
        kept = [block.weights[self.where(block)] for block in self.columns.blocks]
        return np.concatenate(kept) if kept else np.zeros(0)


def sampled(columns: Columns, questionnaire: Questionnaire, kept: Where | None = None) -> Sampled:
    """Those `kept` who are not outside the frame."""
    inside = in_frame(columns)
    return Sampled(columns, questionnaire, inside if kept is None else both(kept, inside))


def attach(
    rates: Sequence[dict[str, Any]], given: Sampled, margins: Margins, within: Where | None = None
) -> None:
    """Fill `weighted` of every shown rate: rate, se, deff, n_eff, interval. Raises WeightingRefused.

    Without margins the weights are those that the interviews brought. All are weighted; the rates are those
    of the interviews `within`.
    """
    shown = [entry for entry in rates if not entry["suppressed"] and entry["rate"] is not None]
    found = measures(given.questionnaire, given.columns)
    measured = dict(zip(given.questionnaire.indicators, found, strict=True))
    cells = None
    if within is None:
        with _refusing(given, margins):
            cells = cells_of(given.columns, given.where, _margins(given, margins))
    if cells is None:
        _attach_by_row(shown, given, weigh(given, margins), measured, within)
    else:
        _attach_by_cell(shown, given, cells, measured)


def _attach_by_cell(
    shown: Sequence[dict[str, Any]], given: Sampled, cells: Cells, measured: Mapping[Indicator, Measure]
) -> None:
    readings = {one.reading: len(one.meanings) for one in measured.values()}
    found: dict[tuple[str, str, str, str | None], dict[str, Any]] = {}

    def estimate(variable: str, labels: Sequence[str | None], tables: Mapping[Reading, Table]) -> None:
        for indicator, one in measured.items():
            for rule in get_args(DontKnowRule):
                worth = [value_of(meaning, rule) for meaning in one.meanings]
                values = np.array([math.nan if value is None else value for value in worth])
                estimated = shares(cells, tables[one.reading], values, mean=indicator.is_mean)
                rows = zip(*(column.tolist() for column in estimated), strict=True)
                for label, figures in zip(labels, rows, strict=True):
                    found[indicator.id, rule, variable, label] = _document(*figures)

    variables = list(dict.fromkeys(name for entry in shown for name in entry["group"]))
    for variable in variables or [""]:
        parts = given.parts(variable) if variable else [Part(Everybody(), (None,))]
        for number, part in enumerate(parts):
            tables = cells.sums(part, readings)
            if variable:
                estimate(variable, part.labels, tables)
            if number == 0 and variable in ("", *variables[:1]):
                estimate("", (None,), {one: cells.together(table) for one, table in tables.items()})
    for entry in shown:
        ((variable, value),) = entry["group"].items() or (("", None),)
        entry["weighted"] = found.get((entry["indicator"], entry["dont_know_rule"], variable, value))


def _attach_by_row(
    shown: Sequence[dict[str, Any]],
    given: Sampled,
    design: Design,
    measured: Mapping[Indicator, Measure],
    within: Where | None,
) -> None:
    part = None if within is None else given.mask(within)
    indicators = {indicator.id: (indicator, one) for indicator, one in measured.items()}
    masks: dict[tuple[str, str], Mask] = {}
    for entry in shown:
        indicator, one = indicators[entry["indicator"]]
        worth = [value_of(meaning, entry["dont_know_rule"]) for meaning in one.meanings]
        codes = gathered(given.columns, one.reading, given.where)
        inside = np.array([value is not None for value in worth])[codes]
        if part is not None:
            inside = inside & part
        for variable, value in entry["group"].items():
            if (variable, value) not in masks:
                masks[variable, value] = given.group(variable, value)
            inside = inside & masks[variable, value]
        gained = np.array([value or 0.0 for value in worth])[codes]
        estimate = (mean if indicator.is_mean else proportion)(gained, design.domain(inside))
        low, high = estimate.interval
        entry["weighted"] = _document(estimate.value, estimate.se, estimate.deff, estimate.n_eff, low, high)


def drawn(given: Sampled) -> Design:
    """How the interviews came: with the weights, strata and clusters that they brought."""
    weights = given.weights()
    strata, clusters = given.drawn("stratum"), given.drawn("cluster")
    units = None
    if clusters is not None:
        # Whoever came by the account was drawn alone, and not in one cluster with everybody else who did.
        codes, alone = clusters
        units = np.where(alone, int(codes.max()) + 1 + np.arange(weights.size), codes)
    return Design(weights, strata=None if strata is None else strata[0], clusters=units)


def weigh(given: Sampled, margins: Margins) -> Design:
    """The design of a wave, its weights meeting the margins. Raises WeightingRefused."""
    design = drawn(given)
    with _refusing(given, margins):
        parts = _margins(given, margins)
        groups = [Factor(given.codes(part), part.labels) for part, _ in parts]
        targets = [counts for _, counts in parts]
        if len(parts) == 1:
            return poststratify(design, groups[0], targets[0])
        return rake(design, groups, targets) if parts else design


@contextmanager
def _refusing(given: Sampled, margins: Margins) -> Iterator[None]:
    """Says in the office's words what a margin cannot be made to meet."""
    if not any(given.where(block).any() for block in given.columns.blocks):
        raise WeightingRefused("还没有答卷，没有可以加权的数。")
    try:
        yield
    except MarginRefused as refused:
        name = list(margins)[refused.margin - 1]
        raise WeightingRefused(f"按“{name}”加权不成：{refused}") from refused


def _margins(given: Sampled, margins: Margins) -> list[Margin]:
    """How each margin divides the interviews, and its counts by the same labels (codes, for a question)."""
    found: list[Margin] = []
    for name, counts in margins.items():
        parts = given.parts(name)
        if len(parts) != 1:  # of several choices none would be the category
            raise WeightingRefused(f"权重表里的“{name}”既不是乡镇、社区、渠道，也不是一道单选题的编号。")
        question = None if name in PLACES else given.questionnaire.question(name)
        codes = {option.label: option.code for option in question.options} if question else {}
        targets = {codes.get(category, category): count for category, count in counts.items()}
        labels, size = parts[0].labels, len(parts[0].labels)
        sizes = crossed(given.columns, parts[0].reading, size, Everybody(), 1, given.where)[:, 0].tolist()
        if strangers := sum(n for label, n in zip(labels, sizes, strict=True) if label not in targets):
            raise WeightingRefused(f"有 {strangers} 份答卷的“{name}”不在权重表里，请补上这一类的人数。")
        found.append((parts[0], targets))
    return found


def _document(value: float, se: float, deff: float, n_eff: float, low: float, high: float) -> dict[str, Any]:
    return {
        "rate": _number(value),
        "se": _number(se),
        "deff": _number(deff),
        "n_eff": _number(n_eff),
        "interval": [_number(low), _number(high)],
    }


def _number(value: float) -> float | None:
    """JSON knows neither nan nor infinity."""
    return float(value) if math.isfinite(value) else None
