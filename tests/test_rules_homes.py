"""The rules of a neighbourhood answer those who live there, and nobody else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.answer import answer
from content.rules.homes import home_said, lives_in
from content.rules.parsing import parse
from content.rules.search import Index
from tests.rules_world import OFFICE, sample

HAPPY = "青禾县城关镇幸福社区"
PACT = parse(f"{HAPPY}居民公约\n第一条 电动自行车统一停放在东门车棚充电。\n第二条 晒被子请用公共晾衣区。")
AREAS = (HAPPY,)


@pytest.mark.parametrize(
    ("home", "area", "same"),
    [
        (HAPPY, HAPPY, True),
        ("幸福社区", HAPPY, True),
        ("城关镇幸福社区", HAPPY, True),
        ("河口镇幸福社区", HAPPY, False),
        ("城关镇", HAPPY, False),
        (HAPPY, "城关镇", True),
        ("青禾县城关镇", "青禾县城关镇", True),
        ("", HAPPY, False),
        (HAPPY, "", False),
    ],
)
def test_a_home_lies_in_a_place_that_it_names_and_does_not_contradict(
    home: str, area: str, same: bool
) -> None:
    assert lives_in(home, area) is same


@pytest.mark.parametrize(
    ("said", "home"),
    [
        ("我住在城关镇幸福社区", "城关镇幸福社区"),
        ("我是幸福社区的居民。", "幸福社区"),
        ("我家在幸福社区", "幸福社区"),
        ("我住在幸福社区3栋2单元", "幸福社区"),
        ("我住河口镇", ""),
        ("我是来投诉的", ""),
        ("我在幸福社区看到有人遛狗不牵绳怎么办", ""),
        ("幸福社区", ""),
    ],
)
def test_a_message_that_tells_where_somebody_lives(said: str, home: str) -> None:
    assert home_said(said, AREAS) == home


@given(st.text("我住在是城关镇幸福社区的人。", max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_home_is_only_ever_one_of_the_known_places(said: str) -> None:
    home = home_said(said, AREAS)
    assert not home or lives_in(home, HAPPY)


def test_only_its_residents_are_answered_from_it() -> None:
    index = Index.build([sample(), PACT.document])
    asked = "晒被子可以用公共晾衣区吗"
    at_home = answer(asked, index, OFFICE, home="幸福社区")
    assert at_home.citations[0].document.title == f"{HAPPY}居民公约"
    for home in ("", "城关镇", "河口镇幸福社区"):
        elsewhere = answer(asked, index, OFFICE, home=home)
        assert all(one.document.tier != "village" for one in elsewhere.citations)
        assert all(hit.document.tier != "village" for hit in elsewhere.candidates)


def test_nobody_from_elsewhere_gets_an_article_of_it_by_its_name() -> None:
    index = Index.build([sample(), PACT.document])
    asked = f"《{HAPPY}居民公约》第一条"
    assert answer(asked, index, OFFICE, home=HAPPY).citations[0].document.tier == "village"
    assert all(one.document.tier != "village" for one in answer(asked, index, OFFICE).citations)
    bare = answer("第二条", index, OFFICE, home=HAPPY)
    assert bare.citations[0].document.tier == "city"
