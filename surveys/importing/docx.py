"""A Word file -> its words, a line a paragraph: with the numbers, boxes and blanks that Word only draws."""

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

from surveys.importing.draft import Doubt
from surveys.importing.packages import BROKEN, broken, check_package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHINESE = "零一二三四五六七八九"
_BLANK = "____"
_LONGEST_CHAIN = 20
"""Styles that rest on each other; a damaged file may have them in a circle."""
_UNREAD = (f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}pPr", f"{_W}txbxContent")
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def read_docx(data: bytes, name: str, doubts: list[Doubt]) -> str:
    """The text of the file, tables as tab-separated lines; what is no text is named in `doubts`.

    Refused (a ValueError) says in one Chinese sentence why the file cannot be read.
    """
    from docx import Document as open_docx  # python-docx takes long to load and few commands need it

    check_package(data, name)
    try:
        document = open_docx(io.BytesIO(data))
        numbers = _Numbers(document)
        lines: list[str] = []
        for block in document.element.body:
            for text in _lines(block, numbers):
                lines += text.split("\n")
            pictures = sum(1 for _ in block.iter(_PICTURE)) if isinstance(block.tag, str) else 0
            if pictures:
                doubts.append(Doubt(max(len(lines), 1), f"这里有 {pictures} 张图片，没有导入。"))
        _margins(document, doubts)
    except BROKEN as error:
        raise broken(name) from error
    return "\n".join(lines)


def _margins(document: Any, doubts: list[Doubt]) -> None:
    """Headers, footers and footnotes stand outside the text; a doubt tells what they say."""
    for part in document.part.rels.values():
        kind = part.reltype.rpartition("/")[2]
        if kind in ("header", "footer", "footnotes") and not part.is_external:
            root = part.target_part.element if hasattr(part.target_part, "element") else None
            words = "" if root is None else "".join(_words(root).split())
            if words:
                doubts.append(Doubt(1, f"页眉、页脚和脚注没有导入：“{words}”"))


def _lines(block: Any, numbers: "_Numbers") -> Iterator[str]:
    if block.tag == f"{_W}p":
        yield numbers.before(block) + _words(block)
        for box in block.iter(f"{_W}txbxContent"):
            if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
                for inner in box:
                    yield from _lines(inner, numbers)
    elif block.tag == f"{_W}tbl":
        for row in block.iter(f"{_W}tr"):
            cells = row.findall(f"{_W}tc")
            yield "\t".join(" ".join(_cell(cell, numbers).split()) for cell in cells)
    elif block.tag == f"{_W}sdt":
        for inner in block.find(f"{_W}sdtContent") or ():
            yield from _lines(inner, numbers)


def _cell(cell: Any, numbers: "_Numbers") -> str:
    return " ".join(line for block in cell for line in _lines(block, numbers))


def _words(element: Any) -> str:
    """The text under an element; a drawn box is □, an underlined gap ____, a soft break a new line."""
    pieces = []
    for child in element:
        if child.tag in _UNREAD or child.tag == _FALLBACK or not isinstance(child.tag, str):
            continue
        if child.tag == f"{_W}t":
            pieces.append(_underlined(child))
        elif child.tag == f"{_W}tab":
            pieces.append("\t")
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            pieces.append("\n")
        elif child.tag == f"{_W}sym":
            pieces.append("□")
        else:
            pieces.append(_words(child))
    return "".join(pieces)


def _underlined(text: Any) -> str:
    words = text.text or ""
    properties = text.getparent().find(f"{_W}rPr")
    line = None if properties is None else properties.find(f"{_W}u")
    drawn = line is not None and line.get(f"{_W}val") not in ("none", None)
    return _BLANK if drawn and words and not words.strip() else words


class _Numbers:
    """Word's automatic numbers, counted as Word counts them, list by list and level by level."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[tuple[str, int], tuple[str, str, int]] = {}
        self._lists: dict[str, str] = {}
        self._counts: dict[str, Counter[int]] = {}
        self._styles = {
            style.get(f"{_W}styleId"): style for style in document.styles.element.iter(f"{_W}style")
        }
        part = next(
            (rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/numbering")),
            None,
        )
        root = getattr(part, "element", None)
        if root is None:
            return
        for abstract in root.iter(f"{_W}abstractNum"):
            identity = abstract.get(f"{_W}abstractNumId")
            for level in abstract.iter(f"{_W}lvl"):
                depth = _integer(level.get(f"{_W}ilvl"), 0)
                parts = (
                    _value(level, "numFmt"),
                    _value(level, "lvlText"),
                    _integer(_value(level, "start"), 1),
                )
                self._levels[identity, depth] = parts
        for number in root.iter(f"{_W}num"):
            self._lists[number.get(f"{_W}numId")] = _value(number, "abstractNumId")

    def before(self, paragraph: Any) -> str:
        """The number that Word draws before this paragraph, with its blank; "" if none."""
        properties = self._properties(paragraph)
        if properties is None:
            return ""
        identity, depth = _value(properties, "numId"), _integer(_value(properties, "ilvl"), 0)
        abstract = self._lists.get(identity, "")
        if (abstract, depth) not in self._levels:
            return ""
        form, pattern, start = self._levels[abstract, depth]
        if form in ("bullet", "none"):
            return (
                "□ " if form == "bullet" and pattern in ("□", "\uf06f", "\uf0a8", "\uf071", "○", "o") else ""
            )
        counts = self._counts.setdefault(identity, Counter())
        counts[depth] = counts[depth] + 1 if depth in counts else start
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        for level in range(depth + 1):
            shape, _, first = self._levels.get((abstract, level), (form, "", 1))
            pattern = pattern.replace(f"%{level + 1}", _shown(counts.get(level, first), shape))
        return f"{pattern} "

    def _properties(self, paragraph: Any) -> Any:
        """The paragraph's own numbering, or that of its style or of one that the style rests on."""
        found = paragraph.find(f"{_W}pPr/{_W}numPr")
        named = paragraph.find(f"{_W}pPr/{_W}pStyle")
        style = None if named is None else self._styles.get(named.get(f"{_W}val"))
        for _ in range(_LONGEST_CHAIN):
            if found is not None or style is None:
                break
            found = style.find(f"{_W}pPr/{_W}numPr")
            style = self._styles.get(_value(style, "basedOn"))
        return found


def _shown(number: int, form: str) -> str:
    if form in ("upperLetter", "lowerLetter"):
        letter = chr(ord("A") + (number - 1) % 26)
        return letter if form == "upperLetter" else letter.lower()
    if form in ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographTraditional"):
        tens, ones = divmod(number, 10)
        head = "" if tens == 0 else "十" if tens == 1 else f"{_CHINESE[tens % 10]}十"
        return head + (_CHINESE[ones] if ones or not tens else "")
    return str(number)


def _value(parent: Any, name: str) -> str:
    found = parent.find(f"{_W}{name}")
    return "" if found is None else found.get(f"{_W}val") or ""


def _integer(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise
