"""PURE: what the platform lets an account send, and whether one more send fits beside those booked.

The figures are the platform's: a verified service account reaches a follower 4 times in a calendar month, and
everybody at most once a day; a verified subscription account makes one mass send a day; after a message of a
resident 5 customer-service messages fit into 48 hours, after a tap, a scan or a new follow 3 into one minute;
100 publications and 100 mass calls a day. Days and months are those of Asia/Shanghai.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from content.audience import EVERYBODY, overlaps
from content.festivals import SHANGHAI

Quota = Literal["mass", "publish", "custom", "notice"]
AccountKind = Literal["service", "subscription"]

A_MONTH_EACH = 4
TO_ALL_A_DAY = 1
MASS_CALLS_A_DAY = 100
SUBSCRIPTION_A_DAY = 1
PUBLICATIONS_A_DAY = 100
WINDOW = timedelta(hours=48)
IN_WINDOW = 5
TAP_WINDOW = timedelta(minutes=1)
AFTER_TAP = 3
REACHING: frozenset[Quota] = frozenset({"mass", "custom", "notice"})
"""What makes a resident's phone ring, and so counts for how often they are disturbed."""


@dataclass(frozen=True, slots=True)
class Use:
    """One send that uses a quota, booked or made: when, and whom it reaches (the key of a segment).

    `people`: so many calls it takes where each one is written to for himself.
    """

    quota: Quota
    at: datetime
    audience: str = EVERYBODY
    people: int = 0


def month_of(moment: datetime) -> tuple[int, int]:
    """Year and month of a moment in Asia/Shanghai."""
    local = moment.astimezone(SHANGHAI)
    return local.year, local.month


def touching(uses: Iterable[Use], audience: str) -> tuple[Use, ...]:
    """The uses that may reach somebody of this audience."""
    return tuple(use for use in uses if overlaps(use.audience, audience))


def mass_objection(uses: Sequence[Use], wanted: Use, kind: AccountKind) -> str:
    """Why a mass send does not fit beside those booked, in words; "" when it does.

    Nobody in `wanted.audience` gets a fifth message of the month: every send that may reach one of them
    counts as if it did.
    """
    sends = [use for use in uses if use.quota == "mass"]
    day = wanted.at.astimezone(SHANGHAI).date()
    same_day = [use for use in sends if use.at.astimezone(SHANGHAI).date() == day]
    when = f"{day.month}月{day.day}日"
    if kind == "subscription":
        return f"订阅号一天只能群发一次，{when}已经安排了" if len(same_day) >= SUBSCRIPTION_A_DAY else ""
    month = [use for use in sends if month_of(use.at) == month_of(wanted.at)]
    to_all = sum(use.audience == EVERYBODY for use in same_day)
    if wanted.audience == EVERYBODY and to_all >= TO_ALL_A_DAY:
        return f"{when}已经有一次发给全体的群发，一天只能一次"
    if len(same_day) >= MASS_CALLS_A_DAY:
        return f"{when}的群发次数已经用完"
    if len(touching(month, wanted.audience)) >= A_MONTH_EACH:
        return f"{wanted.at.astimezone(SHANGHAI).month}月的群发，这些居民已经排满 {A_MONTH_EACH} 次"
    return ""


def publish_objection(uses: Sequence[Use], wanted: Use) -> str:
    """Why a publication does not fit into its day; "" when it does."""
    day = wanted.at.astimezone(SHANGHAI).date()
    made = sum(use.quota == "publish" and use.at.astimezone(SHANGHAI).date() == day for use in uses)
    return f"{day.month}月{day.day}日的发布次数已经用完" if made >= PUBLICATIONS_A_DAY else ""


def calls_objection(uses: Sequence[Use], wanted: Use, calls_a_day: int) -> str:
    """Why a send to each one would use up the day's calls, in words; "" when it does not."""
    day = wanted.at.astimezone(SHANGHAI).date()
    others = sum(
        use.people for use in uses if use.quota == wanted.quota and use.at.astimezone(SHANGHAI).date() == day
    )
    if others + wanted.people <= calls_a_day:
        return ""
    planned = f"，这天别的发送已经要用 {others} 次" if others else ""
    return f"逐个发给 {wanted.people} 人超出一天 {calls_a_day} 次的接口次数{planned}"


def is_too_often(uses: Sequence[Use], wanted: Use, most: int, span: timedelta = timedelta(days=7)) -> bool:
    """Whether one more would ring somebody's phone more than `most` times in any `span`."""
    near = [
        use
        for use in touching(uses, wanted.audience)
        if use.quota in REACHING and abs(use.at - wanted.at) < span
    ]
    moments = sorted([*(use.at for use in near), wanted.at])
    return any(
        sum(start <= moment < start + span for moment in moments) > most
        for start in moments
        if start <= wanted.at < start + span
    )
