"""A resident's message -> the answer. Gates, then search, then: answer, offer choices, or admit not to know.

Nothing is generated: what is quoted stands in the stored article, and everything else is a fixed sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from content.rules.amounts import amounts, claimed_amount, claimed_time
from content.rules.citing import cited_labels, cited_place, is_sanction
from content.rules.complaining import to_copy
from content.rules.confidence import ANSWER, EXACT, OFFER, confidence, features_of
from content.rules.document import Article
from content.rules.following import enforcer, follow
from content.rules.gates import Gate, Gates, OfficeFacts, Outcome, shipped_gates
from content.rules.pairing import companion
from content.rules.passages import Passage, passages_of
from content.rules.phrases import Query, understand
from content.rules.punishing import punishment, spares
from content.rules.quoting import Quote
from content.rules.replies import CITY_HOTLINE, Choice, Cited, cite, fit, offer, where_to_turn
from content.rules.search import Evidence, Hit, Index
from content.rules.shelf import EntryHit
from content.rules.topic import ASK_PENALTY, ASK_REPORT, Topic, spelled_out, wish_of

LONGEST_MESSAGE = 500
PASSAGE_IS_MEANT = 0.3
TAUGHT = 0.85
"""So like (0..1) what the office taught that it is the same question."""
SAME_QUESTION = 0.9
ASK_BACK = "您想问的是哪一件事？请把事情也写上，例如“遛狗不牵绳罚多少”“楼道堆杂物归谁管”。"
NOT_FOUND = "我没有找到这件事的规定，不敢随便答您。换个说法再问一次试试。"
WHOLE_TEXT = ("全文", "原文", "完整", "念")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resident gets, and what it rests on. `gate` names the gate that answered, or is "".

    `entry` is the key of the plain-language entry that answered, or "". `features` are what `confidence`
    was computed from; empty where nothing was searched or a gate, an entry answered.
    `follow_ups` are questions to tap that the next message may ask about the `topic`. `urgent`: somebody may
    be in danger, and a person of the office should see it at once.
    """

    question: str
    outcome: Outcome
    reply: str
    citations: tuple[Cited, ...] = ()
    candidates: tuple[Hit, ...] = ()
    confidence: float = 0.0
    choices: tuple[Choice, ...] = ()
    gate: str = ""
    entry: str = ""
    features: Mapping[str, float] = field(default_factory=dict)
    follow_ups: tuple[str, ...] = ()
    topic: Topic | None = None
    urgent: bool = False

    def to_json(self) -> dict[str, object]:
        """The shape that `civility ask --json` prints."""
        return {
            "question": self.question,
            "outcome": self.outcome,
            "reply": self.reply,
            "citations": [
                {
                    "document": cited.document.title,
                    "article": cited.article.number,
                    "label": cited.article.label,
                    "quote": cited.quote.text,
                    "complete": cited.quote.complete,
                    "effective": cited.document.effective.isoformat() if cited.document.effective else None,
                }
                for cited in self.citations
            ],
            "candidates": [
                {
                    "document": hit.title,
                    "article": hit.number,
                    "label": hit.label,
                    "score": round(hit.score, 4),
                }
                for hit in self.candidates
            ],
            "confidence": round(self.confidence, 4),
            "choices": [{"text": choice.text, "send": choice.send} for choice in self.choices],
            "follow_ups": list(self.follow_ups),
            "gate": self.gate,
            "entry": self.entry,
            "features": {name: round(value, 4) for name, value in self.features.items()},
        }


def answer(
    question: str,
    index: Index,
    office: OfficeFacts,
    top: int = 10,
    gates: Gates | None = None,
    topic: Topic | None = None,
    home: str = "",
) -> Answer:
    """Answer one message; `topic` is what the answer just before it was about. Total: one outcome a text.

    `home` is where the resident said to live; only there its own rules answer.
    """
    gates = gates or shipped_gates()
    query = understand(question[:LONGEST_MESSAGE], index.phrases)
    wish = wish_of(query.folded)
    if topic and wish == "look":
        query = understand(spelled_out(query.folded, topic), index.phrases)
    ranked = index.find(query, max(top, 10), office.area, home)
    candidates = tuple(ranked[:top])
    hits = [hit for hit in ranked if hit.score > 0]
    gate = gates.first(query.folded)
    own = (office.area, *index.areas)
    if (gate is None or gate.outcome == "unknown") and (place := gates.other_place(query.folded, own)):
        reply = f"我只知道本地的规定。{place}的，请问当地的 {CITY_HOTLINE}。"
        return Answer(question, "declined", reply, (), candidates, 1.0, gate="other_place")
    if gate and not (gate.outcome == "unknown" and _is_taught(query, index, hits)):
        return _from_gate(question, gate, office, candidates)
    if not index.documents and not index.entries:
        reply = f"规定还没有放进来，今天请先拨打 {office.hotline}（{office.name}）。"
        return Answer(question, "unknown", reply)
    if wish in ("penalty", "authority", "report"):
        if topic and (more := follow(wish, topic, index, office)):
            reply, quoted, told = more.reply, more.citations, (more.told,)
            return Answer(
                question, "answered", reply, quoted, told, EXACT, follow_ups=more.follow_ups, topic=topic
            )
        if wish != "report":
            return Answer(question, "small_talk", ASK_BACK, (), candidates, 1.0, gate="no_topic")
    found = _from_articles(question, query, index, office, gates, hits, candidates)
    if found.outcome in ("unknown", "choices") and (gate := gates.last(query.folded)):
        return _from_gate(question, gate, office, candidates)
    return found


def _is_taught(query: Query, index: Index, hits: Sequence[Hit]) -> bool:
    """Whether the office taught the answer to this very question; a gate that does not know then waits."""
    entry = index.entry(query)
    return (entry is not None and entry.score >= TAUGHT) or any(hit.taught >= TAUGHT for hit in hits[:1])


def _from_gate(question: str, gate: Gate, office: OfficeFacts, candidates: tuple[Hit, ...]) -> Answer:
    words = gate.words(office)
    if gate.complaint:
        words = fit(f"{words}\n{to_copy(question[:LONGEST_MESSAGE], office.complaint_url)}")
    return Answer(question, gate.outcome, words, (), candidates, 1.0, gate=gate.name, urgent=gate.urgent)


def _from_articles(
    question: str,
    query: Query,
    index: Index,
    office: OfficeFacts,
    gates: Gates,
    hits: Sequence[Hit],
    candidates: tuple[Hit, ...],
) -> Answer:
    sure, features = 0.0, dict[str, float]()
    told = gates.only_tells(query.folded)
    caution = gates.in_danger if told else ""

    def unknown(words: str, gate: str = "") -> Answer:
        reply = fit(f"{caution}{words}需要帮忙请拨打 {office.hotline}（{office.name}）。")
        below = min(sure, OFFER)
        return Answer(question, "unknown", reply, (), candidates, below, gate=gate, features=features)

    cited = cited_labels(query.folded)
    if cited and not (hits and hits[0].exact):
        return unknown(_no_such_article(index, query, office, cited), "article_missing")
    entry = None if cited else _fitting_entry(query, index, gates)
    if not hits:
        if entry:
            return _from_entry(question, entry, index, candidates, caution)
        return unknown(NOT_FOUND)
    best = hits[0]
    evidence = index.evidence(query, best)
    features = features_of(hits, evidence)
    sure, confirmed = confidence(features, index.calibration), best.taught >= TAUGHT
    if confirmed:  # staff said that this article answers this question
        sure = max(sure, EXACT * best.taught)
    if entry and entry.score > (0.0 if evidence.absent else _rival(best, sure, query, _least(index))):
        return _from_entry(question, entry, index, candidates, caution)
    second = _beside(best, hits, query)
    if not best.exact:
        if refusal := _refused_claim(query, gates, best.article.text + (second.text if second else ""), best):
            return unknown(refusal, "claim")
        if evidence.absent and not confirmed:
            return unknown(f"《{best.title}》里没有提到“{evidence.absent}”，我不敢乱说。", "absent")
    if sure >= _least(index) and (best.exact or not told):
        full = best.exact and any(word in query.folded for word in WHOLE_TEXT)
        sought = _sought(best, query, evidence)
        punished = punishment(best.document, best.article, sought)
        if second is None and not best.exact:
            second = punished
        notes = _money_notes(query, best, second)
        penalty = next((one for one in (second, best.article) if one and is_sanction(one)), None)
        if penalty and not full:
            notes.append(where_to_turn(office, enforcer(penalty, best.article, sought)))
        if (note := gates.note(query.folded)) and not (penalty and CITY_HOTLINE in note):
            notes.append(note)
        reply, quoted = cite(best, sought, second, notes, full)
        place = (sought.paragraph, sought.item) if sought else (None, None)
        return Answer(
            question,
            "answered",
            reply,
            quoted,
            candidates,
            sure,
            follow_ups=(ASK_REPORT,) if penalty else (ASK_PENALTY,) if punished else (),
            features=features,
            topic=Topic(best.title, best.label, *place),
        )
    if sure >= OFFER:
        opening = f"{caution}您想问的是哪一个？点一下就行："
        closing = f"都不是的话，换个说法再问，或拨打 {office.hotline}。"
        reply, choices = offer(hits, opening, closing)
        return Answer(question, "choices", reply, (), candidates, sure, choices, features=features)
    return unknown(NOT_FOUND)


def _fitting_entry(query: Query, index: Index, gates: Gates) -> EntryHit | None:
    """The entry that answers the message surely and says whatever sanction or sum the message asserts."""
    hit = index.entry(query)
    if hit is None or hit.score < ANSWER:
        return None
    said, folded = hit.entry.answer, query.folded
    claimed = claimed_amount(folded)
    if gates.claimed(folded, said) or claimed_time(folded, said) or (claimed and not amounts(said)):
        return None
    return hit


def _least(index: Index) -> float:
    """How sure an article must be to answer directly."""
    return index.calibration.threshold if index.calibration else ANSWER


def _rival(best: Hit, sure: float, query: Query, least: float) -> float:
    """How sure an entry must be to go before the article: more than it. Before a local article that fits
    goes only an entry for this very question, and none where the penalty is asked.
    """
    if sure < least or best.document.tier == "national":
        return sure
    return 1.0 if query.penalty else SAME_QUESTION


def _from_entry(
    question: str, hit: EntryHit, index: Index, candidates: tuple[Hit, ...], caution: str
) -> Answer:
    """The entry's own words and the articles they rest on; those that are loaded are cited, unquoted."""
    sources = hit.entry.sources
    found = (index.article(source.law, source.article) for source in sources)
    cited = tuple(Cited(*pair, Quote((), False)) for pair in found if pair)
    named = "、".join(f"《{source.law}》{source.article}" for source in sources)
    reply = fit(f"{caution}{hit.entry.answer}" + (f"\n依据：{named}" if named else ""))
    return Answer(question, "answered", reply, cited, candidates, hit.score, entry=hit.entry.key)


def _beside(best: Hit, hits: Sequence[Hit], query: Query) -> Article | None:
    """What to quote beside the best: the second article named, or the other half of rule and penalty."""
    if best.exact:
        named = (hit.article for hit in hits[1:] if hit.exact and hit.document is best.document)
        return next(named, None)
    other = companion(best, hits) if query.penalty else None
    return None if other and spares(other, best.article, best.passage) else other


def _sought(best: Hit, query: Query, evidence: Evidence) -> Passage | None:
    """The passage the reader is after: the 款 or 项 named, else what matched; None is the beginning."""
    if not best.exact:
        return best.passage
    place = cited_place(query.folded)
    named = next((entry for entry in passages_of(best.article) if place and place.fits(entry)), None)
    return named or (best.passage if evidence.covered >= PASSAGE_IS_MEANT else None)


def _no_such_article(
    index: Index, query: Query, office: OfficeFacts, cited: Sequence[tuple[int, str]]
) -> str:
    where = [index.documents[at] for at in index.addressed(query.folded, office.area)]
    labels = "、".join(label for _, label in cited[:3])
    if len(where) == 1 and where[0].articles:
        last = where[0].articles[-1].label
        return f"《{where[0].title}》里没有{labels}，最后一条是{last}。"
    return f"已收录的条文里没有{labels}。"


def _refused_claim(query: Query, gates: Gates, text: str, hit: Hit) -> str:
    """What the message takes for granted and the articles do not say, as a sentence; or ""."""
    named = f"《{hit.title}》{hit.label}"
    if said := gates.claimed(query.folded, text):
        return f"{named}没有写“{said}”，请以原文为准。"
    if time := claimed_time(query.folded, text):
        return f"{named}没有写“{time}”，请以原文为准。"
    claimed = claimed_amount(query.folded)
    if claimed and not amounts(text):
        return f"{named}没有写“{claimed[0]}”，请以原文为准。"
    return ""


def _money_notes(query: Query, first: Hit, second: Article | None) -> list[str]:
    """Sentences on money: a claimed sum that the text does not hold, or that no sum is written at all."""
    sums = amounts(first.article.text + (second.text if second else ""))
    claimed = claimed_amount(query.folded)
    if claimed and sums and claimed[1] > max(sums):
        return [f"条文里没有“{claimed[0]}”这个金额，以上面的原文为准。"]
    if sums or not (query.penalty or query.amount):
        return []
    everywhere = any(amounts(article.text) for article in first.document.articles)
    return ["上面的条文没有写明金额。" if everywhere else f"{first.document.kind}没有写明金额。"]
