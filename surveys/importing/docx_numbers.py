"""The numbers that Word only draws: 1. · A、 · 一、 · □ in front of a paragraph."""

from collections import Counter
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHINESE = "零一二三四五六七八九"
_LONGEST_CHAIN = 20
"""Styles that rest on each other; a damaged file may have them in a circle."""


class Numbers:
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
