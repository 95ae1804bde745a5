"""What stays back, attacked: no sum or difference of shown figures and no linear programme gives it."""

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.suppression import (
    LEAST,
    LEAST_PUBLISHED,
    is_small,
    may_advance,
    small_beside,
    small_groups,
    small_members,
    small_rows,
)
from tests.attack import Attack, kinds, learn, population, shown, shown_over_time, told

rows = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2),
    st.lists(st.integers(0, 12), min_size=2, max_size=2),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(rows, st.sampled_from([LEAST, LEAST_PUBLISHED]))
def test_what_is_shown_and_what_stays_back_together_hold_nobody_or_enough(
    table: dict[str, list[int]], least: int
) -> None:
    back = small_rows(table, least)
    assert not any(is_small(size, least) for name in table.keys() - back for size in table[name])
    if any(any(table[name]) for name in table.keys() - back):
        assert not any(is_small(sum(table[name][place] for name in back), least) for place in (0, 1))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 12), min_size=1))
def test_no_sum_of_shown_groups_and_their_total_is_of_few(sizes: dict[str, int]) -> None:
    total = sum(sizes.values())
    shown = sizes.keys() - small_groups(sizes, total)
    for number in range(len(shown) + 1):
        for some in combinations(sorted(shown), number):
            assert total < LEAST or not is_small(total - sum(sizes[name] for name in some))


def test_channels_of_the_headline_do_not_give_each_other_away() -> None:
    sizes = {"chat": 50, "page": 3, "interviewer": 6, "import": 20}
    pooled = {"chat": "in", "page": "in", "interviewer": "out", "import": "out"}
    assert small_groups(sizes, 79) == {"page", "interviewer"}
    assert small_groups(sizes, 79, blocks=pooled) == {"page", "chat"}


def test_of_several_choices_those_who_did_not_choose_may_be_few() -> None:
    assert small_groups({"a": 98, "b": 40}, 100) == set()
    assert "a" in small_groups({"a": 98, "b": 40}, 100, overlapping=True)
    assert small_groups({"a": 60, "b": 42}, 100, overlapping=True) == {"b"}


def test_a_community_stays_back_with_its_township_and_for_its_sake() -> None:
    sizes = {("东", "a"): [20], ("东", "b"): [3], ("东", "c"): [9], ("西", "d"): [30], ("西", "c"): [8]}
    assert small_members(sizes, set()) == {"b", "c"}
    assert small_members(sizes, {"西"}) == {"b", "c", "d"}
    assert small_beside({"a": [9], "b": [3], "c": [9]}, {"c"}) == {"b", "c"}


def test_a_breakdown_moves_on_when_every_group_has_enough_new_answers_or_none() -> None:
    assert may_advance({"东": 9, "西": 20}, 31, {"东": 14, "西": 20}, 36)
    assert not may_advance({"东": 9, "西": 20}, 31, {"东": 10, "西": 25}, 37)
    assert not may_advance({"东": 9, "西": 20}, 31, {"东": 14, "西": 25}, 42), "one new among the others"
    assert not may_advance({"东": 9, "西": 20}, 31, {"西": 25}, 40), "what was shown stays"
    assert not may_advance({"东": 9}, 9, {"东": 8}, 8), "an erasure tells of one as well"


@pytest.mark.parametrize(("size", "least"), [(11, 5), (30, 5), (60, 5), (120, 5), (60, 8)])
def test_no_small_group_can_be_worked_out_from_all_tables_together(size: int, least: int) -> None:
    attacked = 0
    for seed in (1, 2):
        for found in told(population(random.Random(1_000 * size + seed), size), least):
            attacked += 1
            assert found.high - found.low >= least - 1e-6, found
    assert attacked


@pytest.mark.parametrize(("size", "first", "least"), [(30, 22, 5), (60, 51, 5), (60, 43, 5), (60, 53, 8)])
def test_two_exports_of_an_open_wave_tell_of_no_few_who_came_between(
    size: int, first: int, least: int
) -> None:
    attacked = 0
    for found in shown_over_time(population(random.Random(size + first), size), (first, size), least):
        attacked += 1
        assert found.high - found.low >= least - 1e-6, found
    assert attacked


def test_the_attack_finds_what_only_small_cells_staying_back_would_give_away() -> None:
    people = population(random.Random(60_001), 60)
    attack, back = Attack(kinds(people)), []
    for where, entry in shown(people, 1):
        if entry["suppressed"] or entry["n"] < LEAST:
            back.append(where)
        else:
            learn(attack, where, entry, answers=False)
    ranges = [attack.range(where) for where in back]
    assert min(high - low for low, high in ranges) < 1
