"""Tests of tables and families, outcomes of fieldwork, and sizes."""

from math import isnan, sqrt

import numpy as np
import pytest

from surveys.crosstabs import rao_scott
from surveys.estimates import Design
from surveys.outcomes import Outcomes, completion_rate
from surveys.significance import benjamini_hochberg, holm, student
from surveys.sizing import interviews_needed


def test_without_a_design_it_is_pearsons_test() -> None:
    rows, columns = [0] * 30 + [1] * 50, [0] * 10 + [1] * 20 + [0] * 30 + [1] * 20
    found = rao_scott(rows, columns, Design(np.ones(80)))
    pearson = 80 * (10 * 20 - 20 * 30) ** 2 / (30 * 50 * 40 * 40)
    assert found.df == pytest.approx(1)
    assert found.f == pytest.approx(pearson * 79 / 80, rel=1e-12)
    assert found.df_within == pytest.approx(79)
    assert found.p == pytest.approx(student(sqrt(found.f), 1.0, 79), rel=1e-12)


def test_clusters_that_answer_alike_are_not_taken_for_evidence() -> None:
    rows, columns = np.repeat([0, 1, 0, 1], 20), np.repeat([0, 1, 0, 0], 20)
    plain = rao_scott(rows, columns, Design(np.ones(80)))
    clustered = rao_scott(rows, columns, Design(np.ones(80), clusters=np.repeat(range(4), 20)))
    assert plain.p < 1e-6 < 0.1 < clustered.p


def test_a_table_of_one_row_or_a_sample_of_one_cluster_says_nothing() -> None:
    for found in (
        rao_scott(["a"] * 9, list("xyzxyzxyz"), Design(np.ones(9))),
        rao_scott(list("ab"), list("xy"), Design(np.ones(2), clusters=["one", "one"])),
        rao_scott([], [], Design([])),
    ):
        assert isnan(found.p)


def test_a_table_without_variance_says_nothing() -> None:
    census = Design(np.ones(4), population=4)
    assert isnan(rao_scott(list("aabb"), list("xyxx"), census).p)


def test_labels_without_weight_make_no_row() -> None:
    rows, columns = list("aabbaabbc"), list("xyxyxxyyz")
    whole = Design(np.ones(9)).domain(np.arange(9) < 8)
    found = rao_scott(rows, columns, whole)
    assert found.df == pytest.approx(1)


def test_an_empty_cell_is_allowed() -> None:
    rows, columns = list("aaaabbbbcccc"), list("xxyyxyyyxzzz")
    found = rao_scott(rows, columns, Design(np.ones(12)))
    assert 0 < found.p < 1


def test_adjusted_p_values() -> None:
    """Y. Benjamini, Y. Hochberg 1995, section 4: four of fifteen are found at a rate of 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    adjusted = benjamini_hochberg(p)
    assert sum(one <= 0.05 for one in adjusted) == 4
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)
    assert sum(one <= 0.05 for one in holm(p)) == 3
    assert benjamini_hochberg(p[::-1]) == adjusted[::-1]
    assert benjamini_hochberg([]) == []


def test_students_p_value() -> None:
    assert student(2.228138852, 1.0, 10) == pytest.approx(0.05, rel=1e-6)
    assert student(-2.228138852, 1.0, 10) == pytest.approx(0.05, rel=1e-6)
    assert student(1.0, 0.0, 10) == student(1.0, 1.0, 0) == student(float("nan"), 1.0, 9) == 1.0


def test_response_rates() -> None:
    field = Outcomes(
        complete=500,
        partial=50,
        refused=200,
        not_reached=100,
        other=50,
        unknown_household=80,
        unknown_person=20,
    )
    rates = [field.response_rate(kind, eligible_share=0.5) for kind in range(1, 7)]
    assert rates == pytest.approx([0.5, 0.55, 500 / 950, 550 / 950, 500 / 900, 550 / 900])
    assert field.refusal_rate() == pytest.approx(0.2)
    assert isnan(Outcomes().response_rate(1))
    for kind, share in ((0, 1.0), (7, 1.0), (1, 1.1)):
        with pytest.raises(ValueError, match=r"."):
            field.response_rate(kind, share)


def test_open_channels_have_their_own_counts() -> None:
    assert completion_rate(30, 40) == 0.75
    assert isnan(completion_rate(0, 0))


def test_how_many_interviews_a_precision_takes() -> None:
    assert [interviews_needed(0.9, d) for d in (0.03, 0.05)] == [385, 139]
    assert [interviews_needed(0.9, d, deff=1.5) for d in (0.03, 0.05)] == [577, 208]
    assert interviews_needed(0.5, 0.05, population=400) == 196
    assert interviews_needed(0.5, 0.05, population=0) == 0
    with pytest.raises(ValueError, match="half width 0"):
        interviews_needed(0.5, 0)
