"""What the design of a wave adds to its results: its frame, merged categories, cut weights, differences."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from surveys.coding import code
from surveys.design import Design
from surveys.document import document, judged
from surveys.drawn import drawn, has_design
from surveys.estimated import compared, estimated, pooled
from surveys.estimates import mean, proportion
from surveys.margins import HIGHEST, margins_of, merged, weigh
from surveys.questionnaire import Indicator, Option, Question, Questionnaire
from surveys.rates import Tally
from surveys.store import Interview
from surveys.terms import Place, Terms
from surveys.weighted import Sampled, sampled
from surveys.weighting import kish

KNOWS = (Option("1", "知道", "positive"), Option("2", "不知道", "negative"))
BANDS = tuple(Option(code, f"{code} 档") for code in "12345")
SHORT = Questionnaire(
    "short",
    "小调查",
    (Question("age", "single", "年龄？", BANDS), Question("know", "single", "知道吗？", KNOWS)),
    indicators=(Indicator("awareness", "know", target=0.5),),
)
EVERY = {"age": {f"{code} 档": 1000.0 for code in "12345"}}


def people(*groups: tuple[str, int, int], **more: Any) -> list[Interview]:
    """Of each (age band, number, who know): interviews in two townships of four communities each."""
    made = []
    for age, number, knowing in groups:
        for one in range(number):
            answers = {"age": age, "know": "1" if one < knowing else "2"}
            town = "东乡" if one % 2 else "西乡"
            design = {"stratum": town, "cluster": f"{town}{one % 4}村"}
            made.append(
                Interview(1, f"r{age}{one}", 1, answers, "interviewer", 0, 60, township=town, design=design)
            )
    return [replace(one, **more) for one in made]


def given(interviews: list[Interview], **terms: Any) -> Sampled:
    return sampled(code(SHORT, interviews), SHORT, terms=Terms(**terms))


def found(interviews: list[Interview], by: str | None = None) -> dict[str, Any]:
    """The document before it is weighted."""
    tally = Tally(SHORT, by)
    tally.count(code(SHORT, interviews))
    return document("春", "", tally)


FRAME = tuple(Place(town, f"{town}{n}村", 500) for town in ("东乡", "西乡") for n in range(4))


def test_the_frame_corrects_a_probability_sample_and_no_other() -> None:
    sample = people(("1", 40, 25), ("2", 40, 10))
    y = np.array([one.answers["know"] == "1" for one in sample])
    without = mean(y, drawn(given(sample, sample="quota", frame=FRAME)))
    corrected = mean(y, drawn(given(sample, sample="probability", frame=FRAME)))
    assert corrected.df == without.df == 2
    villages = [str((one.design or {})["cluster"]) for one in sample]
    within = mean(y, Design(np.ones(80), strata=villages))
    assert corrected.se**2 == pytest.approx((1 - 2 / 4) * without.se**2 + 2 / 4 * within.se**2)
    visited = tuple(place for place in FRAME if place.community in villages)
    everywhere = mean(y, drawn(given(sample, sample="probability", frame=visited)))
    assert (everywhere.se, everywhere.df) == (pytest.approx(within.se), within.df)
    elsewhere = [replace(one, design={"stratum": "北乡"}) for one in sample]
    assert mean(y, drawn(given(elsewhere, sample="probability", frame=FRAME))).se > 0
    alone = [replace(one, design={"stratum": one.township}) for one in sample]
    residents = mean(y, drawn(given(alone, sample="probability", frame=FRAME)))
    assert residents.se == pytest.approx(
        mean(y, drawn(given(alone, frame=FRAME))).se * np.sqrt(1 - 40 / 2000)
    )
    wrong = (Place("东乡", "东乡1村", 5), Place("西乡", "西乡0村", 5))
    assert mean(y, drawn(given(alone, sample="probability", frame=wrong))).se == pytest.approx(
        mean(y, drawn(given(alone))).se
    )


def test_neighbours_are_put_together_only_where_that_was_declared() -> None:
    assert merged([("1", 9), ("2", 0), ("3", 2), ("4", 7)]) == [("1",), ("2", "3", "4")]
    assert merged([("1", 9), ("2", 8), ("3", 1)]) == [("1",), ("2", "3")]
    assert merged([("1", 1)]) == [("1",)]
    sample = people(("1", 20, 10), ("2", 20, 15), ("4", 20, 5), ("5", 2, 1))
    refused = estimated(found(sample), given(sample), EVERY)
    why = "“3”没有人答，请把它和别的类别合并后再定总体人数。"
    assert refused["weighting_refused"] == f"按“年龄？”加权不成：{why}"
    assert refused["weighting"] == {"refused": refused["weighting_refused"]}
    allowed = given(sample, weighting=("merge",))
    (margin,) = margins_of(allowed, EVERY)
    assert margin.merged == (("3 档", "4 档", "5 档"),)
    told = estimated(found(sample), allowed, EVERY)
    rate = next(one for one in told["rates"] if one["declared"])["weighted"]
    assert rate["rate"] == pytest.approx((10 / 20 + 15 / 20 + 3 * 6 / 22) / 5)
    assert "“3 档”、“4 档”、“5 档”合为一类" in told["weighting"]["words"][0]


def test_declared_trimming_keeps_the_margins_and_lowers_what_the_weights_cost() -> None:
    sample = people(("1", 6, 3), ("2", 50, 25), ("3", 50, 20), ("4", 50, 40), ("5", 50, 10))
    margins = {**EVERY, "know": {"知道": 2400.0, "不知道": 2600.0}}
    plain, cut = weigh(given(sample), margins), weigh(given(sample, weighting=("trim",)), margins)
    assert plain.weights.max() > HIGHEST * plain.weights.mean()
    assert [step.kind for step in cut.steps][:3] == ["rake", "trim", "rake"]
    assert kish(cut.weights) <= kish(plain.weights) + 1e-9
    ages = np.array([one.answers["age"] for one in sample])
    for age in "12345":
        assert cut.weights[ages == age].sum() == pytest.approx(1000)
    report = estimated(found(sample), given(sample, weighting=("trim",)), margins)["weighting"]
    assert report["steps"][1]["touched"] > 0
    assert len(report["words"]) == 2, "what was met first, and one line for all that was cut"
    assert f"改动 {report['steps'][-2]['touched']} 份，再" in report["words"][1]
    assert report["kish"] == pytest.approx(kish(cut.weights))
    first = report["margins"][0]
    assert (first["label"], first["wanted"]) == ("1 档", 0.2)
    assert (first["sample"], first["weighted"]) == (pytest.approx(6 / 206), pytest.approx(0.2))


def test_every_weighted_rate_has_its_df_and_says_why_to_be_careful() -> None:
    sample = people(("1", 40, 25), ("2", 40, 10))
    assert has_design(given(sample))
    told = estimated(found(sample, "age"), given(sample, sample="probability"), {}, "age")
    rates = [one for one in told["rates"] if one["declared"]]
    assert [one["weighted"]["df"] for one in rates] == [2, 2, 2]
    assert all("units" in one["weighted"]["cautions"] for one in rates)
    assert told["weighting"] is None
    table = told["crosstabs"][0]
    assert (table["rows_title"], table["columns_title"]) == ("年龄？", "知道吗？")
    assert 0 < table["p"] < 1
    apart = told["against_the_rest"][0]["weighted"]
    assert apart["difference"] == pytest.approx(25 / 40 - 10 / 40)
    assert apart["p"] <= apart["p_false_discovery"] <= apart["p_adjusted"]
    whole = judged(
        told | {"without_flagged": [], "headline": None, "through_push": None},
        Terms(sample="probability"),
    )["rates"][0]
    assert whole["interval"][1] < 0.6 < whole["weighted"]["interval"][1]  # clusters widen it
    assert whole["verdict_words"] == "样本不足以判断"


def test_a_group_within_one_sampling_point_has_the_error_of_its_people() -> None:
    """One unit has nothing to be compared with: its domain in the whole sample had no error at all."""
    sample = [
        replace(one, township=f"{one.township}乡", community=f"{n % 20}村", design={"cluster": f"{n % 20}村"})
        for n, one in enumerate(people(("1", 200, 100), ("2", 200, 150)))
    ]
    made = estimated(found(sample, "community"), given(sample), {}, "community")
    rates = [one for one in made["rates"] if one["declared"] and one["group"].get("community") == "3村"]
    weighted = rates[0]["weighted"]
    own = np.array([one.answers["know"] == "1" for one in sample if one.community == "3村"])
    alone = proportion(own, Design(np.ones(own.size)))
    assert (weighted["rate"], weighted["se"], weighted["df"]) == pytest.approx((alone.value, alone.se, 19))
    assert weighted["interval"] == pytest.approx(alone.interval)
    assert "units" not in weighted["cautions"]
    rest = np.array([one.answers["know"] == "1" and one.community != "3村" for one in sample])
    others = given(sample)
    domain = drawn(others).domain(np.array([one.community != "3村" for one in sample]))
    [apart] = [one for one in made["against_the_rest"] if one["group"] == {"community": "3村"}]
    assert apart["weighted"]["se"] == pytest.approx(np.hypot(alone.se, proportion(rest, domain).se))


def test_a_group_of_few_sampling_points_is_flagged() -> None:
    sample = [
        replace(one, township=f"{n % 20 // 4}乡", design={"cluster": f"{n % 20}村"})
        for n, one in enumerate(people(("1", 200, 100), ("2", 200, 150)))
    ]
    rates = [
        one for one in estimated(found(sample, "township"), given(sample), {})["rates"] if one["declared"]
    ]
    assert {one["weighted"]["df"] for one in rates} == {19}
    assert {one["group"].get("township", ""): "units" in one["weighted"]["cautions"] for one in rates} == {
        "": False, **{f"{n}乡": True for n in range(5)},
    }  # fmt: skip


def test_waves_are_compared_by_their_designs_where_one_has_any() -> None:
    now, before = people(("1", 60, 50), ("2", 60, 30)), people(("1", 60, 20), ("2", 60, 20), design=None)
    tally, former = Tally(SHORT), Tally(SHORT)
    tally.count(code(SHORT, now))
    former.count(code(SHORT, before))
    made = document("春", "", tally, former)
    (plain,) = made["comparisons"]
    (weighted,) = compared(made, given(now), given(before))["comparisons"]
    assert "weighted" not in plain
    assert weighted["weighted"]["difference"] == pytest.approx(plain["difference"])
    assert weighted["weighted"]["se"] > 0
    assert compared(made, given(people(("1", 60, 50), design=None)), given(before)) == made


def test_the_pooled_channels_are_weighted_by_themselves() -> None:
    sample = people(("1", 40, 25), ("2", 40, 10), design=None)
    part = {"channels": ["interviewer"], "rates": found(sample)["rates"]}
    margins = {"age": {"1 档": 3000.0, "2 档": 1000.0}}
    made = pooled(part, given(sample), margins)["rates"][0]["weighted"]
    assert made["rate"] == pytest.approx(0.75 * 25 / 40 + 0.25 * 10 / 40)
    assert part["rates"][0]["weighted"] is None


@pytest.mark.parametrize("number", [0, 1, 3, 7])
def test_a_wave_with_hardly_any_answers_is_estimated_too(number: int) -> None:
    sample = people(("1", number, number))
    told = estimated(found(sample, "age"), given(sample, sample="probability", frame=FRAME), EVERY, "age")
    assert all(one["suppressed"] is (number < 5) for one in told["rates"] if not one["group"])
    assert told["weighting_refused"] or number == 0
