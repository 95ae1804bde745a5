"""The search over all regulations in force: immutable, in memory, replaced as a whole after an import.

BM25 over characters and pairs of characters of each passage; an article is as good as its best passage.
The nearest regulation comes first (own city, then province, then the state); 第N条 is looked up by number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from content.rules.calibration import Calibration, Label, fit
from content.rules.citing import cited_labels, same_place
from content.rules.counting import Floats
from content.rules.document import Article, Document
from content.rules.entries import Entry
from content.rules.hits import Evidence, Hit
from content.rules.homes import lives_in
from content.rules.layout import Aliases, Layout
from content.rules.memory import Memory
from content.rules.phrases import Phrases, Query, shipped_phrases, understand
from content.rules.postings import Postings
from content.rules.ranking import Laid, Ranker, Seen, learn, lessons_of
from content.rules.shelf import EntryHit, Shelf
from content.rules.wholes import Wholes
from content.rules.words import fold, grams

OWN_PLACE = 0.15
NAMED = 1.0
HIDDEN = -1.0
SANCTION = 0.12
TAUGHT = 1.5
SUBJECT_UNIGRAM = 0.5
CLOSELY = 60
WHOLE = 0.5
SAME_QUESTION = 0.9
RISK = 0.05


@dataclass(frozen=True, slots=True)
class Index:
    """Build it once with `Index.build`, share it freely, swap it whole."""

    phrases: Phrases = field(repr=False)
    _layout: Layout = field(repr=False)
    _laid: Laid = field(repr=False)
    _titles: Postings = field(repr=False)
    _postings: Postings = field(repr=False)
    _memory: Memory = field(repr=False)
    _ranker: Ranker | None = field(repr=False)
    _shelf: Shelf = field(repr=False)
    _own_rules: tuple[int, ...] = field(repr=False)
    """Positions of the documents that only the residents of their place are answered from."""
    calibration: Calibration | None = None
    """How sure a hit is by the office's own labels; None before there are enough."""

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        taught: Mapping[tuple[str, str], Sequence[str]] | None = None,
        phrases: Phrases | None = None,
        *,
        aliases: Aliases | None = None,
        entries: Sequence[Entry] = (),
        labels: Sequence[Label] = (),
        risk: float = RISK,
    ) -> "Index":
        """Index the documents; `taught` holds confirmed questions by (title, label).

        `aliases` are the office's own words by (title, label, place): they count as words of that passage,
        or of the whole article where `place` is "" (see `Passage.place`). `entries` are the approved ones.
        `labels` are judged answers and `risk` the share of wrong ones that the office allows.
        """
        phrases = phrases or shipped_phrases()
        layout = Layout.of(documents, aliases or {})
        postings = Postings.build(layout.passage_parts())
        ranks = layout.rank[layout.owner]
        index = cls(
            phrases,
            layout,
            Laid(Wholes.build(layout.article_parts()), layout.owner, ranks, layout.sanctions),
            Postings.build(((fold(document.title), 1.0),) for document in documents),
            postings,
            Memory.build((), postings.idf_of),
            None,
            Shelf.build(entries, phrases),
            tuple(at for at, document in enumerate(documents) if document.tier == "village"),
            fit(labels, risk),
        )
        return index.taught(taught) if taught else index

    def taught(self, taught: Mapping[tuple[str, str], Sequence[str]]) -> "Index":
        """The same texts with these confirmed questions instead, by (title, label): what an office has
        taught is learnt again without reading the texts again.
        """
        position = self._layout.position
        titles = {document.title: at for at, document in enumerate(self.documents)}
        confirmed = [
            (position[key], question)
            for (title, label), questions in taught.items()
            if (key := (titles.get(title, -1), label)) in position
            for question in questions
        ]
        lessons = lessons_of([(at, understand(question, self.phrases)) for at, question in confirmed])
        return replace(
            self,
            _memory=Memory.build(confirmed, self._postings.idf_of),
            _ranker=learn(lessons, self._laid, self._see),
        )

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents that are searched."""
        return self._layout.documents

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The approved plain-language entries."""
        return self._shelf.entries

    def entry(self, query: Query) -> EntryHit | None:
        """The plain-language entry that fits the message best, with its sureness; None when none does."""
        return self._shelf.find(query)

    @property
    def areas(self) -> frozenset[str]:
        """The places whose regulations are loaded."""
        return frozenset(filter(None, self._layout.areas))

    @property
    def own_areas(self) -> tuple[str, ...]:
        """The villages, streets and communities that have rules of their own."""
        return tuple(self.documents[at].area for at in self._own_rules)

    def search(self, query: str, limit: int = 10, area: str = "") -> list[Hit]:
        """The best articles, best first, each once; `area` is the office's own place."""
        return [hit for hit in self.find(understand(query, self.phrases), limit, area) if hit.score > 0]

    def find(self, query: Query, limit: int, area: str = "", home: str = "") -> list[Hit]:
        """`search` for a message that is understood already. Articles named by number come first.

        `home` is where the resident said to live: the rules of a village or street are for its residents.
        Where fewer fit than `limit`, others follow with the score 0.
        """
        if not self._layout.articles or limit < 1:
            return []
        passage_scores = self._postings.scores(query.weights)
        taught = self._memory.likeness(query.folded, len(self._layout.articles))
        score = self._article_scores(query, passage_scores, taught, area)
        labels = cited_labels(query.folded)
        named = [
            position
            for document in (self.addressed(query.folded, area, home) if labels else ())
            for _, label in labels
            if (position := self._layout.position.get((document, label))) is not None
        ]
        for rank, at in enumerate(named):
            score[at] = 10.0 - rank / 100
        if hidden := self._hidden(home):
            score[np.isin(self._layout.owner, list(hidden))] = HIDDEN
        top = np.argpartition(score, -limit)[-limit:] if limit < len(score) else np.arange(len(score))
        order = top[np.lexsort((top, -score[top]))].tolist()
        rarest = self._postings.idf_of("")
        return [
            self._hit(at, float(score[at]), passage_scores, taught, rarest, at in named)
            for at in order
            if score[at] > HIDDEN
        ]

    def article(self, title: str, label: str) -> tuple[Document, Article] | None:
        """One article by its document's title and its label."""
        for at, document in enumerate(self.documents):
            if (
                document.title == title
                and (title_position := self._layout.position.get((at, label))) is not None
            ):
                return document, self._layout.articles[title_position]
        return None

    def addressed(self, folded: str, area: str = "", home: str = "") -> list[int]:
        """Positions of the documents that 第N条 may mean: those the message names, else the nearest ones."""
        hidden, nearness = self._hidden(home), self._nearness(area)
        if named := [at for at in self._layout.named(folded) if at not in hidden]:
            return named
        open_to_all = [at for at in range(len(nearness)) if at not in hidden]
        nearest = max((nearness[at] for at in open_to_all), default=0.0)
        return [at for at in open_to_all if nearness[at] == nearest]

    def _hidden(self, home: str) -> frozenset[int]:
        """Positions of the documents that somebody who lives there is not answered from."""
        return frozenset(at for at in self._own_rules if not lives_in(home, self.documents[at].area))

    def evidence(self, query: Query, hit: Hit) -> Evidence:
        """What speaks for and against the hit answering the message."""
        layout, articles = self._layout, hit.document.articles
        document = next(at for at, candidate in enumerate(self.documents) if candidate is hit.document)
        whole = layout.text(document, articles[0].label, articles[-1].label) if query.stands_for else ""
        article = layout.text(document, hit.label, hit.label) if query.stands_for else ""
        return Evidence(
            max(self._coverage(query, hit.at), hit.taught),
            sum(not _speaks_of(said, article) for said in query.stands_for),
            next((said[0] for said in query.stands_for if not _speaks_of(said, whole)), ""),
        )

    def _nearness(self, area: str) -> Floats:
        """How near each document is to the office."""
        if not area:
            return self._layout.near
        own = np.array([same_place(place, area) for place in self._layout.areas], dtype=np.float64)
        return self._layout.near + OWN_PLACE * own[self._layout.area_of]

    def _article_scores(self, query: Query, passage_scores: Floats, taught: Floats, area: str) -> Floats:
        """What orders the articles: their words, what was taught, how near they are; 0 where nothing fits.

        All are scored by their best passage, the best of them again with their whole words, or by what was
        learnt from confirmed questions where there are enough of those.
        """
        layout = self._layout
        strength = self._strength(passage_scores)
        words = strength / max(float(strength.max()), 1e-9)
        relevance = words + TAUGHT * taught**2
        near = self._nearness(area).copy()
        near[layout.named(query.folded)] += NAMED
        extra = (near + layout.rank)[layout.owner] + SANCTION * query.penalty * layout.sanctions
        scores: Floats = np.where(relevance > 0, relevance + extra, 0.0)
        if self._ranker:
            rows, fit = self._ranker.order(
                Seen(query, strength, self._titles.scores(query.weights)), self._laid
            )
            again = np.exp(fit - fit.max()) + near[layout.owner[rows]]
            again += taught[rows] >= SAME_QUESTION
            scores /= max(float(scores.max()), 1e-9)
            scores[rows] = 1 + again
            return scores
        rows = (
            np.argpartition(scores, -CLOSELY)[-CLOSELY:] if len(scores) > CLOSELY else np.arange(len(scores))
        )
        rows = rows[relevance[rows] > 0]
        whole = self._laid.wholes.scores(rows, self._laid.wholes.vector(query.weights))
        scores[rows] += WHOLE * (whole / max(float(whole.max(initial=0.0)), 1e-9) - words[rows])
        return scores

    def _strength(self, passage_scores: Floats) -> Floats:
        """An article is as good as its best passage."""
        return np.maximum.reduceat(passage_scores, self._layout.first[:-1]).astype(np.float64, copy=False)

    def _see(self, query: Query) -> Seen:
        """What the words of a message show of all articles."""
        strength = self._strength(self._postings.scores(query.weights))
        return Seen(query, strength, self._titles.scores(query.weights))

    def _hit(
        self, at: int, score: float, passages: Floats, taught: Floats, rarest: float, exact: bool
    ) -> Hit:
        layout = self._layout
        begin, end = int(layout.first[at]), int(layout.first[at + 1])
        best = begin + int(passages[begin:end].argmax())
        return Hit(
            layout.documents[int(layout.owner[at])],
            layout.articles[at],
            layout.passages[best],
            best,
            score,
            float(passages[best]) / rarest,
            float(taught[at]),
            exact,
        )

    def _coverage(self, query: Query, passage: int) -> float:
        text = self._layout.folded[passage].whole
        replaced = [said for said, means in query.stands_for if any(meaning in text for meaning in means)]
        held = asked = 0.0
        for gram in set(grams(query.subject)):
            weight = query.weights.get(gram, 0.0) * self._postings.idf_of(gram)
            weight *= 1.0 if len(gram) > 1 else SUBJECT_UNIGRAM
            asked += weight
            if gram in text or any(gram in said for said in replaced):
                held += weight
        return held / asked if asked else 0.0


def _speaks_of(said: tuple[str, tuple[str, ...]], text: str) -> bool:
    """Whether a folded text holds a resident's word or one of the words it stands for."""
    return said[0] in text or any(meaning in text for meaning in said[1])
