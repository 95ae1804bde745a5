"""Files -> documents: .txt, .md, .html, .docx, .pdf, .jsonl of articles. Errors speak to the office."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import PurePath

from content.rules.document import Article, Document, Doubt, Parsed
from content.rules.ideographs import as_ideographs
from content.rules.lines import Line, opening
from content.rules.origin import area_of, tier_of
from content.rules.paragraphs import build_paragraphs
from content.rules.parsing import numbering_doubts, parse
from content.rules.pdf import pdf_text
from content.rules.word import docx_text

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_JSONL = 256 * 1024 * 1024

_ZIP = b"PK\x03\x04"

_BLOCKS = frozenset(
    ["p", "div", "br", "li", "tr", "td", "th", "dd", "dt", "section", "article", "blockquote", "title"]
    + [f"h{level}" for level in range(1, 7)]
)
_HIDDEN = frozenset(("script", "style", "noscript", "template"))
_CHARSET = re.compile(rb"charset=[\"']?\s*([\w-]+)", re.I)


def read_documents(data: bytes, name: str) -> tuple[Parsed, ...]:
    """Every document in the file; `name` tells the format. ValueError says in plain Chinese what is wrong."""
    if PurePath(name).suffix.lower() == ".jsonl":
        _check_size(data, name, LARGEST_JSONL)
        return tuple(_jsonl(decode(data, name), name))
    text, doubts = read_text(data, name)
    parsed = parse(text)
    if not doubts:
        return (parsed,)
    every = sorted((*doubts, *parsed.doubts), key=lambda doubt: doubt.line)
    return (replace(parsed, doubts=tuple(every)),)


def read_text(data: bytes, name: str) -> tuple[str, tuple[Doubt, ...]]:
    """The text of a file of one document, whose lines the doubts count, and what its format left uncertain.

    ValueError says in plain Chinese what is wrong.
    """
    _check_size(data, name, LARGEST_FILE)
    suffix = PurePath(name).suffix.lower()
    doubts: tuple[Doubt, ...] = ()
    if suffix in {".txt", ".md"}:
        text = decode(data, name)
    elif suffix in {".html", ".htm"}:
        text = html_text(data, name)
    elif suffix == ".docx" or (suffix in {".doc", ".wps"} and data.startswith(_ZIP)):
        text, doubts = docx_text(data, name)
    elif suffix == ".pdf":
        text, doubts = pdf_text(data, name)
    elif suffix in {".doc", ".wps", ".rtf", ".odt"}:
        raise ValueError(f"暂不能读取“{name}”，请在 Word/WPS 里另存为 .docx 后再导入。")
    elif suffix in {".ofd", ".ceb", ".caj"}:
        raise ValueError(f"暂不能读取“{name}”，请在阅读软件里另存为 .docx 或有文字的 .pdf 后再导入。")
    elif suffix in {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"}:
        raise ValueError(f"“{name}”是图片。请找原来的 Word 文件，或用“文字识别”转成 .docx 并核对后再导入。")
    else:
        raise ValueError(f"不认识“{name}”的格式，请使用 .docx、.pdf、.txt、.md、.html 或 .jsonl 文件。")
    return as_ideographs(text), doubts


def _check_size(data: bytes, name: str, limit: int) -> None:
    if len(data) > limit:
        raise ValueError(f"文件“{name}”超过 {limit // (1024 * 1024)} MB，请拆分后再导入。")


def decode(data: bytes, name: str) -> str:
    """UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValueError(f"“{name}”的文字编码无法识别，请另存为 UTF-8 后再导入。")


def html_text(data: bytes, name: str) -> str:
    """The visible text of a page, a line a block; title and scripts are no words of the regulation."""
    declared = _CHARSET.search(data[:2048])
    charset = declared[1].decode("ascii", "replace").lower() if declared else ""
    if charset in {"gb2312", "gbk", "gb18030"}:
        text = data.decode("gb18030", "replace")
    else:
        text = decode(data, name)
    page = _Page()
    page.feed(text)
    page.close()
    return "".join(page.pieces)


class _Page(HTMLParser):
    """Collects text; block elements end a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0
        self._title = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        self._title += tag == "title"
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        self._title = max(0, self._title - (tag == "title"))
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden and not self._title:
            self.pieces.append(re.sub(r"[\r\n]+[ \t]*", "", data))


def _jsonl(text: str, name: str) -> Iterator[Parsed]:
    """Articles grouped by document, in the order of the file."""
    articles: dict[str, list[Article]] = {}
    doubts: dict[str, list[Doubt]] = {}
    for at, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw)
            title, label, words = row["document"], row["article"], row["text"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"“{name}”第{at}行不是完整的一条（需要 document、article、text）。") from error
        if not (
            isinstance(title, str) and title.strip() and isinstance(label, str) and isinstance(words, str)
        ):
            raise ValueError(f"“{name}”第{at}行的 document、article、text 应当都是文字。")
        found = opening(Line(at, label.strip()), 0)
        kept = doubts.setdefault(title, [])
        entries = articles.setdefault(title, [])
        if found is None:
            kept.append(Doubt(at, f"条号“{label[:20]}”无法识别，这一条没有导入。"))
            continue
        paragraphs = build_paragraphs([line for line in words.split("\n") if line.strip()])
        if not paragraphs:
            kept.append(Doubt(at, f"{found.label}没有内容。"))
        entries.append(Article(found.number, found.label, "", "", paragraphs, at))
    if not articles:
        raise ValueError(f"“{name}”里没有条文。")
    for title, entries in articles.items():
        found_doubts = doubts[title] + numbering_doubts(entries)
        yield Parsed(
            Document(title.strip(), (), tuple(entries), area=area_of(title), stated_tier=tier_of(title, "")),
            tuple(sorted(found_doubts, key=lambda doubt: doubt.line)),
        )
