"""What is told of pushes: nothing added that may not be, nothing told of a few."""

from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.effect.document import (
    WAYS,
    Answered,
    Delivery,
    Effect,
    LinkCount,
    Told,
    Year,
    delivery_of,
    told,
    why_unread,
)
from bot.effect.readership import Followed, Read
from bot.effect.sheets import sheets, summary
from content import campaign
from surveys.export.plain import plain_workbook
from surveys.suppression import LEAST
from tests.office import SHANGHAI

AT = datetime(2027, 2, 6, 10, tzinfo=SHANGHAI)
EXACT = Told(30, "exact", LEAST)
PUSH = Effect(
    1,
    "=HYPERLINK(1)",
    "mass",
    "sent",
    AT,
    Delivery(1000, 950, 20, 30),
    (Read(1, "2027-02-06", 940, 300, 420, 30, 5), Read(1, "2027-02-07", 940, 400, 560, 40, 6)),
    "",
    (LinkCount(1, "/q/x", "问卷“春季”", (("2027-02-06", 40), ("2027-02-07", 17))),),
    Answered("春季", False, Told(38, "exact", LEAST), EXACT),
    (Followed("2027-02-06", 12, 3, told=True),),
)
MESSAGE = replace(
    PUSH,
    campaign_id=2,
    way="custom",
    delivery=Delivery(50, 40, 1, 7, 2),
    reads=(),
    links=(),
    answered=None,
    unread="没有",
)
NUMBERS = st.integers(0, 60)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), NUMBERS, min_size=1), st.booleans())
def test_a_few_cannot_be_worked_out(numbers: dict[str, int], is_open: bool) -> None:
    found = told(numbers, LEAST, is_open=is_open)
    back = [name for name, one in found.items() if one.kind != "exact"]
    assert all(found[name].number == numbers[name] for name in found if name not in back)
    assert all(found[name].number == numbers[name] // LEAST * LEAST for name in back)
    if is_open:
        assert len(back) == len(numbers)
    else:
        assert not any(0 < numbers[name] < LEAST for name in numbers if name not in back)
        together = sum(numbers[name] for name in back)
        enough = together >= LEAST or sum(numbers.values()) < 2 * LEAST or len(back) == len(numbers)
        assert not together or enough or not any(numbers[name] for name in numbers if name not in back)


def test_an_open_wave_is_told_in_steps_that_no_single_answer_shows() -> None:
    said = [told({"push:1": number, "": 100}, LEAST, is_open=True)["push:1"].words for number in range(12)]
    assert said == ["不到 5 份"] * 5 + ["5 份以上"] * 5 + ["10 份以上"] * 2


def test_ratios_stand_with_what_they_were_divided_by() -> None:
    assert [(one.words, one.number, one.of, one.persons) for one in PUSH.ratios] == [
        ("送达", 950, "应发", 1000),
        ("阅读人数", 400, "微信统计的送达", 940),
        ("点开链接", 57, "送达", 950),
        ("完成问卷", 30, "送达", 950),
    ]
    few = replace(
        PUSH, answered=Answered("春季", True, EXACT, Told(0, "few", LEAST)), delivery=None, reads=()
    )
    assert few.ratios == ()
    assert replace(PUSH, delivery=Delivery(0, 0, 0, 0), reads=(), links=()).ratios == ()


def test_days_without_news_are_left_out_but_the_last() -> None:
    days = [replace(PUSH.reads[1], day=f"2027-02-{day:02}") for day in range(7, 12)]
    grown = replace(PUSH, reads=(PUSH.reads[0], *days))
    assert [one.day for one in grown.growth] == ["2027-02-06", "2027-02-07", "2027-02-11"]
    assert [one.day for one in PUSH.growth] == ["2027-02-06", "2027-02-07"]
    assert replace(PUSH, reads=()).growth == ()


def test_a_year_adds_only_what_may_be_added() -> None:
    unknown = replace(PUSH, campaign_id=3, state="unknown", delivery=None, reads=())
    days = (Followed("2027-02-06", 12, 3, told=True), Followed("2027-02-07", 1, 0, told=False))
    year = Year(2027, (PUSH, MESSAGE, unknown), days)
    assert year.pushes == {"mass": 1, "custom": 1}
    assert (year.delivered, year.failed) == (990, 21)
    assert (year.reads, year.clicks, year.came_and_gone) == ((560, 1), (114, 2), (13, 3))
    assert year.complete == Told(60, "exact", 0)
    units = [unit for _, _, unit, _ in summary(year)]
    assert units == ["条", "人次", "人次", "次", "次", "份", "人", "人"]
    readers = 400
    assert all(readers not in row for row in summary(year)), "readers of several pushes are not added"
    hidden = replace(MESSAGE, answered=Answered("夏季", True, EXACT, Told(0, "few", LEAST)))
    assert Year(2027, (PUSH, hidden), ()).complete == Told(30, "at_least", 0)
    assert Year(2027, (MESSAGE,), ()).complete is None


def test_the_workbook_runs_nothing() -> None:
    made = plain_workbook(sheets(Year(2027, (PUSH, MESSAGE), PUSH.followers)), AT)
    assert made == plain_workbook(sheets(Year(2027, (PUSH, MESSAGE), PUSH.followers)), AT)
    book = openpyxl.load_workbook(BytesIO(made))
    assert book.sheetnames == ["全年", "每条推送", "链接", "阅读", "关注"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert [cell.value for cell in book["链接"]["D"]][3:] == [40, 17]


def test_why_there_are_no_readers() -> None:
    late = AT + timedelta(days=1)

    def why(way: str = "mass", now: datetime = late, verified: bool = True, refused: str = "") -> str:
        return why_unread(way, AT, now, is_read=False, verified=verified, refused=refused)  # type: ignore[arg-type]

    assert "客服消息没有阅读数" in why("custom", verified=False)
    assert "没有认证" in why(verified=False)
    assert "第二天上午" in why("publish", now=AT)
    assert "第二天上午" in why(now=AT.replace(hour=23))
    assert "第二天上午" in why(now=late.replace(hour=8, minute=29))
    assert "还没有给出" in why()
    assert "没有权限" in why(refused="没有权限。")
    assert why_unread("mass", AT, AT, is_read=True, verified=True, refused="x") == ""


def test_every_way_of_sending_has_a_name() -> None:
    assert set(WAYS) == set(campaign.WAYS)
    assert "订阅通知没有阅读数" in why_unread("notice", AT, AT, is_read=False, verified=True, refused="")


def test_counts_of_the_platform() -> None:
    assert delivery_of({}) is None
    counts = {"total": 100, "filtered": 90, "sent": 85, "errors": 5}
    assert delivery_of(counts) == Delivery(100, 85, 5, 10)
