"""A complaint is given back in the resident's own words, ready to paste, with the number and the page."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.answer import answer
from content.rules.complaining import place_in, time_in, to_copy
from content.rules.replies import LARGEST_REPLY
from tests.rules_world import OFFICE, sample_index


def test_a_complaint_gets_number_page_and_a_text_to_copy() -> None:
    said = "我要投诉，桂花小区3号楼下的烧烤店每天半夜还在放歌，吵得睡不着"
    office = replace(OFFICE, complaint_url="https://12345.example.cn")
    got = answer(said, sample_index(), office)
    assert got.outcome == "handed_over"
    for words in ("12345", "https://12345.example.cn", said, "地点：桂花小区", "时间：每天半夜"):
        assert words in got.reply


@pytest.mark.parametrize(
    ("said", "place", "time"),
    [
        ("路灯坏了三天没人修", "", ""),
        ("人民路口昨晚9点有人乱倒垃圾", "人民路口", "昨晚9点"),
        ("举报青山镇的工地凌晨两点打桩", "青山镇", "凌晨两点"),
        ("侬晓得伐广场舞吵死人哉", "", ""),
    ],
)
def test_place_and_time_are_words_of_the_resident(said: str, place: str, time: str) -> None:
    assert (place_in(said), time_in(said)) == (place, time)
    assert ("请补充" in to_copy(said)) == (not (place and time))


@given(st.text(max_size=500))
@settings(max_examples=60, deadline=None)
def test_nothing_is_added_to_what_was_said(said: str) -> None:
    assert place_in(said) in said
    assert time_in(said) in said
    assert "<" not in to_copy(said)
    assert len(to_copy(said[:300]).encode()) < LARGEST_REPLY
