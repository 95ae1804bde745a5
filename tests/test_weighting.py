"""Weights made to meet known counts, and cut to bounds."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveys.contradicting import Contradiction, contradiction
from surveys.estimates import Design, mean, total
from surveys.weighting import MarginRefused, kish, poststratify, rake, trim
from tests.survey_designs import AGES, SEXES, Town

TOWN = Town.read()
NESTED = TOWN.designs()["nested"]
AGE, SEX, Y = TOWN.rows["age"], TOWN.rows["sex"], TOWN.rows["y"]


def test_poststratified_counts_are_exact_and_without_error() -> None:
    design = poststratify(NESTED, AGE, AGES)
    for age, count in AGES.items():
        found = total(age == AGE, design)
        assert found.value == pytest.approx(count, rel=1e-12)
        assert found.se == pytest.approx(0, abs=1e-9)
    assert design.df == NESTED.df
    assert NESTED.weights is TOWN.rows["weight"]
    (step,) = design.steps
    assert (step.kind, step.rounds, step.touched) == ("poststratify", 1, 0)
    assert step.error == pytest.approx(0, abs=1e-12)
    assert step.kish == kish(design.weights)


def test_raking_meets_every_margin() -> None:
    design = rake(NESTED, [AGE, SEX], [AGES, SEXES])
    for labels, counts in ((AGE, AGES), (SEX, SEXES)):
        for label, count in counts.items():
            assert total(labels == label, design).value == pytest.approx(count, rel=1e-9)
            assert total(labels == label, design).se == pytest.approx(0, abs=1e-6)
    assert design.steps[-1].error <= 1e-10
    ratios = design.weights / NESTED.weights
    odds = {
        sex: ratios[(AGE == "18-34") & (sex == SEX)][0] / ratios[(AGE == "55+") & (sex == SEX)][0]
        for sex in "fm"
    }
    assert odds["f"] == pytest.approx(odds["m"], rel=1e-12)  # multiplicative: no interaction is added


def test_raking_one_margin_is_poststratification() -> None:
    one, other = rake(NESTED, [AGE], [AGES]), poststratify(NESTED, AGE, AGES)
    assert one.weights == pytest.approx(other.weights, rel=1e-12)
    assert mean(Y, one).se == pytest.approx(mean(Y, other).se, rel=1e-12)


def test_groups_may_be_pairs_and_targets_shares() -> None:
    pairs = list(zip(SEX, AGE, strict=True))
    targets = {(sex, age): SEXES[sex] * AGES[age] / 2100**2 for sex in SEXES for age in AGES}
    design = poststratify(NESTED, pairs, targets)
    assert design.weights.sum() == pytest.approx(1)
    assert mean(SEX == "f", design).value == pytest.approx(1080 / 2100)


def test_adjusting_lowers_the_error_of_what_the_margins_explain() -> None:
    y = np.where(SEX == "f", 10.0, 0.0) + Y / 100
    assert mean(y, rake(NESTED, [AGE, SEX], [AGES, SEXES])).se < 0.2 * mean(y, NESTED).se


def test_rows_without_weight_stay_without_and_need_no_group() -> None:
    part = NESTED.domain(SEX == "f")
    ages = np.where(SEX == "f", AGE, "not asked")
    design = trim(rake(part, [ages], [AGES]), 5, 80)
    assert not design.weights[SEX == "m"].any()
    assert design.weights.sum() == pytest.approx(2100)


@pytest.mark.parametrize(
    ("margins", "targets", "words"),
    [
        ([["a", "b"]], [{"a": 1, "b": 2, "c": 3}], "margin 1, category 'c': nobody in the sample"),
        ([["a", "b"], [1, 2]], [{"a": 1, "b": 2}, {1: 3}], "margin 2, category 2: it is in the sample"),
        ([["a", "b"]], [{"a": 1, "b": 0}], "margin 1, category 'b': its count is 0"),
        ([["a", "b"]], [{"a": 1, "b": -3}], "margin 1, category 'b': its count is -3"),
        ([["a", "b"]], [{"a": 1, "b": float("nan")}], "margin 1, category 'b': its count is nan"),
        ([["a", "b"]], [{}], "margin 1: it has no counts"),
        ([["a", "b"], [1, 2]], [{"a": 1, "b": 2}, {1: 2, 2: 2}], "margin 2: its counts add up to 4, those"),
        (
            [["a", "b"], [1, 2]],
            [{"a": 1, "b": 2}, {1: 2, 2: 1}],
            "margin 2, category 2: it cannot be met together with margin 1",
        ),
    ],
)
def test_a_margin_that_cannot_be_met_is_named(margins: list[Any], targets: list[Any], words: str) -> None:
    with pytest.raises(MarginRefused, match=words):
        rake(Design([1.0, 1.0]), margins, targets)
    if len(margins) == 1:
        with pytest.raises(ValueError, match=words):
            poststratify(Design([1.0, 1.0]), margins[0], targets[0])


@pytest.mark.parametrize(
    ("cells", "counts", "margins", "category"),
    [
        ([(0, 0, 0), (0, 1, 0), (1, 1, 1), (1, 0, 1)], [(3, 1), (2, 2), (1, 3)], (0, 2), 0),
        ([(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)], [(2, 2), (2, 2), (2, 2)], None, None),
        ([(0, 0), (0, 1), (1, 1)], [(3, 1), (3, 1)], (0, 1), None),
        ([(0, 0), (0, 1), (1, 1)], [(3, 1), (2, 2)], None, None),
    ],
    ids=["the first and the last", "all can be met", "only without a cell", "with every cell"],
)
def test_the_margins_that_contradict_are_the_fewest(
    cells: list[tuple[int, ...]],
    counts: list[tuple[int, ...]],
    margins: tuple[int, ...] | None,
    category: int | None,
) -> None:
    places = [np.array(column, dtype=np.intp) for column in zip(*cells, strict=True)]
    found = contradiction(places, [np.array(one, dtype=float) for one in counts])
    assert found == (None if margins is None else Contradiction(margins, category))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=4, max_size=14),
    st.lists(st.integers(1, 30), min_size=14, max_size=14),
)
def test_margins_that_some_people_would_meet_are_met(cells: list[tuple[int, int]], people: list[int]) -> None:
    columns = [[cell[at] for cell in cells] for at in (0, 1)]
    targets: list[dict[int, int]] = [{}, {}]
    for cell, number in zip(cells, people, strict=False):
        for target, label in zip(targets, cell, strict=True):
            target[label] = target.get(label, 0) + number
    weights = rake(Design(np.ones(len(cells))), columns, targets, tol=1e-6).weights
    assert weights.sum() == pytest.approx(sum(targets[0].values()))


def test_margins_and_targets_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="1 margins and 0 targets"):
        rake(NESTED, [AGE], [])
    with pytest.raises(ValueError, match="85 rows"):
        poststratify(NESTED, AGE[:-1], AGES)


def test_an_empty_sample_meets_no_count() -> None:
    with pytest.raises(MarginRefused, match="nobody in the sample"):
        poststratify(Design([]), [], AGES)


def test_trimming_shares_the_excess_equally_again_and_again() -> None:
    design = trim(Design([1, 1, 4.8, 5, 12]), 0.5, 6)
    # 12 -> 6 leaves 6 for four rows; 4.8 and 5 pass the bound at 6.3 and 6.5 and leave 0.8 for two.
    assert design.weights == pytest.approx([2.9, 2.9, 6, 6, 6])
    (step,) = design.steps
    assert (step.kind, step.rounds, step.touched) == ("trim", 2, 3)
    untouched = trim(Design([1, 2, 3]), 1, 3)
    assert untouched.weights.tolist() == [1, 2, 3]
    assert untouched.steps[0].rounds == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1e-300, 50) | st.just(0.0), min_size=3, max_size=40),
    st.floats(0.1, 1),
    st.floats(1, 5),
)
@example(weights=[1.0, 9.0, 1.875, 27.5, 49.601333317144636], down=0.5, up=1.0)
def test_trimmed_weights_lie_within_the_bounds_and_keep_their_sum(
    weights: list[float], down: float, up: float
) -> None:
    given_weights = np.array(weights)
    used = given_weights[given_weights > 0]
    if not used.size:
        return
    lower, upper = used.mean() * down, used.mean() * up
    if ((used < lower) | (used > upper)).all():
        return
    trimmed = trim(Design(given_weights), lower, upper).weights
    assert not trimmed[given_weights == 0].any()
    assert trimmed[given_weights > 0].min() >= lower
    assert trimmed.max() <= upper
    assert trimmed.sum() == pytest.approx(given_weights.sum(), rel=1e-9)
    rising = np.argsort(used, kind="stable")
    assert (np.diff(trimmed[given_weights > 0][rising]) >= -1e-9 * upper).all()


@pytest.mark.parametrize(
    ("weights", "bounds", "words"),
    [
        ([1, 2], (3, 2), "bounds"),
        ([1, 2], (2, 3), "do not fit"),
        ([1, 9], (0, 4), "do not fit"),
        ([1, 9, 9], (2, 8), "nobody is left"),
    ],
)
def test_bounds_without_room_are_refused(
    weights: list[float], bounds: tuple[float, float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        trim(Design(weights), *bounds)


def test_trimming_cuts_the_design_effect_of_the_weights() -> None:
    design = rake(NESTED, [AGE, SEX], [AGES, SEXES])
    cut = trim(design, 12, 36)
    assert kish(cut.weights) < kish(design.weights)
    again = rake(cut, [AGE, SEX], [AGES, SEXES])
    assert [step.kind for step in again.steps] == ["rake", "trim", "rake"]
    assert total(SEX == "f", again).se == pytest.approx(0, abs=1e-6)
    assert total(SEX == "f", cut).se > 1


def test_a_sum_that_fills_the_bounds_ends_at_them() -> None:
    assert trim(Design([1, 3, 8]), 1, 4).weights.tolist() == [4, 4, 4]
    rounded = trim(
        Design([0.8, 1.4, 0.5, 0.5, 4.6]), 0.1, 1.56
    )  # a rounding error is left, and nobody to take it
    assert rounded.weights.tolist() == [1.56] * 5


def test_kish_is_one_for_equal_weights() -> None:
    assert kish(np.full(9, 3.0)) == pytest.approx(1)
    assert kish([1, 3]) == pytest.approx(2 * 10 / 16)
    assert kish([1, 3, 0]) == kish([1, 3])
    assert np.isnan(kish([]))
