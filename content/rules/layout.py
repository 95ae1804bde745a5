"""The articles and passages of all documents in one row, with what is known of each before any question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from content.rules.citing import is_sanction, names_of
from content.rules.counting import Floats, Integers
from content.rules.document import Article, Document
from content.rules.passages import LEAD_WEIGHT, Passage, passages_of
from content.rules.words import fold

NEARNESS = {"village": 0.28, "county": 0.28, "city": 0.3, "province": 0.15, "national": 0.0}
RANK = {"法": 0.12, "典": 0.12, "例": 0.06}
OFFICIAL = 0.12

Aliases = Mapping[tuple[str, str, str], Sequence[str]]
Weighted = Iterator[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Folded:
    """A passage's words as the search compares them: lead-in, entry, and what the office calls it."""

    lead: str
    text: str
    also: str

    @property
    def whole(self) -> str:
        """All of them; the office's words on a line of their own."""
        return f"{self.lead}{self.text}\n{self.also}" if self.also else self.lead + self.text


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions run over all documents. `owner` is an article's document, `first` its first passage, with the
    number of all passages at the end. `near` and `rank` belong to documents: how near the law is to
    residents, and how high a statute stands among those of the state; `area_of` points into `areas`.
    """

    documents: tuple[Document, ...]
    articles: tuple[Article, ...]
    passages: tuple[Passage, ...]
    folded: tuple[Folded, ...]
    names: Mapping[str, tuple[int, ...]]
    position: Mapping[tuple[int, str], int]
    owner: Integers
    first: Integers
    near: Floats
    rank: Floats
    sanctions: Floats
    areas: tuple[str, ...]
    area_of: Integers

    @classmethod
    def of(cls, documents: Sequence[Document], aliases: Aliases) -> "Layout":
        """Lay out the documents; `aliases` as `Index.build` takes them."""
        articles, passages, folded = list[Article](), list[Passage](), list[Folded]()
        owner, first = list[int](), [0]
        position: dict[tuple[int, str], int] = {}
        for at, document in enumerate(documents):
            for article in document.articles:
                position.setdefault((at, article.label), len(articles))
                articles.append(article)
                owner.append(at)
                found = list(passages_of(article))
                passages += found
                folded += _folded(found, document.title, article.label, aliases)
                first.append(len(passages))
        areas = tuple(sorted({document.area for document in documents}))
        return cls(
            tuple(documents),
            tuple(articles),
            tuple(passages),
            tuple(folded),
            _by_name(documents),
            position,
            np.array(owner, dtype=np.int64),
            np.array(first, dtype=np.int64),
            np.array([NEARNESS[document.tier] for document in documents], dtype=np.float64),
            np.array([_rank(document) for document in documents], dtype=np.float64),
            np.array([is_sanction(article) for article in articles], dtype=np.float64),
            areas,
            np.array([areas.index(document.area) for document in documents], dtype=np.int64),
        )

    def passage_parts(self) -> Iterator[Weighted]:
        """The weighted words of each passage."""
        for one in self.folded:
            yield iter(((one.lead, LEAD_WEIGHT), (one.text, 1.0), (one.also, 1.0)))

    def article_parts(self) -> Iterator[Weighted]:
        """The weighted words of each article with its title; a lead-in counts once."""
        titles = [fold(document.title) for document in self.documents]
        for owner, (begin, end) in zip(self.owner.tolist(), pairwise(self.first.tolist()), strict=True):
            yield self._words(titles[owner], begin, end)

    def _words(self, title: str, begin: int, end: int) -> Weighted:
        yield title, 1.0
        lead = ""
        for one in self.folded[begin:end]:
            if one.lead != lead:
                yield one.lead, 1.0
            lead = one.lead
            yield one.text, 1.0

    def text(self, document: int, begin: str, end: str) -> str:
        """The folded passages from one article of a document to another, by label, one a line."""
        start = int(self.first[self.position[document, begin]])
        stop = int(self.first[self.position[document, end] + 1])
        return "\n".join(one.whole for one in self.folded[start:stop])

    def named(self, folded: str) -> list[int]:
        """Documents named by title or place; a name within a longer one that is named too does not count."""
        said = [name for name in self.names if name in folded]
        longest = [name for name in said if not any(name != other and name in other for other in said)]
        return sorted({at for name in longest for at in self.names[name]})


def _folded(found: Sequence[Passage], title: str, label: str, aliases: Aliases) -> Iterator[Folded]:
    shared = aliases.get((title, label, ""), ()) if aliases else ()
    lead, lead_folded = "", ""
    for passage in found:
        if passage.lead != lead:
            lead, lead_folded = passage.lead, fold(passage.lead)
        own = aliases.get((title, label, passage.place), ()) if aliases else ()
        yield Folded(lead_folded, fold(passage.text), fold("\n".join((*shared, *own))))


def _rank(document: Document) -> float:
    """A statute stands above what explains it, and its official text above a copy by a short name."""
    if document.tier != "national":
        return OFFICIAL + max(RANK.values())
    bare = document.title.split("（")[0].split("(")[0]
    return RANK.get(bare[-1:], 0.0) + OFFICIAL * document.title.startswith("中华人民共和国")


def _by_name(documents: Sequence[Document]) -> dict[str, tuple[int, ...]]:
    """Positions of the documents by what messages call them."""
    found: dict[str, list[int]] = {}
    for at, document in enumerate(documents):
        for name in names_of(document):
            found.setdefault(name, []).append(at)
    return {name: tuple(positions) for name, positions in found.items()}
