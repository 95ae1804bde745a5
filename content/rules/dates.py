"""When a regulation was adopted and since when it is in force, as its own words say."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from content.rules.numerals import to_int

_DATE = re.compile(
    r"([12]\d{3}|[一二][〇○零一二三四五六七八九]{3})\s*年\s*(\d{1,2}|[一二三四五六七八九十]{1,2})\s*月"
    r"\s*(\d{1,2}|[一二三四五六七八九十]{1,3})\s*日"
)
_SINCE = re.compile(r"自\s*" + _DATE.pattern + r"\s*起[施实]行")
_UNTIL = re.compile(r"(?:有效期|施行)[^。；]{0,16}?至\s*" + _DATE.pattern)
_YEARS = re.compile(r"有效期(?:限)?[为是]?\s*([一二三四五六七八九十两]{1,2}|\d{1,2})\s*年")
_ON_PUBLICATION = re.compile(r"自(?:公布|发布)之日起[施实]行")


def adopted(notes: Iterable[str]) -> date | None:
    """The first adoption the notes tell of, else the first publication."""
    return _first(notes, "通过") or _first(notes, "公布|发布|令第")


def effective(notes: Iterable[str], closing: Iterable[str]) -> date | None:
    """The day the closing articles name, else the notes; "on publication" needs the notes to date that."""
    kept = list(notes)
    words = list(closing)
    for text in reversed(words):
        if match := _SINCE.search(text):
            return _day(match)
    if stated := _first(kept, "施行|生效"):
        return stated
    if any(_ON_PUBLICATION.search(text) for text in words):
        return _first(kept, "公布|发布|令第") or _first(kept, "通过")
    return None


def expires(closing: Iterable[str], since: date | None) -> date | None:
    """The last day in force, where the closing articles limit it: "有效期至…", "有效期五年"."""
    for text in closing:
        if match := _UNTIL.search(text):
            return _day(match)
        if (match := _YEARS.search(text)) and since is not None:
            return _years_later(since, to_int(match[1]) or 0)
    return None


def _years_later(since: date, years: int) -> date | None:
    """The day before the same day so many years later."""
    try:
        return since.replace(year=since.year + years) - timedelta(days=1)
    except ValueError:  # 29 February, or beyond what a date holds
        return date(since.year + years, 2, 28) if since.year + years <= date.max.year else None


def _first(notes: Iterable[str], word: str) -> date | None:
    for note in notes:
        for clause in re.split(r"[；;]|(?<=[过布准行])[\s\u3000]+", note):
            match = _DATE.search(clause)
            if match and re.search(word, clause) and (day := _day(match)):
                return day
    return None


def _day(match: re.Match[str]) -> date | None:
    year_words = match[1]
    if not year_words.isdigit():
        year_words = "".join(str("〇一二三四五六七八九".find(c) if c not in "○零" else 0) for c in year_words)
    month, day = to_int(match[2]), to_int(match[3])
    try:
        return date(int(year_words), month or 0, day or 0)
    except ValueError:
        return None
