"""The planner against random months: no rule of the platform or the office is broken, always a reason."""

from collections import Counter
from datetime import date, datetime, time

import pytest

from content import audience as segments
from content.audience import Audience, in_words, key_of, overlaps
from content.checks import Quiet
from content.collisions import collisions
from content.festivals import SHANGHAI, days
from content.ledger import Use, is_too_often
from content.planning import Account, Limits, Push, audible, plan, usage
from tests.random_months import Month, broken

MONTHS = 250  # `python -m tests.drills planner` makes 2,000
NIGHT = Quiet(time(21), time(8))
NOW = datetime(2027, 1, 1, 9, tzinfo=SHANGHAI)
SERVICE = Account("service", verified=True)
LIMITS = Limits(NIGHT, most_a_week=7)


def push(key: str, at: datetime, **more: object) -> Push:
    given = {"title": key, "audience": Audience(size=100), **more}
    return Push(key=key, at=at, **given)  # type: ignore[arg-type]


def on(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2027, month, day, hour, tzinfo=SHANGHAI)


def test_no_plan_breaks_a_rule_and_every_step_has_its_reason() -> None:
    channels: Counter[str] = Counter()
    for seed in range(MONTHS):
        month = Month(seed)
        steps = plan(month.pushes, month.uses, month.account, month.limits, month.now)
        assert broken(month, steps) == [], seed
        channels.update(step.channel for step in steps)
    assert set(channels) == {"mass", "publish", "notice", "custom", "console"}


def test_a_proposed_day_is_one_on_which_the_push_is_heard() -> None:
    tried = 0
    for seed in range(100):
        month = Month(seed)
        given = (month.uses, month.account, month.limits)
        steps = plan(month.pushes, *given, month.now)
        around = days(month.now.year)
        for found in collisions(steps, *given, around, month.now):
            assert found.words
            assert found.proposals
            for proposal in found.proposals:
                assert proposal.words
                if proposal.action != "move" or found.kind == "quiet" or proposal.at is None:
                    continue
                tried += 1
                assert not month.limits.quiet.covers(proposal.at.astimezone(SHANGHAI))
    assert tried > 20


def test_the_fifth_push_of_a_month_is_published() -> None:
    pushes = [push(f"p{day}", on(3, day)) for day in (1, 8, 15, 22, 29)]
    steps = plan(pushes, [], SERVICE, LIMITS, NOW)
    assert [step.channel for step in steps] == ["mass"] * 4 + ["publish"]
    assert "3月的群发，这些居民已经排满 4 次" in steps[-1].why
    assert usage(steps, [], SERVICE, 2027, 3).mass == 4
    assert plan(pushes, [Use("mass", on(3, 2))], SERVICE, LIMITS, NOW)[-2].channel == "publish"


def test_rank_comes_before_date() -> None:
    pushes = [push(f"p{day}", on(3, day)) for day in (1, 8, 15, 22)] + [push("清明", on(3, 29), rank=1)]
    steps = plan(pushes, [], SERVICE, LIMITS, NOW)
    assert {step.push.key: step.channel for step in steps}["清明"] == "mass"


def test_two_townships_share_no_quota() -> None:
    def to(name: str) -> Audience:
        return Audience(key_of("township", name), 50)

    pushes = [
        push(f"{name}{day}", on(3, day), audience=to(name)) for name in "东西" for day in (1, 8, 15, 22)
    ]
    steps = plan(pushes, [], SERVICE, LIMITS, NOW)
    assert {step.channel for step in steps} == {"mass"}
    assert usage(steps, [], SERVICE, 2027, 3).mass == 4


def test_a_subscription_account_sends_once_a_day() -> None:
    account = Account("subscription", verified=True)
    steps = plan([push("a", on(3, 1)), push("b", on(3, 1, 15))], [], account, LIMITS, NOW)
    assert [step.channel for step in steps] == ["mass", "publish"]
    assert usage(steps, [], account, 2027, 2).limit == 28


def test_an_unverified_account_is_told_to_send_by_hand() -> None:
    [step] = plan([push("a", on(3, 1))], [], Account("subscription", verified=False), LIMITS, NOW)
    assert step.channel == "console"
    assert "没有认证" in step.why


@pytest.mark.parametrize(
    ("wished", "expected"),
    [
        (on(3, 1, 10), on(3, 1, 10)),
        (on(3, 1, 21), on(3, 1, 20)),
        (on(3, 1, 23), on(3, 1, 20)),
        (on(3, 1, 3), on(3, 1, 8)),
        (on(3, 1, 8), on(3, 1, 8)),
        (datetime(2026, 12, 1, 10, tzinfo=SHANGHAI), NOW),
    ],
)
def test_nothing_leaves_in_the_quiet_hours(wished: datetime, expected: datetime) -> None:
    assert audible(wished, NIGHT, NOW) == expected


def test_a_collision_comes_with_a_day_that_was_tried() -> None:
    pushes = [
        push("中秋", on(9, 30), rank=1, day=date(2027, 10, 3)),
        push("国庆", on(9, 30), day=date(2027, 10, 1)),
    ]
    steps = plan(pushes, [], SERVICE, LIMITS, NOW)
    [found] = [
        one for one in collisions(steps, [], SERVICE, LIMITS, days(2027), NOW) if one.kind == "same_day"
    ]
    assert found.keys == ("中秋", "国庆")
    moves = [one for one in found.proposals if one.action == "move"]
    assert moves
    assert all(one.key == "国庆" and one.at is not None and one.at.day not in (29, 30) for one in moves)
    assert {one.action for one in found.proposals} >= {"merge", "publish"}


def test_a_festive_push_on_a_solemn_day_is_told() -> None:
    [step] = plan([push("集市", on(12, 13), tone="festive")], [], SERVICE, LIMITS, NOW)
    [found] = collisions([step], [], SERVICE, LIMITS, days(2027), NOW)
    assert found.kind == "tone"
    assert "国家公祭日" in found.words


def test_segments_that_may_share_people() -> None:
    east, west = key_of("township", "东镇"), key_of("township", "西镇")
    assert not overlaps(east, west)
    assert overlaps(east, east)
    assert overlaps(east, key_of("community", "东村"))
    assert overlaps(key_of("interest", "养犬"), key_of("interest", "垃圾分类"))
    assert overlaps("", east)
    assert in_words(east) == "东镇（乡镇）"
    for wrong in ("town:东镇", "township:", "township", "township:一二三四五六七八九十一"):
        with pytest.raises(ValueError, match="segment"):
            segments.parts(wrong)


def test_a_week_is_any_seven_days() -> None:
    booked = [Use("mass", on(3, day)) for day in (1, 6)]
    assert is_too_often(booked, Use("mass", on(3, 7)), 2)
    assert not is_too_often(booked, Use("mass", on(3, 8)), 2)
    assert not is_too_often(booked, Use("mass", on(3, 13)), 2)
