"""Rates of parts of a wave beside the whole: the headline, without the doubtful, outside the frame."""

from collections.abc import Mapping
from typing import Any

from surveys.columns import Columns
from surveys.counting import OUTSIDE, among
from surveys.questionnaire import Questionnaire
from surveys.rates import Tally
from surveys.steps import Steps, settled
from surveys.subsets import beside
from surveys.waves import Wave

HEADLINE, UNDOUBTED, BEYOND = "headline", "without_flagged", "outside"


def apart(
    wave: Wave, questionnaire: Questionnaire, columns: Columns, steps: Steps | None = None
) -> Mapping[str, list[dict[str, Any]]]:
    """The entries of each part that there is; figures that subtraction would tell stay back.

    Of a wave that is shown in `steps`, so does a part that has moved on by too few.
    """
    whole, doubtful, outside = (
        Tally(questionnaire),
        Tally(questionnaire),
        Tally(questionnaire, frames=OUTSIDE),
    )
    whole.count(columns)
    found = {}
    if channels := wave.terms.headline:
        pooled = Tally(questionnaire)
        pooled.count(columns, among(columns, "channel", channels.__contains__))
        found[HEADLINE] = settled(steps, "|headline", *beside(whole, pooled))[0]
    if any(columns.facts["flags"]):
        doubtful.count(columns, among(columns, "flags", bool))
        found[UNDOUBTED] = settled(steps, "|flags", *beside(whole, doubtful))[1]
    if whole.outside and not steps:
        outside.count(columns)
        found[BEYOND] = outside.rates()
    return found
