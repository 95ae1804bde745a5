"""The search over all regulations in force: immutable, in memory, replaced as a whole after an import.

BM25 over characters and pairs of characters of each passage; an article is as good as its best passage.
The nearest regulation comes first (own city, then province, then the state); 第N条 is looked up by number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from content.rules.calibration import Calibration, Label, fit
from content.rules.citing import cited_labels, is_sanction, names_of, same_place
from content.rules.document import Article, Document
from content.rules.entries import Entry
from content.rules.homes import lives_in
from content.rules.memory import Memory
from content.rules.passages import LEAD_WEIGHT, Passage, passages_of
from content.rules.phrases import Phrases, Query, shipped_phrases, understand
from content.rules.postings import Floats, Integers, Postings
from content.rules.ranking import Laid, Ranker, Seen, learn, lessons_of
from content.rules.shelf import EntryHit, Shelf
from content.rules.wholes import Wholes
from content.rules.words import fold, grams

NEARNESS = {"village": 0.28, "county": 0.28, "city": 0.3, "province": 0.15, "national": 0.0}
OWN_PLACE = 0.15
NAMED = 1.0
HIDDEN = -1.0
SANCTION = 0.12
TAUGHT = 1.5
SUBJECT_UNIGRAM = 0.5
CLOSELY = 100
WHOLE = 0.5
SAME_QUESTION = 0.9
RANK = {"法": 0.12, "典": 0.12, "例": 0.06}
OFFICIAL = 0.12
TITLE_WEIGHT = 1.0
RISK = 0.05


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


@dataclass(frozen=True, slots=True)
class Index:
    """Build it once with `Index.build`, share it freely, swap it whole.

    `_owner` and `_first` tie article positions to their document and their first passage.
    """

    documents: tuple[Document, ...]
    phrases: Phrases = field(repr=False)
    _articles: tuple[Article, ...] = field(repr=False)
    _passages: tuple[Passage, ...] = field(repr=False)
    _folded: tuple[str, ...] = field(repr=False)
    _names: Mapping[str, tuple[int, ...]] = field(repr=False)
    _near: Floats = field(repr=False)
    _position: Mapping[tuple[int, str], int] = field(repr=False)
    _owner: Integers = field(repr=False)
    _first: Integers = field(repr=False)
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
        aliases: Mapping[tuple[str, str, str], Sequence[str]] | None = None,
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
        articles: list[Article] = []
        passages: list[Passage] = []
        owner: list[int] = []
        first: list[int] = []
        position: dict[tuple[int, str], int] = {}
        for at, document in enumerate(documents):
            for article in document.articles:
                position.setdefault((at, article.label), len(articles))
                articles.append(article)
                owner.append(at)
                first.append(len(passages))
                passages += passages_of(article)
        words = _office_words(documents, owner, articles, first, passages, aliases or {})
        postings = Postings.build(
            ((passage.lead, LEAD_WEIGHT), (passage.text, 1.0), (also, 1.0))
            for passage, also in zip(passages, words, strict=True)
        )
        rank = np.array([_rank(document) for document in documents], dtype=np.float64)
        near = np.array([NEARNESS[document.tier] for document in documents], dtype=np.float64)
        laid = Laid(
            Wholes.build(
                ((documents[at].title, TITLE_WEIGHT), (article.text, 1.0))
                for at, article in zip(owner, articles, strict=True)
            ),
            np.array(owner, dtype=np.int64),
            rank[owner],
            np.array([is_sanction(article) for article in articles], dtype=np.float64),
        )
        index = cls(
            tuple(documents),
            phrases,
            tuple(articles),
            tuple(passages),
            tuple(
                fold(f"{passage.whole}\n{also}" if also else passage.whole)
                for passage, also in zip(passages, words, strict=True)
            ),
            _by_name(documents),
            near + rank,
            position,
            laid.owner,
            np.array(first, dtype=np.int64),
            laid,
            Postings.build(((document.title, 1.0),) for document in documents),
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
        titles = {document.title: at for at, document in enumerate(self.documents)}
        confirmed = [
            (self._position[key], question)
            for (title, label), questions in taught.items()
            if (key := (titles.get(title, -1), label)) in self._position
            for question in questions
        ]
        lessons = lessons_of([(at, understand(question, self.phrases)) for at, question in confirmed])
        return replace(
            self,
            _memory=Memory.build(confirmed, self._postings.idf_of),
            _ranker=learn(lessons, self._laid, self._see),
        )

    def _see(self, query: Query) -> Seen:
        """What the words of a message show of all articles."""
        strength = np.maximum.reduceat(self._postings.scores(query.weights), self._first)
        return Seen(query, strength, self._titles.scores(query.weights))

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
        return frozenset(document.area for document in self.documents if document.area)

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
        if not self._articles or limit < 1:
            return []
        passage_scores = self._postings.scores(query.weights)
        taught = self._memory.likeness(query.folded, len(self._articles))
        score = self._article_scores(query, passage_scores, taught, area)
        labels = cited_labels(query.folded)
        named = [
            position
            for document in (self.addressed(query.folded, area, home) if labels else ())
            for _, label in labels
            if (position := self._position.get((document, label))) is not None
        ]
        for rank, at in enumerate(named):
            score[at] = 10.0 - rank / 100
        if hidden := self._hidden(home):
            score[np.isin(self._owner, list(hidden))] = HIDDEN
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
            if document.title == title and (title_position := self._position.get((at, label))) is not None:
                return document, self._articles[title_position]
        return None

    def addressed(self, folded: str, area: str = "", home: str = "") -> list[int]:
        """Positions of the documents that 第N条 may mean: those the message names, else the nearest ones."""
        hidden, nearness = self._hidden(home), self._nearness(area)
        if named := [at for at in self._named(folded) if at not in hidden]:
            return named
        open_to_all = [at for at in range(len(nearness)) if at not in hidden]
        nearest = max((nearness[at] for at in open_to_all), default=0.0)
        return [at for at in open_to_all if nearness[at] == nearest]

    def _hidden(self, home: str) -> frozenset[int]:
        """Positions of the documents that somebody who lives there is not answered from."""
        return frozenset(at for at in self._own_rules if not lives_in(home, self.documents[at].area))

    def _named(self, folded: str) -> list[int]:
        """Documents named by title or place; a name within a longer one that is named too does not count."""
        said = [name for name in self._names if name in folded]
        longest = [name for name in said if not any(name != other and name in other for other in said)]
        return sorted({at for name in longest for at in self._names[name]})

    def evidence(self, query: Query, hit: Hit) -> Evidence:
        """What speaks for and against the hit answering the message."""
        whole = self._text_of(hit.document.articles, hit)
        article = self._text_of((hit.article,), hit)
        return Evidence(
            max(self._coverage(query, hit.at), hit.taught),
            sum(not _speaks_of(said, article) for said in query.stands_for),
            next((said[0] for said in query.stands_for if not _speaks_of(said, whole)), ""),
        )

    def _text_of(self, articles: Sequence[Article], hit: Hit) -> str:
        """The folded passages of neighbouring articles of the hit's document, one a line."""
        if not articles:
            return ""
        document = next(at for at, candidate in enumerate(self.documents) if candidate is hit.document)
        last = self._position[document, articles[-1].label]
        begin = int(self._first[self._position[document, articles[0].label]])
        end = int(self._first[last + 1]) if last + 1 < len(self._first) else len(self._folded)
        return "\n".join(self._folded[begin:end])

    def _nearness(self, area: str) -> Floats:
        """How near each document is to the office."""
        if not area:
            return self._near
        own = [same_place(document.area, area) for document in self.documents]
        return self._near + OWN_PLACE * np.array(own, dtype=np.float64)

    def _article_scores(self, query: Query, passage_scores: Floats, taught: Floats, area: str) -> Floats:
        """What orders the articles: their words, what was taught, how near they are; 0 where nothing fits.

        All are scored by their best passage, the best of them again with their whole words, or by what was
        learnt from confirmed questions where there are enough of those.
        """
        strength = np.maximum.reduceat(passage_scores, self._first)
        words = strength / max(float(strength.max()), 1e-9)
        relevance = words + TAUGHT * taught**2
        near = self._nearness(area).copy()
        near[self._named(query.folded)] += NAMED
        extra = near[self._owner] + SANCTION * query.penalty * self._laid.sanctions
        scores: Floats = np.where(relevance > 0, relevance + extra, 0.0)
        if self._ranker:
            rows, fit = self._ranker.order(
                Seen(query, strength, self._titles.scores(query.weights)), self._laid
            )
            again = np.exp(fit - fit.max()) + near[self._owner[rows]] - self._laid.rank[rows]
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

    def _hit(
        self, at: int, score: float, passages: Floats, taught: Floats, rarest: float, exact: bool
    ) -> Hit:
        begin = int(self._first[at])
        end = int(self._first[at + 1]) if at + 1 < len(self._first) else len(self._passages)
        best = begin + int(passages[begin:end].argmax())
        return Hit(
            self.documents[int(self._owner[at])],
            self._articles[at],
            self._passages[best],
            best,
            score,
            float(passages[best]) / rarest,
            float(taught[at]),
            exact,
        )

    def _coverage(self, query: Query, passage: int) -> float:
        text = self._folded[passage]
        replaced = [said for said, means in query.stands_for if any(meaning in text for meaning in means)]
        held = asked = 0.0
        for gram in set(grams(query.subject)):
            weight = query.weights.get(gram, 0.0) * self._postings.idf_of(gram)
            weight *= 1.0 if len(gram) > 1 else SUBJECT_UNIGRAM
            asked += weight
            if gram in text or any(gram in said for said in replaced):
                held += weight
        return held / asked if asked else 0.0


def _rank(document: Document) -> float:
    """A statute stands above what explains it, and its official text above a copy by a short name."""
    if document.tier != "national":
        return OFFICIAL + max(RANK.values())
    bare = document.title.split("（")[0].split("(")[0]
    return RANK.get(bare[-1:], 0.0) + OFFICIAL * document.title.startswith("中华人民共和国")


def _office_words(
    documents: Sequence[Document],
    owner: Sequence[int],
    articles: Sequence[Article],
    first: Sequence[int],
    passages: Sequence[Passage],
    aliases: Mapping[tuple[str, str, str], Sequence[str]],
) -> list[str]:
    """For each passage the office's own words for it, a line each; mostly ""."""
    words = [""] * len(passages)
    if not aliases:
        return words
    ends = [*first[1:], len(passages)]
    for at, article in enumerate(articles):
        title = documents[owner[at]].title
        shared = aliases.get((title, article.label, ""), ())
        for where in range(first[at], ends[at]):
            own = aliases.get((title, article.label, passages[where].place), ())
            words[where] = "\n".join((*shared, *own))
    return words


def _by_name(documents: Sequence[Document]) -> dict[str, tuple[int, ...]]:
    """Positions of the documents by what messages call them."""
    found: dict[str, list[int]] = {}
    for at, document in enumerate(documents):
        for name in names_of(document):
            found.setdefault(name, []).append(at)
    return {name: tuple(positions) for name, positions in found.items()}


def _speaks_of(said: tuple[str, tuple[str, ...]], text: str) -> bool:
    """Whether a folded text holds a resident's word or one of the words it stands for."""
    return said[0] in text or any(meaning in text for meaning in said[1])
