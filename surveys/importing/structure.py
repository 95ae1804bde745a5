"""The lines of a text -> blocks: what is a question, what heads a part, what merely stands there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from surveys.importing import tags
from surveys.importing.lines import Line
from surveys.importing.numbering import Mark, Style, mark
from surveys.importing.options import begins_options, is_marked

Role = Literal["question", "section", "page", "words"]

MOST_CHINESE_SECTIONS = 5
"""With more lines like 一、 than this, they number the questions."""
_LARGEST_GAP = 5
_ASKING = re.compile(
    "[？?]|吗|呢|什么|哪|是否|如何|怎|多少|几|请|您|你|_{2,}|[(（]\\s*[)）]|[:：]$|(?:情况|程度|看法|评价|性别|年龄|职业|学历|身份|户籍|收入)[：:]?$"
)
_SECTION_NAME = re.compile(
    "(?:(?:您的|受访者|被访者|调查对象|家长|居民)的?)?(?:基本|个人|背景)(?:信息|情况|资料)(?:部分)?[：:]?"
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together; `label` is the printed number of a question ("6", "B3") or ""."""

    role: Role
    lines: tuple[Line, ...]
    label: str = ""
    number: int | None = None

    def with_lines(self, more: Sequence[Line]) -> "Block":
        """The same block, longer."""
        return Block(self.role, (*self.lines, *more), self.label, self.number)


def is_asking(text: str) -> bool:
    """Whether the words are those of a question, as far as one line can tell."""
    return bool(_ASKING.search(text)) or tags.has_tag(text)


def blocks(lines: Sequence[Line]) -> list[Block]:
    """The blocks in order; nothing is left out."""
    written = [line for line in lines if line.text]
    marks = {line.number: mark(line.text) for line in written}
    asking, heading = _styles(written, marks)
    walk = _Walk(asking, heading)
    following = {line.number: after.text for line, after in _pairs(written)}
    for line in lines:
        if line.text:
            walk.take(line, marks[line.number], following[line.number])
        else:
            walk.blank = True
    return walk.found


def _styles(written: Sequence[Line], marks: dict[int, Mark | None]) -> tuple[set[Style], set[Style]]:
    """The styles of number that open a question, and those that head a part."""
    by_style: dict[Style, list[tuple[Line, str]]] = {}
    for line, after in _pairs(written):
        found = marks[line.number]
        if found is not None:
            by_style.setdefault(found.style, []).append((line, after.text))
    parts: set[Style] = {"part", "chinese", "chinese_paren"}
    if "named" in by_style:
        return {"named"}, parts
    if len(by_style.get("coded", ())) > 1:
        return {"coded"}, parts
    digits = [one for one in by_style.get("digit", ()) if _asks(*one)]
    chinese: Style = max(("chinese", "chinese_paren"), key=lambda style: len(by_style.get(style, ())))
    count = len(by_style.get(chinese, ()))
    if count and (not digits or (count > MOST_CHINESE_SECTIONS and len(digits) < count)):
        return {chinese}, parts - {chinese}
    if "digit" in by_style:
        return {"digit"}, parts
    for style in ("paren", "bare"):
        if sum(_asks(*one) for one in by_style.get(style, ())) > (style == "bare"):
            return {style}, parts
    return set(), parts if count > 1 else {"part"}


def _pairs(written: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """Each line with the next one, the last with a blank one."""
    return zip_longest(written, written[1:], fillvalue=Line(0, ""))


def _asks(line: Line, after: str) -> bool:
    return is_asking(line.text) or is_marked(after)


def _awaits(words: Block, line: Line) -> bool:
    """Whether a blank line only stands between a title without a number and its A, or between its letters."""
    *titles, last = words.lines
    if is_marked(last.text):
        return is_marked(line.text) and any(is_asking(one.text) for one in titles)
    return is_asking(last.text) and begins_options(line.text)


class _Walk:
    """Goes down the lines with what it takes to tell a numbered question from a numbered option."""

    def __init__(self, asking: set[Style], heading: set[Style]) -> None:
        self.found: list[Block] = []
        self.blank = False
        self._asking = asking
        self._heading = heading
        self._last: int | None = None
        self._run = 0

    def take(self, line: Line, numbered: Mark | None, after: str) -> None:
        """Put one line where it belongs."""
        role = self._role(line, numbered, after)
        if role == "question" and numbered is not None and numbered.style in self._asking | {"bare"}:
            known = numbered.style in self._asking or tags.has_tag(line.text)
            self._begin(
                Block(role, (line.marked(numbered.rest),), numbered.label if known else "", numbered.number)
            )
            self._last, self._run = numbered.number, 0
        elif role in ("question", "page"):
            self._begin(Block(role, (line,)))
        elif role == "section":
            self._begin(Block(role, (line,)))
            self._run = 0
        else:
            self._words(line, numbered)
        self.blank = False

    def _begin(self, block: Block) -> None:
        self.found.append(block)

    def _words(self, line: Line, numbered: Mark | None) -> None:
        if numbered is not None and numbered.style in ("digit", "bare", "paren"):
            self._run = numbered.number
        last = self.found[-1] if self.found else None
        option = is_marked(line.text) or (self._run and numbered is not None)
        joins = (
            last is not None
            and last.role != "page"
            and (not self.blank or (option and (last.role == "question" or _awaits(last, line))))
        )
        if last is not None and joins:
            self.found[-1] = last.with_lines([line])
        else:
            self._begin(Block("words", (line,)))

    def _role(self, line: Line, numbered: Mark | None, after: str) -> Role:
        if tags.is_page(line.text):
            return "page"
        if numbered is not None and numbered.style in self._asking and self._next(line, numbered, after):
            return "question"
        late = numbered is not None and numbered.style == "bare" and "digit" in self._asking
        if (
            late
            and numbered is not None
            and numbered.number == (self._last or 0) + 1
            and re.search("[？?]", line.text)
        ):
            return "question"
        if tags.has_tag(line.text):
            return "words" if self._continues_title() else "question"
        if re.search("[？?]$", line.text) and not is_marked(line.text) and self._follows_options(numbered):
            return "question"
        if numbered is not None and numbered.style in self._heading and not self._in_options(numbered):
            return "section"
        named = numbered.rest if numbered is not None and numbered.style not in self._asking else line.text
        return "section" if _SECTION_NAME.fullmatch(named) and not is_marked(line.text) else "words"

    def _in_options(self, numbered: Mark) -> bool:
        """一、 can number an option, too, but only where questions do not use it and options have begun."""
        return numbered.style == "chinese_paren" and self._run > 0

    def _follows_options(self, numbered: Mark | None) -> bool:
        """Under lettered or boxed options a line that asks is a part of the question above, or the next."""
        last = self.found[-1] if self.found else None
        under = () if last is None or last.role != "question" else last.lines[1:]
        free = numbered is None or numbered.style in ("paren", "digit")
        return free and any(is_marked(one.text) for one in under)

    def _continues_title(self) -> bool:
        last = self.found[-1] if self.found else None
        if last is None or last.role != "question" or self.blank or not last.label:
            return False
        return not any(tags.has_tag(one.text) or is_marked(one.text) for one in last.lines)

    def _next(self, line: Line, numbered: Mark, after: str) -> bool:
        """Whether this number goes on with the questions, and not with options under one."""
        if numbered.style in ("named", "coded") or tags.has_tag(line.text):
            return True
        if self._last is None:
            return numbered.number <= 1 or is_asking(line.text) or begins_options(after)
        expected, number = self._last + 1, numbered.number
        running = number == self._run + 1
        fresh = bool(self.found) and self.found[-1].role == "section"
        if fresh and number in (1, expected):
            return True
        if number == expected:
            return not running or self._run == 0 or is_asking(line.text) or begins_options(after)
        if number > expected:
            return not running and number - expected <= _LARGEST_GAP and is_asking(line.text)
        if number == self._last and self.found[-1].role == "question" and not running:
            return is_asking(line.text) and begins_options(after)
        return number == 1 and self.blank and is_asking(line.text) and (begins_options(after) or not running)
