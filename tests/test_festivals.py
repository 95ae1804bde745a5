"""Festival dates against published facts and against an astronomical calculation of its own."""

import math
import os
import time
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lunar_python import Lunar, LunarYear

from content import festivals
from content.festivals import calendar, days, in_words, nearest

OURS = {"春节", "元宵", "清明", "端午", "七夕", "中秋", "重阳"}


def on(year: int, name: str) -> date:
    [day] = [day for day in days(year) if day.name == name]
    return day.date


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("春节", "2027-02-06"),
        ("除夕", "2027-02-05"),
        ("中秋", "2033-09-08"),
        ("重阳", "2033-10-01"),
        ("端午", "2028-05-28"),
        ("中秋", "2028-10-03"),
        ("中秋", "2031-10-01"),
        ("中秋", "2025-10-06"),
        ("元宵", "2034-03-05"),
        ("中秋", "2027-09-15"),
        ("端午", "2027-06-09"),
        ("全国助残日", "2027-05-16"),
        ("清明", "2027-04-05"),
    ],
)
def test_published_dates(name: str, expected: str) -> None:
    assert on(int(expected[:4]), name).isoformat() == expected


def test_the_eve_is_the_day_before_whatever_the_month_has() -> None:
    short_months = {2025, 2026, 2027, 2028, 2029, 2031, 2032}
    for year in range(2024, 2036):
        eve, new_year = on(year, "除夕"), on(year, "春节")
        assert eve == new_year - timedelta(days=1)
        thirty = eve - timedelta(days=29)
        month_began = nearest("腊八", eve)
        assert month_began is not None
        assert (month_began.date - timedelta(days=7) == thirty) == (year not in short_months)


def test_qingming_on_the_fourth_or_fifth() -> None:
    fourth = {year for year in range(2024, 2034) if on(year, "清明") == date(year, 4, 4)}
    assert fourth == {2024, 2025, 2028, 2029, 2032, 2033}
    assert all(on(year, "清明").day in {4, 5} for year in range(2024, 2034))


def test_a_moving_day_may_come_twice_or_never_in_a_year() -> None:
    found = {year: [day.date for day in days(year) if day.name == "腊八"] for year in range(1901, 2100)}
    assert {len(dates) for dates in found.values()} == {0, 1, 2}
    assert all(day.year == year for year, dates in found.items() for day in dates)


def test_only_the_moons_near_midnight_are_provisional() -> None:
    provisional = {(y, day.name) for y in range(1900, 2100) for day in days(y) if day.provisional}
    assert provisional == {(2057, "重阳"), (2089, "中秋"), (2097, "七夕"), (2097, "中元")}


def test_seven_festivals_are_ours_and_solemn_days_are_marked() -> None:
    assert {day.name for day in days(2027) if day.ours} == OURS
    solemn = {day.name for day in days(2027) if day.tone == "solemn"}
    assert solemn == {"清明", "中元", "寒衣节", "烈士纪念日", "国家公祭日"}


def test_the_calendar_document() -> None:
    document = calendar(2027)
    assert document["year"] == 2027
    assert {
        "date": "2027-02-06",
        "name": "春节",
        "kind": "lunar",
        "tone": "festive",
        "provisional": False,
        "theme": "移风易俗、文明出行、关爱留守",
        "lead_days": 7,
        "ours": True,
    } in document["days"]
    assert [day["date"] for day in document["days"]] == sorted(day["date"] for day in document["days"])


@pytest.mark.parametrize("year", [1899, 2100, 0, -1, 9999])
def test_years_outside_the_calendar(year: int) -> None:
    with pytest.raises(ValueError, match="1900 to 2099"):
        days(year)


@given(st.integers(1900, 2099))
@settings(max_examples=60, deadline=None)
def test_every_year_is_complete_and_in_order(year: int) -> None:
    found = days(year)
    assert all(day.date.year == year for day in found)
    assert list(found) == sorted(found, key=lambda day: day.date)
    missing = set(festivals.NAMES) - {day.name for day in found}
    assert missing <= {"腊八"}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_the_hosts_time_zone_moves_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        festivals.days.cache_clear()
        assert on(2027, "春节") == date(2027, 2, 6)
        assert (
            datetime.fromtimestamp(1801843200, festivals.SHANGHAI).isoformat() == "2027-02-06T00:00:00+08:00"
        )
    finally:
        monkeypatch.undo()
        assert os.environ.get("TZ") == before
        time.tzset()


def test_dates_in_words() -> None:
    assert in_words(date(2027, 2, 6)) == "2027年2月6日（星期六 · 正月初一）"
    assert in_words(date(2025, 8, 1)) == "2025年8月1日（星期五 · 闰六月初八）"


def test_the_nearest_occurrence() -> None:
    found = nearest("春节", date(2026, 12, 20))
    assert found is not None
    assert found.date == date(2027, 2, 6)
    assert nearest("没有的节", date(2027, 1, 1)) is None
    assert nearest("春节", date(1500, 1, 1)) is None


LUNAR = {
    "春节": (1, 1),
    "元宵": (1, 15),
    "端午": (5, 5),
    "七夕": (7, 7),
    "中元": (7, 15),
    "中秋": (8, 15),
    "重阳": (9, 9),
    "寒衣节": (10, 1),
}


def second_source(year: int) -> dict[str, set[date]]:
    """The moving days of a year as lunar_python has them: other tables, other code."""

    def on_day(julian: float) -> date:
        return date.fromordinal(math.floor(julian - JD_OF_ORDINAL_0))

    this, before = LunarYear.fromYear(year), LunarYear.fromYear(year - 1)
    found = {
        name: {
            day
            for lunar_year in (before, this)
            if (day := on_day(lunar_year.getMonth(month).getFirstJulianDay() + number - 1)).year == year
        }
        for name, (month, number) in LUNAR.items()
    }
    found["除夕"] = {on_day(this.getMonth(1).getFirstJulianDay() - 1)}
    terms = dict(zip(Lunar.JIE_QI_IN_USE, this.getJieQiJulianDays(), strict=True))
    for name, called in (("清明", "清明"), ("丰收节", "秋分"), ("冬至", "DONG_ZHI")):
        found[name] = {on_day(terms[called])}
    return found


def test_every_moving_day_agrees_with_a_second_source() -> None:
    compared = 0
    for year in range(1950, 2100):
        ours: dict[str, set[date]] = {}
        provisional = set()
        for day in days(year):
            ours.setdefault(day.name, set()).add(day.date)
            provisional |= {day.name} if day.provisional else set()
        for name, dates in second_source(year).items():
            if name not in provisional:
                compared += 1
                assert ours.get(name, set()) == dates, (year, name)
    assert compared == 150 * len(second_source(2027)) - 4


# A calendar from the sky: new moons (Meeus, Astronomical Algorithms, chapter 49, leading terms, good to
# about a quarter of an hour) and the sun's longitude (chapter 25, low accuracy, 0.01 degrees). A moment so
# near to midnight in China that these errors could move it to another day is left out.

MARGIN_DAYS = 25 / 1440
JD_OF_ORDINAL_0 = 1721424.5


def new_moon(k: int) -> float:
    """The k-th new moon after that of 2000-01-06, as days in China's time since ordinal 0."""
    t = k / 1236.85
    jde = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t
    sun = math.radians(2.5534 + 29.10535670 * k)
    moon = math.radians(201.5643 + 385.81693528 * k + 0.0107582 * t * t)
    node = math.radians(160.7108 + 390.67050284 * k - 0.0016118 * t * t)
    e = 1 - 0.002516 * t
    jde += (
        -0.40720 * math.sin(moon)
        + 0.17241 * e * math.sin(sun)
        + 0.01608 * math.sin(2 * moon)
        + 0.01039 * math.sin(2 * node)
        + 0.00739 * e * math.sin(moon - sun)
        - 0.00514 * e * math.sin(moon + sun)
        + 0.00208 * e * e * math.sin(2 * sun)
        - 0.00111 * math.sin(moon - 2 * node)
        - 0.00057 * math.sin(moon + 2 * node)
        + 0.00056 * e * math.sin(2 * moon + sun)
        - 0.00042 * math.sin(3 * moon)
        + 0.00042 * e * math.sin(sun + 2 * node)
        + 0.00038 * e * math.sin(sun - 2 * node)
        - 0.00024 * e * math.sin(2 * moon - sun)
    )
    return jde - 70 / 86400 - JD_OF_ORDINAL_0 + 8 / 24


def longitude(moment: float) -> float:
    """The sun's apparent longitude in degrees at a moment in China's time."""
    t = (moment - 8 / 24 + 70 / 86400 + JD_OF_ORDINAL_0 - 2451545.0) / 36525
    anomaly = math.radians(357.52911 + 35999.05029 * t)
    centre = (1.914602 - 0.004817 * t) * math.sin(anomaly) + 0.019993 * math.sin(2 * anomaly)
    omega = math.radians(125.04 - 1934.136 * t)
    return (280.46646 + 36000.76983 * t + centre - 0.00569 - 0.00478 * math.sin(omega)) % 360


def term(year: int, degrees: float) -> float:
    """When the sun reaches a longitude in a year, in China's time."""
    moment = date(year, 3, 20).toordinal() + (degrees % 360) / 360 * 365.2422
    if degrees >= 280:
        moment -= 365.2422
    for _ in range(8):
        moment += ((degrees - longitude(moment) + 180) % 360 - 180) / 360 * 365.2422
    return moment


def sure(moment: float) -> bool:
    return MARGIN_DAYS < moment % 1 < 1 - MARGIN_DAYS


def months_from(year: int) -> list[tuple[int, int]] | None:
    """(ordinal of the first day, month) of the regular months from the 11th of year - 1 to the 10th of year.

    The month of the winter solstice is the 11th; of 13 months between two solstices the first without a
    major solar term is the leap month (GB/T 33661-2017). None where a moment is too near to midnight.
    """
    start, end = term(year - 1, 270), term(year, 270)
    k = round((start - date(2000, 1, 6).toordinal()) / 29.530588861) - 2
    moons = [new_moon(k + i) for i in range(18)]
    majors = [term(year - 1, 270), *(term(year, 30 * i) for i in (10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9))]
    if not all(map(sure, [*moons, *majors])):
        return None
    firsts = [math.floor(moon) for moon in moons]
    eleventh = max(first for first in firsts if first <= math.floor(start))
    following = max(first for first in firsts if first <= math.floor(end))
    within = [first for first in firsts if eleventh <= first < following]
    term_days = [math.floor(major) for major in majors]
    leap_found = len(within) == 12
    months, number = [], 10
    for first, after in zip(within, [*within[1:], following], strict=True):
        if not leap_found and not any(first <= day < after for day in term_days):
            leap_found = True
            continue
        number = number % 12 + 1
        months.append((first, number))
    return months


def test_lunar_festivals_agree_with_the_sky() -> None:
    compared = 0
    for year in range(1950, 2100):
        months = months_from(year)
        if months is None:
            continue
        compared += 1
        first_days = {number: first for first, number in months}
        for name, (month, day) in LUNAR.items():
            if month == 12:
                continue
            assert on(year, name) == date.fromordinal(first_days[month] + day - 1), (year, name)
    assert compared > 40


def test_solar_terms_agree_with_the_sky() -> None:
    compared = 0
    for year in range(1950, 2100):
        for name, degrees in (("清明", 15), ("丰收节", 180), ("冬至", 270)):
            moment = term(year, degrees)
            if sure(moment):
                compared += 1
                assert on(year, name) == date.fromordinal(math.floor(moment)), (year, name)
    assert compared > 400
