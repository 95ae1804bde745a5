"""A pasted text as numbered lines in one form: half-width letters and digits, simplified characters."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from surveys.importing.draft import Doubt
from surveys.script import simplified

MOST_LINES = 5_000
MOST_LETTERS = 300_000
LONGEST_LINE = 2_000

_NEWLINE = re.compile(r"\r\n|[\r\n\u2028\u2029]")
_WIDE_GAP = re.compile(r"[^\S\t]{5,}|\s{21,}")
"""Blanks only part words; how wide they are drawn says nothing more."""
_EMPTY_BOX = re.compile(r"^\[\s{0,3}\]")
"""How 问卷星 prints the place for a rank, when its questionnaire is saved as a Word file."""
_RULED = re.compile(r"[-=_\s]*")
_SEPARATORS = str.maketrans(dict.fromkeys("§¤〒", " "))
"""Marks that 问卷星 uses inside its own files, and so takes out of a paste."""
_HALF_WIDTH = {
    code: code - 0xFEE0 for code in range(0xFF10, 0xFF5E) if chr(code).isalnum() or chr(code) in "［］"
}
"""Round brackets stay as they are: they read better among Chinese words, and mean the same here."""
_TRADITIONAL_SHARE = 0.05
"""With more changed characters than this a text is traditional; below, they are names."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the source: its number from 1, its words without outer blanks; "" is a blank line."""

    number: int
    text: str

    def marked(self, text: str) -> "Line":
        """The same place with other words."""
        return Line(self.number, text.strip())


def split_lines(text: str) -> list[str]:
    """The source line by line, as doubts count them from 1."""
    return _NEWLINE.split(text.removeprefix("\ufeff"))


def read_lines(text: str, doubts: list[Doubt]) -> list[Line]:
    """Every line, blank ones too; ValueError where this is no questionnaire but a book."""
    raw = split_lines(text)
    if len(text) > MOST_LETTERS or len(raw) > MOST_LINES or any(len(line) > LONGEST_LINE for line in raw):
        raise ValueError(f"文字太多，不像一份问卷；请只留问卷部分，每段不超过 {LONGEST_LINE} 字，再导入。")
    script = _script("".join(raw), doubts)
    lines = []
    for number, original in enumerate(raw, start=1):
        cleaned = "".join(
            c for c in original if c == "\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
        )
        if any(c in cleaned for c in "§¤〒"):
            doubts.append(Doubt(number, "§、¤、〒 这些符号已换成空格。"))
        line = script(cleaned.translate(_SEPARATORS).translate(_HALF_WIDTH)).strip()
        line = _EMPTY_BOX.sub("□", line)
        line = _WIDE_GAP.sub(lambda gap: gap[0][: 20 if "\t" in gap[0] else 4], line)
        lines.append(Line(number, "" if _RULED.fullmatch(line) else line))
    return lines


def is_english(lines: list[Line]) -> bool:
    """Whether English words outnumber Chinese characters: blanks then part words, not options."""
    text = "\n".join(line.text for line in lines)
    return len(re.findall("[A-Za-z]{2,}", text)) > len(re.findall("[\u4e00-\u9fff]", text))


def _script(text: str, doubts: list[Doubt]) -> Callable[[str], str]:
    table = simplified()
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in text)
    changed = sum(ord(c) in table for c in text)
    if changed <= _TRADITIONAL_SHARE * chinese:
        return str
    doubts.append(Doubt(1, "原文是繁体字，已转成简体，请核对用字。"))
    return lambda line: line.translate(table)
