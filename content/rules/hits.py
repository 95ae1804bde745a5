"""PURE: what a search finds: an article with the passage that matched, what speaks for it and against."""

from dataclasses import dataclass

from content.rules.document import Article, Document
from content.rules.passages import Passage


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found, with the passage that matched best (`at` is its position in the index).

    `score` orders the hits of one search and means nothing beyond it. `strength` is the passage's BM25 in
    units of the rarest gram's idf, so that it means the same in a small and a large collection. `taught` is
    how alike (0..1) the nearest confirmed question is. `exact`: the message named the article by its number.
    """

    document: Document
    article: Article
    passage: Passage
    at: int
    score: float
    strength: float
    taught: float
    exact: bool = False

    @property
    def title(self) -> str:
        """The document's title, which identifies it among those in force."""
        return self.document.title

    @property
    def number(self) -> int:
        """第三条之一 has 3."""
        return self.article.number

    @property
    def label(self) -> str:
        """As printed: 第三条之一."""
        return self.article.label


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a hit and against it.

    `covered` is the share (0..1) of the message's subject that the passage holds, `foreign` how many things
    the message names of which the article does not speak, `absent` one that the whole document lacks, or "".
    """

    covered: float
    foreign: int
    absent: str
