"""Whose text it is, and notices that count by 一、 and end with a signature."""

from datetime import date

import pytest

from content.rules.origin import area_of, issuer_of, source_of, tier_of
from content.rules.parsing import parse

NOTICE = """青禾县人民政府关于禁止燃放烟花爆竹的通告

为了减少污染，现就有关事项通告如下：
一、下列区域禁止燃放：
（一）县城规划区；
（二）林区。
1.含林场；
二、违反本通告的，由公安机关依法处理。
三、本通告自2026年12月1日起施行，有效期至2027年3月31日。
特此通告。

青禾县人民政府
2026年11月20日"""


def test_a_county_notice_is_read_by_its_own_numbers_and_signature() -> None:
    parsed = parse(NOTICE)
    document = parsed.document
    assert [article.label for article in document.articles] == ["第一条", "第二条", "第三条"]
    assert document.articles[0].paragraphs[0].items[1].line == "（二）林区。\n1.含林场；"
    assert document.articles[2].text.endswith("3月31日。")
    assert (document.tier, document.area, document.issuer) == ("county", "青禾县", "青禾县人民政府")
    assert (document.effective, document.expires) == (date(2026, 12, 1), date(2027, 3, 31))
    assert document.adopted == date(2026, 11, 20)
    assert [doubt.line for doubt in parsed.doubts if "按“一、”的编号" in doubt.message] == [4]
    assert document.notes[-3:] == ("特此通告。", "青禾县人民政府", "2026年11月20日")


def test_a_notice_in_force_from_its_publication_takes_the_day_of_its_signature() -> None:
    document = parse(
        "某县通告\n1. 甲。\n2. 本通告自发布之日起施行，有效期两年。\n某县公安局\n2026年2月3日"
    ).document
    assert document.articles[0].text == "甲。"
    assert (document.effective, document.expires) == (date(2026, 2, 3), date(2028, 2, 2))


def test_the_rules_of_a_neighbourhood_are_its_own() -> None:
    document = parse("青禾县城关镇幸福社区居民公约\n一、爱护绿地。\n二、夜间安静。").document
    assert (document.tier, document.area) == ("village", "青禾县城关镇幸福社区")


@pytest.mark.parametrize(
    ("title", "area", "tier"),
    [
        ("城关街道文明公约", "城关街道", "village"),
        ("柳树村村规民约", "柳树村", "village"),
        ("青禾县柳树乡柳树村村规民约", "青禾县柳树乡柳树村", "village"),
        ("甲市文明行为促进条例", "甲市", None),
        ("甲市居民住宅区管理办法", "甲市", None),
        ("青禾县文明办关于文明祭扫的通告", "青禾县", "county"),
    ],
)
def test_place_and_tier_of_a_title(title: str, area: str, tier: str | None) -> None:
    assert (area_of(title), tier_of(title, "")) == (area, tier)


@pytest.mark.parametrize(
    ("note", "issuer"),
    [
        ("（2021年3月1日 甲市第五届人民代表大会常务委员会第九次会议通过）", "甲市人民代表大会常务委员会"),
        ("2021年1月22日 第十三届全国人民代表大会常务委员会第二十五次会议修订", "全国人民代表大会常务委员会"),
        ("中华人民共和国国务院令第1号公布", "国务院"),
        ("2021年3月1日 施行", ""),
    ],
)
def test_who_made_it_stands_in_the_notes(note: str, issuer: str) -> None:
    assert issuer_of("甲市条例", [note]) == issuer


def test_where_it_was_taken_from() -> None:
    assert (
        source_of(["2021年通过", "来源：甲市人大网 https://a.example/1"]) == "甲市人大网 https://a.example/1"
    )
    assert source_of(["见 https://a.example/2）。"]) == "https://a.example/2"
    assert source_of(["无"]) == ""
