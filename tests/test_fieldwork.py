"""Interviews at the door, decided: the walk, the outcomes, sameness, who is visited again."""

import math
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.fieldwork import (
    DISPOSITIONS,
    ELSEWHERE_AT_MOST,
    Contact,
    Household,
    draw_revisits,
    is_final,
    next_household,
    outcomes_of,
    sameness,
    way,
)

CONTACTS = st.lists(
    st.builds(
        Contact,
        st.builds(Household, st.integers(1, 5), st.integers(0, 3)),
        st.sampled_from([one.name for one in DISPOSITIONS]),
        st.integers(1, 3),
    ),
    max_size=12,
)
ANSWERS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2", None]), max_size=3)


@settings(max_examples=100, deadline=None)
@given(CONTACTS, st.booleans())
def test_the_walk_goes_on_and_never_to_a_household_twice(contacts: list[Contact], replaces: bool) -> None:
    following = next_household(contacts, 3, replaces)
    assert following not in {one.household for one in contacts}
    assert following.stand_in <= ELSEWHERE_AT_MOST
    assert following.stand_in == 0 or replaces


def test_a_lost_household_is_replaced_by_its_neighbour_only_where_the_wave_allows() -> None:
    refused = [Contact(Household(1), "complete", 1), Contact(Household(2), "refused", 1)]
    assert next_household(refused, 3, replaces=True).code == "002-1"
    assert next_household(refused, 3, replaces=False).code == "003"
    away = [Contact(Household(1), "not_home", 2)]
    assert next_household(away, 3, replaces=True).code == "002"
    assert next_household([Contact(Household(1), "not_home", 3)], 3, replaces=True).code == "001-1"
    assert next_household([Contact(Household(1, 3), "refused", 1)], 3, replaces=True).code == "002"
    assert way("村委会大门", 5, Household(1)) == "起点：村委会大门"
    assert "第 5 户" in way("村委会大门", 5, Household(2))


def test_visits_end_after_the_last_one_and_at_once_where_another_cannot_help() -> None:
    assert [is_final("not_home", visits, 3) for visits in (1, 2, 3)] == [False, False, True]
    assert is_final("refused", 1, 3)


def test_outcomes_are_counted_under_the_codes_of_the_response_rates() -> None:
    counted = outcomes_of(
        Contact(Household(number), one.name, 1) for number, one in enumerate(DISPOSITIONS, start=1)
    )
    assert counted.response_rate(1) == 1 / 7
    assert counted.response_rate(5) == 1 / 5
    assert len({one.code for one in DISPOSITIONS}) == len(DISPOSITIONS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), ANSWERS), max_size=12))
def test_sameness_is_the_share_of_pairs_that_agree(found: list[tuple[str, dict[str, str | None]]]) -> None:
    for one in sameness(found):
        mine = [answers for name, answers in found if name == one.interviewer]
        both = [(p[q] == r[q]) for p, r in combinations(mine, 2) for q in p.keys() & r.keys()]
        assert math.isclose(one.own, sum(both) / len(both) if both else 0.0)
        assert one.interviews == len(mine)


def test_copied_interviews_strike_and_few_or_varied_ones_do_not() -> None:
    varied = [("honest", {"a": str(n % 2), "b": str(n % 3), "c": str(n % 5)}) for n in range(30)]
    copied = [("copyist", {"a": "1", "b": "2", "c": "3"})] * 6
    few = [("new", {"a": "1", "b": "2", "c": "3"})] * 4
    striking = [one.interviewer for one in sameness([*varied, *copied, *few]) if one.is_striking]
    assert striking == ["copyist"]


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.sampled_from(["x", "y"]), st.integers(1, 99).map(str)), max_size=60))
def test_a_tenth_of_each_interviewers_households_is_drawn_the_same_way_every_time(
    households: set[tuple[str, str]],
) -> None:
    drawn = draw_revisits(households, "seed")
    assert drawn == draw_revisits(sorted(households, reverse=True), "seed")
    assert set(drawn) <= households
    for name in ("x", "y"):
        mine = [one for one in households if one[0] == name]
        assert sum(one[0] == name for one in drawn) == math.ceil(len(mine) / 10)
