"""What a resident's words are about: the weighted grams to search for, and whether a penalty is asked."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from content.rules.words import fold, grams

ALIAS_WEIGHT = 0.35
REMAINDER_WEIGHT = 0.1
BROKEN_WEIGHT = 0.4


@dataclass(frozen=True, slots=True)
class Alias:
    """Residents' words for something, and the regulation's; with `beside`, only next to one of those words.

    `context` marks who and where (孩子, 公交): it helps to find, and says nothing of what is asked.
    """

    says: tuple[str, ...]
    means: tuple[str, ...]
    beside: tuple[str, ...]
    weight: float
    context: bool


@dataclass(frozen=True, slots=True)
class Phrases:
    """The office-editable knowledge about wording, folded and ready to compare.

    `heard` finds the aliases by the first letter of what residents say: (alias, its how-manieth, words).
    """

    asking: tuple[str, ...]
    particles: frozenset[str]
    penalty: tuple[str, ...]
    amount: tuple[str, ...]
    aliases: tuple[Alias, ...]
    heard: Mapping[str, tuple[tuple[int, int, str], ...]]


@dataclass(frozen=True, slots=True)
class Query:
    """A folded message: `subject` lacks the asking words; `stands_for` is what was said and may mean."""

    folded: str
    subject: str
    weights: dict[str, float]
    stands_for: tuple[tuple[str, tuple[str, ...]], ...]
    penalty: bool
    amount: bool


def load_phrases(tables: dict[str, Any]) -> Phrases:
    """Phrases from the tables of a phrases.toml; KeyError where a key is missing."""
    asking = _folded(tables["asking"])
    aliases = tuple(
        Alias(
            _folded(entry["says"]),
            _folded(entry["means"]),
            _folded(entry.get("beside", ())),
            float(entry.get("weight", ALIAS_WEIGHT)),
            bool(entry.get("context", False)),
        )
        for entry in tables["alias"]
    )
    heard: dict[str, list[tuple[int, int, str]]] = {}
    for at, alias in enumerate(aliases):
        for rank, words in enumerate(alias.says):
            heard.setdefault(words[0], []).append((at, rank, words))
    return Phrases(
        tuple(sorted((phrase for phrase in asking if len(phrase) > 1), key=len, reverse=True)),
        frozenset(phrase for phrase in asking if len(phrase) == 1),
        _folded(tables["penalty"]),
        _folded(tables["amount"]),
        aliases,
        {letter: tuple(found) for letter, found in heard.items()},
    )


@cache
def shipped_phrases() -> Phrases:
    """The phrases that come with the service."""
    return load_phrases(
        tomllib.loads(files("content").joinpath("library", "phrases.toml").read_text("utf-8"))
    )


def understand(message: str, phrases: Phrases) -> Query:
    """What to look for. Asking words keep a small weight, so that they decide where nothing else does."""
    folded = fold(message)
    subject = folded
    for phrase in phrases.asking:
        subject = subject.replace(phrase, " ")
    weights: dict[str, float] = dict.fromkeys(grams(folded), REMAINDER_WEIGHT)
    for gram in grams(subject):
        particle = not phrases.particles.isdisjoint(gram)
        weights[gram] = (BROKEN_WEIGHT if len(gram) > 1 else REMAINDER_WEIGHT) if particle else 1.0
    stands_for = []
    for at, said in _said(folded, phrases).items():
        alias = phrases.aliases[at]
        if alias.beside and not any(phrase in folded for phrase in alias.beside):
            continue
        if not alias.context:
            stands_for.append((max(said, key=len), alias.means))
        for meaning in alias.means:
            for gram in grams(meaning):
                weights[gram] = max(weights.get(gram, 0.0), alias.weight)
    return Query(
        folded,
        subject,
        weights,
        tuple(stands_for),
        any(phrase in folded for phrase in phrases.penalty),
        any(phrase in folded for phrase in phrases.amount),
    )


def _said(folded: str, phrases: Phrases) -> dict[int, list[str]]:
    """The words that a folded message has of each alias, aliases and words in the order of the file."""
    found = sorted(
        entry for letter in set(folded) for entry in phrases.heard.get(letter, ()) if entry[2] in folded
    )
    said: dict[int, list[str]] = {}
    for at, _, words in found:
        said.setdefault(at, []).append(words)
    return said


def _folded(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(fold(phrase) for phrase in phrases)
