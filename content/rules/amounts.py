"""Sums of money and clock times that a message claims, and those a regulation holds."""

import re

from content.rules.numerals import to_int

_NUMBER = r"[0-9一二三四五六七八九十百千万两]{1,8}"
_SUM = re.compile(rf"({_NUMBER})\s*(?:多|来)?(?:元|块)")
_CLAIMED = re.compile(
    rf"(?:罚|奖|赔|罚款|奖励|奖金|交)(?:了|我|他|款|金|给)?\s*({_NUMBER})(?![0-9次天个分遍条年月日号点岁人项倍种])"
)
_TEXT_SUM = re.compile(r"([0-9一二三四五六七八九十百千万零两]{1,9})\s*元")
_CLOCK = re.compile(
    r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:点|时)(?:半|整|钟)?(?:以后|之后|后|以前|之前|前|到|至)"
)
_ASSERTS_A_RULE = re.compile(r"规定|写着|写明|写的|哪一?[条款]|第几|标准")
_TEXT_CLOCK = re.compile(r"[0-9一二三四五六七八九十]{1,3}[点时]")


def claimed_amount(folded: str) -> tuple[str, int] | None:
    """(words, yuan) of a sum the message names as fine or reward: ("两千", 2000)."""
    for pattern in (_CLAIMED, _SUM):
        if match := pattern.search(folded):
            value = to_int(match[1])
            if value is not None and value >= 10:
                return match[1], value
    return None


def amounts(text: str) -> list[int]:
    """Every sum in yuan that a text of law names."""
    return [value for match in _TEXT_SUM.finditer(text) if (value := to_int(match[1])) is not None]


def claimed_time(folded: str, text: str) -> str:
    """A clock time that the message says is laid down and the text lacks altogether, or ""."""
    match = _CLOCK.search(folded)
    if not match or not _ASSERTS_A_RULE.search(folded) or _TEXT_CLOCK.search(text):
        return ""
    return match[0]
