"""Public holidays: the library against a second source, and the office's own file."""

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lunar_python.util import HolidayUtil

from content.holidays import Unreadable, announced, arrangement, document, read_notice, rest

NOTICE = """各省、自治区、直辖市人民政府：
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（农历除夕、周五）至11日（农历正月初六、周四）放假调休，共7天。1月31日（周日）、2月14日（周日）上班。
三、清明节：4月5日放假1天，不调休。
"""


def test_the_library_agrees_with_a_second_source_on_every_day() -> None:
    for year, of in announced().items():
        off = {date.fromisoformat(one.getDay()): one.isWork() for one in HolidayUtil.getHolidays(year)}
        day = date(year, 1, 1)
        while day.year == year:
            expected = {True: "workday", False: "holiday"}.get(
                off.get(day), "weekend" if day.weekday() >= 5 else ""
            )
            assert of.rest(day) == expected, day
            day += timedelta(days=1)
    assert set(announced()) == set(range(2020, 2027))


def test_a_year_that_nobody_announced_is_unknown() -> None:
    assert arrangement(2027) is None
    assert document(None) == {"announced": False, "note": "尚未公布", "source": "", "periods": []}
    assert rest(date(2027, 10, 1), None) == "unknown"
    assert rest(date(2027, 10, 1), announced()[2026]) == "unknown"


def test_the_notices_own_words_make_a_year() -> None:
    of = read_notice(NOTICE, 2027, "2027.txt")
    assert [one.name for one in of.holidays] == ["元旦", "春节", "清明节"]
    assert of.rest(date(2027, 2, 14)) == "workday"
    assert of.rest(date(2027, 2, 11)) == "holiday"
    assert of.rest(date(2027, 2, 12)) == ""
    assert of.rest(date(2027, 2, 13)) == "weekend"
    assert of.name(date(2027, 1, 31)) == "春节"
    assert of.name(date(2027, 6, 1)) == ""


def test_a_holiday_may_begin_in_the_year_before() -> None:
    of = read_notice("元旦：2022年12月31日至2023年1月2日放假调休，共3天。", 2023, "")
    assert of.holidays[0].days == (date(2022, 12, 31), date(2023, 1, 1), date(2023, 1, 2))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("春节：2月30日放假", "没有2027年2月30日"),
        ("春节：2月5日（周一）放假", "是星期五，不是星期一"),
        ("春节：2月5日放假，2月9日上班", "本来就是工作日"),
        ("春节：2月5日至3月20日放假", "头尾日期不对"),
        ("春节：2月11日至5日放假", "头尾日期不对"),
        ("春节：2月5日放假，2月8日放假", "只能有一段"),
        ("春节：2026年2月5日放假", "不是 2027 年"),
        ("春节：2月5日至11日放假\n除夕：2月5日放假", "重叠"),
        ("春节：2月5日至14日放假，2月14日上班", "又写了上班"),
        ("各单位要做好值班", "没有找到"),
        ("", "没有找到"),
    ],
)
def test_what_cannot_be_meant_is_told(line: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_notice(line, 2027, "")


def test_the_offices_file_wins_over_the_library(tmp_path: Path) -> None:
    (tmp_path / "2027.txt").write_text("﻿" + NOTICE, encoding="utf-8")
    (tmp_path / "2026.txt").write_text("元旦：1月1日放假", encoding="utf-8")
    (tmp_path / "2025.txt").write_bytes(b"\xff\xfe\x00")
    assert arrangement(2027, tmp_path) == read_notice(NOTICE, 2027, "2027.txt")
    changed = arrangement(2026, tmp_path)
    assert changed is not None
    assert [one.name for one in changed.holidays] == ["元旦"]
    assert arrangement(2024, tmp_path) == announced()[2024]
    with pytest.raises(Unreadable, match="UTF-8"):
        arrangement(2025, tmp_path)


@given(st.text(alphabet="春节：:0123456789月日至放假上班，。（）周五年一、 \n", max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Unreadable):
        of = read_notice(text, 2027, "")
        assert all(one.first <= one.last for one in of.holidays)
