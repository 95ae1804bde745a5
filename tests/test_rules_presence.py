"""What a look at the characters spares is never what a search would have found."""

import re
import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.gates import Gates, shipped_gates
from content.rules.presence import Presence, alternatives, needs, presence
from content.rules.words import fold


@cache
def searching_all() -> Gates:
    """The shipped gates without the look that spares searches."""
    return replace(shipped_gates(), presence=Presence({}, (-1, -1, -1)))


@cache
def examples() -> list[str]:
    text = files("content").joinpath("library", "examples.toml").read_text("utf-8")
    return [said for kind in tomllib.loads(text).values() for said in kind]


def names(gates: Gates, folded: str) -> tuple[str, str, str]:
    first, last = gates.first(folded), gates.last(folded)
    return first.name if first else "", last.name if last else "", gates.note(folded)


def test_every_example_meets_the_same_gates_either_way() -> None:
    for said in examples()[::9]:
        assert names(shipped_gates(), fold(said)) == names(searching_all(), fold(said))


PIECES = st.sampled_from(sorted({piece for said in examples() for piece in (said[:4], said[4:9], said[-3:])}))


@given(st.lists(PIECES | st.text(max_size=3), max_size=6).map("".join))
@settings(max_examples=80, deadline=None)
def test_any_text_meets_the_same_gates_either_way(said: str) -> None:
    assert names(shipped_gates(), fold(said)) == names(searching_all(), fold(said))


@pytest.mark.parametrize(
    ("pattern", "sets"),
    [
        ("跳(楼|河)", [{"跳"}, {"楼", "河"}]),
        ("打.{0,4}人?", [{"打"}]),
        ("[ab]c+(?!d)", [{"a", "b"}, {"c"}]),
        ("ab|cd", [{"a", "c"}, {"b", "d"}]),
        ("a|", []),
        (r"^\W*x?$", []),
        ("[^a]b*", []),
        ("(?<=q)7|[0-2]", [{"7", "0", "1", "2"}]),
    ],
)
def test_what_a_match_must_hold(pattern: str, sets: list[set[str]]) -> None:
    assert [set(one) for one in needs(pattern)] == sets


@pytest.mark.parametrize("pattern", ["a|b", "(a|b)c|d", r"[|)]|\||x\)", "[]|]|[^]|]y|(?:p|q)", "", "a"])
@given(said=st.text("ab|()[]^cdxypq\\", max_size=5))
@settings(max_examples=25, deadline=None)
def test_the_alternatives_of_a_pattern_find_what_it_finds(pattern: str, said: str) -> None:
    found = any(re.search(one, said) for one in alternatives(pattern))
    assert found == bool(re.search(pattern, said))
    assert presence([pattern]).possible(said) or not found
