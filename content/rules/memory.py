"""Confirmed questions: how alike a new message is to each, by the words that tell most.

Likeness is the weighted Jaccard index: the idf of what both have over the idf of what either has. It is kept
apart from the articles' own words, so that an article without confirmed questions loses nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from content.rules.counting import Floats, Integers
from content.rules.words import fold, grams


@dataclass(frozen=True, slots=True)
class Memory:
    """By gram the questions that have it; by question its article and the weight of all its grams."""

    questions_of: dict[str, Integers]
    articles: Integers
    totals: Floats
    idf_of: Callable[[str], float]

    @classmethod
    def build(cls, confirmed: Sequence[tuple[int, str]], idf_of: Callable[[str], float]) -> "Memory":
        """From (article position, question); `idf_of` comes from the articles' own postings."""
        lists: dict[str, list[int]] = {}
        totals = np.zeros(len(confirmed))
        for at, (_, question) in enumerate(confirmed):
            for gram in dict.fromkeys(grams(fold(question))):
                lists.setdefault(gram, []).append(at)
                totals[at] += idf_of(gram)
        articles = np.array([article for article, _ in confirmed], dtype=np.int64)
        return cls({gram: np.array(found) for gram, found in lists.items()}, articles, totals, idf_of)

    def likeness(self, folded: str, count: int) -> Floats:
        """For each of `count` articles, 0..1: how alike its nearest confirmed question is."""
        nearest = np.zeros(count)
        if not len(self.articles):
            return nearest
        shared, asked = np.zeros(len(self.articles)), 0.0
        for gram in dict.fromkeys(grams(folded)):
            weight = self.idf_of(gram)
            asked += weight
            if (found := self.questions_of.get(gram)) is not None:
                shared[found] += weight
        either = np.maximum(asked + self.totals - shared, 1e-9)
        np.maximum.at(nearest, self.articles, shared / either)
        return nearest
