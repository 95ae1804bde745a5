"""What is searched: every item with the words that introduce it, every paragraph without items."""

from collections.abc import Iterator
from dataclasses import dataclass

from content.rules.document import Article, Paragraph

LEAD_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Passage:
    """A place in an article: the paragraph's number, and its item's index from 0, or None without items."""

    paragraph: int
    item: int | None
    lead: str
    text: str

    @property
    def place(self) -> str:
        """Where in the article, as aliases name it: "2" is the second paragraph, "2.3" its third item."""
        return str(self.paragraph) if self.item is None else f"{self.paragraph}.{self.item + 1}"

    @property
    def whole(self) -> str:
        """All its words: the lead-in and the entry."""
        return self.lead + self.text


def passages_of(article: Article) -> Iterator[Passage]:
    """The passages of an article, in order; one without words still has one, to be found by its number."""
    if not article.paragraphs:
        yield Passage(1, None, "", article.label)
    for paragraph in article.paragraphs:
        yield from _passages_in(paragraph)


def _passages_in(paragraph: Paragraph) -> Iterator[Passage]:
    if not paragraph.items:
        yield Passage(paragraph.number, None, "", paragraph.text)
    for at, item in enumerate(paragraph.items):
        yield Passage(paragraph.number, at, paragraph.text, item.text)
