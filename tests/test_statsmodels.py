"""statsmodels agrees on unweighted intervals with z and on p values adjusted for a family."""

import numpy as np
import pytest
from statsmodels.stats import multitest, proportion

from surveys.intervals import exact, newcombe, wilson
from surveys.significance import benjamini_hochberg, holm, two_proportions

COUNTS = [(0, 2), (0, 7), (7, 7), (1, 50), (81, 263), (1_999, 2_000), (345_678, 1_000_000)]


@pytest.mark.parametrize(("successes", "n"), COUNTS)
def test_intervals_of_a_share(successes: int, n: int) -> None:
    theirs = proportion.proportion_confint(successes, n, method="wilson")
    assert wilson(successes, n) == pytest.approx(theirs, rel=1e-8, abs=1e-12)
    theirs = proportion.proportion_confint(successes, n, method="beta")
    assert exact(successes / n, n, n, n - 1) == pytest.approx(theirs, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize(("one", "other"), [((56, 70), (48, 80)), ((0, 10), (10, 10)), ((3, 7), (5, 9))])
def test_difference_of_shares(one: tuple[int, int], other: tuple[int, int]) -> None:
    low, high = proportion.confint_proportions_2indep(*one, *other, method="newcomb", compare="diff")
    assert newcombe(*one, *other) == pytest.approx((low, high), rel=1e-8, abs=1e-12)
    _, p = proportion.proportions_ztest([one[0], other[0]], [one[1], other[1]])
    assert two_proportions(*one, *other) == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize("size", [1, 2, 15, 200])
def test_adjusted_p_values(size: int) -> None:
    p = np.random.default_rng(size).random(size) ** 3
    p[: size // 3] = p[0]
    assert holm(p.tolist()) == pytest.approx(multitest.multipletests(p, method="holm")[1], rel=1e-8)
    theirs = multitest.multipletests(p, method="fdr_bh")[1]
    assert benjamini_hochberg(p.tolist()) == pytest.approx(theirs, rel=1e-8)
