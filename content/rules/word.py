"""Word files -> the lines of the text: automatic numbers written out, pending revisions taken as accepted.

Whatever a line cannot show (text boxes, footnotes) is named in a doubt; nothing is dropped in silence.
"""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from content.rules.document import Doubt
from content.rules.numerals import to_chinese

LARGEST_UNPACKED = 200 * 1024 * 1024

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEFT_OUT = frozenset(_W + name for name in ("del", "moveFrom", "txbxContent", "instrText", "pPr", "rPr"))
_BREAKS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n"}
_CHINESE = re.compile(r"chinese|ideograph|japanese|taiwanese|korean", re.I)


def docx_text(data: bytes, name: str) -> tuple[str, tuple[Doubt, ...]]:
    """The words in order, tables included, a line a paragraph; ValueError in words for staff."""
    if data.startswith(_OLD_OFFICE):
        locked = _ENCRYPTED in data
        why = "设了打开密码，请去掉密码后" if locked else "其实是旧的 .doc 格式，请在 Word/WPS 里"
        raise ValueError(f"“{name}”{why}另存为 .docx 再导入。")
    try:
        unpacked, noted = _look_inside(data)
        read = _read(data, noted) if unpacked <= LARGEST_UNPACKED else None
    except Exception as error:  # a damaged file makes zip, XML and Word libraries raise whatever they like
        raise ValueError(f"“{name}”打不开，文件可能已损坏，请在 Word/WPS 里重新另存为 .docx。") from error
    if read is None:
        raise ValueError(f"“{name}”解开后过大，请删去图片后再导入。")
    return read


def _look_inside(data: bytes) -> tuple[int, bool]:
    """How large the file is unpacked, and whether it has notes with words."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        notes = [one for one in archive.infolist() if one.filename in _NOTES and size <= LARGEST_UNPACKED]
        return size, any(_has_words(archive.read(one)) for one in notes)


def _read(data: bytes, noted: bool) -> tuple[str, tuple[Doubt, ...]]:
    from docx import Document as open_docx  # python-docx takes long to load and few commands need it

    document = open_docx(io.BytesIO(data))
    body, numbering = document.element.body, _numbering(document)
    lines = list(_lines(body, numbering))
    return "\n".join(lines).replace("\f", "\n"), tuple(_doubts(body, numbering, noted))


@dataclass(slots=True)
class _Numbering:
    """Word's automatic numbers: by list and level their pattern ("第%1条"), and how far each has counted."""

    levels: dict[str, dict[int, tuple[str, str, int]]] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)
    counted: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    written: int = 0

    def label(self, paragraph: Any) -> str:
        """The number that Word shows before this paragraph, "" for none."""
        found = self._place(paragraph)
        if found is None:
            return ""
        number, level = found
        abstract = self.lists.get(number, "")
        levels = self.levels.get(abstract, {})
        if level not in levels:
            return ""
        counts = self.counted[abstract]
        counts[level] = counts.get(level, levels[level][2] - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        pattern = levels[level][0]
        for at, (_, kind, start) in levels.items():
            pattern = pattern.replace(f"%{at + 1}", _numeral(counts.get(at, start), kind))
        self.written += bool(pattern.strip())
        return pattern

    def _place(self, paragraph: Any) -> tuple[str, int] | None:
        own = paragraph.find(f"{_W}pPr/{_W}numPr")
        if own is not None:
            number, level = own.find(f"{_W}numId"), own.find(f"{_W}ilvl")
            if number is not None:
                found = _value(number)
                return None if found == "0" else (found, int(_value(level) or 0) if level is not None else 0)
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return self.styles.get(_value(style)) if style is not None else None


def _numbering(document: Any) -> _Numbering:
    made = _Numbering()
    part = next(
        (one.target_part for one in document.part.rels.values() if one.reltype.endswith("/numbering")), None
    )
    if part is None:
        return made
    for abstract in part.element.findall(f"{_W}abstractNum"):
        levels = made.levels.setdefault(abstract.get(f"{_W}abstractNumId"), {})
        for level in abstract.findall(f"{_W}lvl"):
            text, kind, start = (level.find(_W + one) for one in ("lvlText", "numFmt", "start"))
            if text is None or kind is None or _value(kind) in ("bullet", "none"):
                continue
            first = int(_value(start) or 1) if start is not None else 1
            levels[int(level.get(f"{_W}ilvl"))] = (_value(text), _value(kind), first)
    for one in part.element.findall(f"{_W}num"):
        abstract = one.find(f"{_W}abstractNumId")
        if abstract is not None:
            made.lists[one.get(f"{_W}numId")] = _value(abstract)
    for style in document.styles.element.findall(f"{_W}style"):
        number, level = (style.find(f"{_W}pPr/{_W}numPr/{_W}{one}") for one in ("numId", "ilvl"))
        if number is not None:
            at = int(_value(level) or 0) if level is not None else 0
            made.styles[style.get(f"{_W}styleId")] = (_value(number), at)
    return made


def _lines(body: Any, numbering: _Numbering) -> Iterator[str]:
    """A line a paragraph or a table's row, in the order of the file, also inside content controls."""
    for block in body:
        if block.tag == f"{_W}p":
            label, text = numbering.label(block), _words(block)
            yield label + text if text.strip() else text
        elif block.tag == f"{_W}tbl":
            for row in block.iter(f"{_W}tr"):
                cells = (
                    "".join(_words(one) for one in cell.iter(f"{_W}p")) for cell in row.findall(f"{_W}tc")
                )
                yield "\t".join(cells)
        elif block.tag == f"{_W}sdt":
            for content in block.findall(f"{_W}sdtContent"):
                yield from _lines(content, numbering)
        elif block.tag in (f"{_W}ins", f"{_W}moveTo", f"{_W}customXml"):
            yield from _lines(block, numbering)


def _words(element: Any) -> str:
    """The words of a paragraph as they read once every revision is accepted."""
    if element.tag in _LEFT_OUT:
        return ""
    if element.tag == f"{_W}t":
        return element.text or ""
    return _BREAKS.get(element.tag, "") + "".join(_words(child) for child in element)


def _doubts(body: Any, numbering: _Numbering, noted: bool) -> Iterator[Doubt]:
    if next(body.iter(f"{_W}ins", f"{_W}del", f"{_W}moveFrom"), None) is not None:
        yield Doubt(1, "文件里有还没接受的修订，已按全部接受来读，请确认是不是定稿。")
    if any((text.text or "").strip() for box in body.iter(f"{_W}txbxContent") for text in box.iter(f"{_W}t")):
        yield Doubt(1, "文件里有文本框，框里的文字没有读入，请核对。")
    if noted:
        yield Doubt(1, "文件里有脚注或尾注，注里的文字没有读入，请核对。")
    if numbering.written:
        yield Doubt(1, f"有{numbering.written}段的编号是 Word 自动编号，已写成文字，请核对条号。")


def _has_words(xml: bytes) -> bool:
    """Whether a part of notes holds words: Word always writes the two separators."""
    return bool(re.search(rb"<w:t[ >][^<]*[^<\s]", xml))


def _numeral(number: int, kind: str) -> str:
    if _CHINESE.search(kind) and 1 <= number <= 9999:
        return to_chinese(number)
    if kind == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    return str(number)


def _value(element: Any) -> str:
    return element.get(f"{_W}val") or ""
