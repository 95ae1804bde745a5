"""How many options may be chosen, how far a scale goes: read from the words of a title."""

import re
from dataclasses import dataclass

_COUNT = "([1-9一二两三四五六七八九])"
_ITEMS = "(?:个|项|种|条|样)"
_RANGE = re.compile(rf"(?:请|可|限)?选(?:择)?{_COUNT}\s*[-~～—–至到]\s*{_COUNT}{_ITEMS}")
_EXACT = re.compile(rf"限(?:选)?(?:择)?{_COUNT}{_ITEMS}|请?(?:选择?|任选){_COUNT}{_ITEMS}(?!以上|以内|及以)")
_MOST = re.compile(
    rf"(?:最多|至多|不超过|不多于)(?:可以?|能)?(?:选择?)?{_COUNT}{_ITEMS}|{_COUNT}{_ITEMS}以内"
)
_LEAST = re.compile(
    rf"(?:最少|至少|不少于)(?:要|需|应)?(?:选择?)?{_COUNT}{_ITEMS}|{_COUNT}{_ITEMS}(?:及)?以上"
)
_CHOOSES = re.compile("选")
_BRACKETED = re.compile(r"[\[【(（]\s*([^\[\]【】()（）]{2,14})\s*[\]】)）]")
_ENDS = re.compile(r"(?<![\d.])(\d{1,2})\s*分?\s*[-~～—–至到]\s*(\d{1,3})(?![\d.])\s*[分级星]?")
_BLANK = r"(?:_{2,}|＿{2,})\s*"
_END = r"(?:了|吧|左右|上下|以上)*(?:[吗呢])?[\s。．.？?！!：:；;）)]*$"
_COUNTED = re.compile(
    rf"{_BLANK}[（(]?(?:(周?岁)|口人?|个人|人次|年|个月|天|次|元)(?:[）)])?{_END}"
    rf"|(?:有|共|共计|一共|总共|其中|常住)\s*{_BLANK}(?:人|名|位|个|户|间|套|辆|部|台)[\u4e00-\u9fff]{{0,4}}{_END}"
)
"""A blank with a unit that counts; 人 and 个 only after a word that counts: 您是____人 asks for a home."""
OLDEST = 120
_VALUES = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2}


@dataclass(frozen=True, slots=True)
class Limits:
    """Least and most options; None is no limit."""

    least: int | None = None
    most: int | None = None

    @property
    def allows_several(self) -> bool:
        """Whether the words only make sense where more than one option may be chosen."""
        return max(self.least or 0, self.most or 0) > 1


NO_LIMITS = Limits()


def limits(title: str) -> Limits:
    """The limits that a title states; they only count where it speaks of choosing."""
    if not _CHOOSES.search(title):
        return NO_LIMITS
    if found := _RANGE.search(title):
        low, high = sorted((_count(found[1]), _count(found[2])))
        return Limits(low, high)
    least, most = _LEAST.search(title), _MOST.search(title)
    if least or most:
        return Limits(_first(least), _first(most))
    exact = _first(_EXACT.search(title))
    return Limits(exact, exact)


def without_bracketed_limit(title: str) -> tuple[str, Limits]:
    """The title without the brackets that only state a limit (【请选择1-3项】), and what they say."""
    least = most = None
    kept = title
    for found in _BRACKETED.finditer(title):
        stated = limits(found[1])
        if stated != NO_LIMITS and not re.search("题|第", found[1]):
            least, most = stated.least or least, stated.most or most
            kept = kept.replace(found[0], "", 1).strip()
    return kept, Limits(least, most)


def ends(text: str) -> tuple[int, int] | None:
    """The ends of a scale written as 1~10 or 1-5分."""
    found = _ENDS.search(text)
    if found is None or int(found[1]) >= int(found[2]):
        return None
    return int(found[1]), int(found[2])


def counted(title: str) -> tuple[int | None, int | None] | None:
    """The least and most that the blank of a title counts, as far as its unit says: ____岁, ____口人."""
    found = _COUNTED.search(title)
    if found is None:
        return None
    return (0, OLDEST) if found[1] else (None, None)


def _first(found: re.Match[str] | None) -> int | None:
    return None if found is None else next(_count(group) for group in found.groups() if group)


def _count(numeral: str) -> int:
    return int(numeral) if numeral.isdecimal() else _VALUES[numeral]
