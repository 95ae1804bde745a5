"""Estimates from a sample with a design: R's figures, and what must hold for any sample."""

from dataclasses import dataclass
from math import inf, isnan, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.estimates import Design, Estimate, Interval, difference, doubtful, mean, proportion, total
from surveys.intervals import hybrid
from surveys.weighting import poststratify, rake
from tests.survey_designs import AGES, SEXES, Town, distance, expected

TOWN = Town.read()
DESIGNS = TOWN.designs()
Y, YES = TOWN.rows["y"], TOWN.rows["yes"]
INTERVALS: tuple[Interval, ...] = ("wilson", "korn-graubard", "logit")
FEW = settings(max_examples=25, deadline=None)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The columns of a sample of any design, and who succeeded."""

    successes: Any
    weights: Any
    strata: Any
    clusters: Any
    population: float | None

    def design(self, order: Any = slice(None), scale: float = 1.0) -> Design:
        strata, clusters = (None if one is None else one[order] for one in (self.strata, self.clusters))
        return Design(self.weights[order] * scale, strata, clusters, self.population)


@st.composite
def samples(draw: st.DrawFn) -> Drawn:
    rows = draw(st.integers(4, 60))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    return Drawn(
        successes=random.random(rows) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0])),
        weights=random.uniform(0.5, 9, rows) * (random.random(rows) < draw(st.sampled_from([1, 0.8]))),
        strata=random.integers(0, 3, rows) if draw(st.booleans()) else None,
        clusters=random.integers(0, 6, rows) if draw(st.booleans()) else None,
        population=100.0 if draw(st.booleans()) else None,
    )


def assert_alike(one: Estimate, other: Estimate) -> None:
    assert (one.n, one.df) == (other.n, other.df)
    for a, b in zip(
        (one.value, one.se, one.deff, *one.interval),
        (other.value, other.se, other.deff, *other.interval),
        strict=True,
    ):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", DESIGNS)
def test_every_figure_is_that_of_r(name: str) -> None:
    theirs = expected()
    ours = {figure: found for figure, found in TOWN.figures(name, DESIGNS[name]) if figure in theirs}
    assert len(ours) == sum(figure.startswith(f"{name} ") for figure in theirs) > 1
    assert {figure: distance(found, theirs[figure]) for figure, found in ours.items()} == {
        figure: pytest.approx(0, abs=1e-8) for figure in ours
    }


def test_a_simple_random_sample_has_the_textbook_figures() -> None:
    y = np.array([3.0, 5, 8, 13, 21])
    found = mean(y, Design(np.full(5, 20.0), population=100))
    assert (found.value, found.n, found.df) == (10.0, 5, 4)
    assert found.se == pytest.approx(sqrt(y.var(ddof=1) / 5 * 0.95), rel=1e-12)
    assert found.deff == pytest.approx(0.95, rel=1e-12)
    assert found.n_eff == pytest.approx(5 / 0.95, rel=1e-12)
    assert total(y, Design(np.full(5, 20.0))).value == 1000


@FEW
@given(samples(), st.sampled_from([1e-6, 3.0, 1e5]), st.sampled_from(INTERVALS))
def test_the_scale_of_the_weights_changes_totals_only(drawn: Drawn, scale: float, kind: Interval) -> None:
    design, scaled = drawn.design(), drawn.design(scale=scale)
    assert_alike(proportion(drawn.successes, design, kind), proportion(drawn.successes, scaled, kind))
    one, other = total(drawn.successes, design), total(drawn.successes, scaled)
    assert other.value == pytest.approx(one.value * scale, rel=1e-9)
    assert other.se == pytest.approx(one.se * scale, rel=1e-6, abs=1e-9 * scale, nan_ok=True)


@FEW
@given(samples(), st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(drawn: Drawn, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(drawn.successes.size)
    one = proportion(drawn.successes, drawn.design())
    assert_alike(one, proportion(drawn.successes[order], drawn.design(order)))


@FEW
@given(samples(), st.sampled_from(INTERVALS))
def test_an_interval_holds_its_value_and_stays_within_0_and_1(drawn: Drawn, kind: Interval) -> None:
    found = proportion(drawn.successes, drawn.design(), kind)
    low, high = found.interval
    assert 0 <= low <= high <= 1
    if found.n:
        assert low - 1e-12 <= found.value <= high + 1e-12


@FEW
@given(samples())
def test_a_part_and_the_rest_make_the_whole(drawn: Drawn) -> None:
    design = drawn.design()
    mask = np.arange(drawn.successes.size) % 3 == 0
    parts = [total(drawn.successes, design.domain(one)) for one in (mask, ~mask)]
    whole = total(drawn.successes, design)
    assert sum(part.value for part in parts) == pytest.approx(whole.value)
    assert sum(part.n for part in parts) == whole.n
    assert {part.df for part in parts if part.n} <= {design.df}


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_nobody_and_everybody_still_have_an_interval(name: str, share: float, interval: Interval) -> None:
    found = proportion(np.full(Y.size, share), DESIGNS[name], interval)
    assert (found.value, found.se) == (share, 0.0)
    low, high = found.interval
    assert (low == 0.0) if share == 0 else (high == 1.0)
    assert 0.02 < high - low <= 1
    assert 1 <= found.deff < 2
    assert found.n_eff <= found.n


def test_a_stratum_of_one_unit_is_no_silent_zero() -> None:
    weights, strata = np.ones(5), ["a", "a", "a", "a", "b"]
    found = mean([1.0, 2, 3, 4, 9], Design(weights, strata))
    alone = (9 - found.value) / 5
    within = 4 / 3 * sum(((y - 2.5) / 5) ** 2 for y in (1, 2, 3, 4))
    assert found.se == pytest.approx(sqrt(within + alone**2), rel=1e-12)
    assert found.df == 3
    certain = mean([1.0, 2, 3, 4, 9], Design(weights, strata, population=[np.inf] * 4 + [1]))
    assert certain.se == pytest.approx(sqrt(within), rel=1e-12)


def test_one_unit_a_stratum_leaves_the_interval_open() -> None:
    design = Design(np.ones(6), strata=list("abcdef"))
    share = proportion([1, 1, 0, 1, 0, 1], design)
    assert share.se > 0
    assert (share.df, share.interval) == (0, (0.0, 1.0))
    assert mean(range(6), design).interval == (-inf, inf)


def test_one_cluster_says_nothing_about_the_others() -> None:
    design = Design(np.ones(6), clusters=["village"] * 6)
    share = proportion([1, 1, 0, 1, 0, 1], design)
    assert share.value == pytest.approx(4 / 6)
    assert isnan(share.se)
    assert isnan(share.deff)
    assert (share.df, share.interval) == (0, (0.0, 1.0))
    assert proportion(np.ones(6), design).interval == (0.0, 1.0)


def test_without_rows_nothing_is_known() -> None:
    for design in (Design([]), Design(np.ones(0), [], [], [])):
        share = proportion([], design)
        assert isnan(share.value)
        assert isnan(share.se)
        assert (share.n, share.interval) == (0, (0.0, 1.0))
        assert mean([], design).interval == (-inf, inf)
        assert total([], design).value == 0
        assert isnan(total([], design).se)


def test_a_single_answer_has_a_wide_interval() -> None:
    one = Design(np.ones(9)).domain(np.arange(9) == 4)
    assert isnan(mean(np.arange(9), one).se)
    share = proportion(np.ones(9), one)
    assert share.n == 1
    assert share.interval[0] == pytest.approx(0.158, abs=0.01)
    assert share.interval[1] == 1.0


def test_a_domain_keeps_the_degrees_of_freedom_and_needs_no_answers_outside() -> None:
    nested = DESIGNS["nested"]
    women = TOWN.rows["sex"] == "f"
    north = TOWN.rows["stratum"] == "north"
    part = nested.domain(women).domain(north)
    found = mean(np.where(women & north, Y, np.nan), part)
    assert (found.n, found.df) == (int((women & north).sum()), nested.df)
    assert found.value == pytest.approx(np.average(Y[women & north], weights=nested.weights[women & north]))


def test_a_row_without_weight_is_not_looked_at() -> None:
    weights = TOWN.rows["weight0"]
    blank = np.where(weights > 0, Y, np.nan)
    found = mean(blank, Design(weights, clusters=TOWN.rows["place"]))
    assert found == mean(Y, Design(weights, clusters=TOWN.rows["place"]))
    assert found.n == np.count_nonzero(weights)
    assert mean(Y, Design(TOWN.rows["weight"]).domain(weights > 0)).value == pytest.approx(found.value)


def test_a_census_has_no_sampling_error() -> None:
    found = proportion(YES, Design(np.ones(Y.size), population=Y.size))
    assert found.se == pytest.approx(0, abs=1e-12)
    assert found.interval[0] < found.value < found.interval[1]  # n_eff is n at most


def test_where_every_cluster_was_visited_the_error_is_within_them() -> None:
    """R: svydesign(~cluster + person, strata = ~stratum, fpc = ~visited + people) gives this error."""
    strata, clusters = TOWN.rows["stratum"], TOWN.rows["cluster"]
    visited = np.array([np.unique(clusters[strata == stratum]).size for stratum in strata])
    weight = TOWN.rows["weight"]
    design = Design(weight, strata, clusters, visited, subsampled=True)
    found = mean(Y, design)
    assert found.se == pytest.approx(0.74773681969301831, rel=1e-8)
    places = [f"{stratum}{cluster}" for stratum, cluster in zip(strata, clusters, strict=True)]
    as_strata = mean(Y, Design(weight, places))
    assert (found.se, found.df) == (pytest.approx(as_strata.se, rel=1e-12), as_strata.df)
    assert mean(Y, Design(weight, strata, clusters, visited)).se == 0.0  # whole clusters: a census
    without = mean(Y, Design(weight, strata, clusters, subsampled=True))
    assert without == mean(Y, Design(weight, strata, clusters))


def test_a_visited_cluster_beside_a_drawn_one() -> None:
    strata, clusters = np.repeat(list("ab"), 6), np.repeat(range(4), 3)
    y = np.array([1.0, 2, 4, 3, 3, 5, 2, 2, 6, 7, 1, 1])
    design = Design(np.ones(12), strata, clusters, np.repeat([2, 5], 6), subsampled=True)
    assert design.df == (6 - 2) + (2 - 1)
    assert Design(np.ones(6), clusters=clusters[:6], population=2, subsampled=True).df == 4
    assert 0 < mean(y, design).se < mean(y, Design(np.ones(12), strata, clusters)).se * 2


def test_a_lucky_design_effect_does_not_narrow_the_interval() -> None:
    successes, strata = [0] * 9 + [1] + [1] * 9 + [0], [0] * 10 + [1] * 10
    stratified = proportion(successes, Design(np.ones(20), strata))
    assert stratified.deff < 0.5
    assert stratified.n_eff > 40
    plain = proportion(successes, Design(np.ones(20)))
    assert stratified.interval[1] - stratified.interval[0] == pytest.approx(
        plain.interval[1] - plain.interval[0], rel=0.05
    )


def test_a_cluster_label_counts_within_its_stratum() -> None:
    nested = Design(np.ones(8), strata=list("aaaabbbb"), clusters=[1, 1, 2, 2, 1, 1, 2, 2])
    spelt = Design(
        np.ones(8), strata=list("aaaabbbb"), clusters=[("a", 1)] * 2 + [2] * 2 + [None] * 2 + ["x"] * 2
    )
    assert nested.df == spelt.df == 2
    y = [3, 1, 4, 1, 5, 9, 2, 6]
    assert mean(y, nested).se == pytest.approx(mean(y, spelt).se, rel=1e-12)


def test_labels_far_apart_are_told_apart() -> None:
    far = Design(np.ones(6), clusters=np.array([330100, 7, 330100, 7, 2**40, 2**40]))
    near = Design(np.ones(6), clusters=np.array([1, 0, 1, 0, 2, 2], dtype=np.int8))
    assert mean(range(6), far).se == mean(range(6), near).se


def test_a_difference_within_one_design_has_its_covariance() -> None:
    design = DESIGNS["raked"]
    whole, women = mean(Y, design), mean(Y, design.domain(TOWN.rows["sex"] == "f"))
    gap = difference(whole, women)
    assert gap.value == whole.value - women.value
    assert gap.se < sqrt(whole.se**2 + women.se**2)
    assert gap.df == design.df
    same = difference(women, women)
    assert (same.value, same.se) == (0.0, 0.0)
    changed = difference(mean(Y, design), mean(Y - 1, design))
    assert changed.value == pytest.approx(1)
    assert changed.se == pytest.approx(0, abs=1e-12)


def test_two_samples_are_independent() -> None:
    before = mean(Y, DESIGNS["nested"])
    after = mean(Y + 2, Design(TOWN.rows["weight"]))
    gap = difference(after, before)
    assert gap.se == pytest.approx(sqrt(before.se**2 + after.se**2), rel=1e-12)
    assert before.df < gap.df < before.df + after.df
    twin = difference(before, mean(Y, Town.read().designs()["nested"]))
    assert twin.df == pytest.approx(2 * before.df)
    assert twin.interval == pytest.approx((-twin.interval[1], twin.interval[1]))


def test_a_difference_of_differences_keeps_track_of_both_samples() -> None:
    nested, other = DESIGNS["nested"], Town.read().designs()["nested"]
    women, men = (TOWN.rows["sex"] == sex for sex in "fm")
    gaps = [difference(mean(Y, d.domain(women)), mean(Y, d.domain(men))) for d in (nested, other)]
    change = difference(*gaps)
    assert change.value == 0
    assert change.se == pytest.approx(sqrt(2) * gaps[0].se, rel=1e-12)


def test_shares_without_variance_are_compared_by_their_intervals() -> None:
    one, other = Design(np.ones(40)), Design(np.ones(50))
    none, everyone = proportion(np.zeros(40), one), proportion(np.ones(50), other)
    gap = difference(everyone, none)
    assert (gap.value, gap.se) == (1.0, 0.0)
    assert gap.interval == hybrid(1, everyone.interval, 0, none.interval)
    assert 0.8 < gap.interval[0] < 0.95
    nothing = difference(none, proportion([], Design([])))
    assert isnan(nothing.value)
    assert nothing.interval == (-1.0, 1.0)


def test_the_interval_of_a_rare_share_or_few_clusters_is_flagged() -> None:
    many = Design(np.ones(200))
    assert not doubtful(proportion(np.arange(200) % 4 == 0, many))
    assert doubtful(proportion(np.arange(200) < 4, many))
    assert doubtful(proportion(np.arange(200) % 4 == 0, Design(np.ones(200), clusters=np.arange(200) % 10)))
    assert doubtful(proportion([], Design([])))


def test_what_does_not_fit_is_refused() -> None:
    two = Design([1, 1])
    for wrong in (
        lambda: Design([1, -1]),
        lambda: Design([1, np.nan]),
        lambda: Design([[1.0]]),
        lambda: Design([1, 1], strata=["a"]),
        lambda: Design([1, 1], strata=np.ones((2, 2))),
        lambda: Design([1, 1], clusters=[1.0, np.nan]),
        lambda: Design([1, 1], population=[5, 6]),
        lambda: Design([1, 1], population=[np.nan, np.nan]),
        lambda: Design([1, 1], population=1),
        lambda: Design([1, 1], population=[5]),
        lambda: two.domain([0, 1]),
        lambda: mean([1], two),
        lambda: mean([1, np.nan], two),
        lambda: proportion([1, 2], two),
        lambda: proportion([1, 0], two, "wald"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()


def test_later_adjustments_are_undone_first() -> None:
    nested = DESIGNS["nested"]
    rows = TOWN.rows
    twice = rake(poststratify(nested, rows["age"], AGES), [rows["age"], rows["sex"]], [AGES, SEXES])
    once = DESIGNS["raked"]
    assert twice.weights == pytest.approx(once.weights, rel=1e-8)
    assert mean(Y, twice).se == pytest.approx(mean(Y, once).se, rel=0.02)
    assert total(rows["age"] == "55+", twice).se == pytest.approx(0, abs=1e-6)
