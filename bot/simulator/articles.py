"""What the platform keeps of an article's HTML: no scripts, no foreign images, no links."""

from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

KEPT = frozenset(
    [
        "p",
        "br",
        "section",
        "h1",
        "h2",
        "h3",
        "h4",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "span",
        "ul",
        "ol",
        "li",
        "blockquote",
        "hr",
        "img",
        "figure",
        "figcaption",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "sub",
        "sup",
    ]
)
VOID = frozenset({"br", "hr", "img"})
SILENCED = frozenset({"script", "style", "iframe", "object", "template", "title", "textarea", "noscript"})


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a draft; `content` is already cleaned, `cover` is the address of its image or empty."""

    title: str
    author: str
    digest: str
    content: str
    source_url: str
    thumb_media_id: str
    cover: str


class _Cleaner(HTMLParser):
    def __init__(self, own_images: str) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._own_images = own_images
        self._open: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent:
            return
        if tag in SILENCED:
            self._silent = tag
            return
        if tag not in KEPT:
            return
        if tag == "img":
            given = dict(attrs)
            source = given.get("src") or given.get("data-src") or ""
            if source.startswith(self._own_images):
                described = escape(given.get("alt") or "", quote=True)
                self.out.append(f'<img src="{escape(source, quote=True)}" alt="{described}">')
            return
        self.out.append(f"<{tag}>")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag == self._silent:
                self._silent = ""
            return
        if tag not in self._open:
            return
        while (inner := self._open.pop()) != tag:
            self.out.append(f"</{inner}>")
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.out.append(escape(data, quote=False))

    def rest(self) -> str:
        """Everything cleaned, open elements closed."""
        self.close()
        return "".join(self.out) + "".join(f"</{tag}>" for tag in reversed(self._open))


def clean(html: str, own_images: str) -> str:
    """The article as it will be shown: attributes and links go, as on the real platform.

    Images stay only from `own_images`, the prefix of uploaded ones.
    """
    cleaner = _Cleaner(own_images)
    cleaner.feed(html)
    return cleaner.rest()
