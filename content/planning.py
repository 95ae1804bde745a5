"""PURE: through which channel each push of a month or year goes, at what moment, and why, in words for staff.

A plan never asks for more than the platform grants (content.ledger), sends nothing in the quiet hours, and
does not ring anybody's phone too often. A template message is no channel here: the platform forbids it for
anything but service notices. What cannot be sent is published; the rest is left to a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from content import ledger
from content.audience import EVERYBODY, Audience, in_words
from content.checks import Quiet
from content.events import Wish
from content.festivals import SHANGHAI, Tone
from content.ledger import AccountKind, Quota, Use

Channel = Literal["mass", "publish", "notice", "custom", "console"]
Purpose = Literal["campaign", "reminder"]

CHANNEL_WORDS: Mapping[Channel, str] = {
    "mass": "群发",
    "publish": "只发布",
    "notice": "订阅通知",
    "custom": "客服消息",
    "console": "手工发",
}


@dataclass(frozen=True, slots=True)
class Account:
    """What the account may do. `notices`: it has a long-term subscription template to accept.

    `customs_a_day`, `notices_a_day`: so many personal messages the platform takes of it in one day.
    """

    kind: AccountKind
    verified: bool
    notices: bool = False
    customs_a_day: int = 500_000
    notices_a_day: int = 100_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The office's own rules: the quiet hours, and how many pushes may ring one phone in 7 days."""

    quiet: Quiet
    most_a_week: int = 2


@dataclass(frozen=True, slots=True)
class Push:
    """One push as it is wished: `key` names it for good, `at` is aware.

    `purpose`: a "reminder" tells those who asked for it of a service or date, a "campaign" is everything else
    and never a notice. `rank` 0 is served first. `day` is the day it is about: it does not leave later.
    `made`: approved, under way or sent through this channel already; it is counted and not touched.
    """

    key: str
    title: str
    at: datetime
    audience: Audience
    tone: Tone = "plain"
    purpose: Purpose = "campaign"
    wish: Wish = "mass"
    rank: int = 2
    day: date | None = None
    made: Channel | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A push with the moment and the channel that the plan gives it. `why`: always a sentence or more."""

    push: Push
    at: datetime
    channel: Channel
    why: str

    @property
    def use(self) -> Use | None:
        """The quota that the step uses; None for what is left to a person."""
        if self.channel == "console":
            return None
        audience = self.push.audience
        people = {"custom": audience.size, "notice": audience.takers}.get(self.channel, 0)
        return Use(self.channel, self.at, audience.key, people)


@dataclass(frozen=True, slots=True)
class Usage:
    """One month. `mass` is the most that one follower may get (service accounts) or the mass sends made."""

    year: int
    month: int
    mass: int
    limit: int
    publish: int
    notice: int
    custom: int
    console: int


def plan(
    pushes: Sequence[Push], uses: Sequence[Use], account: Account, limits: Limits, now: datetime
) -> tuple[Step, ...]:
    """A step for every push, in the order of time. `uses` are sends that belong to none of the pushes.

    What is made already counts first; then the pushes take quota by rank, the earlier first.
    """
    steps = [_made(push) for push in pushes if push.made is not None]
    booked = [*uses, *(use for step in steps if (use := step.use) is not None)]
    waiting = sorted(
        (push for push in pushes if push.made is None), key=lambda one: (one.rank, one.at, one.key)
    )
    for push in waiting:
        step = place(push, booked, account, limits, now)
        steps.append(step)
        if (use := step.use) is not None:
            booked.append(use)
    ordered = sorted(steps, key=lambda step: (step.at, step.push.rank, step.push.key))
    return tuple(_counted(step, booked, account) for step in ordered)


def usage(steps: Sequence[Step], uses: Sequence[Use], account: Account, year: int, month: int) -> Usage:
    """What a month uses of each quota, with the sends outside the plan."""
    here = [use for use in uses if ledger.month_of(use.at) == (year, month)]
    planned = [step for step in steps if ledger.month_of(step.at) == (year, month)]
    here += [use for step in planned if (use := step.use) is not None]
    mass = [use for use in here if use.quota == "mass"]
    if account.kind == "service":
        heaviest = max((len(ledger.touching(mass, use.audience)) for use in mass), default=0)
        used, limit = min(heaviest, len(mass)), ledger.A_MONTH_EACH
    else:
        used, limit = len(mass), _days_in(year, month) * ledger.SUBSCRIPTION_A_DAY
    count = {name: sum(use.quota == name for use in here) for name in ("publish", "notice", "custom")}
    by_hand = sum(step.channel == "console" for step in planned)
    return Usage(year, month, used, limit, count["publish"], count["notice"], count["custom"], by_hand)


def _made(push: Push) -> Step:
    channel = push.made or "console"
    return Step(push, push.at, channel, f"已经安排好的稿件，用{CHANNEL_WORDS[channel]}，不再改动。")


def place(push: Push, booked: Sequence[Use], account: Account, limits: Limits, now: datetime) -> Step:
    """The step of one push beside what is booked; of a mass send `plan` tells the number in its month."""
    at = audible(push.at, limits.quiet, now)
    moved = ""
    if at != push.at:
        reason = "避开了安静时间" if push.at >= now else "原定时间已过"
        moved = f"{reason}，改到 {_moment(at)}。"
    audience = push.audience
    if not account.verified:
        return Step(push, at, "console", f"{moved}账号没有认证，系统不能群发也不能发布，请到公众平台手工发。")

    def use(quota: Quota) -> Use:
        return Use(quota, at, audience.key)

    often = ledger.is_too_often(booked, use("mass"), limits.most_a_week)
    if push.purpose == "reminder" and not often:
        promised = sum(one.quota == "custom" for one in ledger.touching(booked, audience.key))
        if _is_open(audience, at) and promised < audience.left:
            each = Use("custom", at, audience.key, audience.size)
            objection = ledger.calls_objection(booked, each, account.customs_a_day)
            why = f"{in_words(audience.key)}共 {audience.size} 人，都在 48 小时内来过信，可以用客服消息，"
            if not objection:
                return Step(push, at, "custom", f"{moved}{why}不占群发次数。")
            moved += f"{objection}，不用客服消息。"
        if account.notices and account.kind == "service" and audience.takers:
            each = Use("notice", at, audience.key, audience.takers)
            objection = ledger.calls_objection(booked, each, account.notices_a_day)
            why = (
                f"这是服务提醒，{in_words(audience.key)}里有 {audience.takers} 人同意长期接收，"
                "用长期订阅通知，不占群发次数。"
            )
            if not objection:
                return Step(push, at, "notice", moved + why)
            moved += f"{objection}，不用订阅通知。"
    if push.wish == "publish":
        return _published(push, at, booked, moved + "这一项不必打扰居民，只发布到公众号主页，不占群发次数。")
    if not audience.size and audience.key != EVERYBODY:
        return _published(push, at, booked, f"{moved}{in_words(audience.key)}里现在没有人，所以只发布。")
    if objection := ledger.mass_objection(booked, use("mass"), account.kind):
        return _published(push, at, booked, f"{moved}{objection}，所以只发布，居民在公众号主页能看到。")
    if often:
        why = f"{moved}7 天里已经有 {limits.most_a_week} 次推送，再发会打扰居民，所以只发布。"
        return _published(push, at, booked, why)
    return Step(push, at, "mass", moved)


def _is_open(audience: Audience, at: datetime) -> bool:
    """Whether everybody wrote so recently that a customer-service message still reaches them then."""
    return audience.size > 0 and audience.open_until is not None and at < audience.open_until


def _counted(step: Step, booked: Sequence[Use], account: Account) -> Step:
    """A mass send of the plan also says which of the month's it is; known only when all are planned."""
    if step.push.made is not None or step.channel != "mass":
        return step
    to = in_words(step.push.audience.key)
    if account.kind == "subscription":
        return replace(step, why=f"{step.why}群发给{to}；订阅号一天一次，这天没有别的群发。")
    sends = (use for use in booked if use.quota == "mass" and use.at <= step.at)
    month = [use for use in sends if ledger.month_of(use.at) == ledger.month_of(step.at)]
    number = len(ledger.touching(month, step.push.audience.key))
    words = f"群发给{to}；一位居民一个月至多收到 {ledger.A_MONTH_EACH} 次，这是本月第 {number} 次。"
    return replace(step, why=step.why + words)


def _published(push: Push, at: datetime, booked: Sequence[Use], why: str) -> Step:
    objection = ledger.publish_objection(booked, Use("publish", at, push.audience.key))
    return (
        Step(push, at, "console", f"{why}但{objection}，请手工发。")
        if objection
        else Step(push, at, "publish", why)
    )


def audible(wished: datetime, quiet: Quiet, now: datetime) -> datetime:
    """The wished moment, or the nearest one that is neither in the quiet hours nor past.

    In the evening that is an hour before quiet begins, while that is to come; otherwise when it ends.
    """
    at = max(wished, now).astimezone(SHANGHAI)
    if not quiet.covers(at):
        return wished if at == wished else at
    if at.time() >= quiet.start:
        earlier = datetime.combine(at.date(), quiet.start, SHANGHAI) - timedelta(hours=1)
        if earlier >= now and not quiet.covers(earlier):
            return earlier
    ends = datetime.combine(at.date(), quiet.end, SHANGHAI)
    return ends if ends >= at else ends + timedelta(days=1)


def moved(push: Push, day: date) -> Push:
    """The same push at the same time of another day."""
    local = push.at.astimezone(SHANGHAI)
    return replace(push, at=datetime.combine(day, local.timetz()))


def _moment(at: datetime) -> str:
    return f"{at.month}月{at.day}日 {at:%H:%M}"


def _days_in(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
