"""Which text may be quoted on which day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.document import work_of
from content.rules.force import Version, in_force, states

DAY = date(2026, 11, 1)
OLD = Version(1, "甲市条例", 1, date(2020, 1, 1))
NEW = Version(2, "甲市条例", 2, date(2027, 1, 1))


def test_the_new_version_takes_over_on_its_day_and_not_before() -> None:
    assert states([OLD, NEW], DAY) == {1: "in_force", 2: "waiting"}
    assert in_force([OLD, NEW], date(2026, 12, 31)) == {1}
    assert states([OLD, NEW], date(2027, 1, 1)) == {1: "superseded", 2: "in_force"}


def test_an_older_version_imported_later_for_the_record_does_not_take_over() -> None:
    late = Version(3, "甲市条例", 3, date(2016, 3, 1))
    assert in_force([OLD, late], DAY) == {1}


def test_without_a_date_the_last_import_counts() -> None:
    undated = Version(3, "甲市条例", 3, None)
    assert in_force([OLD, undated], DAY) == {3}


def test_a_notice_ends_with_its_last_day() -> None:
    notice = Version(4, "某县通告", 1, date(2026, 10, 1), expires=DAY)
    assert in_force([notice], DAY) == {4}
    assert states([notice], DAY + timedelta(days=1)) == {4: "expired"}


def test_another_work_takes_its_place_only_once_it_is_in_force_itself() -> None:
    old = replace(OLD, id=5, work="旧规定", superseded_by="甲市条例")
    assert in_force([old, NEW], DAY) == {5}
    assert states([old, NEW], date(2027, 1, 1)) == {2: "in_force", 5: "superseded"}
    assert in_force([old, replace(NEW, live=False)], date(2027, 1, 1)) == {5}


@given(
    st.lists(
        st.builds(
            Version,
            st.just(0),
            st.sampled_from(["甲", "乙"]),
            st.integers(1, 5),
            st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
            st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
            st.sampled_from(["", "甲", "乙"]),
            st.booleans(),
        ),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_of_every_work_at_most_one_version_is_in_force(drawn: list[Version]) -> None:
    versions = [replace(one, id=at) for at, one in enumerate(drawn)]
    found = states(versions, DAY)
    assert set(found) == {one.id for one in versions}
    quoted = [one for one in versions if found[one.id] == "in_force"]
    assert len({one.work for one in quoted}) == len(quoted)
    assert all(one.live and (one.effective or DAY) <= DAY <= (one.expires or DAY) for one in quoted)


@pytest.mark.parametrize(
    ("title", "work"),
    [
        ("甲市条例（2024年修订）", "甲市条例"),
        ("《甲市条例》", "甲市条例"),
        ("甲市条例(2021年第二次修正)", "甲市条例"),
        ("甲市条例（修订）", "甲市条例"),
        ("甲市办法（试行）", "甲市办法"),
        ("甲市条例（示例）", "甲市条例（示例）"),
    ],
)
def test_year_and_amendment_do_not_make_another_work(title: str, work: str) -> None:
    assert work_of(title) == work
