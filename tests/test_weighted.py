"""Weighted rates: what a hand calculation gives, and what cannot be weighted said in words."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from surveys import native
from surveys.coding import Coder, code
from surveys.counting import gathered, measures
from surveys.estimates import mean, proportion
from surveys.importing.weights import WeightsError, fitted, read_margins, uncounted
from surveys.meanings import value_of
from surveys.rates import Tally
from surveys.store import Interview
from surveys.weighted import Sampled, WeightingRefused, attach, sampled, weigh
from tests.test_counting import Q
from tests.world import QUESTIONNAIRE

SHORT = native.parse(QUESTIONNAIRE)
RATES = ("rate", "se", "deff", "n_eff", "interval")


def interview(number: int, township: str, know: str, content: str = "1") -> Interview:
    """One complete interview."""
    answers = {"know": know, "content": content}
    return Interview(1, f"r{number}", 1, answers, "chat", 0, 60, township=township)


def sample() -> list[Interview]:
    """Ten from 东乡, of whom 8 know; ten from 西乡, of whom 4 know."""
    east = [interview(n, "东乡", "1" if n < 8 else "2") for n in range(10)]
    west = [interview(10 + n, "西乡", "1" if n < 4 else "2") for n in range(10)]
    return east + west


def rates_of(interviews: list[Interview], by: str | None = None) -> list[dict[str, Any]]:
    """The rates as they came."""
    tally = Tally(SHORT, by)
    tally.count(code(SHORT, interviews))
    return tally.rates()


def given(interviews: list[Interview]) -> Sampled:
    """The interviews as they are weighted."""
    return sampled(code(SHORT, interviews), SHORT)


def test_one_margin_gives_the_poststratified_rate_and_its_error() -> None:
    rates = rates_of(sample())
    attach(rates, given(sample()), {"township": {"东乡": 3000, "西乡": 1000}})
    first = next(one for one in rates if one["indicator"] == "awareness")
    weighted = first["weighted"]
    assert first["rate"] == 0.6
    assert weighted["rate"] == pytest.approx(0.75 * 0.8 + 0.25 * 0.4)
    # Post-stratified: only the spread inside the groups remains, with n/(n-1) over all 20 units.
    spread = 0.75**2 * 0.8 * 0.2 / 10 + 0.25**2 * 0.4 * 0.6 / 10
    assert weighted["se"] == pytest.approx(np.sqrt(spread * 20 / 19))
    assert weighted["interval"][0] < weighted["rate"] < weighted["interval"][1]


def test_groups_and_two_margins() -> None:
    rates = rates_of(sample(), "township")
    margins = {"township": {"东乡": 3000, "西乡": 1000}, "content": {"满意": 4000}}
    attach(rates, given(sample()), margins)
    shown = {
        one["group"].get("township"): one["weighted"]["rate"]
        for one in rates
        if one["indicator"] == "awareness" and one["dont_know_rule"] == "excluded"
    }
    assert shown == pytest.approx({None: 0.7, "东乡": 0.8, "西乡": 0.4})


def test_who_came_by_the_account_is_in_no_cluster_of_the_doorstep() -> None:
    """Ten interviews in two clusters beside ten from the account: twelve units."""
    people = sample()
    people[:10] = [replace(one, design={"cluster": f"村{n % 2}"}) for n, one in enumerate(people[:10])]
    design = weigh(given(people), {"township": {"东乡": 3000, "西乡": 1000}})
    assert mean(np.ones(20), design).df == 11


people = st.builds(
    lambda number, weight, stratum, **answers: Interview(
        1,
        f"r{number}",
        1,
        {name: answer for name, answer in answers.items() if answer != "none"},
        "chat",
        0,
        60,
        township=f"第{number % 3}镇",
        design={"weight": weight} | ({"stratum": stratum} if stratum else {}),
    ),
    number=st.integers(0, 50),
    weight=st.sampled_from([0.0, 0.5, 1.0, 1.7, 3.0]),
    stratum=st.sampled_from(["", "a", "b"]),
    one=st.sampled_from(["1", "2", "8", "9", None, "none"]),
    many=st.sampled_from([["1"], ["1", "9"], ["3"], ["2", "3"], ["9"], None, "none"]),
    scale=st.sampled_from(["1", "5", "0"]),
)


@settings(max_examples=25, deadline=None)
@given_any(
    st.lists(people, min_size=1, max_size=20),
    st.sampled_from([None, "township", "one", "many"]),
    st.sampled_from([(), ("township",), ("scale",), ("township", "scale"), ("scale", "township", "channel")]),
    st.integers(1, 40),
)
def test_sums_give_what_the_rows_give_in_chunks_of_any_size(
    few: list[Interview], by: str | None, names: tuple[str, ...], part: int
) -> None:
    few, coder = few * 2, Coder(Q)
    blocks = [coder.block(few[first : first + part]) for first in range(0, len(few), part)]
    these = sampled(coder.columns(blocks), Q)
    margins: dict[str, dict[str, float]] = {}
    for name in names:
        margins[name] = counts = {}
        for position, one in enumerate(few):
            label = str(one.answers[name]) if name == "scale" else str(getattr(one, name))
            counts[label] = counts.get(label, 0) + one.design["weight"] * (10 + position % 5)
    try:
        design = weigh(these, margins)
    except WeightingRefused as refused:
        with pytest.raises(WeightingRefused, match=re.escape(str(refused).partition("：")[0])):
            attach([], these, margins)
        return
    tally = Tally(Q, by)
    tally.count(these.columns, weighted=True)
    rates = tally.rates()
    attach(rates, these, margins, counted=tally)
    measured = dict(zip(Q.indicators, measures(Q, these.columns), strict=True))
    for entry in rates:
        indicator, found = next(pair for pair in measured.items() if pair[0].id == entry["indicator"])
        if entry["suppressed"] or entry["rate"] is None:
            assert entry["weighted"] is None
            continue
        worth = [value_of(meaning, entry["dont_know_rule"]) for meaning in found.meanings]
        values = np.array([math.nan if one is None else one for one in worth])[
            gathered(these.columns, found.reading, these.where)
        ]
        inside = ~np.isnan(values)
        for variable, value in entry["group"].items():
            inside &= these.group(variable, value)
        by_row = (mean if indicator.is_mean else proportion)(np.nan_to_num(values), design.domain(inside))
        names = (*RATES, "df") if by_row.n else RATES
        figures = {name: getattr(by_row, {"rate": "value"}.get(name, name)) for name in names}
        low, high = figures.pop("interval")
        figures |= {"low": low, "high": high}
        shown = {
            **entry["weighted"],
            **dict(zip(("low", "high"), entry["weighted"]["interval"], strict=True)),
        }
        close = 1e-9
        if by_row.se < 1e-7:  # the margins say it all: what is left is rounding, and t times it
            close = 1e-6
            del figures["deff"], figures["n_eff"]
        for name, figure in figures.items():
            if math.isfinite(figure):
                assert shown[name] == pytest.approx(figure, rel=1e-9, abs=close), (name, entry)
            else:
                assert shown[name] is None


def test_a_composite_of_interviews_drawn_alike_is_weighted_from_what_was_counted() -> None:
    answers = {"one": "1", "many": ["1"], "scale": "5"}
    few = [Interview(1, f"r{n}", 1, answers, "chat", 0, 60, design={"weight": 2.0}) for n in range(12)]
    these, tally = sampled(code(Q, few), Q), Tally(Q)
    tally.count(these.columns, weighted=True)
    rates = tally.rates()
    attach(rates, these, {}, counted=tally)
    composites = {one.id for one in Q.indicators if one.questions}
    shown = [one for one in rates if one["indicator"] in composites and one["rate"] is not None]
    assert shown
    assert [one["weighted"]["rate"] for one in shown] == pytest.approx([one["rate"] for one in shown])


def test_a_small_group_stays_hidden() -> None:
    few = [*sample(), interview(99, "南乡", "1")]
    rates = rates_of(few, "township")
    attach(rates, given(few), {"township": {"东乡": 3, "西乡": 1, "南乡": 1}})
    assert all(one["weighted"] is None for one in rates if one["suppressed"])


@pytest.mark.parametrize(
    ("margins", "words"),
    [
        ({"township": {"东乡": 3000}}, "10 份"),
        ({"township": {"东乡": 3, "西乡": 1, "北乡": 1}}, "乡镇"),
        ({"age": {"18": 3}}, "age"),
    ],
)
def test_what_cannot_be_met_is_said(margins: dict[str, dict[str, float]], words: str) -> None:
    with pytest.raises(WeightingRefused, match=words):
        attach(rates_of(sample()), given(sample()), margins)


def test_counts_that_contradict_each_other_are_named_both() -> None:
    alike = [replace(one, channel="page" if one.township == "西乡" else "chat") for one in sample()]
    counts = {"township": {"东乡": 3, "西乡": 1}, "channel": {"chat": 1, "page": 3}}
    with pytest.raises(
        WeightingRefused, match="按“渠道”加权不成：“chat”的人数和“乡镇街道”的人数不能同时满足"
    ):
        attach(rates_of(alike), given(alike), counts)


def test_no_interview_is_no_weight() -> None:
    with pytest.raises(WeightingRefused):
        attach(rates_of([]), given([]), {"township": {"东乡": 1}})


def test_a_table_of_counts_is_read() -> None:
    table = "variable,category,count\ntownship,东乡,3000\ntownship,西乡,1000\n".encode("utf-8-sig")
    assert read_margins("w.csv", table) == {"township": {"东乡": 3000.0, "西乡": 1000.0}}


def test_what_staff_call_a_question_becomes_its_id_before_it_is_sealed() -> None:
    first = SHORT.asked()[0]
    label = first.options[0].label
    table = f"题目,类别,人数\n乡镇,东乡,3000\n第 1 题,{label},5\n".encode()
    assert fitted(read_margins("w.csv", table), SHORT) == {
        "township": {"东乡": 3000.0},
        first.id: {label: 5.0},
    }
    other = first.options[1].label
    assert fitted({"第 1 题": {label: 5.0}, "第1题": {other: 6.0}}, SHORT) == {
        first.id: {label: 5.0, other: 6.0}
    }
    assert fitted({first.title: {first.options[0].code: 5.0}}, SHORT) == {
        first.id: {first.options[0].code: 5.0}
    }


@pytest.mark.parametrize(
    ("margins", "words"),
    [
        ({"收入": {"高": 1.0}}, "“收入”不能用来加权"),
        ({"99": {"高": 1.0}}, "“99”不能用来加权"),
        ({"1": {"没有的选项": 1.0}}, "没有“没有的选项”这个选项"),
        ({"乡镇": {"东": 1.0}, "township": {"东": 1.0}}, "说了两遍"),
    ],
)
def test_a_margin_that_nobody_could_meet_is_not_sealed(
    margins: dict[str, dict[str, float]], words: str
) -> None:
    with pytest.raises(WeightsError, match=words):
        fitted(margins, SHORT)


def test_an_option_without_a_count_is_told_before_it_is_sealed() -> None:
    first = SHORT.asked()[0]
    counts = {option.label: 1.0 for option in first.options}
    assert uncounted({first.id: counts, "township": {"东": 1.0}}, SHORT) == []
    last, _ = counts.popitem()
    assert len(told := uncounted({first.id: counts}, SHORT)) == 1
    assert f"“{last}”" in told[0]


@pytest.mark.parametrize("line", ["township,东乡,多", "township,,3", "township,东乡,0", "township,东乡,inf"])
def test_a_bad_line_is_named(line: str) -> None:
    with pytest.raises(WeightsError, match="第 2 行"):
        read_margins("w.csv", f"variable,category,count\n{line}\n".encode())
