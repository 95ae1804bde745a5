"""Numbers, dates and rankings as people write them."""

import pytest

from surveys.answers import Unclear, read, read_form
from surveys.questionnaire import Option, Question

AGE = Question("n", "number", "？", unit="周岁", max=120)
DAY = Question("d", "date", "？", min=1950)
RANK = Question(
    "r",
    "ranking",
    "？",
    tuple(Option(code, label) for code, label in zip("abc", ("环境", "交通", "养犬"), strict=True)),
)


def test_a_unit_may_be_part_of_a_longer_word() -> None:
    years = Question("n", "number", "？", unit="岁", max=120)
    assert [read(years, text) for text in ("65周岁", "65岁", "65", "六十五周岁了")] == ["65"] * 4


def test_signs_part_the_places_of_a_ranking() -> None:
    for text in ("2-1-3", "2>1>3", "2→1→3", "2～1～3"):
        assert read(RANK, text) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("35", "35"),
        ("３５岁", "35"),
        ("三十五", "35"),
        ("我今年三十五周岁了。", "35"),
        ("65啦", "65"),
        ("六十整", "60"),
        ("大概 35 岁左右", "35"),
        ("一百零二", "102"),
        ("十", "10"),
        ("0", "0"),
        ("0060", "60"),
        ("121", None),
        ("-5", None),
        ("35.5", None),
        ("三十到四十", None),
        ("二十多岁", None),
        ("三五十", None),
        ("十百", None),
        ("老了", None),
        ("", None),
        ("分钟" * 90, None),
    ],
)
def test_a_number(said: str, kept: str | None) -> None:
    value = read(AGE, said)
    assert isinstance(value, Unclear) if kept is None else value == kept


def test_thousands_and_bounds_of_a_number() -> None:
    income = Question("n", "number", "？", unit="元")
    assert read(income, "1,200元") == "1200"
    assert read(income, "1，200") == "1200"
    assert read_form(income, ["3"]) == "3"
    assert read(Question("n", "number", "？", min=18), "17") == Unclear("请写一个整数（不少于 18）。")
    assert read_form(income, ["-3"]) == Unclear("请写一个整数（单位：元）。")
    assert read(Question("n", "number", "？", min=-10), "-3") == "-3"
    assert read(Question("n", "number", "？", required=False), "不想回答") is None
    assert read(AGE, "不想回答") == Unclear("这道题需要回答，请写一个整数（不超过 120 周岁）。")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026年5月1日", "2026-05-01"),
        ("2026-5-1", "2026-05-01"),
        ("2026.05.01", "2026-05-01"),
        ("20260501", "2026-05-01"),
        ("二〇二六年五月一日", "2026-05-01"),
        ("二零二六年十二月三十一号", "2026-12-31"),
        ("２０２６年 5 月 1 号。", "2026-05-01"),
        ("2026 5 1", "2026-05-01"),
        ("2026/2/30", None),
        ("5月1日", None),
        ("1949-10-01", None),
        ("去年", None),
    ],
)
def test_a_date(said: str, kept: str | None) -> None:
    value = read(DAY, said)
    assert isinstance(value, Unclear) if kept is None else value == kept


@pytest.mark.parametrize("said", ["2 1 3", "213", "bac", "交通、环境、养犬", "第二个 第一个 第三个"])
def test_a_ranking_keeps_the_order_said(said: str) -> None:
    assert read(RANK, said) == ["b", "a", "c"]


def test_a_ranking_has_every_place_once() -> None:
    assert read(RANK, "1 1 2") == Unclear("同一项只能排一个名次，请按先后写出选项前的数字，例如：2 1 3。")
    assert isinstance(read(RANK, "1 2"), Unclear)
    assert read_form(RANK, ["2:a", "1:b", "3:c"]) == ["b", "a", "c"] == read_form(RANK, ["b", "a", "c"])
    assert read_form(RANK, ["2:a", "2:b", "1:c"]) == Unclear("有两项都排在第 2 位，请给每一项不同的名次。")
    assert read_form(RANK, ["3:a", "", "1:c"]) == Unclear("名次请从 1 开始，中间不要空。")
    assert isinstance(read_form(RANK, ["1:a", "2:zz", "3:c"]), Unclear)
    two = Question("r", "ranking", "？", RANK.options, max=2)
    assert read(two, "3 1") == ["c", "a"]
    assert read(Question("r", "ranking", "？", RANK.options, min=1, max=2), "3") == ["c"]
