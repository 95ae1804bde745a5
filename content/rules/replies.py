"""The words of a reply: the article word for word, our notes, one hint at the end. Nothing is generated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice

from content.rules.document import Article, Document
from content.rules.gates import OfficeFacts
from content.rules.hits import Hit
from content.rules.passages import Passage
from content.rules.punishing import matching
from content.rules.quoting import Quote, quote, quote_paragraph

SHORT = 300
LARGEST_REPLY = 2048
FULL_TEXT = 620
LABEL_ROOM = 12
MOST_CHOICES = 3
CITY_HOTLINE = "12345"
_WHO = re.compile(r"(.{2,14}?)应当遵守下列规定")


@dataclass(frozen=True, slots=True)
class Cited:
    """An article in a reply and what of it is quoted."""

    document: Document
    article: Article
    quote: Quote


@dataclass(frozen=True, slots=True)
class Choice:
    """A question to tap: the words shown, and the message that tapping sends."""

    text: str
    send: str


def cite(
    hit: Hit, passage: Passage | None, companion: Article | None, notes: Sequence[str], full: bool
) -> tuple[str, tuple[Cited, ...]]:
    """The reply that answers with an article and, where one belongs to it, its other half.

    `passage` is what the reader is after where the whole article is too long, `notes` are sentences of ours.
    At most 300 characters before the hint to the whole text, or, when the whole text was asked for (`full`),
    what fits a message of 2,048 bytes.
    """
    heading = _heading(hit.document, hit.article)
    tail = "".join(f"\n{note}" for note in notes)
    room = (FULL_TEXT if full else SHORT) - len(heading) - len(tail) - 1
    first = quote(hit.article, passage, room)
    if companion and not full:
        beside = min(room // 2, len(companion.text) + LABEL_ROOM)
        if len(first.text) > room - beside:
            first = _narrow(hit.article, passage, room - beside)
    cited = [Cited(hit.document, hit.article, first)]
    body = f"{heading}\n{first.text}" if first.lines else f"{heading}（原文较长，请看全文）"
    if companion and not full:
        left = SHORT - len(body) - len(tail) - LABEL_ROOM
        second = quote_paragraph(companion, matching(companion, hit.article, passage or hit.passage), left)
        cited.append(Cited(hit.document, companion, second))
        body += f"\n{companion.label}：\n{second.text}" if second.lines else f"\n相关：{companion.label}"
    reply = body + tail
    if not all(entry.quote.complete for entry in cited):
        reply += "\n" + _hint(cited, full)
    plain = f"通俗说明：{hit.article.summary}（以原文为准）\n{reply}"
    if hit.article.summary and len(plain.encode()) <= LARGEST_REPLY:
        reply = plain
    return fit(reply), tuple(cited)


def offer(asked: str, hits: Sequence[Hit], opening: str, closing: str) -> tuple[str, tuple[Choice, ...]]:
    """Up to three to tap, numbered: a question of an entry, or "", then articles with their first words."""
    articles = (
        Choice(f"{hit.label}　{snippet(hit.passage, hit.article)}", f"《{hit.title}》{hit.label}")
        for hit in hits
    )
    choices = tuple(islice(chain([Choice(asked, asked)] if asked else [], articles), MOST_CHOICES))
    lines = [f"{number}. {choice.text}" for number, choice in enumerate(choices, 1)]
    return fit("\n".join([opening, *lines, closing])), choices


def snippet(passage: Passage, article: Article) -> str:
    """Who is meant, where a list says so, and the first words of the passage, for a button: no quotation, so
    it may be cut, and shows it.
    """
    who = _WHO.match(passage.lead or "")
    words = (f"{who[1]}：" if who else "") + (passage.text or article.text).replace("\n", "")
    return words if len(words) <= 24 else words[:23] + "…"


def fit(reply: str) -> str:
    """Whole lines of the reply that 2,048 bytes of UTF-8 hold."""
    lines = reply.split("\n")
    while len("\n".join(lines).encode()) > LARGEST_REPLY and len(lines) > 1:
        lines.pop()
    return "\n".join(lines)


def _narrow(article: Article, passage: Passage | None, room: int) -> Quote:
    """What leaves room for the other half: the item alone with its lead-in, else what fits."""
    if passage and passage.item is not None:
        lines = (*filter(None, (passage.lead,)), *_item(article, passage).split("\n"))
        if sum(len(line) + 1 for line in lines) <= room:
            return Quote(lines, False)
    return quote(article, passage, room)


def _item(article: Article, passage: Passage) -> str:
    paragraph = next(entry for entry in article.paragraphs if entry.number == passage.paragraph)
    return paragraph.items[passage.item or 0].line


def _heading(document: Document, article: Article) -> str:
    since = ""
    if day := document.effective:
        since = f"（{day.year}年{day.month}月{day.day}日起施行）"
    return f"《{document.title}》{since}{article.label}："


def _hint(cited: Sequence[Cited], full: bool) -> str:
    if full:
        return "（篇幅所限，只显示到这里）"
    cut = next(entry for entry in cited if not entry.quote.complete)
    title = "" if cut.document.tier == "city" else f"《{cut.document.title}》"
    return f"（节选，回复“{title}{cut.article.label}全文”查看全文）"


def where_to_turn(office: OfficeFacts, who: str) -> str:
    """Who enforces a rule (`who` as the law names it, or ""), where to report it and where to ask."""
    enforced = f"这件事归{who}管。" if who else ""
    if office.hotline == CITY_HOTLINE:
        return f"{enforced}举报、咨询请拨打 {CITY_HOTLINE}。"
    return f"{enforced}举报请拨打 {CITY_HOTLINE}，咨询请拨打 {office.hotline}（{office.name}）。"
