"""What a single line of a regulation is: a heading, the start of an article, or words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from content.rules.document import Doubt
from content.rules.numerals import NUMERAL, to_chinese, to_int

BLANK = " \t\r\n\f\v\u00a0\u3000\u2002\u2003\u200b\ufeff"

_NEWLINE = re.compile(r"\r\n|[\r\n\u2028\u2029]")
_COMMENT = re.compile(r"<!--.*-->$")
_CONTENTS = re.compile(r"目[\s\u3000]*[录錄次]$")
_PAGE_NUMBER = re.compile(r"(?:[.…·．]{2,}[\s\u3000]*|\t)\d+$")
_HEADING = re.compile(rf"第\s*({NUMERAL})\s*([编章节])(.{{0,40}})$")
_HEADING_IN_A_SENTENCE = re.compile(r"[\s\u3000]*(?:[的至或和及、]|规定)|.*[。；：，]")
_BARE_HEADING = re.compile(r"[附总][\s\u3000]*则$")
_ARTICLE = re.compile(
    rf"\*{{0,2}}第[\s\u3000]*({NUMERAL})[\s\u3000]*条(?:之([一二三四五六七八九十]{{1,3}}))?\*{{0,2}}(.*)$",
    re.S,
)
_CITED = re.compile(
    rf"[\s\u3000]*(?:第\s*{NUMERAL}\s*[款项条]|[、，,和或及至与]|所[列称述]|规定[的，,处给予]|[以之]?[外内]的|[的中款项])"
)
_GLUED_ARTICLE = re.compile(rf"(?<=[。；！])[\s\u3000]*(?=第{NUMERAL}条)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line with words on it: its number in the file from 1, and its text without outer blanks."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """An 编, 章 or 节: `key` is its number ("第二章"), `words` the whole heading."""

    level: str
    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Opening:
    """The start of an article and the words that follow on its line."""

    number: int
    label: str
    rest: str


def read_lines(text: str) -> Iterator[Line]:
    """Lines with words on them; markdown's heading marks and comments are no words."""
    for number, raw in enumerate(_NEWLINE.split(text), 1):
        line = raw.strip(BLANK).lstrip("#").strip(BLANK)
        if line and not _COMMENT.match(line):
            yield Line(number, line)


def is_contents(line: Line) -> bool:
    """Whether the line says 目录."""
    return bool(_CONTENTS.match(line.text))


def heading(line: Line) -> Heading | None:
    """The 编, 章 or 节 that this line opens, if any."""
    if _BARE_HEADING.match(line.text):
        words = _close(line.text)
        return Heading("章", words, words)
    match = _HEADING.match(_PAGE_NUMBER.sub("", line.text))
    number = to_int(match[1]) if match else None
    if not match or not number or number > 9999 or _HEADING_IN_A_SENTENCE.match(match[3]):
        return None
    key = f"第{to_chinese(number)}{match[2]}"
    return Heading(match[2], key, f"{key} {_close(match[3].strip(BLANK + '*'))}".strip())


def opening(line: Line, expected: int) -> Opening | None:
    """The article that this line opens; a line that only cites one ("第八条第二款的…") opens none.

    `expected` is the number that comes next: it settles lines that could be either.
    """
    match = _ARTICLE.match(line.text)
    number = to_int(match[1]) if match else None
    if not match or not number or number > 9999 or _PAGE_NUMBER.search(line.text):
        return None
    rest = match[3]
    if _CITED.match(rest) and not (number == expected and rest[0] in BLANK):
        return None
    label = f"第{to_chinese(number)}条" + (f"之{match[2]}" if match[2] else "")
    return Opening(number, label, rest.strip(BLANK + "*"))


def without_contents(lines: list[Line]) -> list[Line]:
    """Leaves out a table of contents: of the headings before the first article, the last run counts."""
    first = next((at for at, line in enumerate(lines) if opening(line, 1)), len(lines))
    listed = [at for at, line in enumerate(lines[:first]) if is_contents(line)]
    keys: dict[str, int] = {}
    begins = 0
    for at, line in enumerate(lines[:first]):
        found = heading(line)
        if found and found.level != "节":
            begins = at if found.key in keys else begins
            keys.setdefault(found.key, at)
    if listed and not begins:
        begins = max(keys.values(), default=first)
    if not begins:
        return lines
    front = next(at for at, line in enumerate(lines) if is_contents(line) or heading(line) or at == begins)
    return lines[:front] + lines[begins:]


def split_glued(lines: Iterable[Line], doubts: list[Doubt]) -> Iterator[Line]:
    """Parts "…。第四十二条本条例自…" where the next article was glued to the one before; says so."""
    expected = 1
    for line in lines:
        kept = ""
        for piece in _GLUED_ARTICLE.split(line.text):
            found = opening(Line(line.number, piece), expected)
            if kept and found and found.number == expected:
                yield Line(line.number, kept)
                doubts.append(Doubt(line.number, f"{found.label}与上一条写在同一行，已分开。"))
                kept = piece
            else:
                kept += piece
            if found:
                expected = found.number + 1
        yield Line(line.number, kept)


def _close(words: str) -> str:
    """ "总　　则" -> "总则"."""
    return re.sub(r"(?<=[\u3400-\u9fff、])[\s\u3000]+(?=[\u3400-\u9fff])", "", words)
