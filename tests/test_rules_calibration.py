"""The probability comes from the office's labels, and the threshold keeps the risk the office chose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.calibration import LEAST, Label, bounds, curve, fit


def labels(count: int, seed: int = 1, wrong: float = 0.0) -> list[Label]:
    """Messages that are right the more surely the more is covered; `wrong` of them whatever is covered."""
    rng = np.random.default_rng(seed)
    covered = rng.random(count)
    right = rng.random(count) < 1 / (1 + np.exp(-20 * (covered - 0.4)))
    right &= rng.random(count) >= wrong
    return [({"covered": float(x), "constant": 1.0}, bool(y)) for x, y in zip(covered, right, strict=True)]


def test_nothing_is_learnt_from_few_or_one_sided_labels() -> None:
    assert fit(labels(LEAST - 1), 0.05) is None
    assert fit([({"covered": 1.0}, True)] * 500, 0.05) is None
    assert fit([], 0.05) is None


def test_the_probability_is_calibrated_and_the_same_every_time() -> None:
    learnt = fit(labels(2_000), 0.05)
    assert learnt is not None
    assert learnt == fit(labels(2_000), 0.05)
    seen = np.array([learnt.probability(features) for features, _ in labels(4_000, seed=2)])
    right = np.array([right for _, right in labels(4_000, seed=2)])
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        here = (seen >= low) & (seen < low + 0.2)
        assert abs(seen[here].mean() - right[here].mean()) < 0.1


def test_the_threshold_keeps_the_risk_among_new_messages() -> None:
    kept = 0
    for seed in range(20):
        learnt = fit(labels(600, seed), 0.05)
        assert learnt is not None
        new = [
            right
            for features, right in labels(3_000, 100 + seed)
            if learnt.probability(features) >= learnt.threshold
        ]
        kept += learnt.kept and len(new) > 1_000 and 1 - sum(new) / len(new) <= 0.05
    assert kept >= 17


def test_a_risk_that_cannot_be_kept_is_said() -> None:
    learnt = fit(labels(400, wrong=0.3), 0.02)
    assert learnt is not None
    assert not learnt.kept


def test_unknown_and_missing_features_do_no_harm() -> None:
    learnt = fit(labels(300), 0.1)
    assert learnt is not None
    assert 0 <= learnt.probability({}) <= 1
    assert learnt.probability({"covered": 0.5, "constant": 1.0, "other": 9.0}) == pytest.approx(
        learnt.probability({"covered": 0.5, "constant": 1.0})
    )


@given(st.integers(1, 300), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_bounds_hold_the_share_and_its_meaning(of: int, share: float) -> None:
    count = round(share * of)
    lower, upper = bounds(count, of)
    assert 0 <= lower <= count / of <= upper <= 1
    assert bounds(of - count, of) == pytest.approx((1 - upper, 1 - lower))


def test_sixty_answers_without_an_error_bound_the_risk_at_five_percent() -> None:
    assert bounds(0, 60)[1] < 0.05 < bounds(0, 58)[1]
    assert bounds(0, 0) == (0.0, 1.0)


def test_the_curve_counts_what_is_answered_and_what_is_wrong() -> None:
    found = curve(np.array([0.9, 0.8, 0.2]), np.array([1.0, 0.0, 0.0]), (0.85, 0.5, 0.0))
    assert [(point.answered, point.wrong) for point in found] == [(1, 0), (2, 1), (3, 2)]
