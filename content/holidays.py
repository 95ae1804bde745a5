"""PURE: the public holidays and made-up workdays of a year, as far as the State Council announced them.

A year that nobody announced yet is None, never a guess: every weekend of it may still become a workday. The
office types a new year from the notice into a text file, in the notice's own short form.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

LIBRARY = Path(__file__).parent / "library" / "holidays.toml"
WEEKDAYS = "一二三四五六日"
LONGEST_DAYS = 15

Rest = Literal["holiday", "workday", "weekend", "", "unknown"]

_DATE = r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]"
_SPAN = re.compile(rf"{_DATE}(?:\s*[至到—–-]+\s*(?:(?:(\d{{4}})年)?(\d{{1,2}})月)?(\d{{1,2}})[日号])?")
_LINE = re.compile(
    r"^\s*(?:[一二三四五六七八九十]+、|\(?\d+\)?[.、]?)?\s*(?P<name>[^：:\d]{2,20}?)\s*[：:](?P<rest>.+)$"
)
_BRACKETS = re.compile(r"[（(][^）)]*[）)]")
_WEEKDAY = re.compile(rf"{_DATE}[（(][^）)]*?(?:星期|周)([一二三四五六日天])[^）)]*[）)]")


class Unreadable(Exception):
    """A line of a notice that cannot be used; the words say which and why."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """One holiday: its first and last day off, and the days at a weekend that are worked for it."""

    name: str
    first: date
    last: date
    workdays: tuple[date, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """Every day off, also those that a weekend would have given."""
        return tuple(self.first + timedelta(days=i) for i in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The announced holidays of one year, and where they were announced."""

    year: int
    source: str
    holidays: tuple[Holiday, ...]

    def rest(self, day: date) -> Rest:
        """Whether people rest on a day: by holiday or weekend, or work, also on a made-up workday."""
        if any(day in one.workdays for one in self.holidays):
            return "workday"
        if any(one.first <= day <= one.last for one in self.holidays):
            return "holiday"
        return "weekend" if day.weekday() >= 5 else ""

    def name(self, day: date) -> str:
        """The holiday that a day off or a made-up workday belongs to; "" for any other day."""
        found = (one.name for one in self.holidays if one.first <= day <= one.last or day in one.workdays)
        return next(found, "")


@cache
def announced() -> MappingProxyType[int, Arrangement]:
    """The years that the library knows."""
    table = tomllib.loads(LIBRARY.read_text(encoding="utf-8"))
    return MappingProxyType({one["year"]: _arrangement(one) for one in table["year"]})


def _arrangement(one: dict[str, Any]) -> Arrangement:
    holidays = (
        Holiday(part["name"], part["first"], part["last"], tuple(part["workdays"]))
        for part in one["holidays"]
    )
    return Arrangement(one["year"], one["source"], tuple(holidays))


def arrangement(year: int, folder: Path | None = None) -> Arrangement | None:
    """A year's holidays: the office's `YEAR.txt` in `folder`, else the library's; None: not announced.

    Raises Unreadable when the office's file is there and cannot be used.
    """
    if folder is not None and (file := folder / f"{year}.txt").is_file():
        try:
            return read_notice(file.read_text(encoding="utf-8-sig"), year, file.name)
        except UnicodeDecodeError:
            raise Unreadable(f"{file.name}：不是 UTF-8 文本，请另存为 UTF-8。") from None
    return announced().get(year)


def document(of: Arrangement | None) -> dict[str, Any]:
    """The holidays of a year as `civility campaign plan` tells them."""
    if of is None:
        return {"announced": False, "note": "尚未公布", "source": "", "periods": []}
    return {
        "announced": True,
        "note": "",
        "source": of.source,
        "periods": [
            {
                "name": one.name,
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "workdays": [day.isoformat() for day in one.workdays],
            }
            for one in of.holidays
        ],
    }


def rest(day: date, of: Arrangement | None) -> Rest:
    """Like `Arrangement.rest`; in a year not announced only a plain working day is unknown too."""
    return of.rest(day) if of is not None and of.year == day.year else "unknown"


def read_notice(text: str, year: int, source: str) -> Arrangement:
    """The holidays of a year from lines such as 春节：2月15日至23日放假，2月14日、2月28日上班。

    The notice's own paragraphs fit as they are; lines without a date are passed over. Raises Unreadable
    for a day that does not exist or lies in another year, a weekday that is wrong, a span that is too long,
    days off that overlap, a workday that is no weekend, and for a text without any holiday.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.match(line)
        if match is None or not _SPAN.search(match["rest"]):
            continue
        try:
            found.append(_holiday(match["name"].strip(), match["rest"], year))
        except ValueError as error:
            raise Unreadable(f"第 {number} 行“{line.strip()[:40]}”：{error}") from None
    if not found:
        raise Unreadable("没有找到放假安排。每个节日写一行，例如：春节：2月15日至23日放假，2月14日上班。")
    off = [day for one in found for day in one.days]
    worked = [day for one in found for day in one.workdays]
    if len(set(off)) != len(off):
        raise Unreadable("有两个节日的放假日期重叠，请核对。")
    if wrong := sorted(set(off) & set(worked)):
        raise Unreadable(f"{wrong[0].month}月{wrong[0].day}日既写了放假又写了上班，请核对。")
    return Arrangement(year, source, tuple(sorted(found, key=lambda one: one.first)))


def _holiday(name: str, words: str, year: int) -> Holiday:
    _check_weekdays(words, year)
    spans: list[tuple[date, date]] = []
    workdays: list[date] = []
    for clause in re.split(r"[。；;]", _BRACKETS.sub("", words)):
        cut = clause.rfind("放假")
        before, after = (clause[:cut], clause[cut:]) if cut >= 0 else ("", clause)
        spans += _spans(before, year)
        if "上班" in after:
            workdays += [first for first, _ in _spans(after, year)]
    if len(spans) != 1:
        raise ValueError("要有一段、也只能有一段放假日期。")
    first, last = spans[0]
    if year not in (first.year, last.year):
        raise ValueError(f"不是 {year} 年的日期。")
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise ValueError("放假的头尾日期不对，请核对。")
    for day in workdays:
        if day.weekday() < 5:
            raise ValueError(f"{day.month}月{day.day}日本来就是工作日，不用写上班。")
    return Holiday(name, first, last, tuple(sorted(set(workdays))))


def _spans(words: str, year: int) -> Iterator[tuple[date, date]]:
    for match in _SPAN.finditer(words):
        y1, m1, d1, y2, m2, d2 = match.groups()
        first = _day(int(y1 or year), int(m1), int(d1))
        if d2 is None:
            yield first, first
        else:
            yield first, _day(int(y2 or first.year), int(m2 or m1), int(d2))


def _check_weekdays(words: str, year: int) -> None:
    for match in _WEEKDAY.finditer(words):
        day = _day(int(match[1] or year), int(match[2]), int(match[3]))
        if WEEKDAYS[day.weekday()] != match[4].replace("天", "日"):
            right = WEEKDAYS[day.weekday()]
            raise ValueError(f"{day.year}年{day.month}月{day.day}日是星期{right}，不是星期{match[4]}。")


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"没有{year}年{month}月{day}日这一天。") from None
