"""Rates of parts of a wave beside the whole: the headline, without the doubtful, outside the frame."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from surveys.counting import OUTSIDE, among, both
from surveys.drawn import Sampled
from surveys.estimated import pooled
from surveys.rates import Tally
from surveys.steps import Steps, settled
from surveys.subsets import beside
from surveys.waves import Wave

HEADLINE, UNDOUBTED, BEYOND = "headline", "without_flagged", "outside"


def apart(wave: Wave, given: Sampled, steps: Steps | None = None) -> Mapping[str, list[dict[str, Any]]]:
    """The entries of each part that there is; figures that subtraction would tell stay back.

    Of a wave that is shown in `steps`, so does a part that has moved on by too few.
    """
    questionnaire, columns, least = given.questionnaire, given.columns, wave.terms.least
    whole, doubtful, outside = (
        Tally(questionnaire, least=least),
        Tally(questionnaire, least=least),
        Tally(questionnaire, least=least, frames=OUTSIDE),
    )
    whole.count(columns)
    found = {}
    if channels := wave.terms.headline:
        tally, inside = Tally(questionnaire, least=least), among(columns, "channel", channels.__contains__)
        tally.count(columns, inside)
        rates = settled(steps, "|headline", *beside(whole, tally))[0]
        part = replace(given, where=both(given.where, inside))
        found[HEADLINE] = pooled({"rates": rates}, part, wave.terms.margins)["rates"]
    if any(columns.facts["flags"]):
        doubtful.count(columns, among(columns, "flags", bool))
        found[UNDOUBTED] = settled(steps, "|flags", *beside(whole, doubtful))[1]
    if whole.outside and not steps:
        outside.count(columns)
        found[BEYOND] = outside.rates()
    return found
