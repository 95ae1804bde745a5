"""The words of an article cut to what a chat can show: whole items and lines, sentences at the least."""

import re
from dataclasses import dataclass

from content.rules.document import Article, Paragraph
from content.rules.passages import Passage

_SENTENCE = re.compile(r"[^。；！？\n]*[。；！？\n]?")


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines of an article, each word for word; `complete` when nothing was left out."""

    lines: tuple[str, ...]
    complete: bool

    @property
    def text(self) -> str:
        """One line a paragraph or item."""
        return "\n".join(self.lines)


def quote(article: Article, passage: Passage | None, room: int) -> Quote:
    """What `room` characters hold of the article: all of it, else the passage's paragraph, else its item.

    Without a passage, or when the article was asked for as such, it begins at the beginning.
    """
    whole = tuple(line for paragraph in article.paragraphs for line in paragraph.whole.split("\n"))
    if _length(whole) <= room:
        return Quote(whole, True)
    if passage is None:
        return Quote(_fill(whole, room), False)
    paragraph = next((entry for entry in article.paragraphs if entry.number == passage.paragraph), None)
    if paragraph is None:
        return Quote(_fill(whole, room), False)
    lines = tuple(paragraph.whole.split("\n"))
    if _length(lines) <= room:
        return Quote(lines, False)
    return Quote(_item_lines(paragraph, passage, room), False)


def quote_paragraph(article: Article, passage: Passage, room: int) -> Quote:
    """Only the passage's paragraph, where the others of the article speak of other acts; else its item."""
    own = next((entry for entry in article.paragraphs if entry.number == passage.paragraph), None)
    if own is None or len(article.paragraphs) == 1:
        return quote(article, passage, room)
    lines = tuple(own.whole.split("\n"))
    return Quote(lines if _length(lines) <= room else _item_lines(own, passage, room), False)


def _item_lines(paragraph: Paragraph, passage: Passage, room: int) -> tuple[str, ...]:
    """Lead-in and item; the item alone where both are too long; the first sentences of a long paragraph."""
    if passage.item is None:
        return _fill((paragraph.text,), room)
    item = tuple(paragraph.items[passage.item].line.split("\n"))
    both = (paragraph.text, *item) if paragraph.text else item
    for lines in (both, item):
        if _length(lines) <= room:
            return lines
    return ()


def _fill(lines: tuple[str, ...], room: int) -> tuple[str, ...]:
    """Whole lines from the first while they fit; of a first paragraph that does not, whole sentences."""
    taken: list[str] = []
    for line in lines:
        if _length((*taken, line)) > room:
            break
        taken.append(line)
    if taken or not lines:
        return tuple(taken)
    sentences = ""
    for sentence in _SENTENCE.findall(lines[0]):
        if len(sentences) + len(sentence) > room:
            break
        sentences += sentence
    return (sentences,) if sentences else ()


def _length(lines: tuple[str, ...]) -> int:
    return sum(len(line) + 1 for line in lines)
