"""PURE: the office's own days: a fair, a market, a weekly clean-up, a season of fire watch.

A rule is kept as a small mapping, so that the office can change it without a new program: its `kind` and
the few numbers of that kind. Weekdays count from Monday = 0, seasons run over the turn of the year.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

from content.festivals import FIRST_YEAR, LAST_YEAR, WEEKDAYS, Tone, lunar_days

Wish = Literal["mass", "publish", "remind"]
"""`remind`: it tells those who asked for it of a service or date, and rings nobody else's phone."""
LAST = -1
NAME_LONGEST = 30
LEAD_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same date every year; 29 February only in leap years."""

    month: int
    day: int

    def dates(self, year: int) -> Iterator[date]:
        """At most one."""
        if self.day <= monthrange(year, self.month)[1]:
            yield date(year, self.month, self.day)

    @property
    def words(self) -> str:
        """每年4月20日."""
        return f"每年{self.month}月{self.day}日"


@dataclass(frozen=True, slots=True)
class Lunar:
    """A day of a regular lunar month; the thirtieth of a short month is its twenty-ninth."""

    month: int
    day: int

    def dates(self, year: int) -> Iterator[date]:
        """None, one or, around the turn of the year, two."""
        yield from (found for found, _ in lunar_days(year, self.month, self.day))

    @property
    def words(self) -> str:
        """每年农历6月24日."""
        return f"每年农历{self.month}月{self.day}日"


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """The first to fourth, or the last (-1), of a weekday in a month."""

    month: int
    nth: int
    weekday: int

    def dates(self, year: int) -> Iterator[date]:
        """One."""
        length = monthrange(year, self.month)[1]
        first = 1 + (self.weekday - date(year, self.month, 1).weekday()) % 7
        day = first + 7 * (self.nth - 1)
        yield date(year, self.month, day if self.nth != LAST else first + (length - first) // 7 * 7)

    @property
    def words(self) -> str:
        """每年4月第3个星期日."""
        which = "最后一个" if self.nth == LAST else f"第{self.nth}个"
        return f"每年{self.month}月{which}星期{WEEKDAYS[self.weekday]}"


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every `every`-th week on a weekday, within a season ((month, day) to (month, day), both included)."""

    weekday: int
    every: int
    first: tuple[int, int]
    last: tuple[int, int]

    def dates(self, year: int) -> Iterator[date]:
        """In order; which weeks are taken does not begin anew with the year."""
        day = date(year, 1, 1) + timedelta(days=(self.weekday - date(year, 1, 1).weekday()) % 7)
        while day.year == year:
            if (day.toordinal() // 7) % self.every == 0 and _in_season(day, self.first, self.last):
                yield day
            day += timedelta(days=7)

    @property
    def words(self) -> str:
        """每周六（3月1日至11月30日）."""
        often = "每周" if self.every == 1 else f"每 {self.every} 周的星期"
        season = (
            "" if (self.first, self.last) == ((1, 1), (12, 31)) else f"（{_season(self.first, self.last)}）"
        )
        return f"{often}{WEEKDAYS[self.weekday]}{season}"


@dataclass(frozen=True, slots=True)
class Seasonal:
    """The first day of a season and, when `every_days` is not 0, again every so many days until its end."""

    first: tuple[int, int]
    last: tuple[int, int]
    every_days: int

    def dates(self, year: int) -> Iterator[date]:
        """In order, with those of a season that began in the year before."""
        found = set()
        for begun in (year - 1, year):
            start = _date(begun, self.first)
            end = _date(begun + (self.last < self.first), self.last)
            day = start
            while day <= end:
                found.add(day)
                if not self.every_days:
                    break
                day += timedelta(days=self.every_days)
        yield from sorted(day for day in found if day.year == year)

    @property
    def words(self) -> str:
        """12月1日至2月28日，每 14 天."""
        again = f"，每 {self.every_days} 天一次" if self.every_days else "，开始那天"
        return f"{_season(self.first, self.last)}{again}"


Rule = Fixed | Lunar | NthWeekday | Weekly | Seasonal
KINDS: Mapping[str, type[Rule]] = {
    "fixed": Fixed,
    "lunar": Lunar,
    "nth_weekday": NthWeekday,
    "weekly": Weekly,
    "seasonal": Seasonal,
}


@dataclass(frozen=True, slots=True)
class Event:
    """A day, or a row of days, of the office's own.

    `wish`: "mass" wants to be heard, "publish" is content with the account's page. `audience` is the key of
    a segment, "" everybody; `lead_days` before each date its push goes out.
    """

    id: int
    name: str
    rule: Rule
    tone: Tone
    theme: str
    lead_days: int
    wish: Wish
    audience: str


def dates(rule: Rule, year: int) -> tuple[date, ...]:
    """The rule's days in a year, in order. ValueError for a year outside the calendar."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"the calendar knows the years {FIRST_YEAR} to {LAST_YEAR}, not {year}")
    return tuple(rule.dates(year))


def stored(rule: Rule) -> dict[str, Any]:
    """The rule as a mapping that JSON can hold; `read` is the way back."""
    return {"kind": kind_of(rule), **asdict(rule)}


def kind_of(rule: Rule) -> str:
    """The name of the rule's kind."""
    return next(name for name, kind in KINDS.items() if isinstance(rule, kind))


def read(given: Mapping[str, Any]) -> Rule:
    """The rule of a mapping. ValueError, in words for staff, for one that no year could follow."""

    def number(name: str, low: int, high: int, called: str) -> int:
        value = given.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"{called}请写 {low} 到 {high} 之间的整数。")
        return value

    def monthday(name: str, called: str) -> tuple[int, int]:
        value = given.get(name)
        if (
            not isinstance(value, list | tuple)
            or len(value) != 2
            or not all(isinstance(v, int) for v in value)
        ):
            raise ValueError(f"请写好{called}，例如 3月1日。")
        month, day = value
        return _real(month, day, called)

    match given.get("kind"):
        case "fixed":
            return Fixed(*_real(number("month", 1, 12, "月份"), number("day", 1, 31, "日"), "日期"))
        case "lunar":
            return Lunar(number("month", 1, 12, "农历月份"), number("day", 1, 30, "农历日"))
        case "nth_weekday":
            nth = given.get("nth")
            if nth != LAST:
                nth = number("nth", 1, 4, "第几个")
            return NthWeekday(number("month", 1, 12, "月份"), nth, number("weekday", 0, 6, "星期"))
        case "weekly":
            return Weekly(
                number("weekday", 0, 6, "星期"),
                number("every", 1, 8, "每几周"),
                monthday("first", "开始日期"),
                monthday("last", "结束日期"),
            )
        case "seasonal":
            every = given.get("every_days")
            if every != 0:
                every = number("every_days", 7, 180, "每几天")
            return Seasonal(monthday("first", "开始日期"), monthday("last", "结束日期"), every)
    raise ValueError("请选择日期的规则。")


def _real(month: int, day: int, called: str) -> tuple[int, int]:
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(2024, month)[1]:
        raise ValueError(f"{called}里没有{month}月{day}日这一天。")
    return month, day


def _date(year: int, at: tuple[int, int]) -> date:
    return date(year, at[0], min(at[1], monthrange(year, at[0])[1]))


def _in_season(day: date, first: tuple[int, int], last: tuple[int, int]) -> bool:
    at = (day.month, day.day)
    return first <= at <= last if first <= last else at >= first or at <= last


def _season(first: tuple[int, int], last: tuple[int, int]) -> str:
    return f"{first[0]}月{first[1]}日至{last[0]}月{last[1]}日"
