"""What a regulation is made of once it is read: document, articles, paragraphs and items, words unchanged."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Tier = Literal["city", "province", "national"]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of an enumeration: label as printed ("（一）"); nested entries are lines of its text."""

    label: str
    text: str

    @property
    def line(self) -> str:
        """The item as printed."""
        return self.label + self.text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A 款: its number within the article from 1, its words, and the items they introduce."""

    number: int
    text: str
    items: tuple[Item, ...] = ()

    @property
    def whole(self) -> str:
        """Words and items, one line each."""
        return "\n".join(filter(None, (self.text, *(item.line for item in self.items))))


@dataclass(frozen=True, slots=True)
class Article:
    """A 条. 第三条之一 has number 3; only the label tells it from 第三条. `line` is where the file has it."""

    number: int
    label: str
    chapter: str
    section: str
    paragraphs: tuple[Paragraph, ...]
    line: int

    @property
    def text(self) -> str:
        """The stored words without the label, one line a paragraph or item."""
        return "\n".join(paragraph.whole for paragraph in self.paragraphs)


@dataclass(frozen=True, slots=True)
class Document:
    """A regulation. `area` is the place that made it ("杭州市"), "" for national law."""

    title: str
    chapters: tuple[str, ...]
    articles: tuple[Article, ...]
    notes: tuple[str, ...] = ()
    adopted: date | None = None
    effective: date | None = None
    area: str = ""

    @property
    def tier(self) -> Tier:
        """Whose law it is: a resident is answered from the nearest one first."""
        if not self.area:
            return "national"
        return "province" if self.area.endswith(("省", "自治区")) else "city"

    @property
    def kind(self) -> str:
        """What the text calls itself: 本条例, 本办法, 本规定 or 本法."""
        bare = self.title.split("（")[0].split("(")[0]
        for word in ("条例", "办法", "规定", "规则", "细则", "决定", "公约", "法"):
            if bare.endswith(word):
                return "本" + word
        return "本文件"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person should look at: the line of the file (from 1) and words for the office's staff."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document and everything about its reading that was not certain."""

    document: Document
    doubts: tuple[Doubt, ...] = field(default=())


def report(parsed: Parsed, file: str) -> dict[str, object]:
    """One entry of the `documents` that `civility rules import --json` prints."""
    document = parsed.document
    return {
        "file": file,
        "title": document.title,
        "chapters": len(document.chapters),
        "articles": len(document.articles),
        "area": document.area,
        "tier": document.tier,
        "adopted": document.adopted.isoformat() if document.adopted else None,
        "effective": document.effective.isoformat() if document.effective else None,
        "warnings": [{"line": doubt.line, "message": doubt.message} for doubt in parsed.doubts],
    }
