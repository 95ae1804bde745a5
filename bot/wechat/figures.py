"""PURE: what the platform's statistics say, typed: articles by day since they were sent, followers by day.

Only verified accounts have them. A day's figures are ready at 8 o'clock of the next (Asia/Shanghai); those of
an article are told for seven days, each time the sum since it was sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_DAYS = 7
"""Of followers in one call; of an article's figures."""


@dataclass(frozen=True, slots=True)
class ArticleDay:
    """One article up to the end of a day (ISO). `data_id` is the number that the mass send was answered with,
    `index` its place in that send, from 1. `readers` are persons, `reads` openings, also by people to whom
    it was passed on; `targets` got it, as the platform counts.
    """

    data_id: str
    index: int
    title: str
    day: str
    targets: int
    readers: int
    reads: int
    source_readers: int
    sharers: int


@dataclass(frozen=True, slots=True)
class FollowerDay:
    """How many began to follow on a day (ISO), and how many stopped."""

    day: str
    came: int
    left: int


def article_days(listed: Sequence[Any]) -> tuple[ArticleDay, ...]:
    """The articles of one sending day, as `getarticletotal` lists them; what cannot be read is left out."""
    found = []
    for article in listed:
        if not isinstance(article, Mapping):
            continue
        data_id, _, index = str(article.get("msgid", "")).rpartition("_")
        details = article.get("details")
        if not data_id or not index.isdecimal() or not isinstance(details, list):
            continue
        title = str(article.get("title", ""))
        found += [
            ArticleDay(
                data_id,
                int(index),
                title,
                str(one.get("stat_date", "")),
                *(_whole(one, name) for name in _FIGURES),
            )
            for one in details
            if isinstance(one, Mapping)
        ]
    return tuple(found)


def follower_days(listed: Sequence[Any]) -> tuple[FollowerDay, ...]:
    """The days of `getusersummary`, which tells them by the way people came."""
    came: dict[str, int] = {}
    left: dict[str, int] = {}
    for one in listed:
        if isinstance(one, Mapping) and (day := str(one.get("ref_date", ""))):
            came[day] = came.get(day, 0) + _whole(one, "new_user")
            left[day] = left.get(day, 0) + _whole(one, "cancel_user")
    return tuple(FollowerDay(day, came[day], left[day]) for day in sorted(came))


_FIGURES = ("target_user", "int_page_read_user", "int_page_read_count", "ori_page_read_user", "share_user")


def _whole(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    return value if isinstance(value, int) and value > 0 else 0
