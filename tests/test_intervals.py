"""Intervals of proportions: printed examples, and how often they hold the truth."""

import numpy as np
import pytest

from surveys.estimates import Design, Interval, doubtful, proportion
from surveys.intervals import exact, hybrid, newcombe, score, wilson
from tests.drills.coverage import KINDS, SIZES, Villages, exact_coverage, plain_bounds


@pytest.mark.parametrize(
    ("successes", "n", "of_wilson", "of_clopper_pearson"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_newcombes_examples(
    successes: int, n: int, of_wilson: tuple[float, float], of_clopper_pearson: tuple[float, float]
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17, 1998, 857-872, table I."""
    assert wilson(successes, n) == pytest.approx(of_wilson, abs=5e-5)
    assert exact(successes / n, n, n, n - 1) == pytest.approx(of_clopper_pearson, abs=5e-5)


def test_wilson_refuses_more_successes_than_there_were_and_knows_nothing_without() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="3 successes of 2"):
        wilson(3, 2)


def test_an_interval_of_a_single_row() -> None:
    assert exact(1.0, 1, 1, 5)[0] == pytest.approx(0.025)


def test_with_many_degrees_of_freedom_t_is_z() -> None:
    assert score(81 / 263, 263, 1e12) == pytest.approx(wilson(81, 263), rel=1e-8)


def test_without_observations_or_freedom_nothing_is_excluded() -> None:
    for bounds in (score(0.5, 0, 9), score(0.5, 9, 0), exact(0.5, 0, 9, 9), exact(0.5, 9, 9, 0)):
        assert [float(bound) for bound in bounds] == [0.0, 1.0]


def test_the_hybrid_of_independent_score_intervals_is_newcombes() -> None:
    assert hybrid(56 / 70, wilson(56, 70), 48 / 80, wilson(48, 80)) == newcombe(56, 70, 48, 80)
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    alike = hybrid(0.5, (0.4, 0.6), 0.5, (0.4, 0.6), correlation=1.0)
    assert alike == pytest.approx((0, 0), abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("x", [0, 1, 17, 50])
def test_the_coverage_below_is_that_of_proportion(kind: Interval, x: int) -> None:
    low, high = plain_bounds(kind, 50)
    found = proportion(np.arange(50) < x, Design(np.full(50, 7.0)), kind)
    assert found.interval == pytest.approx((low[x], high[x]), rel=1e-9)


def test_korn_graubard_holds_the_truth_as_often_as_it_says() -> None:
    assert min(exact_coverage("korn-graubard", n).min() for n in SIZES) >= 0.945


def test_wilson_holds_the_truth_as_often_as_it_says_on_average() -> None:
    cells = np.array([exact_coverage("wilson", n) for n in SIZES])
    assert cells.mean() >= 0.945
    assert cells.min() >= 0.92


def test_a_simulated_village_is_estimated_as_proportion_does() -> None:
    village = Villages(clusters=9, rows=6, icc=0.1, p=0.3)
    successes, weights = village.drawn(3, np.random.default_rng(5))
    found = village.estimated(successes, weights)
    for draw in range(3):
        design = Design(weights[draw].ravel(), clusters=np.repeat(np.arange(9), 6))
        ours = proportion(successes[draw].ravel(), design)
        assert found.p[draw] == pytest.approx(ours.value)
        assert (found.low["wilson"][draw], found.high["wilson"][draw]) == pytest.approx(ours.interval)
        assert found.flagged[draw] == doubtful(ours)
