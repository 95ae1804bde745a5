"""What is recognised before any article is looked for: emergencies, complaints, other places, small talk.

The gates are data (library/gates.toml): the office reads and edits them like a text. They come before every
score, because a score cannot see that 青岛遛狗 is textually perfect and still not ours to answer.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from content.rules.citing import place_stem
from content.rules.words import fold

Outcome = Literal["answered", "choices", "unknown", "handed_over", "emergency", "small_talk", "declined"]

_OUTCOMES = frozenset(get_args(Outcome))


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """Who answers: the name, the number to call, and the place ("云溪市青禾县"; may be empty)."""

    name: str
    hotline: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """One kind of message and what it is told; fits when `when` is found and `unless` is not."""

    name: str
    outcome: Outcome
    when: re.Pattern[str]
    unless: re.Pattern[str] | None
    longest: int
    reply: str

    def fits(self, folded: str) -> bool:
        """Whether this gate answers the folded message."""
        if len(folded) > self.longest or not self.when.search(folded):
            return False
        return not (self.unless and self.unless.search(folded))


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
    places: Mapping[str, tuple[str, ...]]
    followed_by: str
    asks: re.Pattern[str]
    tells: re.Pattern[str]
    in_danger: str

    def only_tells(self, folded: str) -> bool:
        """Whether the message tells of something and asks nothing: perhaps an emergency nobody foresaw."""
        return bool(self.tells.search(folded)) and not self.asks.search(folded)

    def first(self, folded: str) -> Gate | None:
        """The gate that answers the message, if any."""
        return next((gate for gate in self.gates if gate.fits(folded)), None)

    def note(self, folded: str) -> str:
        """What to add to an answer, or ""."""
        return next((gate.reply for gate in self.notes if gate.fits(folded)), "")

    def claimed(self, folded: str, text: str) -> str:
        """The first sanction that the message speaks of and the text lacks, in the message's words, or ""."""
        for claim in self.claims:
            said = next((word for word in claim.says if word in folded), "")
            if said and not any(word in text for word in claim.text):
                return said
        return ""

    def other_place(self, folded: str, own: Iterable[str]) -> str:
        """The place a message is about if not ours, or "". `own`: areas of the office and the texts."""
        stems = tuple(place_stem(area) for area in own if area)
        if any(stem in folded for stem in stems):
            return ""
        for province, cities in self.places.items():
            ours = any(
                stem in own_area for stem in (province, *map(place_stem, cities)) for own_area in stems
            )
            for place in cities if ours else (province, *cities):
                if place in folded and re.search(rf"{place}(?!{self.followed_by})", folded):
                    return place
        return ""


def load_gates(tables: dict[str, Any]) -> Gates:
    """Gates from the tables of a gates.toml. ValueError names the gate that cannot be used."""
    question = tables["rule_question"]
    places = dict(tables["places"])
    followed_by = places.pop("followed_by")
    return Gates(
        tuple(_gate(entry, question) for entry in tables["gate"]),
        tuple(_gate({"name": "note", "outcome": "answered"} | entry, question) for entry in tables["note"]),
        tuple(
            Claim(tuple(fold(word) for word in entry["says"]), tuple(fold(word) for word in entry["text"]))
            for entry in tables["sanction"]
        ),
        {province: tuple(cities) for province, cities in places.items()},
        followed_by,
        re.compile(tables["asks"]),
        re.compile(tables["tells"]),
        tables["in_danger"],
    )


@cache
def shipped_gates() -> Gates:
    """The gates that come with the service."""
    return load_gates(tomllib.loads(files("content").joinpath("library", "gates.toml").read_text("utf-8")))


def _gate(entry: dict[str, Any], rule_question: str) -> Gate:
    name, outcome = entry["name"], entry["outcome"]
    if outcome not in _OUTCOMES:
        raise ValueError(f"gate {name}: unknown outcome {outcome}")
    unless = [*entry.get("unless", []), *([rule_question] if entry.get("spare_rule_questions") else [])]
    try:
        when = re.compile("|".join(f"(?:{pattern})" for pattern in entry["when"]))
        spared = re.compile("|".join(f"(?:{pattern})" for pattern in unless)) if unless else None
        entry["reply"].format(office="", hotline="")
    except (re.error, KeyError, IndexError, ValueError) as error:
        raise ValueError(f"gate {name}: {error}") from error
    return Gate(name, outcome, when, spared, entry.get("longest", 10_000), entry["reply"])
