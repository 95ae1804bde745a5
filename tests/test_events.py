"""The office's own days: rules make dates, and bad rules are told in words."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.events import Fixed, Lunar, NthWeekday, Rule, Seasonal, Weekly, dates, read, stored

MONTHDAY = st.sampled_from([(1, 1), (2, 29), (3, 1), (6, 15), (11, 30), (12, 31)])
RULES = st.one_of(
    st.builds(Fixed, st.sampled_from([1, 3, 5]), st.integers(1, 31)),
    st.builds(Lunar, st.integers(1, 12), st.integers(1, 30)),
    st.builds(NthWeekday, st.integers(1, 12), st.sampled_from([1, 2, 3, 4, -1]), st.integers(0, 6)),
    st.builds(Weekly, st.integers(0, 6), st.integers(1, 8), MONTHDAY, MONTHDAY),
    st.builds(Seasonal, MONTHDAY, MONTHDAY, st.sampled_from([0, 7, 30])),
)


@given(RULES, st.integers(1950, 2099))
@settings(max_examples=80, deadline=None)
def test_every_rule_makes_days_of_its_year_in_order_and_survives_storage(rule: Rule, year: int) -> None:
    found = dates(rule, year)
    assert all(day.year == year for day in found)
    assert list(found) == sorted(set(found))
    assert read(stored(rule)) == rule
    assert rule.words


@pytest.mark.parametrize(
    ("rule", "year", "expected"),
    [
        (Fixed(2, 29), 2027, []),
        (Fixed(2, 29), 2028, [date(2028, 2, 29)]),
        (Lunar(6, 24), 2025, [date(2025, 7, 18)]),  # the year has a second sixth month, which does not count
        (Lunar(12, 30), 2025, [date(2025, 1, 28)]),  # that month had 29 days
        (NthWeekday(4, 3, 6), 2027, [date(2027, 4, 18)]),
        (NthWeekday(4, -1, 6), 2027, [date(2027, 4, 25)]),
        (Weekly(5, 1, (2, 20), (3, 6)), 2027, [date(2027, 2, 20), date(2027, 2, 27), date(2027, 3, 6)]),
        (Seasonal((12, 1), (2, 28), 0), 2027, [date(2027, 12, 1)]),
        (Seasonal((5, 31), (6, 20), 7), 2027, [date(2027, 5, 31), date(2027, 6, 7), date(2027, 6, 14)]),
    ],
)
def test_rules_and_their_days(rule: Rule, year: int, expected: list[date]) -> None:
    assert list(dates(rule, year)) == expected


def test_a_season_over_the_turn_of_the_year_is_in_both() -> None:
    found = dates(Seasonal((12, 1), (2, 28), 30), 2027)
    assert [day.month for day in found] == [1, 12, 12]
    weekly = dates(Weekly(0, 2, (12, 1), (1, 31)), 2027)
    assert {day.month for day in weekly} == {1, 12}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"kind": "fixed", "month": 2, "day": 30},
        {"kind": "fixed", "month": True, "day": 1},
        {"kind": "lunar", "month": 13, "day": 1},
        {"kind": "nth_weekday", "month": 1, "nth": 5, "weekday": 0},
        {"kind": "weekly", "weekday": 1, "every": 0, "first": [1, 1], "last": [12, 31]},
        {"kind": "weekly", "weekday": 1, "every": 1, "first": "1-1", "last": [12, 31]},
        {"kind": "seasonal", "first": [1, 1], "last": [4, 31], "every_days": 7},
        {"kind": "seasonal", "first": [1, 1], "last": [4, 30], "every_days": 1},
    ],
)
def test_a_rule_that_no_year_could_follow_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="。"):
        read(given)


def test_years_outside_the_calendar() -> None:
    with pytest.raises(ValueError, match="1900 to 2099"):
        dates(Fixed(1, 1), 2100)
