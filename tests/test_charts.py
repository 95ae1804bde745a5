"""Rates as pictures: well-formed, inside the axis, and told in words as well."""

import xml.etree.ElementTree as ET
from typing import Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.web.charts import Kind, Mark, axis, sample, strip

SVG = "{http://www.w3.org/2000/svg}"
shares = st.floats(0, 1)
marks = st.tuples(shares, shares, shares, st.sampled_from(get_args(Kind))).map(
    lambda found: Mark(sorted(found[:3])[1], sorted(found[:3])[0], sorted(found[:3])[2], found[3])
)
words = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))


@settings(max_examples=60, deadline=None)
@given(st.lists(marks, max_size=4), words, st.none() | shares)
def test_a_strip_is_well_formed_and_nothing_leaves_the_axis(
    drawn: list[Mark], told: str, target: float | None
) -> None:
    root = ET.fromstring(strip(drawn, told, target))
    assert root.tag == f"{SVG}svg"
    assert len(root.findall(f"{SVG}circle")) == len(drawn)
    for element in root.iter():
        assert "style" not in element.attrib
        for name in ("x1", "x2", "cx"):
            if name in element.attrib:
                assert 0 <= float(element.attrib[name].removesuffix("%")) <= 100
    assert root.get("aria-label") == (told or None)


def test_words_from_a_questionnaire_cannot_become_elements() -> None:
    drawn = strip([Mark(0.5, 0.4, 0.6)], '"><script>alert(1)</script>&')
    assert "<script" not in drawn
    assert ET.fromstring(drawn).findtext(f"{SVG}title") == '"><script>alert(1)</script>&'


def test_the_dot_stands_at_the_rate_between_the_ends_of_its_interval() -> None:
    root = ET.fromstring(strip([Mark(0.923, 0.899, 0.942)], "知晓率"))
    dot = root.find(f"{SVG}circle")
    assert dot is not None
    assert dot.get("cx") == "92.30%"
    assert any((line.get("x1"), line.get("x2")) == ("89.90%", "94.20%") for line in root.iter(f"{SVG}line"))


@pytest.mark.parametrize("wrong", [Mark(0.5, 0.6, 0.7), Mark(1.2, 0.1, 1.3), Mark(0.5, -0.1, 0.7)])
def test_an_impossible_interval_is_refused(wrong: Mark) -> None:
    with pytest.raises(ValueError, match=r"in "):
        strip([wrong], "")


def test_the_axis_runs_from_0_to_100() -> None:
    letters = [(one.get("x"), one.text) for one in ET.fromstring(axis()).iter(f"{SVG}text")]
    assert letters == [("0%", "0"), ("25%", "25"), ("50%", "50"), ("75%", "75"), ("100%", "100")]


@pytest.mark.parametrize("kind", ["filled", "hollow", "target"])
def test_the_legend_shows_each_mark(kind: Kind | Literal["target"]) -> None:
    assert ET.fromstring(sample(kind)).get("aria-hidden") == "true"
