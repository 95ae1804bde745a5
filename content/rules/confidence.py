"""How sure a found article is: one number from what the search saw, the same for the same message.

A logistic function of three features. Its weights were fitted (L2 penalty 1) on 90 judged development
messages about one city's regulation. Above ANSWER, 6 of 52 fitting messages and none of 41 kept apart were
answered wrongly: an order of risk with a safe threshold, not a calibrated probability. An office that has
judged enough of its own answers has a calibration of its own, and a threshold by its own risk target.
"""

import math
from collections.abc import Mapping, Sequence

from content.rules.calibration import Calibration
from content.rules.hits import Evidence, Hit

ANSWER = 0.7
OFFER = 0.3
EXACT = 0.97

INTERCEPT = -2.85
COVERED = 1.97
FOREIGN = -0.31
STRENGTH = 2.03


def features_of(hits: Sequence[Hit], evidence: Evidence) -> dict[str, float]:
    """What the search saw of its first hit, by name; kept with the message, so that labels teach.

    `gap`: the score over the second's. `strength` is on a logarithmic scale, flags are 0 or 1.
    """
    best = hits[0]
    return {
        "covered": evidence.covered,
        "foreign": float(evidence.foreign),
        "absent": float(bool(evidence.absent)),
        "strength": math.log1p(best.strength),
        "gap": best.score - hits[1].score if len(hits) > 1 else best.score,
        "taught": best.taught,
        "local": float(best.document.tier != "national"),
        "exact": float(best.exact),
    }


def confidence(features: Mapping[str, float], calibration: Calibration | None = None) -> float:
    """0..1 for the first hit of a search being the right article: by the office's own labels, if enough."""
    if features["exact"]:
        return EXACT
    if calibration:
        return calibration.probability(features)
    odds = (
        INTERCEPT
        + COVERED * features["covered"]
        + FOREIGN * features["foreign"]
        + STRENGTH * features["strength"]
    )
    return 1 / (1 + math.exp(-odds))
