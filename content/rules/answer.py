"""A resident's message -> the answer. Gates, then search, then: answer, offer choices, or admit not to know.

Nothing is generated: what is quoted stands in the stored article, and everything else is a fixed sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from content.rules.amounts import amounts, claimed_amount, claimed_time
from content.rules.citing import cited_labels, cited_place, is_sanction
from content.rules.company import LIKELY, PASSAGE_IS_MEANT, alike_rules, belongs_below, least
from content.rules.complaining import to_copy
from content.rules.confidence import ANSWER, EXACT, OFFER, confidence, features_of
from content.rules.document import Article
from content.rules.following import enforcer, follow
from content.rules.gates import Gate, Gates, OfficeFacts, Outcome, shipped_gates
from content.rules.hits import Evidence, Hit
from content.rules.pairing import companion
from content.rules.passages import Passage, passages_of
from content.rules.phrases import Query, understand
from content.rules.punishing import punishment, spares
from content.rules.quoting import Quote
from content.rules.remarks import money_notes, no_such_article, refused_claim
from content.rules.replies import CITY_HOTLINE, LARGEST_REPLY, Choice, Cited, cite, fit, offer, where_to_turn
from content.rules.search import Index
from content.rules.shelf import EntryHit
from content.rules.topic import ASK_PENALTY, ASK_REPORT, Topic, spelled_out, wish_of

LONGEST_MESSAGE = 500
TAUGHT = 0.85
"""So like (0..1) what the office taught that it is the same question."""
SAME_QUESTION = 0.9
ASK_BACK = "您想问的是哪一件事？请把事情也写上，例如“遛狗不牵绳罚多少”“楼道堆杂物归谁管”。"
WHICH_ONE = "您想问的是哪一个？点一下就行："
THIS_ONE = "您想问的是这个吗？点一下就行："
NOT_FOUND = "我没有找到这件事的规定，不敢随便答您。换个说法再问一次试试。"
HERE = "本地的规定："
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
    near = index.entry(query)
    if near and near.is_its_question and gate and not gate.before_entries:
        caution = gates.in_danger if gate.outcome == "emergency" else ""
        return replace(_from_entry(question, near, index, candidates, caution), urgent=gate.urgent)
    own = (office.area, *index.areas)
    place = "" if near and near.is_its_question else gates.other_place(query.folded, own)
    if place and (gate is None or gate.outcome == "unknown"):
        reply = f"我只知道本地的规定。{place}的，请问当地的 {CITY_HOTLINE}。"
        return Answer(question, "declined", reply, (), candidates, 1.0, gate="other_place")
    known = _fitting(near, query, gates) is not None or _is_taught(hits)
    if gate and gate.outcome == "unknown" and near and near.score >= OFFER and not known:
        reply, offered = offer(near.question, (), THIS_ONE, gate.words(office))
        return Answer(question, "choices", reply, (), candidates, near.score, offered)
    if gate and not (gate.outcome == "unknown" and known):
        return _from_gate(question, gate, office, candidates)
    if not index.documents and not index.entries:
        reply = f"规定还没有放进来，今天请先拨打 {office.hotline}（{office.name}）。"
        return Answer(question, "unknown", reply)
    if wish is not None and wish != "look":
        if topic and (more := follow(wish, topic, index, office)):
            reply, quoted, told = more.reply, more.citations, (more.told,)
            return Answer(
                question, "answered", reply, quoted, told, EXACT, follow_ups=more.follow_ups, topic=topic
            )
        if wish != "report":
            return Answer(question, "small_talk", ASK_BACK, (), candidates, 1.0, gate="no_topic")
    found = _from_articles(question, query, index, office, gates, hits, candidates, near)
    late = gates.last(query.folded) if found.outcome in ("unknown", "choices") else None
    if late and (late.before_entries or near is None or near.score < LIKELY):
        return _from_gate(question, late, office, candidates)
    if late and late.outcome == "emergency" and not found.reply.startswith(gates.in_danger):
        return replace(found, reply=fit(gates.in_danger + found.reply))
    return found


def _is_taught(hits: Sequence[Hit]) -> bool:
    """Whether staff confirmed the article for this very question; a gate that does not know then waits."""
    return any(hit.taught >= TAUGHT for hit in hits[:1])


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
    near: EntryHit | None,
) -> Answer:
    sure, features = 0.0, dict[str, float]()
    told = gates.only_tells(query.folded)
    caution = gates.in_danger if told else ""

    def choices(near: EntryHit | None, hits: Sequence[Hit]) -> Answer:
        opening = caution + (WHICH_ONE if len(hits) + bool(near) > 1 else THIS_ONE)
        closing = f"都不是的话，换个说法再问，或拨打 {office.hotline}。"
        reply, offered = offer(near.question if near else "", hits, opening, closing)
        likely = max(sure, near.score if near else 0.0)
        return Answer(question, "choices", reply, (), candidates, likely, offered, features=features)

    def unknown(words: str, gate: str = "") -> Answer:
        reply = fit(f"{caution}{words}需要帮忙请拨打 {office.hotline}（{office.name}）。")
        below = min(sure, OFFER)
        return Answer(question, "unknown", reply, (), candidates, below, gate=gate, features=features)

    cited = cited_labels(query.folded)
    if cited and not (hits and hits[0].exact):
        return unknown(no_such_article(index, query, office, cited), "article_missing")
    entry = None if cited else _fitting(near, query, gates)
    likely = near if near and near.score >= OFFER and not cited else None
    if not hits:
        if entry:
            return _from_entry(question, entry, index, candidates, caution)
        return choices(likely, ()) if likely else unknown(NOT_FOUND)
    best = hits[0]
    evidence = index.evidence(query, best)
    features = features_of(hits, evidence)
    sure, confirmed = confidence(features, index.calibration), best.taught >= TAUGHT
    if confirmed:  # staff said that this article answers this question
        sure = max(sure, EXACT * best.taught)
    rival = 0.0 if evidence.absent else _rival(best, sure, query, least(index))
    local = None if evidence.absent or best.document.tier == "national" else best
    put_first = local and not told and sure >= least(index)
    goes_first = entry and (entry.score > rival or (entry.is_its_question and not confirmed))
    if entry and goes_first and not (put_first and entry.entry.defers):
        below = local if belongs_below(entry.entry, sure, evidence, index) else None
        warned = "" if entry.is_its_question else caution
        return _from_entry(question, entry, index, candidates, warned, below)
    second = _beside(best, hits, query)
    if not best.exact:
        if refusal := refused_claim(query, gates, best.article.text + (second.text if second else ""), best):
            return unknown(refusal, "claim")
        if evidence.absent and not confirmed:
            if likely:
                return choices(likely, ())
            return unknown(f"《{best.title}》里没有提到“{evidence.absent}”，我不敢乱说。", "absent")
    same = () if confirmed or told else alike_rules(best, hits, query, index)
    if same and sure >= least(index):
        return choices(None, (best, *same))
    if sure >= least(index) and (best.exact or not told):
        full = best.exact and any(word in query.folded for word in WHOLE_TEXT)
        sought = _sought(best, query, evidence)
        punished = punishment(best.document, best.article, sought)
        if second is None and not best.exact:
            second = punished
        notes = money_notes(query, best, second)
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
        return choices(likely, hits)
    return choices(likely, ()) if likely else unknown(NOT_FOUND)


def _fitting(hit: EntryHit | None, query: Query, gates: Gates) -> EntryHit | None:
    """The entry if it answers the message surely and says whatever sanction or sum the message asserts."""
    if hit is None or hit.score < ANSWER or hit.is_its_question:
        return hit if hit and hit.is_its_question else None
    said, folded = hit.entry.answer, query.folded
    claimed = claimed_amount(folded)
    if gates.claimed(folded, said) or claimed_time(folded, said) or (claimed and not amounts(said)):
        return None
    return hit


def _rival(best: Hit, sure: float, query: Query, enough: float) -> float:
    """How sure an entry must be to go before the article: more than it. Before a local article that fits
    goes only an entry for this very question, and none where the penalty is asked.
    """
    if sure < enough or best.document.tier == "national":
        return sure
    return 1.0 if query.penalty else SAME_QUESTION


def _from_entry(
    question: str,
    hit: EntryHit,
    index: Index,
    candidates: tuple[Hit, ...],
    caution: str,
    local: Hit | None = None,
) -> Answer:
    """The entry's own words and the articles they rest on; those that are loaded are cited, unquoted.

    `local` is what our own text says of it; it is quoted below.
    """
    sources = hit.entry.sources
    found = (index.article(source.law, source.article) for source in sources)
    cited = tuple(Cited(*pair, Quote((), False)) for pair in found if pair)
    named = "、".join(f"《{source.law}》{source.article}" for source in sources)
    reply = fit(f"{caution}{hit.entry.answer}" + (f"\n依据：{named}" if named else ""))
    topic = None
    if local:
        below, quoted = cite(local, local.passage, None, (), False)
        if len(longer := f"{reply}\n{HERE}{below}".encode()) <= LARGEST_REPLY:
            reply, cited = longer.decode(), (*quoted, *cited)
            topic = Topic(local.title, local.label, local.passage.paragraph, local.passage.item)
    return Answer(question, "answered", reply, cited, candidates, hit.score, entry=hit.entry.key, topic=topic)


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
