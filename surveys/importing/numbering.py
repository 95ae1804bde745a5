"""The number in front of a line: 1. · Q1 · 问题1 · 第1题 · (1) · 一、 · (一) · 第一部分 · B3."""

import re
from dataclasses import dataclass
from typing import Literal

Style = Literal["named", "coded", "digit", "paren", "bare", "chinese", "chinese_paren", "part"]

LARGEST = 3000
"""From here on a number is a year or an amount."""
UNITS = "次年元岁个天月周日小分秒时级星度米里公斤克名人口户辆件条种类项层楼号点%％℃万千百十"
"""After these a number counts something, and numbers nothing."""

_CHINESE = "[一二三四五六七八九十]{1,3}"
_PREFIX = re.compile(
    r"(?:[*＊★#]+\s*|[\[【(（]\s*(?:单选|多选|可多选|不定项选择|排序|填空|问答|量表|判断|必答|必填|选填|开放)题?\s*[\]】)）]\s*)+"
)
_STYLES: tuple[tuple[Style, re.Pattern[str]], ...] = (
    ("named", re.compile(r"(?:[Qq]|问题|题目)\s*(\d{1,4})(?![\d-])\s*(?:[.、．:：,，)）]\s*)?")),
    ("named", re.compile(r"第\s*(\d{1,4})\s*(?:[题问]\s*[.、．:：,，]?|[.、．:：])\s*")),
    ("coded", re.compile(r"([A-Z]\d{1,3})\s*[.、．:：)）]\s*(?!\d)")),
    ("digit", re.compile(r"(\d{1,4})\s*(?:[、．)）]|[.:：](?!\d)|\.(?=\d{4}年))\s*")),
    ("paren", re.compile(r"[(（]\s*(\d{1,3})\s*[)）]\s*")),
    ("bare", re.compile(rf"(\d{{1,3}})(?:[ \t\u3000]+(?=[^\s\d])|(?=[\u4e00-\u9fff]))(?![{UNITS}])")),
    ("part", re.compile(rf"第\s*({_CHINESE})\s*(?:部分|[章节单元篇项]|大类|板块|[、.．:：\s])\s*")),
    ("chinese", re.compile(rf"({_CHINESE})\s*[、.．,，:：]\s*")),
    ("chinese_paren", re.compile(rf"[(（]\s*({_CHINESE})\s*[)）]\s*[、.．]?\s*")),
)
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")}


@dataclass(frozen=True, slots=True)
class Mark:
    """A line's number: `label` as a jump names it ("6", "B3"), `rest` the line without it."""

    style: Style
    number: int
    label: str
    rest: str


def mark(text: str) -> Mark | None:
    """The number in front; a star or a kind in brackets before it stays with the words."""
    prefix = _PREFIX.match(text)
    kept, words = (prefix[0], text[prefix.end() :]) if prefix else ("", text)
    for style, pattern in _STYLES:
        found = pattern.match(words)
        if found is None:
            continue
        number = _value(found[1])
        if not 0 <= number < LARGEST:
            continue
        rest = words[found.end() :]
        again = pattern.match(rest)
        if again and again[1] == found[1] and style != "bare":
            rest = rest[again.end() :]
        label = found[1] if style == "coded" else str(number)
        return Mark(style, number, label, f"{kept}{rest}".strip())
    return None


def _value(numeral: str) -> int:
    if numeral.isdecimal():
        return int(numeral)
    if numeral[0].isascii():
        return int(numeral[1:])
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return _DIGITS[tens] if len(tens) == 1 else LARGEST
    if len(tens) > 1 or len(ones) > 1 or ones == "十":
        return LARGEST
    return 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
