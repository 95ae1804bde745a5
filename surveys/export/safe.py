"""Texts that no program runs, chokes on or cuts in the middle: the one place for it, whatever the format.

A text that a spreadsheet could run as a formula gets one apostrophe in front, and so does a text that begins
with an apostrophe; taking one leading apostrophe away gives the original back, always.
"""

import re

_FORMULA = re.compile(r"'|[\t\r\n]|[\s\u200b\ufeff\x00-\x1f]*[=+\-@＝＋－＠\t\r\n]")
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n?")
_CUT = "…"


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return "'" + text if _FORMULA.match(text) else text


def printable(text: str) -> str:
    """Without the characters that XML 1.0 has no place for; every line ends in a line feed."""
    return _UNPRINTABLE.sub("", _LINE_END.sub("\n", text))


def shortened(text: str, most: int) -> str:
    """At most so many characters; a text that was cut ends in "…"."""
    return text if len(text) <= most else text[: most - 1] + _CUT


def cut(text: str, most: int) -> bytes:
    """At most so many bytes of UTF-8, never a part of a character."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore").encode()
