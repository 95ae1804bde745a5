"""Rates: what is counted, what is left out, what is not shown."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.coding import code
from surveys.document import document
from surveys.estimates import newcombe, wilson
from surveys.native import parse
from surveys.questionnaire import Answer, Questionnaire
from surveys.rates import Tally
from surveys.significance import benjamini_hochberg, holm, two_proportions
from surveys.store import Interview
from surveys.suppression import LEAST
from tests.kinds import KINDS

Q = parse("""
id = "q"
title = "问卷"
[[question]]
id = "age"
type = "single"
title = "年龄？"
options = [{code = "1", label = "青年"}, {code = "2", label = "老年"}]
[[question]]
id = "sat"
type = "single"
title = "满意吗？"
metric = "satisfaction"
required = false
options = [
  {code = "1", label = "满意", polarity = "positive", score = 100},
  {code = "2", label = "基本满意", polarity = "positive", score = 75},
  {code = "3", label = "不满意", polarity = "negative", score = 50},
  {code = "8", label = "没去过"},
  {code = "9", label = "说不清", polarity = "dont_know"},
]
[[question]]
id = "joined"
type = "multiple"
title = "参加过？"
options = [
  {code = "1", label = "志愿服务", polarity = "positive"},
  {code = "2", label = "都没有", polarity = "negative", exclusive = true},
  {code = "9", label = "记不清", polarity = "dont_know"},
]
[[question]]
id = "words"
type = "text"
title = "建议？"
[[indicator]]
id = "satisfaction"
question = "sat"
target = 0.9
[[indicator]]
id = "score"
question = "sat"
rule = "score"
[[indicator]]
id = "participation"
question = "joined"
dont_know_rule = "not_counted_positive"
""")

Row = tuple[dict[str, Answer], str]


def tally(rows: Sequence[Row], by: str | None = None, questionnaire: Questionnaire = Q) -> Tally:
    return counted_of([interview(answers, township=place) for answers, place in rows], by, questionnaire)


def interview(answers: dict[str, Answer], **more: Any) -> Interview:
    return Interview(1, "r", 1, answers, more.pop("channel", "chat"), 0, 0, **more)


def counted_of(
    interviews: Sequence[Interview], by: str | None = None, questionnaire: Questionnaire = Q
) -> Tally:
    counted = Tally(questionnaire, by)
    counted.count(code(questionnaire, interviews))
    return counted


def sat(*codes: str | None, place: str = "") -> list[Row]:
    return [({"sat": code}, place) for code in codes]


def rate(
    counted: Tally, indicator: str = "satisfaction", rule: str = "excluded", **group: str
) -> dict[str, object]:
    found = [
        entry
        for entry in counted.rates()
        if (entry["indicator"], entry["dont_know_rule"], entry["group"]) == (indicator, rule, group)
    ]
    assert len(found) == 1
    return found[0]


def test_refused_not_asked_and_dont_know_are_three_things() -> None:
    counted = tally([*sat("1", "1", "2", "3", "9", "9", "8", None), ({}, "")])
    excluded = rate(counted)
    assert {
        key: excluded[key] for key in ("n", "numerator", "denominator", "dont_know", "refused", "rate")
    } == {
        "n": 8,
        "numerator": 3,
        "denominator": 4,
        "dont_know": 2,
        "refused": 1,
        "rate": 0.75,
    }
    assert excluded["interval"] == list(wilson(3, 4))
    assert (excluded["suppressed"], excluded["weighted"], excluded["target"]) == (False, None, 0.9)
    assert (excluded["interval_method"], excluded["declared"]) == ("wilson", True)
    counted_in = rate(counted, rule="not_counted_positive")
    assert (counted_in["n"], counted_in["denominator"], counted_in["rate"]) == (8, 6, 0.5)
    assert not counted_in["declared"]


def test_unfinished_interviews_are_counted_apart() -> None:
    counted = counted_of([interview({"sat": "1"}), interview({"sat": "1"}, status="partial")])
    assert (counted.complete, counted.partial) == (1, 1)


def test_a_score_is_a_mean_with_a_cautious_interval() -> None:
    entry = rate(tally(sat("1", "2", "2", "3", "9")), "score")
    assert (entry["numerator"], entry["denominator"], entry["rate"]) == (3.0, 4, 0.75)
    assert entry["interval"] == list(wilson(3.0, 4))
    assert "conservative" in str(entry["interval_method"])


def test_of_several_choices_one_positive_is_enough() -> None:
    rows: list[Row] = [({"joined": list(codes)}, "") for codes in ("1", "19", "2", "9", "")]
    entry = rate(tally([*rows, ({"joined": None}, "")]), "participation", "not_counted_positive")
    assert (entry["n"], entry["numerator"], entry["denominator"], entry["dont_know"]) == (6, 2, 4, 1)


def test_a_small_cell_is_not_shown() -> None:
    entry = rate(tally(sat("1", "1", "1", "1")))
    assert entry["suppressed"] is True
    hidden = ("n", "numerator", "denominator", "dont_know", "refused", "rate", "interval")
    assert [entry[key] for key in hidden] == [None] * len(hidden)


def test_a_hidden_cell_cannot_be_had_by_subtraction() -> None:
    rows = sat(*"11", place="东镇") + sat(*"111111", place="西镇") + sat(*"1113333", place="南镇")
    counted = tally(rows, "township")
    shown = {name: not rate(counted, township=name)["suppressed"] for name in ("东镇", "西镇", "南镇")}
    assert shown == {"东镇": False, "西镇": False, "南镇": True}
    assert rate(counted)["n"] == 15


def test_two_small_cells_hide_each_other() -> None:
    rows = sat(*"111", place="东镇") + sat(*"111", place="西镇") + sat(*"111333", place="南镇")
    counted = tally(rows, "township")
    assert [rate(counted, township=name)["suppressed"] for name in ("东镇", "西镇", "南镇")] == [
        True,
        True,
        False,
    ]


def test_nobody_valid_gives_no_rate() -> None:
    entry = rate(tally(sat(*"99999")))
    assert (entry["n"], entry["denominator"], entry["rate"], entry["interval"]) == (5, 0, None, None)


def test_groups_by_a_question_come_in_its_order_with_labels() -> None:
    rows: list[Row] = [({"age": age, "sat": "1"}, "") for age in "21" for _ in range(5)]
    for answers in ({"age": None, "sat": "1"}, {"sat": "1"}):
        rows += [(dict(answers), "")] * 5
    entries = [entry for entry in tally(rows, "age").rates() if entry["indicator"] == "satisfaction"]
    assert [(entry["group"], entry["group_label"]) for entry in entries[::2]] == [
        ({}, "全部"),
        ({"age": "1"}, "青年"),
        ({"age": "2"}, "老年"),
        ({"age": "-98"}, "未回答"),
        ({"age": "-97"}, "未问到"),
    ]


def test_a_respondent_with_several_choices_is_in_several_groups() -> None:
    rows: list[Row] = [({"joined": ["1", "9"], "sat": "1"}, "")] * 5
    counted = tally(rows, "joined")
    assert rate(counted, joined="1")["n"] == rate(counted, joined="9")["n"] == rate(counted)["n"] == 5


def test_a_place_that_was_not_given_says_so() -> None:
    entries = tally(sat(*"11111"), "community").rates()
    assert entries[2]["group"] == {"community": ""}
    assert entries[2]["group_label"] == "未填写"


@pytest.mark.parametrize("by", ["words", "nothing", ""])
def test_only_places_and_closed_questions_make_groups(by: str) -> None:
    with pytest.raises(ValueError, match="分组"):
        Tally(Q, by)


def test_two_waves_are_compared_where_both_are_shown() -> None:
    now = tally(sat(*"1" * 56, *"3" * 14), "township")
    before = tally(sat(*"1" * 48, *"3" * 32), "township")
    result = document("今年", "说明", now, before)
    assert (result["wave"], result["population_note"]) == ("今年", "说明")
    overall, town, score, *_ = result["comparisons"]
    assert (overall["indicator"], overall["group"], town["group"]) == ("satisfaction", {}, {"township": ""})
    assert overall["difference"] == pytest.approx(0.2)
    assert overall["interval"] == pytest.approx([0.0524, 0.3339], abs=5e-5)
    given = [one["p"] for one in result["comparisons"]]
    assert [one["p_adjusted"] for one in result["comparisons"]] == holm(given)
    assert [one["p_false_discovery"] for one in result["comparisons"]] == benjamini_hochberg(given)
    assert (score["indicator"], score["method"]) == ("score", "welch; holm")
    assert document("今年", "说明", now)["comparisons"] == []
    assert document("今年", "说明", now, tally(sat("1")))["comparisons"] == []
    assert document("今年", "说明", tally(sat(*"99999")), before)["comparisons"] == []


def test_published_intervals() -> None:
    assert wilson(156, 160) == pytest.approx((0.9375, 0.9902), abs=1e-4)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert newcombe(10, 10, 0, 20) == pytest.approx((0.6791, 1.0), abs=1e-4)
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="3 successes of 2"):
        wilson(3, 2)


def test_holm_and_the_pooled_test() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert two_proportions(5, 5, 5, 5) == 1.0
    assert two_proportions(60, 100, 40, 100) == pytest.approx(0.004678, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_rate_and_mirrors(x_n: tuple[int, int]) -> None:
    x, n = x_n
    low, high = wilson(x, n)
    assert 0 <= low <= x / n <= high <= 1
    assert (low == 0) == (x == 0)
    assert (high == 1) == (x == n)
    assert wilson(n - x, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


rows_of_any_kind = st.lists(
    st.tuples(
        st.fixed_dictionaries(
            {},
            optional={
                "sat": st.sampled_from(["1", "2", "3", "8", "9", None]),
                "joined": st.sampled_from([["1"], ["2"], ["9"], ["1", "9"], None]),
            },
        ),
        st.sampled_from(["东镇", "西镇", "南镇", ""]),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(rows_of_any_kind)
def test_parts_add_up_and_nothing_small_is_shown(rows: list[Row]) -> None:
    counted = tally(rows, "township")
    for indicator in Q.indicators:
        asked = [row for row in rows if indicator.question in row[0]]
        entries = [
            entry
            for entry in counted.rates()
            if entry["indicator"] == indicator.id and entry["dont_know_rule"] == "excluded"
        ]
        for entry in entries:
            if not entry["suppressed"]:
                assert entry["n"] >= LEAST
                assert entry["numerator"] <= entry["denominator"] <= entry["n"]
        everybody, groups = entries[0], entries[1:]
        if not everybody["suppressed"]:
            assert everybody["n"] == len(asked)
            rest = len(asked) - sum(entry["n"] for entry in groups if not entry["suppressed"])
            assert rest == 0 or rest >= LEAST


def test_rates_are_split_by_a_row_of_a_matrix_and_not_by_the_whole() -> None:
    questionnaire = parse(KINDS)
    given: list[dict[str, Answer]] = [{"aware": "1", "grid.park": one} for one in [*"1123333333", None]]
    counted = counted_of([interview(one) for one in [*given, {"aware": "1"}]], "grid.park", questionnaire)
    assert counted.complete == 12
    for by in ("grid", "rank", "age", "nothing", "grid.nothing"):
        with pytest.raises(ValueError, match="不能按"):
            Tally(questionnaire, by)


def test_a_row_of_a_matrix_has_a_rate() -> None:
    text = KINDS.replace(
        '{code = "1", label = "满意"}', '{code = "1", label = "满意", polarity = "positive"}'
    )
    text = text.replace(
        '{code = "3", label = "不满意"}', '{code = "3", label = "不满意", polarity = "negative"}'
    )
    questionnaire = parse(text + '\n[[indicator]]\nid = "park"\nquestion = "grid.park"\n')
    given = [interview({"grid.park": one, "grid.light": "1"}) for one in "1113333333"]
    counted = counted_of(given, None, questionnaire)
    assert [(one["n"], one["numerator"]) for one in counted.rates()] == [(10, 3), (10, 3)]


def test_who_is_outside_the_frame_counts_nowhere_else() -> None:
    given = [interview({"aware": "1"}, frame=frame) for frame in ("outside", "unknown", "inside", "")]
    counted = counted_of(given, None, parse(KINDS))
    assert (counted.complete, counted.outside, counted.unknown) == (2, 1, 1)
