"""Targets, cautions, tiers and differences: what may be said of a rate, and what may not."""

from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind_from_stats

from surveys.comparisons import against_the_rest
from surveys.document import document, judged
from surveys.judging import cautions, verdict
from surveys.leagues import tiers
from surveys.terms import Terms
from tests.test_rates import Q, Row, sat, tally


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0.9, 0.95), "met"),
        ((0.8, 0.899), "missed"),
        ((0.89, 0.95), "undecided"),
        ((0.8, 0.9), "undecided"),
        (None, "undecided"),
        ((None, None), "undecided"),
    ],
)
def test_a_target_is_judged_by_the_whole_interval(interval: Any, expected: str) -> None:
    assert verdict(0.9, interval, "probability") == expected
    assert verdict(0.9, interval, "quota") is None
    assert verdict(0.9, interval, "open") is None
    assert verdict(None, interval, "probability") is None


def test_an_interval_that_may_cover_less_is_flagged() -> None:
    assert cautions(0.5, 30, 30) == []
    assert cautions(0.5, 29, 29) == ["few"]
    assert cautions(0.5, 400, 20) == ["few"]
    assert cautions(0.98, 240, 240) == ["rare"]
    assert cautions(0.98, 250, 250) == []
    assert cautions(0.5, 400, 400, 11) == ["units"]
    assert cautions(1.0, 3, inf, 2) == ["few", "rare", "units"]


def found(sample: Any, headline: tuple[str, ...] = ()) -> dict[str, Any]:
    """The document of a wave of which 95 of 100 are satisfied, with a part of 40 where one is declared."""
    rows = sat(*"1" * 95, *"3" * 5)
    part = {"channels": headline, "rates": tally(rows[60:]).rates()} if headline else None
    made = document("春", "说明", tally(rows))
    made |= {"without_flagged": tally(rows[:90]).rates(), "through_push": None, "headline": part}
    return judged(made, replace(Terms(), sample=sample, headline=headline))


def verdicts(rates: list[dict[str, Any]]) -> list[tuple[str, bool, str | None]]:
    return [
        (one["indicator"], one["declared"], one["verdict_words"])
        for one in rates
        if one["target"] is not None
    ]


def test_only_the_sealed_rule_of_a_probability_sample_meets_a_target() -> None:
    drawn = found("probability")
    assert verdicts(drawn["rates"]) == [
        ("satisfaction", True, "样本不足以判断"),
        ("satisfaction", False, None),
    ]
    assert {one["interval_basis"] for one in drawn["rates"]} == {"design"}
    assert {one["verdict"] for one in drawn["without_flagged"]} == {None}
    for sample in ("quota", "open"):
        came = found(sample)
        assert {one["verdict"] for one in came["rates"]} == {None}
        assert {one["interval_basis"] for one in came["rates"]} == {"model"}
        assert "基于模型" in came["interval_words"]
        assert "达标" in came["interval_words"]


def test_where_the_pooled_channels_were_sealed_only_their_rate_is_judged() -> None:
    made = found("probability", ("interviewer",))
    assert {one["verdict"] for one in made["rates"]} == {None}
    assert verdicts(made["headline"]["rates"])[0] == ("satisfaction", True, "样本不足以判断")


INTERVALS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda ends: (min(ends), max(ends))), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(INTERVALS)
def test_tiers_are_apart_and_no_two_in_one_are_ranked(intervals: list[tuple[float, float]]) -> None:
    groups = [(f"第{number}乡", interval) for number, interval in enumerate(intervals)]
    made, known = tiers(groups), dict(groups)
    assert sorted(name for tier in made for name in tier) == sorted(known)
    for above, below in pairwise(made):
        assert min(known[name][0] for name in above) > max(known[name][1] for name in below)
    for tier in made:
        assert tier == sorted(tier, key=list(known).index)
        rising = sorted((known[name] for name in tier), key=lambda ends: ends[0])
        reached = rising[0][1]
        for low, high in rising:
            assert low <= reached  # a gap would have parted the tier
            reached = max(reached, high)


def test_townships_are_held_against_all_others_together() -> None:
    rows: list[Row] = [
        *sat(*"1" * 45, *"3" * 5, place="东镇"),
        *sat(*"1" * 25, *"3" * 25, place="西镇"),
        *sat("1", place="南镇"),
    ]
    found = against_the_rest(tally(rows, "township"))
    shown = {(one["indicator"], one["group"]["township"]) for one in found}
    assert ("satisfaction", "南镇") not in shown
    satisfied = next(one for one in found if one["group"] == {"township": "西镇"})
    assert satisfied["difference"] == pytest.approx(0.5 - 46 / 51)
    assert satisfied["p"] < satisfied["p_adjusted"] < 0.001
    assert satisfied["p_false_discovery"] <= satisfied["p_adjusted"]


def test_mean_scores_are_compared_by_welch() -> None:
    now, before = tally(sat(*"1" * 30, *"2" * 20)), tally(sat(*"1" * 10, *"3" * 25))
    made = next(one for one in document("今", "", now, before)["comparisons"] if one["indicator"] == "score")
    (a, b) = ([1.0] * 30 + [0.75] * 20, [1.0] * 10 + [0.5] * 25)
    spread = [
        (sum(x) / len(x), (sum((v - sum(x) / len(x)) ** 2 for v in x) / (len(x) - 1)) ** 0.5, len(x))
        for x in (a, b)
    ]
    theirs = ttest_ind_from_stats(*spread[0], *spread[1], equal_var=False)
    assert made["p"] == pytest.approx(theirs.pvalue, rel=1e-6)
    assert made["difference"] == pytest.approx(spread[0][0] - spread[1][0])


def test_an_indicator_that_counts_otherwise_is_not_compared() -> None:
    other = replace(Q, indicators=tuple(replace(one, denominator="asked") for one in Q.indicators))
    rows = sat(*"1" * 30, *"3" * 20)
    assert document("今", "", tally(rows), tally(rows, questionnaire=other))["comparisons"] == []
