"""PURE: what the platform's statistics say, typed: articles by day since they were sent, followers by day.

Only verified accounts have them. A day's figures are ready at 8 o'clock of the next (Asia/Shanghai). Those of
an article are told for 30 days, each time the sum since it was sent, and since November 2025; the older call
that they replace told fewer days and mass sends alone, but openings and recipients as well.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

MOST_DAYS = 7
"""Of followers in one call; of an article's figures by the older call."""
ARTICLE_DAYS = 30


@dataclass(frozen=True, slots=True)
class ArticleDay:
    """One article up to the end of a day (ISO). `data_id` is the number that its sending was answered with,
    `index` its place in that send, from 1; `title` is "" where it is not told.

    `readers` and `source_readers` (of 阅读原文) are persons, `reads` openings, also by people to whom it was
    passed on by `sharers`; `targets` got it; `came` began to follow from it. 0 stands for "not told" as well.
    """

    data_id: str
    index: int
    title: str
    day: str
    targets: int = 0
    readers: int = 0
    reads: int = 0
    source_readers: int = 0
    sharers: int = 0
    came: int = 0


@dataclass(frozen=True, slots=True)
class Articles:
    """What was told of a sending day; `delayed`: more will be told later."""

    days: tuple[ArticleDay, ...]
    delayed: bool


@dataclass(frozen=True, slots=True)
class FollowerDay:
    """How many began to follow on a day (ISO), and how many stopped."""

    day: str
    came: int
    left: int


def article_days(listed: Sequence[Any]) -> tuple[ArticleDay, ...]:
    """The articles of one sending day, as `getarticletotaldetail` lists them; the unreadable is left out."""
    return _articles(listed, "detail_list", _DETAILS)


def article_totals(listed: Sequence[Any]) -> tuple[ArticleDay, ...]:
    """The same of `getarticletotal`."""
    return _articles(listed, "details", _TOTALS)


def both(days: Sequence[ArticleDay], totals: Sequence[ArticleDay]) -> tuple[ArticleDay, ...]:
    """What the new call tells, and what only the old one does."""
    found = {(one.data_id, one.index, one.day): one for one in totals}
    for one in days:
        key = (one.data_id, one.index, one.day)
        old = found.get(key)
        if old is not None:
            one = replace(one, targets=old.targets, reads=old.reads, source_readers=old.source_readers)
        found[key] = replace(one, title=one.title or (old.title if old else ""))
    return tuple(found[key] for key in sorted(found))


def follower_days(listed: Sequence[Any]) -> tuple[FollowerDay, ...]:
    """The days of `getusersummary`, which tells them by the way people came."""
    came: dict[str, int] = {}
    left: dict[str, int] = {}
    for one in listed:
        if isinstance(one, Mapping) and (day := str(one.get("ref_date", ""))):
            came[day] = came.get(day, 0) + _whole(one, "new_user")
            left[day] = left.get(day, 0) + _whole(one, "cancel_user")
    return tuple(FollowerDay(day, came[day], left[day]) for day in sorted(came))


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST = 10**9
"""What nobody can have counted is taken for "not told", before a column refuses it."""
_DETAILS = {"readers": "read_user", "sharers": "share_user", "came": "read_subscribe_user"}
_TOTALS = {
    "targets": "target_user",
    "readers": "int_page_read_user",
    "reads": "int_page_read_count",
    "source_readers": "ori_page_read_user",
    "sharers": "share_user",
}


def _articles(listed: Sequence[Any], details: str, names: Mapping[str, str]) -> tuple[ArticleDay, ...]:
    found = []
    for article in listed:
        if not isinstance(article, Mapping):
            continue
        data_id, _, index = str(article.get("msgid", "")).rpartition("_")
        told = article.get(details)
        if not data_id or not (index.isascii() and index.isdecimal()) or not isinstance(told, list):
            continue
        title = article.get("title")
        found += [
            ArticleDay(
                data_id,
                int(index),
                title if isinstance(title, str) else "",
                str(one.get("stat_date", "")),
                **{ours: _whole(one, theirs) for ours, theirs in names.items()},
            )
            for one in told
            if isinstance(one, Mapping) and _DAY.fullmatch(str(one.get("stat_date", "")))
        ]
    return tuple(found)


def _whole(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    return value if isinstance(value, int) and 0 < value <= _MOST else 0
