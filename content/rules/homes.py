"""PURE. Where a resident lives, as far as they said so: whose neighbourhood's own rules answer them."""

import re
from collections.abc import Iterable

_LEVELS = (
    ("county", re.compile(r"[\u3400-\u9fff]{1,8}?(?:[县旗市]|(?<![社小])区)")),
    ("town", re.compile(r"[\u3400-\u9fff0-9]{1,12}?(?:街道|镇|乡)")),
    ("quarter", re.compile(r"[\u3400-\u9fff0-9]{1,12}?(?:社区|小区|村|屯|寨|苑)")),
)
_SAID = re.compile(
    r"我(?:们)?家?(?:现在)?(?:住在|住|家在|在|是|搬到了?|搬来)([\u3400-\u9fff0-9]{2,40}?)"
    r"(?:住)?的?(?:人|居民|村民|住户|业主)?[。！!.~]*"
)
_DOOR = re.compile(r"[0-9一二三四五六七八九十东西南北]*(?:[组号栋幢座楼区][0-9a-zA-Z单元室号楼层]*)?")


def lives_in(home: str, area: str) -> bool:
    """Whether the home lies in the area: its smallest place is named, and nothing contradicts the others."""
    own, wanted = _places(home), _places(area)
    if not own or not wanted:
        return False
    smallest = [level for level, _ in _LEVELS if level in wanted][-1]
    if smallest not in own:
        return False
    return all(own[level] == name for level, name in wanted.items() if level in own)


def home_said(text: str, areas: Iterable[str]) -> str:
    """The home that a message tells ("我住在城关镇幸福社区3栋"), if one of the areas holds it; else "".

    The building is not kept.
    """
    told = _SAID.fullmatch(text.strip())
    home = "".join(_places(told[1]).values()) if told else ""
    if not told or not home or not _DOOR.fullmatch(told[1].removeprefix(home)):
        return ""
    return home if any(lives_in(home, area) for area in areas) else ""


def _places(words: str) -> dict[str, str]:
    """By level the place named, from the largest to the smallest."""
    found: dict[str, str] = {}
    at = 0
    for level, pattern in _LEVELS:
        if match := pattern.match(words, at):
            found[level] = match[0]
            at = match.end()
    return found
