"""Two nearly equal groupings in one file: the difference of the two tells of nobody or of enough."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.coding import code
from surveys.questionnaire import Answer
from surveys.results import Counted
from surveys.store import Interview
from surveys.together import thin_cuts, yielding
from tests.attack import QUESTIONS, Attack, declared
from tests.exporting import interview

LEAST = 5
lines = st.dictionaries(st.tuples(st.sampled_from("ABCD"), st.sampled_from("abcd")), st.integers(1, 9))


def cut(found: dict[tuple[str, str], int], side: set[str]) -> int:
    return sum(size for (one, other), size in found.items() if (one in side) != (other in side))


@settings(max_examples=150, deadline=None)
@given(lines, st.integers(2, 9))
def test_a_thin_cut_is_found_where_there_is_one(found: dict[tuple[str, str], int], least: int) -> None:
    names = sorted({name for pair in found for name in pair})
    matrix = np.zeros((len(names), len(names)), dtype=np.int64)
    for (one, other), size in found.items():
        ends = names.index(one), names.index(other)
        matrix[ends] = matrix[ends[::-1]] = size
    sides = [set(some) for number in range(len(names)) for some in combinations(names, number)]
    told = [{names[place] for place in side} for side in thin_cuts(matrix, least)]
    assert bool(told) == any(0 < cut(found, side) < least for side in sides)
    assert all(0 < cut(found, side) < least for side in told)


@settings(max_examples=150, deadline=None)
@given(lines)
def test_no_union_of_shown_groups_differs_from_one_of_the_other_grouping_by_few(
    found: dict[tuple[str, str], int],
) -> None:
    rows, owns = Counter[str](), Counter[str]()
    for (one, other), size in found.items():
        rows[one] += size
        owns[other] += size
    if any(size < LEAST for size in rows.values()):
        return
    back = {own for own, size in owns.items() if size < LEAST}
    if 0 < sum(owns[own] for own in back) < LEAST:
        back |= {own for own, _ in owns.most_common(1)}
    back = yielding(back, [([found], ())], LEAST)
    shown = sorted(owns.keys() - back)
    for number in range(len(shown) + 1):
        for some in combinations(shown, number):
            for height in range(len(rows) + 1):
                for others in combinations(sorted(rows), height):
                    apart = cut(found, {*some, *others})
                    assert back == owns.keys() or apart == 0 or apart >= LEAST


TOWNS = {"1": "东镇", "2": "西镇", "3": "南镇"}


def among(group: Mapping[str, str]) -> Callable[[Mapping[str, str]], bool]:
    return lambda cell: group.items() <= cell.items()


def neighbours(missing: int, moved: int) -> list[Interview]:
    """Everybody's answer names the township of the address; but some have none, and some named another."""
    found = []
    for number in range(63):
        told = "123"[number % 3]
        place = "" if number < missing else TOWNS[told] if number < 63 - moved else "西镇"
        answer: dict[str, Answer] = {"age": told, "one": "1" if number else "2"}
        found.append(interview(answer, f"r{number}", id=number + 1, township=place, community=""))
    return found


@pytest.mark.parametrize(("missing", "moved"), [(1, 0), (0, 1), (2, 2), (4, 0)])
def test_the_one_without_an_address_is_not_read_off_the_two_tables(missing: int, moved: int) -> None:
    people = neighbours(missing, moved)
    kinds = Counter((one.township, str(one.answers["age"])) for one in people)
    attack = Attack([{"township": town, "age": age} for town, age in kinds])
    for by in ("township", "age"):
        counted = Counted(declared(LEAST), QUESTIONS, by)
        counted.count(code(QUESTIONS, people))
        for entry in counted.whole.rates():
            if entry["declared"] and not entry["suppressed"]:
                attack.learn(among(entry["group"]), entry["n"])
    few = [kind for kind, size in kinds.items() if size < LEAST]
    assert few
    for town, age in few:
        low, high = attack.range(among({"township": town, "age": age}))
        assert high - low >= LEAST, (town, age)


def test_unlike_groupings_cost_each_other_nothing() -> None:
    chance = random.Random(5)
    people = [
        interview(
            {"age": chance.choice("123"), "one": "1"},
            f"r{number}",
            id=number + 1,
            township=chance.choice(("东镇", "西镇", "南镇")),
            community="",
        )
        for number in range(63)
    ]
    counted = Counted(declared(LEAST), QUESTIONS, "age")
    counted.count(code(QUESTIONS, people))
    assert not any(entry["suppressed"] for entry in counted.whole.rates())


def test_the_same_grouping_twice_is_shown_twice() -> None:
    counted = Counted(declared(LEAST), QUESTIONS, "age")
    counted.count(code(QUESTIONS, neighbours(0, 0)))
    assert not any(entry["suppressed"] for entry in counted.whole.rates())
