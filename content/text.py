"""PURE. What a campaign says: words, pictures and a time; the form in which it is signed, and as an article.

A picture stands in the body as a line of its own, `[图1]`, and is known by the hash of its bytes, so that a
signature covers what is seen as well as what is read.
"""

import hashlib
import html
import json
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from content.audience import EVERYBODY
from content.festivals import Tone

Way = Literal["mass", "publish", "custom", "notice"]
"""How a push goes: to all at once, onto the account's page only, or to each one who wrote lately, or who
agreed to be told.
"""
EACH_ALONE: frozenset[Way] = frozenset({"custom", "notice"})
"""Ways in which everybody is written to for himself."""

_ADDRESS = re.compile(r"https?://[!#-&*-;=?-\[\]-~]+", re.IGNORECASE)
_HOST = re.compile(r"https?://[a-z0-9\-]+(\.[a-z0-9\-]+)*(:\d+)?([/?#]|$)", re.IGNORECASE)
PICTURE_LINE = re.compile(r"[\[［【]图\s*(\d{1,2})\s*[\]］】]")
PICTURE_ADDRESS = "picture:"
"""Stands before a picture's hash in an article, until the platform has given the picture an address."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by the SHA-256 (hex) of its bytes; `alt` says what it shows to those who cannot see it."""

    sha256: str
    alt: str


@dataclass(frozen=True, slots=True)
class Block:
    """A line of the body: a paragraph (`place` is p1, p2, …), or a picture."""

    words: str
    place: str
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What is reviewed and frozen: the words, the pictures, and when they go out.

    `body` is plain text, one paragraph or picture a line. `festival` is a name of the calendar or "",
    `audience` the key of a segment or "" for everybody, `cover` a picture's hash or "" for the usual one.
    `taken` is the platform's own draft that goes out, with the hash that it had when it was taken over.
    Times are aware.
    """

    title: str
    body: str
    digest: str
    source: str
    festival: str
    tone: Tone
    due_at: datetime
    lateness_minutes: int
    audience: str = EVERYBODY
    way: Way = "mass"
    cover: str = ""
    pictures: tuple[Picture, ...] = ()
    taken: str = ""
    taken_hash: str = ""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The lines of the body that hold something, in their order."""
        found, paragraphs = [], 0
        for line in (part.strip() for part in self.body.splitlines()):
            if (number := picture_number(line)) and number <= len(self.pictures):
                found.append(Block("", "", self.pictures[number - 1]))
            elif line:
                paragraphs += 1
                found.append(Block(line, f"p{paragraphs}"))
        return tuple(found)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The lines of the body that hold words."""
        return tuple(block.words for block in self.blocks if block.picture is None)

    @property
    def links(self) -> tuple[str, ...]:
        """The addresses that stand in the body, each once; a full stop behind one is none of it."""
        found = [match[0].rstrip(".,;:!?'*") for match in _ADDRESS.finditer("\n".join(self.paragraphs))]
        return tuple(dict.fromkeys(link for link in found if _HOST.match(link)))

    @property
    def images(self) -> tuple[str, ...]:
        """The hashes of all its pictures, the cover's first."""
        held = (self.cover, *(picture.sha256 for picture in self.pictures))
        return tuple(dict.fromkeys(sha256 for sha256 in held if sha256))

    @property
    def canonical(self) -> dict[str, object]:
        """What a signature stands for: the same words and pictures at the same time, and nothing else."""
        canonical: dict[str, object] = {
            "title": self.title,
            "body": self.body,
            "digest": self.digest,
            "source": self.source,
            "festival": self.festival,
            "tone": self.tone,
            "due_at": int(self.due_at.timestamp()),
            "lateness_minutes": self.lateness_minutes,
        }
        # Left out where it says nothing, so that what was signed before there were such things stays signed.
        if self.audience != EVERYBODY:
            canonical["audience"] = self.audience
        if self.way != "mass":
            canonical["way"] = self.way
        if self.taken:
            canonical |= {"taken": self.taken, "taken_hash": self.taken_hash}
        if self.cover:
            canonical["cover"] = self.cover
        if self.pictures:
            canonical["pictures"] = [{"sha256": one.sha256, "alt": one.alt} for one in self.pictures]
        return canonical

    @property
    def hash(self) -> str:
        """SHA-256 (hex) over the canonical form."""
        text = json.dumps(self.canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def message(self) -> str:
        """The same words as a message to one person: no markup, no pictures, the title first."""
        source = [f"来源：{self.source}"] if self.source else []
        return "\n".join([f"【{self.title}】", *self.paragraphs, *source])

    @property
    def article(self) -> str:
        """The body as WeChat takes it: HTML with inline style, every character escaped; a picture's address
        is still `picture:` and its hash.
        """
        style = "margin:0 0 1em;line-height:1.75;font-size:17px;"
        parts = [f'<p style="{style}">{_inside(block)}</p>' for block in self.blocks]
        if self.source:
            parts.append(f'<p style="{style}color:#888888;">来源：{html.escape(self.source)}</p>')
        return "".join(parts)


def picture_number(line: str) -> int:
    """Which picture a line of the body stands for; 0 for a line of words."""
    found = PICTURE_LINE.fullmatch(line.strip())
    return int(found[1]) if found else 0


def tidy(content: Content) -> Content:
    """The content without what no reader sees: control characters, stray surrogates, outer blanks."""
    return replace(
        content,
        title=_line(content.title),
        digest=_line(content.digest),
        source=_line(content.source),
        body="\n".join(
            line for line in (_line(part) for part in content.body.replace("\r\n", "\n").split("\n")) if line
        ),
        pictures=tuple(Picture(one.sha256, _line(one.alt)) for one in content.pictures),
    )


def _inside(block: Block) -> str:
    if block.picture is None:
        return html.escape(block.words)
    alt = html.escape(block.picture.alt, quote=True)
    source = f"{PICTURE_ADDRESS}{block.picture.sha256}"
    return f'<img src="{source}" alt="{alt}" style="max-width:100%;height:auto;">'


def _line(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"}).strip()
