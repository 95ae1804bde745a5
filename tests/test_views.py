"""Part of a wave: it is what counting those interviews alone gives, and never a few by subtraction."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.web import results_wish
from surveys.coding import code
from surveys.days import DAY
from surveys.native import parse
from surveys.questionnaire import Answer
from surveys.recent import dividing
from surveys.store import Interview
from surveys.suppression import LEAST
from surveys.views import seen
from surveys.wishes import Wish, criteria
from tests.attack import QUESTIONS as ATTACKED
from tests.attack import declared, everything, filtered, population, shown_over_time, told
from tests.walks.test_survey_desk import TEXT

QUESTIONNAIRE = parse(TEXT)
WISH = Wish("东", "chat", "town", "1", doubtful=False)
TESTS: list[Callable[[Interview], bool]] = [
    lambda one: one.township == "东",
    lambda one: one.channel == "chat",
    lambda one: one.answers.get("town") == "1",
    lambda one: not one.flags,
]


def interview(number: int, kind: tuple[str, str, Answer, bool]) -> Interview:
    township, channel, town, doubtful = kind
    flags = ["too_fast"] if doubtful else []
    return Interview(
        1, f"r{number}", 1, {"town": town}, channel, 0, 0, township=township, flags=flags, id=number + 1
    )


kinds = st.tuples(
    st.sampled_from(["东", "西"]),
    st.sampled_from(["chat", "page"]),
    st.sampled_from(["1", "2", None]),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(kinds, st.integers(1, 12)), max_size=8), st.sets(st.integers(0, 3)))
def test_a_wish_leaves_in_whom_it_names(
    groups: list[tuple[tuple[str, str, Answer, bool], int]], chosen: set[int]
) -> None:
    made = [
        interview(number, kind)
        for number, kind in enumerate(kind for kind, times in groups for _ in range(times))
    ]
    columns = code(QUESTIONNAIRE, made)
    wish = Wish(
        WISH.township if 0 in chosen else "",
        WISH.channel if 1 in chosen else "",
        WISH.question if 2 in chosen else "",
        WISH.code if 2 in chosen else "",
        doubtful=3 not in chosen,
    )
    wished = criteria(wish, columns, QUESTIONNAIRE)
    tests = [TESTS[place] for place in sorted(chosen)]
    for where, test in zip(wished, tests, strict=True):
        found = [bool(one) for block in columns.blocks for one in where(block)]
        assert found == [test(one) for one in made]


def test_no_few_are_left_when_one_part_after_the_other_is_taken_from_the_whole() -> None:
    attacked = 0
    for found in told(population(random.Random(120_503), 120), LEAST, figures=filtered):
        attacked += 1
        assert found.high - found.low >= LEAST - 1e-6, found
    assert attacked


def test_filters_and_tables_of_an_open_wave_tell_of_no_few_who_came_between_two_looks() -> None:
    attacked = 0
    for found in shown_over_time(population(random.Random(60_907), 60), (41, 60), LEAST, everything):
        attacked += 1
        assert found.high - found.low >= LEAST - 1e-6, found
    assert attacked


def test_two_townships_by_age_do_not_tell_the_third() -> None:
    people = [
        came(number, town, age)
        for number, (town, age) in enumerate(
            (town, age)
            for town, ages in (("东镇", (3, 20, 9)), ("西镇", (20, 20, 20)), ("南镇", (20, 20, 20)))
            for age, times in zip("123", ages, strict=True)
            for _ in range(times)
        )
    ]
    columns = code(ATTACKED, people)

    def sizes(wish: Wish, by: str) -> dict[str, int | None]:
        rates = seen(declared(LEAST), ATTACKED, columns, wish, by).rates()
        return {"".join(one["group"].values()): one["n"] for one in rates if one["declared"]}

    assert sizes(Wish(township="东镇"), "age") == {"": 32, "1": None, "2": None, "3": None}
    assert sum(sizes(Wish(township=town), "age")["1"] is None for town in ("东镇", "西镇", "南镇")) == 2
    assert [sizes(Wish(question="age", code="1"), "township")[town] for town in ("东镇", "西镇", "南镇")] == [
        sizes(Wish(township=town), "age")["1"] for town in ("东镇", "西镇", "南镇")
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["东镇", "西镇"])), max_size=40))
def test_what_came_in_between_two_days_that_divide_is_nobody_or_enough(days: list[tuple[int, str]]) -> None:
    people = [
        replace(came(number, town, "1"), submitted_at=day * DAY) for number, (day, town) in enumerate(days)
    ]
    view = seen(declared(LEAST), ATTACKED, code(ATTACKED, people), Wish(township="东镇"), None)
    divided = [-1 if (day := dividing(view, latest)) is None else day for latest in range(14)]
    assert divided == sorted(divided)
    for before, after in pairwise(divided):
        between = Counter(town for day, town in days if before < day <= after)
        assert all(size >= LEAST for size in between.values())


def came(number: int, town: str, age: str) -> Interview:
    answers: dict[str, Answer] = {"age": age, "one": "1"}
    return Interview(1, f"r{number}", 1, answers, "chat", 0, 0, township=town, id=number + 1)


def test_an_address_says_what_is_wished_for_and_nothing_else() -> None:
    read = results_wish.read(
        {"township": "东", "answer": "q5.1:2", "doubtful": "no", "weighted": "yes", "by": "x"}
    )
    assert read.wish == Wish("东", "", "q5.1", "2", doubtful=False)
    assert (read.answer, read.by, read.weighted) == ("q5.1:2", "x", True)
    for nothing in ({}, {"answer": "2"}, {"answer": ":"}, {"doubtful": "yes"}):
        assert results_wish.read(nothing).wish.everything
    asked = replace(WISH, doubtful=True)
    assert results_wish.wish_words(asked, QUESTIONNAIRE).startswith("东、公众号聊天、选“东街")
