"""PURE: what the design of a wave adds to its results: weighted rates and differences, cross-tables."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from math import isfinite
from typing import Any

from surveys.comparisons import family
from surveys.counting import Where
from surveys.crossing import crossed_by
from surveys.drawn import Sampled, drawn, has_design
from surveys.estimates import Estimate, difference
from surveys.indicator import Indicator
from surveys.margins import Margins, WeightingRefused, weigh
from surveys.rates import Tally
from surveys.significance import student
from surveys.weighing import weighting_of
from surveys.weighted import Weighed, attach

Document = Mapping[str, Any]


def weighed(given: Sampled, margins: Margins) -> Weighed | None:
    """These interviews by their design; None where they have none, or cannot meet the margins."""
    if not given.weights().size or not (margins or has_design(given)):
        return None
    try:
        return Weighed(given, weigh(given, margins))
    except WeightingRefused:
        return None


def estimated(
    found: Document, given: Sampled, margins: Margins, by: str | None = None, counted: Tally | None = None
) -> dict[str, Any]:
    """The document with its weighted rates, the report of the weighting, and the tables by `by`.

    `counted` are the same interviews, counted with their weights.
    """
    told: dict[str, Any] = {"weighting": None, "weighting_refused": None, "crosstabs": []}
    if not given.weights().size:
        return {**found, **told}
    made, rates = weighed(given, margins), [dict(entry) for entry in found["rates"]]
    if margins:
        report, _ = weighting_of(given, margins, {})
        told |= {"weighting": report.document(), "weighting_refused": report.refused or None}
    if made is not None:
        attach(rates, given, margins, counted=counted)
        told["against_the_rest"] = _adjusted([_apart(entry, made) for entry in found["against_the_rest"]])
    design = drawn(given) if made is None else made.design
    told["crosstabs"] = [asdict(table) for table in crossed_by(given, by, design)] if by else []
    return {**found, **told, "rates": rates}


def pooled(headline: Document, given: Sampled, margins: Margins) -> dict[str, Any]:
    """The rates of the pooled channels, weighted by themselves: `given` are their interviews."""
    rates, made = [dict(entry) for entry in headline["rates"]], weighed(given, margins)
    if made is not None:
        attach(rates, given, margins)
    return {**headline, "rates": rates}


def compared(
    found: Document,
    now: Sampled,
    before: Sampled,
    within: tuple[Where | None, Where | None] = (None, None),
) -> dict[str, Any]:
    """The document with the differences of weighted rates, where one of the waves has a design.

    `within`: the part of each wave whose rates these are.

    The waves are taken as independent samples: unknown overlap makes the intervals wider than need be.
    """
    one, other = (weighed(given, given.terms.margins) for given in (now, before))
    if one is None and other is None:
        return dict(found)
    one, other = one or Weighed(now, drawn(now)), other or Weighed(before, drawn(before))
    one, other = replace(one, within=within[0]), replace(other, within=within[1])
    former = {indicator.id: indicator for indicator in before.questionnaire.indicators}
    made = []
    for entry in found["comparisons"]:
        rule, group = entry["dont_know_rule"], entry["group"]
        earlier = other.estimate(former[entry["indicator"]], rule, group)
        made.append({**entry, "weighted": _gap(one.estimate(_indicator(entry, one), rule, group), earlier)})
    return {**found, "comparisons": _adjusted(made)}


def _apart(entry: Document, made: Weighed) -> dict[str, Any]:
    indicator, rule, group = _indicator(entry, made), entry["dont_know_rule"], entry["group"]
    rest = made.estimate(indicator, rule, group, others=True)
    return {**entry, "weighted": _gap(made.estimate(indicator, rule, group), rest)}


def _indicator(entry: Document, made: Weighed) -> Indicator:
    return next(one for one in made.given.questionnaire.indicators if one.id == entry["indicator"])


def _gap(one: Estimate, other: Estimate) -> dict[str, Any] | None:
    """The difference by the design; None where it cannot say."""
    gap = difference(one, other)
    if not all(isfinite(value) for value in (gap.value, gap.se, *gap.interval)):
        return None
    figures: dict[str, Any] = {"rates": [one.value, other.value], "difference": gap.value}
    figures |= {"se": gap.se, "df": gap.df, "interval": list(gap.interval)}
    return figures | {"p": student(gap.value, gap.se, gap.df), "method": "design-based t; holm"}


def _adjusted(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The weighted p values adjusted for all that is shown together."""
    known = [place for place, entry in enumerate(entries) if entry["weighted"] is not None]
    for place, figures in zip(known, family([entries[one]["weighted"] for one in known]), strict=True):
        entries[place]["weighted"] = figures
    return entries
