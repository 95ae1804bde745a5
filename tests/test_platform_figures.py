"""What may be asked of the platform's statistics, and whose figures the answers are."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.effect.platform_figures import belonging, every_day, wanted_on
from bot.outbox import SentArticle
from bot.wechat.figures import ArticleDay, FollowerDay, article_days, article_totals, both, follower_days
from tests.office import SHANGHAI

SENT_AT = int(datetime(2027, 2, 6, 10, tzinfo=SHANGHAI).timestamp())
SENT = SentArticle(7, "100", "元宵节", SENT_AT, SENT_AT)
DAY = ArticleDay("101", 1, "元宵节", "2027-02-07", 90, 40, 55, 9, 2)


def test_a_sending_day_is_asked_for_a_month_from_the_next() -> None:
    asked = [
        day
        for day in range(-1, 40)
        if ("articles", "2027-02-06") in wanted_on(date(2027, 2, 6) + timedelta(days=day), [SENT])
    ]
    assert asked == [1, 2, 3, 4, 5, 6, 7, 14, 21, 30]
    late = replace(SENT, called_at=SENT_AT + 50_000, settled_at=SENT_AT + 51_000)
    assert [day for kind, day in wanted_on(date(2027, 2, 8), [late]) if kind == "articles"] == [
        "2027-02-06",
        "2027-02-07",
    ]
    assert wanted_on(date(2027, 3, 1), []) == [("followers", "2027-02-28")]


def test_figures_belong_to_the_send_of_their_number_or_of_their_title() -> None:
    day = "2027-02-06"
    other = replace(SENT, campaign_id=8, msg_id="200")
    assert [
        one.campaign_id for one in belonging([DAY], day, [SENT, other], {"100": "101", "200": "201"})
    ] == [7]
    assert [one.campaign_id for one in belonging([DAY], day, [SENT], {})] == [7]
    assert belonging([DAY], day, [SENT, other], {}) == [], "two of one title"
    assert belonging([DAY], "2027-02-09", [SENT], {}) == [], "a send of another day"
    assert belonging([replace(DAY, index=2)], day, [SENT], {"100": "101"}) == [], (
        "not ours: the second article"
    )
    assert [one.campaign_id for one in belonging([DAY], day, [SENT, other], {"200": "201"})] == [7]


def test_answers_are_read_as_far_as_they_can_be() -> None:
    old = {"stat_date": "2027-02-07", "target_user": 90, "int_page_read_user": 38, "int_page_read_count": 55}
    old |= {"ori_page_read_user": 9, "share_user": 2}
    new = {"stat_date": "2027-02-07", "read_user": 40, "share_user": 2, "read_subscribe_user": 3}
    listed = [
        {"msgid": "101_1", "title": "元宵节", "details": [old, "x"]},
        {"msgid": "101", "details": []},
        {"msgid": "5_1", "details": None},
        None,
    ]
    totals = article_totals(listed)
    assert [(one.readers, one.reads) for one in totals] == [(38, 55)]
    wild = [{**old, "stat_date": "20270207T00:00:00"}, {**old, "int_page_read_count": 2**40}]
    assert [one.reads for one in article_totals([{"msgid": "101_1", "details": wild}])] == [0]
    days = article_days([{"msgid": "101_1", "publish_type": 2, "detail_list": [new]}, {"msgid": "²_²"}])
    assert [(one.readers, one.came, one.title) for one in days] == [(40, 3, "")]
    assert both(days, totals) == (replace(DAY, came=3),)
    assert both(days, ()) == days
    assert both((), totals) == totals
    days = [{"ref_date": "2027-02-06", "user_source": way, "new_user": 2, "cancel_user": 1} for way in (0, 1)]
    assert follower_days([*days, 5]) == (FollowerDay("2027-02-06", 4, 2),)


def test_a_day_of_which_nothing_is_said_had_no_change() -> None:
    told = every_day(date(2027, 2, 26), [FollowerDay("2027-03-01", 4, 2)])
    assert [one.day for one in told][:4] == ["2027-02-26", "2027-02-27", "2027-02-28", "2027-03-01"]
    assert [(one.came, one.left) for one in told] == [(0, 0)] * 3 + [(4, 2)] + [(0, 0)] * 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["msgid", "details", "detail_list", "stat_date", "ref_date", "new_user"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(JSON, max_size=4))
def test_no_answer_breaks_the_reading(listed: list[object]) -> None:
    for one, name in product([*article_days(listed), *article_totals(listed)], ("readers", "reads")):
        assert getattr(one, name) >= 0
    assert len({one.day for one in follower_days(listed)}) == len(follower_days(listed))
