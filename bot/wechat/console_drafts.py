"""Drafts that somebody wrote in the platform's own console, as its API shows them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

FROZEN = ("title", "author", "digest", "content", "content_source_url", "thumb_media_id")
"""What of an article a reader sees; addresses that the platform makes anew each time are left out."""
_BREAKS = frozenset({"p", "br", "div", "section", "li", "h1", "h2", "h3", "h4", "tr", "blockquote"})
_SILENT = frozenset({"script", "style"})


@dataclass(frozen=True, slots=True)
class ConsoleDraft:
    """A draft of one or more articles, of which the first names it; `updated_at` in epoch seconds."""

    media_id: str
    title: str
    author: str
    digest: str
    paragraphs: tuple[str, ...]
    pictures: int
    articles: int
    updated_at: int
    hash: str


def read(media_id: str, answer: Mapping[str, Any], updated_at: int) -> ConsoleDraft | None:
    """The draft in an answer of the API; None for what has no article."""
    listed = answer.get("news_item")
    items = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, Sequence) else []
    if not items:
        return None
    first = {name: str(items[0].get(name, "")) for name in FROZEN}
    text = _Text()
    text.feed(first["content"])
    text.close()
    frozen = [{name: str(one.get(name, "")) for name in FROZEN} for one in items]
    canonical = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ConsoleDraft(
        media_id,
        first["title"],
        first["author"],
        first["digest"],
        text.paragraphs,
        text.pictures,
        len(items),
        updated_at,
        hashlib.sha256(canonical.encode()).hexdigest(),
    )


class _Text(HTMLParser):
    """The words of an article, one paragraph a line, and how many pictures stand among them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines = [""]
        self._silent = ""
        self.pictures = 0

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(line for line in (" ".join(one.split()) for one in self._lines) if line)

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag in _SILENT:
            self._silent = tag
        elif tag in _BREAKS:
            self._lines.append("")
        elif tag == "img":
            self.pictures += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif tag in _BREAKS:
            self._lines.append("")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._lines[-1] += data
