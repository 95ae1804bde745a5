"""What a regulation is made of once it is read: document, articles, paragraphs and items, words unchanged."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Tier = Literal["village", "county", "city", "province", "national"]
TIERS: Mapping[Tier, str] = {
    "village": "村规民约、居民公约",
    "county": "县区通告",
    "city": "市级法规",
    "province": "省级法规",
    "national": "国家法律法规",
}
_MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")
_YEAR_OR_AMENDMENT = re.compile(
    r"[（(](?:\d{4}\s*年?\s*)?(?:第[一二三四五六七八九十]+次)?(?:修[订正改]|修正案|试行|\d{4}\s*年?\s*版?|新版)+"
    r"(?:文?本|稿|版)?[）)]$"
)


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
    """A 条. 第三条之一 has number 3; only the label tells it from 第三条. `line` is where the file has it.

    `summary` is what the office says in plain language, "" where it wrote nothing; it is no part of the text.
    """

    number: int
    label: str
    chapter: str
    section: str
    paragraphs: tuple[Paragraph, ...]
    line: int
    summary: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The stored words without the label, one line a paragraph or item."""
        return "\n".join(paragraph.whole for paragraph in self.paragraphs)


@dataclass(frozen=True, slots=True)
class Document:
    """A regulation. `area` is the place that made it ("杭州市"), "" for national law.

    `stated_tier` is what its title, notes or staff say, None where only the area tells. `expires` is the last
    day in force. `id` and `version` are those of the database, 0 for a text that is not stored.
    """

    title: str
    chapters: tuple[str, ...]
    articles: tuple[Article, ...]
    notes: tuple[str, ...] = ()
    adopted: date | None = None
    effective: date | None = None
    area: str = ""
    stated_tier: Tier | None = None
    issuer: str = ""
    source: str = ""
    expires: date | None = None
    id: int = field(default=0, compare=False)
    version: int = field(default=0, compare=False)

    @property
    def tier(self) -> Tier:
        """Whose law it is: a resident is answered from the nearest one first."""
        return self.stated_tier or tier_of_area(self.area)

    @property
    def work(self) -> str:
        """The title without year and 修订: all versions of one text share it."""
        return work_of(self.title)

    @property
    def kind(self) -> str:
        """What the text calls itself: 本条例, 本办法, 本规定 or 本法."""
        bare = self.title.split("（")[0].split("(")[0]
        for word in ("条例", "办法", "规定", "规则", "细则", "决定", "公约", "民约", "通告", "法"):
            if bare.endswith(word):
                return "本" + word
        return "本文件"


def tier_of_area(area: str) -> Tier:
    """What the name of a place tells about its law."""
    if not area:
        return "national"
    if area.endswith(("省", "自治区")) or area in _MUNICIPALITIES:
        return "province"
    return "county" if area.endswith(("县", "区", "旗")) else "city"


def work_of(title: str) -> str:
    """What the versions of one text have in common: "某市条例（2024年修订）" and "某市条例" are one work."""
    return _YEAR_OR_AMENDMENT.sub("", title.strip().strip("《》")).strip()


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
        "issuer": document.issuer,
        "source": document.source,
        "adopted": document.adopted.isoformat() if document.adopted else None,
        "effective": document.effective.isoformat() if document.effective else None,
        "expires": document.expires.isoformat() if document.expires else None,
        "warnings": [{"line": doubt.line, "message": doubt.message} for doubt in parsed.doubts],
    }
