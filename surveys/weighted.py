"""Rates after weighting: the interviews made to look like the population, beside the rates as they came.

One margin is post-stratified, several are raked; the errors know of it (`surveys.weighting`).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.estimates import Design, Estimate, mean, proportion
from surveys.questionnaire import Indicator, Questionnaire
from surveys.rates import Cell, count, outcomes_of
from surveys.store import Interview
from surveys.weighting import MarginRefused, poststratify, rake

PLACES = ("township", "community", "channel")
Margins = Mapping[str, Mapping[str, float]]


class WeightingRefused(ValueError):
    """The interviews cannot be made to meet the margins; the words, for staff, say which and why."""


def attach(
    rates: Sequence[dict[str, Any]],
    interviews: Sequence[Interview],
    questionnaire: Questionnaire,
    margins: Margins,
) -> None:
    """Fill `weighted` of every shown rate: rate, se, deff, n_eff, interval. Raises WeightingRefused.

    Interviews of people outside the frame have no part in it.
    """
    interviews = [one for one in interviews if one.frame in ("", "inside")]
    if not interviews:
        raise WeightingRefused("还没有答卷，没有可以加权的数。")
    design = weigh(interviews, questionnaire, margins)
    columns = {
        indicator.id: _columns(interviews, questionnaire, indicator) for indicator in questionnaire.indicators
    }
    masks: dict[tuple[str, str], npt.NDArray[np.bool_]] = {}
    for entry in rates:
        if entry["suppressed"] or entry["rate"] is None:
            continue
        gained, valid, dont_know = columns[entry["indicator"]]
        inside = valid | dont_know if entry["dont_know_rule"] == "not_counted_positive" else valid
        for variable, value in entry["group"].items():
            if (variable, value) not in masks:
                labels = [_chosen(one, variable) for one in interviews]
                masks[variable, value] = np.array([value in codes for codes in labels])
            inside = inside & masks[variable, value]
        estimate = (proportion if entry["rule"] == "top_box" else mean)(gained, design.domain(inside))
        entry["weighted"] = _figures(estimate)


def weigh(interviews: Sequence[Interview], questionnaire: Questionnaire, margins: Margins) -> Design:
    """The design of a wave, its weights meeting the margins. Raises WeightingRefused."""
    designs = [one.design or {} for one in interviews]
    given = {name: [one.get(name) for one in designs] for name in ("stratum", "cluster")}
    labels = {
        name: values if any(value is not None for value in values) else None for name, values in given.items()
    }
    if (clusters := labels["cluster"]) is not None:
        # Whoever came by the account was drawn alone, and not in one cluster with everybody else who did.
        labels["cluster"] = [f"alone {n}" if one is None else f"in {one}" for n, one in enumerate(clusters)]
    weights = np.array([float(one.get("weight", 1.0)) for one in designs])
    design = Design(weights, strata=labels["stratum"], clusters=labels["cluster"])
    variables = [_margin(name, counts, interviews, questionnaire) for name, counts in margins.items()]
    groups, targets = [list(labels) for labels, _ in variables], [counts for _, counts in variables]
    try:
        if len(variables) == 1:
            return poststratify(design, groups[0], targets[0])
        return rake(design, groups, targets)
    except MarginRefused as refused:
        name = list(margins)[refused.margin - 1]
        raise WeightingRefused(f"按“{name}”加权不成：{refused}") from refused


def _margin(
    name: str, counts: Mapping[str, float], interviews: Sequence[Interview], questionnaire: Questionnaire
) -> tuple[list[str], dict[str, float]]:
    """One label an interview, and the counts under the same labels (codes, where a question is meant)."""
    question = None if name in PLACES else questionnaire.question(name)
    if name not in PLACES and (question is None or not question.options):
        raise WeightingRefused(f"权重表里的“{name}”既不是乡镇、社区、渠道，也不是一道选择题的编号。")
    codes = {option.label: option.code for option in question.options} if question else {}
    targets = {codes.get(category, category): count for category, count in counts.items()}
    labels = [next(iter(_chosen(one, name)), "") for one in interviews]
    if strangers := sum(label not in targets for label in labels):
        raise WeightingRefused(f"有 {strangers} 份答卷的“{name}”不在权重表里，请补上这一类的人数。")
    return labels, targets


def _chosen(interview: Interview, variable: str) -> Sequence[str]:
    """What an interview says of a place or a question: no, one or several codes."""
    if variable in PLACES:
        return [str(getattr(interview, variable))]
    answer = interview.answers.get(variable)
    return [] if answer is None else [answer] if isinstance(answer, str) else answer


def _columns(
    interviews: Sequence[Interview], questionnaire: Questionnaire, indicator: Indicator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """What each interview gains, whether it is valid, whether it is a don't know."""
    question = questionnaire.question(indicator.question)
    outcomes = outcomes_of(indicator, question) if question else {}
    cells = []
    for one in interviews:
        cell = Cell()
        if indicator.question in one.answers:
            count(cell, outcomes, one.answers[indicator.question])
        cells.append((cell.gained, cell.valid > 0, cell.dont_know > 0))
    table = np.array(cells, dtype=np.float64)
    return table[:, 0], table[:, 1] > 0, table[:, 2] > 0


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
