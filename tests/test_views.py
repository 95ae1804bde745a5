"""Part of a wave: it is what counting those interviews alone gives, and never a few by subtraction."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.web import results_wish
from surveys.columns import code
from surveys.counting import Where
from surveys.native import parse
from surveys.questionnaire import Answer
from surveys.store import Interview
from surveys.views import Wish, criteria, gives_away
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
def test_every_combination_of_wishes_holds_nobody_or_five(
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
    sizes = [
        sum(all(test(one) == wanted for test, wanted in zip(tests, side, strict=True)) for one in made)
        for side in product([True, False], repeat=len(tests))
    ]
    assert gives_away(columns, everybody, wished, 5) == any(0 < size < 5 for size in sizes)


everybody: Where = lambda block: block.days == block.days  # noqa: E731


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
