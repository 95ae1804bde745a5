"""What is written down of an activity, and how activities are counted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database
from bot.office import staff, townships
from content import activities, activity_photos, activity_store
from content.activities import Activity, Cell, Count, Unfit, changes, checked, tally, total
from content.activity_store import Changed, Wanted
from content.images import Prepared
from tests.office import START

NOW = START
HELD = Activity(
    "元宵灯谜会", date(2027, 2, 5), "城关镇", "东街社区", "文化广场", "festival", "我们的节日", 120
)
PHOTO = Prepared(b"\xff\xd8 a photograph", 400, 300)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": " "}, "活动名称"),
        ({"township": ""}, "乡镇街道"),
        ({"theme": "题" * 31}, "最多 30 个字"),
        ({"place": "找王老师１３９１２３４５６７８"}, "手机号码"),
        ({"name": "张三 11010519491231002X"}, "身份证"),
        ({"day": NOW.date() + timedelta(days=1)}, "还没有到"),
        ({"day": date(1999, 12, 31)}, "年份"),
        ({"headcount": 0}, "参加人数"),
        ({"headcount": 1_000_001}, "参加人数"),
        ({"kind": "party"}, "类别"),
    ],
)
def test_what_cannot_be_an_activity_is_refused_in_words(values: dict[str, object], said: str) -> None:
    with pytest.raises(Unfit, match=said):
        checked(replace(HELD, **values), NOW)  # type: ignore[arg-type]


def test_what_is_kept_is_in_one_line_and_comes_back_as_it_was() -> None:
    kept = checked(replace(HELD, name="  元宵\n\u202e灯谜会\u200b ", place="", day=NOW.date()), NOW)
    assert (kept.name, kept.where) == ("元宵 灯谜会", "城关镇 东街社区")
    assert activities.read(kept.stored) == kept
    assert changes(HELD, replace(HELD, headcount=130, place="")) == [
        "地点：文化广场 → （空）",
        "参加人数：120 → 130",
    ]


CELLS = st.builds(
    Cell,
    st.sampled_from(["东", "西", "南"]),
    st.sampled_from(["餐桌", "交通"]),
    st.sampled_from(["talk", "show"]),
    st.integers(1, 12),
    st.integers(1, 50),
    st.integers(1, 5000),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(CELLS, max_size=12))
def test_every_way_of_counting_comes_to_the_same(cells: list[Cell]) -> None:
    for by in ("township", "theme", "kind", "month"):
        lines = tally(cells, by)  # type: ignore[arg-type]
        assert sum((count for _, count in lines), Count()) == total(cells)
        assert len({name for name, _ in lines}) == len(lines)


async def test_townships_go_with_the_task(database: Database) -> None:
    async with database.transaction() as conn:
        given = {"display": "", "password_hash": "x", "must_change": False, "by": "a", "now": NOW}
        li = await staff.add(conn, name="li", roles=["contact"], **given)  # type: ignore[arg-type]
        wang = await staff.add(conn, name="wang", roles=["contact"], **given)  # type: ignore[arg-type]
        await townships.give(conn, li.id, ["城关镇", "河口乡"], NOW)
        await townships.give(conn, wang.id, ["青石镇", "河口乡"], NOW)
        await staff.hand_over(conn, li, wang, by="a", now=NOW)
        assert await townships.of(conn, li.id) == frozenset()
        assert await townships.of_all(conn) == {wang.id: sorted({"城关镇", "青石镇", "河口乡"})}
        await staff.set_roles(conn, wang, ["contact", "editor"], by="a", now=NOW)
        assert len(await townships.of(conn, wang.id)) == 3
        await staff.set_roles(conn, wang, ["editor"], by="a", now=NOW)
        assert await townships.of(conn, wang.id) == frozenset()


async def test_one_form_is_one_activity_and_a_correction_keeps_what_stood_before(database: Database) -> None:
    async with database.transaction() as conn:
        kept, is_new = await activity_store.enter(conn, "k1", HELD, "li", NOW)
        again, is_again = await activity_store.enter(conn, "k1", replace(HELD, headcount=1), "li", NOW)
        await activity_store.enter(conn, "k2", replace(HELD, township="青石镇", headcount=30), "li", NOW)
        assert (is_new, is_again, again) == (True, False, kept)
        better = await activity_store.correct(conn, kept, replace(HELD, headcount=125), "数错", "li", NOW)
        with pytest.raises(Changed):
            await activity_store.correct(conn, kept, HELD, "", "wang", NOW)
        shown = await activity_store.put_photo(conn, better, PHOTO, "li", NOW)
        assert await activity_photos.load(conn, shown.id, shown.photo) == PHOTO.content
        cells = await activity_store.cells(conn, Wanted(2027))
        assert total(cells) == Count(2, 155)
        assert tally(cells, "township") == [("城关镇", Count(1, 125)), ("青石镇", Count(1, 30))]
        only = Wanted(2027, frozenset({"青石镇"}))
        assert [one.activity.township for one in await activity_store.listed(conn, only, 9)] == ["青石镇"]
        gone = await activity_store.withdraw(conn, shown, "登记重了", "li", NOW)
        assert await activity_photos.sizes(conn, [kept.id]) == (0, 0)
        with pytest.raises(Changed):
            await activity_store.put_photo(conn, gone, PHOTO, "li", NOW)
        assert total(await activity_store.cells(conn, Wanted(2027))) == Count(1, 30)
        steps = await activity_store.history(conn, kept.id)
    assert [(one.act, one.activity.headcount, one.reason) for one in steps] == [
        ("enter", 120, ""),
        ("correct", 125, "数错"),
        ("photo", 125, ""),
        ("withdraw", 125, "登记重了"),
    ]
