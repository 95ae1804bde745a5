"""A message -> the answers: where somebody lives, in a sentence of their own."""

import pytest

from surveys.answers import Unclear
from surveys.interview import Ask, next_step
from surveys.native import parse
from surveys.taking import from_message

PLACES = {"城关镇": ("东街社区", "新村"), "河口乡": ("上河村", "小上河村", "新村")}
QUESTIONNAIRE = parse(
    'id = "q"\ntitle = "题"\n[[question]]\nid = "place"\ntype = "community"\ntitle = "您住在哪里？"\n'
)


def said(text: str) -> object:
    """The answers after one message to the first question."""
    step = next_step(QUESTIONNAIRE, {}, PLACES, 0)
    assert isinstance(step, Ask)
    return from_message({}, step, text, PLACES)


@pytest.mark.parametrize(
    ("text", "township", "community"),
    [
        ("河口乡上河村", "河口乡", "上河村"),
        ("我住河口乡小上河村3组", "河口乡", "小上河村"),
        ("上河村", "河口乡", "上河村"),
        ("城关镇新村", "城关镇", "新村"),
        ("我家在城关镇", "城关镇", None),
        ("2", "河口乡", None),
    ],
)
def test_a_home_may_be_named_in_a_sentence(text: str, township: str, community: str | None) -> None:
    assert said(text) == {"place.township": township} | ({"place": community} if community else {})


@pytest.mark.parametrize("text", ["新村", "城关镇还是河口乡", "不是河口乡", "以前住上河村", "外地"])
def test_a_home_is_never_guessed(text: str) -> None:
    assert isinstance(said(text), Unclear)
