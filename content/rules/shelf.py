"""The approved plain-language entries, found by the questions they answer and by the words of the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from content.rules.entries import Entry
from content.rules.phrases import Phrases, Query, understand
from content.rules.postings import Postings
from content.rules.words import fold, grams

ANSWER_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class EntryHit:
    """An entry that was found. `score`: 0..1, how sure it is that the entry answers the message.

    `question` is the entry's own question nearest to the message; `is_its_question`: the message asks it word
    for word, as tapping it does.
    """

    entry: Entry
    score: float
    question: str
    is_its_question: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """All entries: `postings` has one text an entry; `asked` what each of its questions is about, by gram."""

    entries: tuple[Entry, ...]
    postings: Postings
    asked: tuple[tuple[dict[str, float], ...], ...]

    @classmethod
    def build(cls, entries: Sequence[Entry], phrases: Phrases) -> "Shelf":
        """Index the entries."""
        texts = (
            [*((fold(question), 1.0) for question in entry.questions), (fold(entry.answer), ANSWER_WEIGHT)]
            for entry in entries
        )
        asked = tuple(
            tuple(_about(understand(question, phrases)) for question in entry.questions) for entry in entries
        )
        return cls(tuple(entries), Postings.build(texts), asked)

    def find(self, query: Query) -> EntryHit | None:
        """The entry that fits best; None when no word of the message is in any."""
        if not self.entries:
            return None
        scores = self.postings.scores(query.weights)
        order = np.argsort(-scores, kind="stable")[:5].tolist()
        hits = [self._hit(query, at) for at in order if scores[at] > 0]
        return max(hits, key=lambda hit: hit.score, default=None)

    def _hit(self, query: Query, at: int) -> EntryHit:
        """The sureness is the mean of two shares: what the message is about that the entry speaks of, and its
        likeness to the entry's nearest question (what both are about over what either is about).
        """
        entry = self.entries[at]
        text = fold("\n".join((*entry.questions, entry.answer)))
        said = _about(query)
        about = self._weighed(said)
        total = sum(about.values())
        if not total:
            return EntryHit(entry, 0.0, entry.questions[0])
        covered = sum(weight for gram, weight in about.items() if gram in text) / total
        alike, nearest = 0.0, entry.questions[0]
        for words, question in zip(entry.questions, self.asked[at], strict=True):
            if question.keys() == said.keys():
                return EntryHit(entry, 1.0, words, True)
            weighed = self._weighed(question)
            shared = sum(min(weight, weighed[gram]) for gram, weight in about.items() if gram in weighed)
            either = total + sum(weighed.values()) - shared
            if shared / either > alike:
                alike, nearest = shared / either, words
        return EntryHit(entry, (covered + alike) / 2, nearest)

    def _weighed(self, about: dict[str, float]) -> dict[str, float]:
        return {gram: weight * self.postings.idf_of(gram) for gram, weight in about.items()}


def _about(query: Query) -> dict[str, float]:
    """The message's own grams and their weights, without what they may stand for."""
    return {gram: query.weights[gram] for gram in set(grams(query.folded))}
