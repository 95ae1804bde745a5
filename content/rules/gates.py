"""What is recognised before any article is looked for: emergencies, complaints, other places, small talk.

The gates are data (library/gates.toml, whose head tells the format): the office reads and edits them like a
text. Most come before every score, because a score cannot see that 青岛遛狗 is textually perfect and still
not ours to answer.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from importlib.resources import files
from operator import or_
from typing import Any, Literal, get_args

from content.rules.likeness import Likeness, learn
from content.rules.places import Places, load_places
from content.rules.presence import Presence
from content.rules.signs import Sign, SignReader, expanded
from content.rules.words import fold

SHORTEST_SOUND = 4
"""Characters below which nothing sounds like an emergency; plain words are heard at any length."""
Outcome = Literal["answered", "choices", "unknown", "handed_over", "emergency", "small_talk", "declined"]
Sounds = Callable[[str], Mapping[str, float]]

_OUTCOMES = frozenset(get_args(Outcome))
_SENTENCE = re.compile(r"[。!?;\n]+")


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """Who answers: name, number, place ("云溪市青禾县") and page for complaints, or "", and who protects."""

    name: str
    hotline: str
    area: str = ""
    complaint_url: str = ""
    protection_hotlines: str = "12338、12355"


@dataclass(frozen=True, slots=True)
class Sound:
    """What a message must sound like: the examples of these kinds, taken together.

    `at_least`: so much, and more than like any other kind. `doubt`: so much, asked only of messages that ask.
    """

    kinds: tuple[str, ...]
    at_least: float
    doubt: float

    def heard(self, like: Mapping[str, float], asks: bool) -> bool:
        """Whether a message of this likeness sounds so."""
        score = sum(like[kind] for kind in self.kinds)
        if asks and score < self.doubt:
            return False
        rivals = (other for kind, other in like.items() if kind not in self.kinds)
        return not self.at_least or (score >= self.at_least and score > max(rivals, default=0))


@dataclass(frozen=True, slots=True)
class Gate:
    """One kind of message and what it is told.

    Fits when a sign of `when` is seen (if it has any), none of `unless` is, and the message sounds so. With
    `by_sentence` a question in one sentence does not excuse what another tells. A `late` gate is asked only
    for a message that no article answers surely. An `urgent` one is for a person to see at once,
    a `complaint` is given back as a text to copy. One `before_entries` answers even the very question of an
    approved entry. `title` and `about` tell staff what it is for.
    """

    name: str
    outcome: Outcome
    when: tuple[Sign, ...]
    unless: tuple[Sign, ...]
    longest: int
    reply: str
    sound: Sound | None = None
    by_sentence: bool = False
    late: bool = False
    urgent: bool = False
    complaint: bool = False
    before_entries: bool = False
    title: str = ""
    about: str = ""
    bits: int = 0
    """Of all signs of `when`: where none is possible, the gate does not fit."""

    def words(self, office: OfficeFacts) -> str:
        """What the message is told."""
        return self.reply.format(
            office=office.name, hotline=office.hotline, protection=office.protection_hotlines
        )

    def fits(self, folded: str, possible: int, sounds: Sounds, asks: re.Pattern[str]) -> bool:
        """Whether this gate answers the folded message.

        `possible` are the bits of the signs that its characters allow, `sounds` tells the likeness of a text.
        """
        if len(folded) > self.longest:
            return False
        here = self.bits & possible
        signs = [sign for sign in self.when if sign.bits & here] if here else ()
        if self.when and not signs:
            return False
        texts = _SENTENCE.split(folded) if self.by_sentence else (folded,)
        return any(
            (not self.when or _any_seen(signs, text, possible))
            and not _any_seen(self.unless, text, possible)
            and (not self.sound or self.sound.heard(sounds(text), bool(asks.search(text))))
            for text in texts
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """A sanction in residents' words, and the words one of which a text must have to hold it."""

    says: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gates:
    """All gates in order, the notes for answers, the sanctions people claim, and the country's places."""

    gates: tuple[Gate, ...]
    notes: tuple[Gate, ...]
    claims: tuple[Claim, ...]
    places: Places
    asks: re.Pattern[str]
    tells: re.Pattern[str]
    conduct: re.Pattern[str]
    danger: re.Pattern[str]
    in_danger: str
    rule_question: re.Pattern[str]
    likeness: Likeness
    presence: Presence

    def only_tells(self, folded: str) -> bool:
        """Whether the message tells of something and asks nothing: perhaps an emergency nobody foresaw."""
        return bool(self.tells.search(folded)) and not (self.asks.search(folded) or self.only_conduct(folded))

    def only_conduct(self, folded: str) -> bool:
        """Whether the message names everyday conduct that the rules are about, and nothing of a danger."""
        return bool(self.conduct.search(folded)) and not self.danger.search(folded)

    def first(self, folded: str) -> Gate | None:
        """The gate that answers the message before any search, if any."""
        return self._fitting((gate for gate in self.gates if not gate.late), folded)

    def last(self, folded: str) -> Gate | None:
        """The gate that answers a message for which no sure article was found, if any.

        What names nothing but everyday conduct is no emergency, however much it sounds like one; neither is
        a word or two (没有了, 高中), which sound like anything.
        """
        calm = self.only_conduct(folded) or len(folded) < SHORTEST_SOUND
        late = (gate for gate in self.gates if gate.late and not (calm and gate.outcome == "emergency"))
        return self._fitting(late, folded)

    def note(self, folded: str) -> str:
        """What to add to an answer, or ""."""
        gate = self._fitting(self.notes, folded)
        return gate.reply if gate else ""

    def _fitting(self, gates: Iterable[Gate], folded: str) -> Gate | None:
        sounds = cache(
            lambda text: self.likeness.of(text, _marks(text, self.asks, self.tells, self.rule_question))
        )
        possible = self.presence.possible(folded)
        return next((gate for gate in gates if gate.fits(folded, possible, sounds, self.asks)), None)

    def claimed(self, folded: str, text: str) -> str:
        """The first sanction that the message speaks of and the text lacks, in the message's words, or ""."""
        for claim in self.claims:
            said = next((word for word in claim.says if word in folded), "")
            if said and not any(word in text for word in claim.text):
                return said
        return ""

    def other_place(self, folded: str, own: Iterable[str]) -> str:
        """The place a message is about if not ours, or "". `own`: areas of the office and the texts."""
        return self.places.other(folded, tuple(area for area in own if area))


def load_gates(
    tables: dict[str, Any],
    counties: Mapping[str, str] | None = None,
    examples: Mapping[str, list[str]] | None = None,
) -> Gates:
    """Gates from gates.toml, counties.toml and examples.toml. ValueError names what cannot be used."""
    reader = SignReader(expanded(tables.get("words", {})))
    examples = examples or {}
    gates = tuple(_gate(entry, tables["rule_question"], reader, examples) for entry in tables["gate"])
    note = {"name": "note", "outcome": "answered"}
    patterns = tuple(re.compile(tables[name]) for name in ("asks", "tells", "rule_question"))
    conduct, danger = (re.compile(tables[name]) for name in ("conduct", "danger"))
    marked = {
        kind: [(said, _marks(fold(said), *patterns)) for said in all_said]
        for kind, all_said in examples.items()
    }
    return Gates(
        gates,
        tuple(_gate(note | entry, tables["rule_question"], reader, examples) for entry in tables["note"]),
        tuple(
            Claim(tuple(fold(word) for word in entry["says"]), tuple(fold(word) for word in entry["text"]))
            for entry in tables["sanction"]
        ),
        load_places(tables["places"], counties or {}),
        patterns[0],
        patterns[1],
        conduct,
        danger,
        tables["in_danger"],
        patterns[2],
        learn(marked),
        reader.presence(said for all_said in examples.values() for said in all_said),
    )


@cache
def shipped_gates() -> Gates:
    """The gates that come with the service."""
    return load_gates(*map(_table, ("gates.toml", "counties.toml", "examples.toml")))


@cache
def ordinary_questions() -> tuple[str, ...]:
    """The shipped examples of questions about rules: what no gate should stop."""
    return tuple(_table("examples.toml")["rule"])


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("content").joinpath("library", name).read_text("utf-8"))


def _any_seen(signs: Iterable[Sign], text: str, possible: int) -> bool:
    return any(sign.seen(text, possible) for sign in signs)


def _marks(
    text: str, asks: re.Pattern[str], tells: re.Pattern[str], rule: re.Pattern[str]
) -> tuple[str, ...]:
    named = (("asks", asks), ("tells", tells), ("rule", rule))
    return tuple(name for name, pattern in named if pattern.search(text))


def _gate(entry: dict[str, Any], rule_question: str, reader: SignReader, examples: Iterable[str]) -> Gate:
    name, outcome = entry["name"], entry["outcome"]
    if outcome not in _OUTCOMES:
        raise ValueError(f"gate {name}: unknown outcome {outcome}")
    if unknown := set(entry.get("like", ())) - set(examples):
        raise ValueError(f"gate {name}: no examples of {', '.join(sorted(unknown))}")
    spares = bool(entry.get("spare_rule_questions"))
    unless = [*entry.get("unless", []), *([rule_question] if spares else [])]
    try:
        when = tuple(reader.sign(line) for line in entry.get("when", ()))
        spared = tuple(reader.sign(line) for line in unless)
        entry["reply"].format(office="", hotline="", protection="")
    except (re.error, KeyError, IndexError, ValueError) as error:
        raise ValueError(f"gate {name}: {error}") from error
    like = entry.get("like")
    sound = Sound(tuple(like), entry.get("at_least", 0.0), entry.get("doubt", 0.0)) if like else None
    if not when and not (sound and sound.at_least):
        raise ValueError(f"gate {name}: neither a sign nor a sound")
    return Gate(
        name,
        outcome,
        when,
        spared,
        entry.get("longest", 10_000),
        entry["reply"],
        sound,
        sound is not None,
        bool(entry.get("late")),
        bool(entry.get("urgent")),
        bool(entry.get("complaint")),
        bool(entry.get("before_entries")),
        entry.get("title", name),
        entry.get("about", ""),
        reduce(or_, (sign.bits for sign in when), 0),
    )
