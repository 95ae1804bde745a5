"""Rates after weighting: the interviews made to look like the population, beside the rates as they came.

One margin is post-stratified, several are raked; the errors know of it (`surveys.weighting`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.columns import Columns, Mask
from surveys.counting import (
    Fact,
    Part,
    Where,
    both,
    gathered,
    in_frame,
    measures,
    parts_by_fact,
    parts_by_question,
)
from surveys.estimates import Design, Estimate, mean, proportion
from surveys.labels import Factor
from surveys.meanings import value_of
from surveys.questionnaire import Questionnaire
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


def attach(rates: Sequence[dict[str, Any]], given: Sampled, margins: Margins) -> None:
    """Fill `weighted` of every shown rate: rate, se, deff, n_eff, interval. Raises WeightingRefused."""
    design = weigh(given, margins)
    indicators = {one.id: one for one in given.questionnaire.indicators}
    measured = dict(zip(indicators, measures(given.questionnaire, given.columns), strict=True))
    masks: dict[tuple[str, str], Mask] = {}
    for entry in rates:
        if entry["suppressed"] or entry["rate"] is None:
            continue
        found = measured[entry["indicator"]]
        worth = [value_of(meaning, entry["dont_know_rule"]) for meaning in found.meanings]
        codes = gathered(given.columns, found.reading, given.where)
        inside = np.array([value is not None for value in worth])[codes]
        for variable, value in entry["group"].items():
            if (variable, value) not in masks:
                masks[variable, value] = given.group(variable, value)
            inside = inside & masks[variable, value]
        gained = np.array([value or 0.0 for value in worth])[codes]
        estimate = (mean if indicators[entry["indicator"]].is_mean else proportion)(
            gained, design.domain(inside)
        )
        entry["weighted"] = _figures(estimate)


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
    if not design.weights.size:
        raise WeightingRefused("还没有答卷，没有可以加权的数。")
    variables = [_margin(name, counts, given) for name, counts in margins.items()]
    groups, targets = [labels for labels, _ in variables], [counts for _, counts in variables]
    try:
        if len(variables) == 1:
            return poststratify(design, groups[0], targets[0])
        return rake(design, groups, targets)
    except MarginRefused as refused:
        name = list(margins)[refused.margin - 1]
        raise WeightingRefused(f"按“{name}”加权不成：{refused}") from refused


def _margin(name: str, counts: Mapping[str, float], given: Sampled) -> tuple[Factor, dict[str, float]]:
    """The category of each interview, and the counts under the same labels (codes, for a question)."""
    parts = given.parts(name)
    if len(parts) != 1:  # of several choices none would be the category
        raise WeightingRefused(f"权重表里的“{name}”既不是乡镇、社区、渠道，也不是一道单选题的编号。")
    question = None if name in PLACES else given.questionnaire.question(name)
    codes = {option.label: option.code for option in question.options} if question else {}
    targets = {codes.get(category, category): count for category, count in counts.items()}
    labels = Factor(given.codes(parts[0]), parts[0].labels)
    unknown = np.array([label not in targets for label in labels.labels])[labels.codes]
    if strangers := np.count_nonzero(unknown):
        raise WeightingRefused(f"有 {strangers} 份答卷的“{name}”不在权重表里，请补上这一类的人数。")
    return labels, targets


def _figures(estimate: Estimate) -> dict[str, Any]:
    low, high = estimate.interval
    return {
        "rate": _number(estimate.value),
        "se": _number(estimate.se),
        "deff": _number(estimate.deff),
        "n_eff": _number(estimate.n_eff),
        "interval": [_number(low), _number(high)],
    }


def _number(value: float) -> float | None:
    """JSON knows neither nan nor infinity."""
    return float(value) if math.isfinite(value) else None
