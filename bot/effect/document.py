"""PURE: what came of pushes, as one document for the page, the workbook and the evidence.

Counts of different things are never added: deliveries are 人次, openings 次, persons who read 人, interviews
份. Persons of two pushes are not added either, for they are often the same. A ratio stands with what it was
divided by. Interviews of few people stay back, and those of an open wave move on in steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from bot.effect.readership import Followed, Read
from content.campaign import State
from content.text import Way
from surveys.suppression import small_rows

AFTER = timedelta(days=2)
"""Followers are told for the day of the push and so long after it."""
READY = timedelta(days=1, hours=8, minutes=30)
"""After midnight of the day of sending the platform's first figures can have been read."""
WAYS: Mapping[Way, str] = {"mass": "群发", "publish": "只发布", "custom": "客服消息", "notice": "订阅通知"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whom a push was for, who got it, and who not: refused or lost; left out by rules; nobody knows."""

    total: int
    delivered: int
    failed: int
    kept_back: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class LinkCount:
    """A link of a push and how often it was opened, by day (ISO)."""

    number: int
    target: str
    words: str
    days: tuple[tuple[str, int], ...]

    @property
    def clicks(self) -> int:
        """Openings in all; not persons."""
        return sum(clicks for _, clicks in self.days)


@dataclass(frozen=True, slots=True)
class Told:
    """A number of interviews as far as it may be told: exactly, as "so many or more", or as too few."""

    number: int
    kind: Literal["exact", "at_least", "few"]
    least: int

    @property
    def words(self) -> str:
        """12, 10 份以上, 不到 5 份."""
        if self.kind == "few":
            return f"不到 {self.least} 份"
        return f"{self.number:,} 份" + ("以上" if self.kind == "at_least" else "")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a push brought to the wave that it invites to."""

    wave: str
    is_open: bool
    started: Told
    complete: Told


@dataclass(frozen=True, slots=True)
class Effect:
    """One push. `at` is its time, aware; `unread` says why there are no readers, "" where there are.

    `followers`: the same days, not because of it.
    """

    campaign_id: int
    title: str
    way: Way
    state: State
    at: datetime
    delivery: Delivery | None
    reads: tuple[Read, ...]
    unread: str
    links: tuple[LinkCount, ...]
    answered: Answered | None
    followers: tuple[Followed, ...]

    @property
    def read(self) -> Read | None:
        """The platform's newest word on who read it."""
        return self.reads[-1] if self.reads else None

    @property
    def growth(self) -> tuple[Read, ...]:
        """The days on which the platform told something new, and the last."""
        before = (None, *self.reads)
        new = [one for earlier, one in zip(before, self.reads, strict=False) if _news(earlier) != _news(one)]
        return (*new, *(one for one in self.reads[-1:] if one not in new))

    @property
    def counted(self) -> Read | None:
        """The newest word that tells openings and recipients as well: for a week at most."""
        return next((one for one in reversed(self.reads) if one.reads), None)

    @property
    def clicks(self) -> int | None:
        """Openings of all its links; None where it carries none."""
        return sum(link.clicks for link in self.links) if self.links else None

    @property
    def ratios(self) -> tuple["Ratio", ...]:
        """What can be divided by those who got it."""
        found = []
        if self.delivery is not None and self.delivery.total:
            sent = self.delivery
            found.append(Ratio("送达", "人", sent.delivered, "应发", sent.total))
        delivered = self.delivery.delivered if self.delivery is not None else 0
        reached = self.counted.targets if self.counted is not None else 0
        if self.read is not None and (reached or delivered):
            of = "微信统计的送达" if reached else "送达"
            found.append(Ratio("阅读人数", "人", self.read.readers, of, reached or delivered))
        if delivered and self.clicks is not None:
            found.append(Ratio("点开链接", "次", self.clicks, "送达", delivered))
        complete = self.answered.complete if self.answered is not None else None
        if delivered and complete is not None and complete.kind == "exact":
            found.append(Ratio("完成问卷", "份", complete.number, "送达", delivered))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Ratio:
    """So many of something (`unit`) for each hundred persons of `of`."""

    words: str
    unit: str
    number: int
    of: str
    persons: int

    @property
    def per_hundred(self) -> float:
        """For each hundred persons."""
        return 100 * self.number / self.persons


@dataclass(frozen=True, slots=True)
class Year:
    """The pushes of a year, the earliest first, and what may be added of them."""

    year: int
    effects: tuple[Effect, ...]
    followers: tuple[Followed, ...]

    @property
    def pushes(self) -> dict[Way, int]:
        """How many went out (条), by way; those of which nobody knows are left out."""
        gone = [one.way for one in self.effects if one.state != "unknown"]
        return {way: gone.count(way) for way in WAYS if way in gone}

    @property
    def delivered(self) -> int:
        """Deliveries (人次) of the pushes that tell them."""
        return sum(one.delivery.delivered for one in self.effects if one.delivery is not None)

    @property
    def failed(self) -> int:
        """Deliveries that failed (人次)."""
        return sum(one.delivery.failed for one in self.effects if one.delivery is not None)

    @property
    def reads(self) -> tuple[int, int]:
        """Openings of articles (次), and of how many pushes the platform told them."""
        told = [one.counted.reads for one in self.effects if one.counted is not None]
        return sum(told), len(told)

    @property
    def clicks(self) -> tuple[int, int]:
        """Openings of links (次), and of how many pushes with links."""
        told = [one.clicks for one in self.effects if one.clicks is not None]
        return sum(told), len(told)

    @property
    def complete(self) -> Told | None:
        """Interviews (份) that came through pushes: each of them came through one; None without any wave."""
        found = [one.answered.complete for one in self.effects if one.answered is not None]
        if not found:
            return None
        number = sum(one.number for one in found)
        return Told(number, "exact" if all(one.kind == "exact" for one in found) else "at_least", 0)

    @property
    def came_and_gone(self) -> tuple[int, int]:
        """Followers gained and lost on the days of the year that are known."""
        return sum(one.came for one in self.followers), sum(one.gone for one in self.followers)


def told(numbers: Mapping[str, int], least: int, *, is_open: bool) -> dict[str, Told]:
    """Interviews by what led to them, as far as they may be told beside their sum.

    Of a closed wave a few stay back, and more until nobody can work them out; what stays back, and all of an
    open wave, is told in steps of `least`.
    """
    back = (
        set(numbers) if is_open else small_rows({name: [number] for name, number in numbers.items()}, least)
    )
    return {
        name: _in_steps(number, least) if name in back else Told(number, "exact", least)
        for name, number in numbers.items()
    }


def _in_steps(number: int, least: int) -> Told:
    steps = number // least * least
    return Told(steps, "at_least" if steps else "few", least)


def _news(read: Read | None) -> Read | None:
    return None if read is None else replace(read, day="")


def delivery_of(counts: Mapping[str, int]) -> Delivery | None:
    """What the counts of a campaign say; None where the platform told none."""
    if "sent" not in counts:
        return None
    total, sent = counts.get("total", 0), counts["sent"]
    filtered = counts.get("filtered", 0)
    return Delivery(total, sent, counts.get("errors", 0), max(0, total - filtered))


def why_unread(way: Way, at: datetime, now: datetime, *, is_read: bool, verified: bool, refused: str) -> str:
    """Why the platform tells no readers of a push; "" where it does."""
    if is_read:
        return ""
    if way in ("custom", "notice"):
        return f"{WAYS[way]}没有阅读数，看点开链接的次数。"
    if not verified:
        return "这个号读不到阅读数：没有认证的公众号，微信不提供统计。"
    if refused:
        return f"读不到阅读数。微信的回答：{refused}"
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if now < midnight + READY:
        return "阅读数要到第二天上午 8 点半以后才有。"
    return "微信还没有给出这一篇的阅读数。"


def days_after(at: datetime, today: date) -> tuple[date, date]:
    """The first and the last day for which followers stand beside a push; the last is not after today."""
    return at.date(), min(at.date() + AFTER, today)
