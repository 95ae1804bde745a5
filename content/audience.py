"""PURE: who a push is for. A key such as "township:城关镇" names a segment; "" is everybody who follows.

Two segments may share people unless a person can only be in one of them: somebody lives in one township and
one community. Where nobody knows, they are taken to share people, so that no quota is counted too low.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, get_args

Dimension = Literal["township", "community", "interest", "role", "choice"]

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
WORDS: Mapping[Dimension, str] = {
    "township": "乡镇",
    "community": "社区（村）",
    "interest": "关心的事",
    "role": "身份",
    "choice": "自己订阅",
}
EXCLUSIVE: frozenset[Dimension] = frozenset({"township", "community"})
EVERYBODY = ""
LONGEST = 29
"""Bytes (UTF-8) of a segment's name: the platform gives a tag's name 30, one of which is our mark."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A segment and what is known of reaching it now.

    `size`: followers in it. `takers`: those who agreed to long-term notices. `open_until`: the first moment
    at which the customer-service window of one of them closes, None when it is closed for anybody already;
    `left`: the fewest customer-service messages that one of them may still be sent in that window.
    """

    key: str = EVERYBODY
    size: int = 0
    takers: int = 0
    open_until: datetime | None = None
    left: int = 0


def key_of(dimension: Dimension, value: str) -> str:
    """The key of a segment; ValueError for a value that is empty, too long or holds a separator."""
    if not value.strip() or len(value.encode()) > LONGEST or ":" in value:
        raise ValueError(f"a segment's name has 1 to {LONGEST} bytes and no colon: {value!r}")
    return f"{dimension}:{value}"


@lru_cache(maxsize=1024)
def parts(key: str) -> tuple[Dimension, str] | None:
    """Dimension and value of a key; None for everybody. ValueError for what is no key."""
    if key == EVERYBODY:
        return None
    dimension, colon, value = key.partition(":")
    for known in DIMENSIONS:
        if known == dimension and colon and key == key_of(known, value):
            return known, value
    raise ValueError(f"not the key of a segment: {key!r}")


def overlaps(one: str, other: str) -> bool:
    """Whether a person may be in both; never False where somebody could."""
    first, second = parts(one), parts(other)
    if first is None or second is None:
        return True
    return first == second or first[0] != second[0] or first[0] not in EXCLUSIVE


def in_words(key: str) -> str:
    """A segment as staff call it: 全体关注者, 城关镇（乡镇）."""
    found = parts(key)
    return "全体关注者" if found is None else f"{found[1]}（{WORDS[found[0]]}）"
