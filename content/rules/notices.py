"""PURE. County notices and neighbourhood rules: they count by 一、 and end with a signature."""

import re
from collections.abc import Sequence

from content.rules.document import Doubt
from content.rules.lines import BLANK, Line, opening
from content.rules.numerals import to_chinese, to_int

FEWEST = 2

_COUNTS = (
    ("“一、”", re.compile(r"([一二三四五六七八九十]{1,3})[、．.]")),
    ("“（一）”", re.compile(r"[（(]([一二三四五六七八九十]{1,3})[）)]")),
    ("“1.”", re.compile(r"(\d{1,2})[.．、](?!\d)")),
)
_CLOSING = re.compile(r"(?:特此(?:通告|公告|通知|公布)|此布)[。！]?$")
_DATED = re.compile(r"(?:[12]\d{3}|[一二][〇○零一二三四五六七八九]{3})年.{1,6}月.{1,4}日$")
_SIGNED = re.compile(
    r"[\u3400-\u9fff\s\u3000]{4,30}(?:政府|委员会|办公室|文明办|代表会议|村民会议|居民会议|[局厅部处])$"
)


def counted_as_articles(lines: Sequence[Line], doubts: list[Doubt]) -> list[Line]:
    """A text without 第一条 that counts otherwise, with its points as articles; any other text as it is."""
    if any(opening(line, 1) for line in lines):
        return list(lines)
    for name, pattern in _COUNTS:
        at = _points(lines, pattern)
        if len(at) < FEWEST:
            continue
        first = lines[at[0]].number
        doubts.append(
            Doubt(first, f"文中没有“第一条”，按{name}的编号收录为第一条至第{to_chinese(len(at))}条。")
        )
        numbers = {position: number for number, position in enumerate(at, 1)}
        return [
            Line(
                line.number,
                f"第{to_chinese(numbers[place])}条 {pattern.sub('', line.text, count=1).strip(BLANK)}",
            )
            if place in numbers
            else line
            for place, line in enumerate(lines)
        ]
    return list(lines)


def signed_off(lines: Sequence[Line]) -> tuple[list[Line], list[str]]:
    """The lines without what stands under the text: 特此通告, who issued it, on which day."""
    end = len(lines)
    while end > 1 and (_DATED.match(lines[end - 1].text) or _SIGNED.match(lines[end - 1].text)):
        end -= 1
    if end > 1 and _CLOSING.match(lines[end - 1].text):
        end -= 1
    return list(lines[:end]), [re.sub(r"[\s\u3000]+", "", line.text) for line in lines[end:]]


def published_on(signature: Sequence[str]) -> list[str]:
    """The days of the signature, in the words in which notes tell of a publication."""
    return [f"{line}发布" for line in signature if _DATED.match(line)]


def _points(lines: Sequence[Line], pattern: re.Pattern[str]) -> list[int]:
    """Positions of the lines that count 1, 2, 3 …; a number out of turn is part of another enumeration."""
    found: list[int] = []
    for at, line in enumerate(lines):
        match = pattern.match(line.text)
        if match and to_int(match[1]) == len(found) + 1:
            found.append(at)
    return found
