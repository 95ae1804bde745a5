"""A Word file -> its words, a line a paragraph: with the numbers, boxes and blanks that Word only draws."""

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from surveys.importing.docx_numbers import Numbers
from surveys.importing.docx_words import BOX, FALLBACK, REVISED, Tell, words
from surveys.importing.draft import Doubt
from surveys.importing.packages import BROKEN, broken, check_package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PICTURES = (
    "{http://schemas.openxmlformats.org/drawingml/2006/main}blip",
    "{urn:schemas-microsoft-com:vml}imagedata",
)
_ASIDE = {
    "header": "页眉", "footer": "页脚", "footnotes": "脚注", "endnotes": "尾注", "comments": "批注",
}  # fmt: skip
"""What stands beside the text, by the last part of its relationship's name."""
_REFERENCES = ("footnote", "endnote", "comment")
_ORDINAL = re.compile(r"\s*\d{0,3}\s*[.、．]?\s*")


def read_docx(data: bytes, name: str, doubts: list[Doubt]) -> str:
    """The text of the file, tables as tab-separated lines; what is no text is named in `doubts`.

    Refused (a ValueError) says in one Chinese sentence why the file cannot be read.
    """
    from docx import Document as open_docx  # python-docx takes long to load and few commands need it

    check_package(data, name)
    try:
        document = open_docx(io.BytesIO(data))
        numbers = Numbers(document)
        lines: list[str] = []
        told: dict[str, int] = {}
        referred: dict[tuple[str, str], int] = {}
        for block in document.element.body:
            at, said = len(lines) + 1, list[str]()
            for text in _lines(block, numbers, said.append):
                lines += text.split("\n")
            if pictures := _pictures(block):
                said.append(f"这里有 {pictures} 张图片，没有导入。")
            told = dict.fromkeys(said, at) | told
            for kind in _REFERENCES:
                for note in block.iter(f"{_W}{kind}Reference"):
                    referred[kind, note.get(f"{_W}id") or ""] = at
        doubts += [Doubt(at, one) for one, at in told.items()]
        _beside(document, referred, doubts)
    except BROKEN as error:
        raise broken(name) from error
    return "\n".join(lines)


def _pictures(block: Any) -> int:
    if not isinstance(block.tag, str):
        return 0
    return sum(
        not any(parent.tag == FALLBACK for parent in one.iterancestors()) for one in block.iter(*_PICTURES)
    )


def _beside(document: Any, referred: Mapping[tuple[str, str], int], doubts: list[Doubt]) -> None:
    """Headers, footers, notes and comments stand outside the text; a doubt tells what each says."""
    from docx.oxml import parse_xml

    for part in document.part.rels.values():
        kind = part.reltype.rpartition("/")[2]
        if kind not in _ASIDE or part.is_external:
            continue
        target = part.target_part
        root = target.element if hasattr(target, "element") else parse_xml(target.blob)
        for one in root if kind.removesuffix("s") in _REFERENCES else [root]:
            said = "".join(words(one, lambda _: None).split())
            line = referred.get((kind.removesuffix("s"), one.get(f"{_W}id") or ""), 1)
            if said:
                doubts.append(Doubt(line, f"{_ASIDE[kind]}没有导入：“{said}”"))


def _lines(block: Any, numbers: Numbers, tell: Tell) -> Iterator[str]:
    if block.tag == f"{_W}p":
        yield numbers.before(block) + words(block, tell)
        for box in block.iter(BOX):
            if not any(parent.tag == FALLBACK for parent in box.iterancestors()):
                said = [line for inner in box for line in _lines(inner, numbers, tell)]
                tell(f"文本框里的话放在了这一段后面，请核对位置：“{' '.join(said)}”")
                yield from said
    elif block.tag == f"{_W}tbl":
        yield from _rows(block, numbers, tell)
    elif block.tag == f"{_W}altChunk":
        tell("这里插入的另一个文件没有导入，请把它的内容复制进来。")
    elif block.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml"):
        for inner in block:
            yield from _lines(inner, numbers, tell)


def _rows(table: Any, numbers: Numbers, tell: Tell) -> Iterator[str]:
    """A line a row, its cells parted by tabs; a cell that goes on from above repeats what it says."""
    above: list[str] = []
    for row in _parts(table, f"{_W}tr"):
        if row.find(f"{_W}trPr/{_W}del") is not None:
            tell(REVISED)
            continue
        cells = list(_parts(row, f"{_W}tc"))
        said = [[line for block in cell for line in _lines(block, numbers, tell)] for cell in cells]
        long = [one for one in said if len(" ".join(one).split("\n")) + len(one) > 2]
        others = [" ".join(one) for one in said if one not in long]
        if len(long) == 1 and all(_ORDINAL.fullmatch(other) for other in others):
            yield "\t".join([*(other for other in others if other.strip()), long[0][0]])
            yield from long[0][1:]
            above = []
            continue
        joined = [" ".join(" ".join(one).split()) for one in said]
        above = [
            above[at] if not text and at < len(above) and _goes_on(cell) else text
            for at, (cell, text) in enumerate(zip(cells, joined, strict=True))
        ]
        yield "\t".join(above)


def _goes_on(cell: Any) -> bool:
    """Whether the cell is merged with the one above it."""
    merged = cell.find(f"{_W}tcPr/{_W}vMerge")
    return merged is not None and merged.get(f"{_W}val") != "restart"


def _parts(parent: Any, tag: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, also inside content controls; not those of inner tables."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins", f"{_W}moveTo"):
            yield from _parts(child, tag)
