"""Regulation text becomes articles 1..N with their words unchanged, and every doubt has a line."""

import re
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.document import Document, Parsed, report
from content.rules.numerals import to_chinese, to_int
from content.rules.origin import area_of
from content.rules.parsing import parse

TOWN = (Path(__file__).parent / "data" / "rules" / "小镇公约.txt").read_text("utf-8")
SAMPLES = [
    path for path in files("content").joinpath("library", "rules").iterdir() if path.name.endswith(".md")
]

PIECES = st.sampled_from(
    [
        "第一条 ",
        "第二条",
        "第十条之一　",
        "第一章 总则",
        "目录",
        "（一）",
        "(二)",
        "1.",
        "。",
        "\n",
        "\r\n",
        "　",
        "#",
        "# ",
        "<!-- x -->",
        "附件：",
        "附则",
        "规定",
        "第三条第二款的",
        "2020年1月2日通过",
        "……12",
        "\u2028",
        "\ufffd",
        "甲乙",
        "；",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=40).map("".join)


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b\ufeff#]", "", text)


def messages(parsed: Parsed) -> dict[int, str]:
    return {doubt.line: doubt.message for doubt in parsed.doubts}


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_parsing_never_raises_and_invents_no_word(text: str) -> None:
    parsed = parse(text)
    source = bare(text)
    for article in parsed.document.articles:
        assert all(bare(line) in source for line in article.text.split("\n"))
    for doubt in parsed.doubts:
        assert 1 <= doubt.line <= len(re.split(r"\r\n|[\r\n\u2028\u2029]", text))


@given(st.integers(1, 9999))
@settings(max_examples=100, deadline=None)
def test_chinese_numbers_read_back(number: int) -> None:
    assert to_int(to_chinese(number)) == number


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("十", 10),
        ("两百", 200),
        ("一百零三", 103),
        ("１２", 12),
        ("五万", 50_000),
        ("", None),
        ("百里", None),
    ],
)
def test_numerals_as_people_write_them(numeral: str, value: int | None) -> None:
    assert to_int(numeral) == value


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.booleans())
@settings(max_examples=50, deadline=None)
def test_numbers_run_from_one_whatever_stands_inside(shapes: list[int], markdown: bool) -> None:
    inside = [
        "甲乙丙。",
        "有下列情形：\n（一）甲；\n（二）乙。",
        "甲。\n第一条第二款的规定除外。",
        "甲，\n乙。",
    ]
    mark = "## " if markdown else ""
    lines = [f"{mark}某市办法", f"{mark}第一章　总　则"]
    lines += [f"第{to_chinese(at)}条 {inside[shape]}" for at, shape in enumerate(shapes, 1)]
    document = parse("\n".join(lines)).document
    assert [article.number for article in document.articles] == list(range(1, len(shapes) + 1))
    assert document.chapters == ("第一章 总则",)


def test_the_town_text_is_read_with_all_its_oddities() -> None:
    parsed = parse(TOWN)
    document = parsed.document
    assert document.title == "小镇公约"
    assert [article.label for article in document.articles] == [
        "第一条",
        "第二条",
        "第三条",
        "第三条之一",
        "第五条",
        "第六条",
        "第七条",
    ]
    assert document.chapters == ("第一章 总则", "第二章 相处", "第三章 附则")
    assert (document.adopted, document.effective) == (date(2020, 1, 2), date(2021, 7, 1))
    second, third = document.articles[1], document.articles[2]
    assert second.text == "住在小镇的人都适用本公约，客人也一样。"
    assert [item.label for item in third.paragraphs[0].items] == ["（一）", "（二）"]
    assert third.paragraphs[0].items[1].text.split("\n") == [
        "不在楼道里放杂物，包括：",
        "1．鞋柜；",
        "2．纸箱。",
    ]
    assert third.paragraphs[1].text == "来访的客人由主人提醒。"
    said = messages(parsed)
    assert "已接在一起" in said[16]
    assert "没有找到第四条" in said[27]
    assert "未编入条文" in said[33]
    assert any("第六条与上一条写在同一行" in doubt.message for doubt in parsed.doubts)


def test_a_line_that_cites_an_article_opens_none() -> None:
    document = parse("某市办法\n第一条 甲。\n第二条第一款规定的除外。\n第二条 乙。").document
    assert [article.text for article in document.articles] == ["甲。\n第二条第一款规定的除外。", "乙。"]


def test_items_within_a_line_are_parted_and_a_count_is_no_item() -> None:
    document = parse("某市办法\n第一条 有下列情形：（一）甲；（二）乙。\n第二条 二、三类情形从重。").document
    assert [item.line for item in document.articles[0].paragraphs[0].items] == ["（一）甲；", "（二）乙。"]
    assert document.articles[1].paragraphs[0].text == "二、三类情形从重。"


def test_repeats_steps_back_and_empty_articles_are_doubted() -> None:
    said = " ".join(
        doubt.message for doubt in parse("甲\n第一条 甲。\n第二条\n第二条 乙。\n第一条 丙。").doubts
    )
    assert all(word in said for word in ("第二条没有内容", "出现了两次", "编号倒退", "施行日期"))


def test_text_without_articles_says_so() -> None:
    parsed = parse("关于放假的通知\n各位居民：\n祝好。")
    assert any("没有找到“第一条”" in doubt.message for doubt in parsed.doubts)
    assert parsed.document.notes == ("各位居民：", "祝好。")
    assert parse("").doubts


@pytest.mark.parametrize(
    ("title", "area"),
    [
        ("甲乙市养犬办法", "甲乙市"),
        ("中华人民共和国某法", ""),
        ("城市市容条例", ""),
        ("某某省条例", "某某省"),
        ("公约", ""),
    ],
)
def test_the_place_comes_from_the_title(title: str, area: str) -> None:
    assert area_of(title) == area


def test_a_given_title_wins_and_the_own_one_is_kept() -> None:
    document = parse("旧名\n第一条 甲。", title="新名").document
    assert (document.title, document.notes) == ("新名", ("旧名",))


@pytest.mark.parametrize(
    ("title", "kind", "tier"),
    [
        ("甲市条例（示例）", "本条例", "city"),
        ("乙省办法", "本办法", "province"),
        ("丙法", "本法", "national"),
        ("丁", "本文件", "national"),
    ],
)
def test_what_a_text_calls_itself(title: str, kind: str, tier: str) -> None:
    document = Document(title, (), (), area=area_of(title))
    assert (document.kind, document.tier) == (kind, tier)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_the_shipped_sample_is_complete_and_marked(sample: Path) -> None:
    parsed = parse(sample.read_text("utf-8"))
    document = parsed.document
    counted = len(re.findall(r"^第[一二三四五六七八九十]+条", sample.read_text("utf-8"), re.M))
    assert [article.number for article in document.articles] == list(range(1, counted + 1))
    assert not parsed.doubts
    assert any("示例文本（虚构，仅供演示）" in note for note in document.notes)
    assert "示例" in document.title
    entry = report(parsed, sample.name)
    assert (entry["chapters"], entry["articles"], entry["warnings"]) == (8, counted, [])
