"""PURE. When an account has been silent for too long, and when a resident has waited too long for an answer.

Inspections of government accounts object to two weeks without a publication and to questions that nobody
answers; counties set 10 days, so the office hears of it from the eighth day on. Days are those of Shanghai.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from content.festivals import SHANGHAI

WARNED_FROM_DAYS = 8
MOST_DAYS = 10
ANSWERED_WITHIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nothing has gone out. `until` is the day on which it will be 10 days; `next_at` is the next
    push that is approved and goes out by then.
    """

    days: int
    until: date
    next_at: datetime | None

    @property
    def is_too_long(self) -> bool:
        """Whether somebody has to see to it that something goes out."""
        return self.days >= WARNED_FROM_DAYS and self.next_at is None

    @property
    def words(self) -> str:
        """What it means and what to do; "" as long as it means nothing."""
        if self.days < WARNED_FROM_DAYS:
            return ""
        if self.next_at is not None:
            at = self.next_at.astimezone(SHANGHAI)
            return f"下一篇已经审好，{at.month}月{at.day}日 {at:%H:%M} 发出。"
        if self.days < MOST_DAYS:
            return f"到{self.until.month}月{self.until.day}日就满 {MOST_DAYS} 天没有推送了，请尽快安排一篇。"
        return f"已经 {self.days} 天没有推送。公众号超过两周不更新，检查时会被指出，请马上安排一篇。"


def silence(last: datetime, approved: Iterable[datetime], now: datetime) -> Silence:
    """The silence since the last push; `approved` are the times of pushes that will go out by themselves."""
    today, begun = now.astimezone(SHANGHAI).date(), last.astimezone(SHANGHAI).date()
    until = begun + timedelta(days=MOST_DAYS)
    latest = max(until, today)
    coming = [at for at in approved if at >= now and at.astimezone(SHANGHAI).date() <= latest]
    return Silence((today - begun).days, until, min(coming, default=None))


def is_late(asked_at: datetime, now: datetime) -> bool:
    """Whether somebody has waited too long for an answer."""
    return now - asked_at >= ANSWERED_WITHIN
