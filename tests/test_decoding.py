"""Answers decoded together say what they say one by one."""

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.coding import Codebook, Coder, Given, Listed
from surveys.decoding import FEW, Lines, Undecodable
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Answer
from surveys.shelf import given_answers
from tests.test_counting import Q

ONE, SEVERAL = ("q1", "grid.a"), ("many",)
CODES = ("1", "2", "-7", "10")
TEXTS = st.sampled_from(
    ['他说": null', ': null, "q1": null', "\\", 'a\\": null}', "\n", '{"q1": null}', "null"]
)

answers = st.fixed_dictionaries(
    {},
    optional={
        "words": st.text(st.characters(codec="utf-8")) | TEXTS | st.none(),
        "q1": st.sampled_from([*CODES, None]),
        "grid.a": st.sampled_from(["1", None]),
        "many": st.lists(st.sampled_from([*CODES, "gone"]), unique=True) | st.none(),
        "ranks": st.lists(TEXTS) | st.none(),
    },
)


def told(found: Given) -> object:
    """The labels of all answers to the questions with one, and the picks of the one with several."""
    labels = []
    for name in ONE:
        book = Codebook((NOT_ASKED, REFUSED, "1"))
        labels.append([book.labels[code] for code in found.codes(name, book)])
    states, picks = found.chosen("many", CODES)
    return labels, states.tolist(), picks.tolist()


@given(st.lists(answers, min_size=1, max_size=6), st.booleans())
@settings(max_examples=150, deadline=None)
def test_together_and_one_by_one_are_alike(interviews: list[Mapping[str, Answer]], plain: bool) -> None:
    stored = [json.dumps(one, ensure_ascii=plain) for one in interviews]
    assert told(Lines(stored, ONE, SEVERAL)) == told(Listed(interviews))


@pytest.mark.parametrize("stored", ['{"q1": 5}', '{"q1": ["1"]}', '{"many": "1"}', '{"q1": "1"}{}', ""])
def test_an_answer_of_another_kind_is_refused_not_misread(stored: str) -> None:
    with pytest.raises(Undecodable):
        Lines(['{"q1": "1"}', stored], ONE, SEVERAL)


def test_half_a_character_in_a_text_costs_no_interview() -> None:
    stored = ['{"one": "1", "words": "\\ud83d"}', '{"one": null, "words": "\\ude00\\ud83d\\ude00"}'] * FEW
    book = Codebook((NOT_ASKED, REFUSED, "1"))
    found = given_answers(Coder(Q), stored).codes("one", book)
    assert [book.labels[code] for code in found] == ["1", REFUSED] * FEW


def test_pandas_is_not_loaded_to_decode() -> None:
    """In a process of its own: others may have loaded it. It holds 30 MiB as long as the service runs."""
    call = """
import sys
from surveys.decoding import Lines
found = Lines(['{"one": "1", "many": ["1"]}', '{"one": null, "many": null}', "{}"], ["one"], ["many"])
found.told("one"), found.lists("many")
sys.exit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", call], check=False).returncode == 0
