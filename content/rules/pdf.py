"""PDF files with text -> its lines: joined where the page's width broke them, page furniture dropped.

Pages that are pictures have no words; a file of such pages is refused with what to do instead.
"""

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from content.rules.document import Doubt
from content.rules.ideographs import as_ideographs
from content.rules.lines import BLANK, Line, heading, is_contents, opening
from content.rules.paragraphs import item_label

MOST_PAGES = 600
FEWEST_WORDS = 10
EDGE = 2
"""How many lines at the top and at the foot of a page may be furniture."""
FULL = 2.5
"""A line is full when at most so many characters more would have fitted."""
QUITE_FULL = 1.0
INDENTED = 0.15

_PAGE_NUMBER = re.compile(
    r"[\s\-—–·.•第共页／/|]*(?:\d{1,4}|[一二三四五六七八九十]{1,3})[\s\-—–·.•第共页／/|\d]*"
)
_INNER_BLANK = re.compile(rf"(?<![A-Za-z0-9.,])[{BLANK}]+|[{BLANK}]+(?![A-Za-z0-9])")
_ENDED = re.compile(r"[。；：！？!?]$")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\uffef\u3000-\u303f“”‘’—…]")


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the page has it: without outer blanks, its width in Chinese characters, whether indented."""

    text: str
    width: float
    indented: bool
    page: int


def pdf_text(data: bytes, name: str) -> tuple[str, tuple[Doubt, ...]]:
    """The text, a line a paragraph, and what was uncertain, by the line of that text.

    ValueError in words for staff: broken, locked, too long, or without words.
    """
    pages = _pages(data, name)
    doubts: list[Doubt] = []
    if empty := [number for number, page in enumerate(pages, 1) if not page.strip()]:
        if sum(len(page.strip()) for page in pages) < FEWEST_WORDS * len(pages):
            raise ValueError(
                f"“{name}”是扫描的图片，里面没有文字。请找原来的 Word 文件，"
                "或用 WPS 的“文字识别”转成 .docx 并核对后再导入。"
            )
        numbers = "、".join(map(str, empty))
        doubts.append(Doubt(1, f"第{numbers}页没有文字，可能是扫描的图片，请核对有没有漏掉内容。"))
    rows, dropped = _without_furniture([_rows(page, number) for number, page in enumerate(pages, 1)])
    if dropped:
        shown = "、".join(f"“{text[:20]}”" for text in dropped[:3])
        doubts.append(Doubt(1, f"已去掉页眉、页脚和页码：{shown}等。"))
    lines, unsure = _joined(rows)
    for number in unsure:
        doubts.append(Doubt(number, "上一段正好写满一行，这里按另起一段处理，请对照原文核对。"))
    return "\n".join(lines), tuple(doubts)


def _pages(data: bytes, name: str) -> list[str]:
    from pypdf import PdfReader  # takes a while to load and few commands need it

    # It reports every odd byte; our own refusal says what to do.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    refused = ""
    pages: list[str] = []
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            refused = "设了打开密码，请去掉密码后另存，再导入。"
        elif len(reader.pages) > MOST_PAGES:
            refused = f"超过 {MOST_PAGES} 页，请只留下法规正文再导入。"
        else:
            pages = [as_ideographs(page.extract_text()) for page in reader.pages]
    except Exception as error:  # a damaged file makes the library raise whatever it likes
        again = "请重新下载，或在阅读软件里另存为 PDF 或 Word 后再导入。"
        raise ValueError(f"“{name}”打不开，文件可能已损坏，{again}") from error
    if refused:
        raise ValueError(f"“{name}”{refused}")
    return pages


def _rows(page: str, number: int) -> list[Row]:
    found = []
    for raw in page.split("\n"):
        text = _INNER_BLANK.sub("", raw.strip(BLANK))
        if text:
            width = sum(1.0 if _WIDE.match(letter) else 0.5 for letter in text)
            found.append(Row(text, width, raw[0] in BLANK, number))
    return found


def _without_furniture(pages: Sequence[list[Row]]) -> tuple[list[Row], list[str]]:
    """All rows but page numbers and what stands at the edge of most pages; what was left out, each once."""
    edges: Counter[str] = Counter()
    for rows in pages:
        edges.update({_bare(row.text) for row in (*rows[:EDGE], *rows[-EDGE:])})
    often = max(2, (len(pages) + 1) // 2)
    kept: list[Row] = []
    dropped: list[str] = []
    for rows in pages:
        for at, row in enumerate(rows):
            edge = at < EDGE or at >= len(rows) - EDGE
            repeated = edges[_bare(row.text)] >= often and len(pages) > 1 and not _opens(row.text)
            if edge and (repeated or _PAGE_NUMBER.fullmatch(row.text)):
                dropped.append(row.text)
            else:
                kept.append(row)
    return kept, list(dict.fromkeys(dropped))


def _bare(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _joined(rows: Sequence[Row]) -> tuple[list[str], list[int]]:
    """Paragraphs, and the numbers (from 1) of those that might belong to the one before."""
    widest: dict[int, float] = {}
    for row in rows:
        widest[row.page] = max(widest.get(row.page, 0.0), row.width)
    usual = sorted(widest.values())[len(widest) // 2] if widest else 0.0
    shows_indent = INDENTED < sum(row.indented for row in rows) / max(len(rows), 1) < 1 - INDENTED
    lines: list[str] = []
    unsure: list[int] = []
    before: Row | None = None
    for row in rows:
        left = usual - before.width - before.indented * 2 if before else usual
        if before is None or _opens(row.text) or left > FULL or (shows_indent and row.indented):
            lines.append(row.text)
        elif _ENDED.search(before.text) and not shows_indent:
            lines.append(row.text)
            if left <= QUITE_FULL:
                unsure.append(len(lines))
        else:
            lines[-1] += row.text
        before = row
    return lines, unsure


def _opens(text: str) -> bool:
    """Whether the line begins something by its own words."""
    line = Line(1, text)
    return bool(opening(line, 0) or heading(line) or item_label(text) or is_contents(line))
