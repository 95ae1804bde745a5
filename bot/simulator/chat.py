"""PURE  How a phone reads a text message: which parts of it are links, and what a tap on one does."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Literal
from urllib.parse import unquote, urlsplit

ANCHOR = re.compile(r"<a\s[^>]*?href\s*=\s*(\"[^\"]*\"|'[^']*')[^>]*>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
BARE = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
MENU = "weixin://bizmsgmenu?"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text: plain (`text`) or a link.

    `open` leads to the address `target`; a tap on `say` sends the text `target` with `menu_id`.
    """

    kind: Literal["text", "open", "say"]
    label: str
    target: str = ""
    menu_id: str = ""


def numeric_id(menu_id: str) -> str:
    """The bizmsgmenuid that arrives: letters come back lost, as 0 (facts 2.3)."""
    return menu_id if menu_id.isascii() and menu_id.isdigit() else "0"


def segments(text: str) -> list[Segment]:
    """The text cut at its links.

    Any other markup, and a link to anything but http, https, tel or a menu, stays text.
    """
    found: list[Segment] = []
    at = 0
    for match in ANCHOR.finditer(text):
        link = _link(unescape(match[1][1:-1].strip()), unescape(match[2]))
        if link is None:
            continue
        found += _bare(text[at : match.start()])
        found.append(link)
        at = match.end()
    return found + _bare(text[at:])


def _link(href: str, label: str) -> Segment | None:
    if href.startswith(MENU):
        given = dict(pair.partition("=")[::2] for pair in href.removeprefix(MENU).split("&"))
        said = unquote(given.get("msgmenucontent", "")) or label
        return Segment("say", label, said, numeric_id(given.get("msgmenuid", "")))
    return Segment("open", label, href) if may_open(href) else None


def may_open(href: str) -> bool:
    """Whether a phone opens this address at all."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return parts.scheme == "tel" or (parts.scheme in ("http", "https") and bool(parts.hostname))


def _bare(text: str) -> list[Segment]:
    found: list[Segment] = []
    at = 0
    for match in BARE.finditer(text):
        if may_open(match[0]):
            found += [Segment("text", text[at : match.start()])] if match.start() > at else []
            found.append(Segment("open", match[0], match[0]))
            at = match.end()
    return found + ([Segment("text", text[at:])] if text[at:] else [])
