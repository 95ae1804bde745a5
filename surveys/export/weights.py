"""What weighting did to a wave: the margins before and after, what it costs, and every rate after it.

The interviews are weighted to the margins that were sealed with the wave, and to nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from surveys.estimates import Design
from surveys.suppression import LEAST
from surveys.weighted import PLACES, Margins, Sampled, WeightingRefused, attach, drawn, weigh
from surveys.weighting import kish

Key: TypeAlias = tuple[str, str, str, str]
"""(what the rates are split by, group or "", indicator, don't-know rule)."""
PLACE_WORDS = {"township": "乡镇街道", "community": "社区村", "channel": "渠道"}
STEP_WORDS = {"poststratify": "事后分层", "rake": "多个边际逐轮调整", "trim": "截取过大过小的权重"}


@dataclass(frozen=True, slots=True)
class Category:
    """One category of a margin: people, and its share of people, of interviews, of interviews weighted.

    The last two are None where a share would tell of fewer than five.
    """

    margin: str
    label: str
    people: float
    wanted: float
    sample: float | None
    weighted: float | None


@dataclass(frozen=True, slots=True)
class Weighting:
    """A wave after weighting; `refused` says why it could not be done, and then the rest is empty."""

    refused: str = ""
    interviews: int = 0
    steps: tuple[str, ...] = ()
    kish: float = 1.0
    least: float = 1.0
    most: float = 1.0
    """The smallest and largest weight, as multiples of their mean."""
    categories: tuple[Category, ...] = ()
    rates: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    design: Design | None = field(default=None, repr=False)

    @property
    def effective(self) -> float:
        """Interviews of equal weight that would tell as much."""
        return self.interviews / self.kish

    def of(self, by: str, entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The weighted figures of a rate; None where there are none."""
        return self.rates.get(_key(by, entry))


def weighting_of(
    given: Sampled, margins: Margins, entries: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Weighting:
    """Weigh these interviews and estimate `entries`, by what they are split by."""
    listed = [(by, {**entry}) for by, found in entries.items() for entry in found]
    try:
        design = weigh(given, margins)
        attach([entry for _, entry in listed], given, margins)
    except WeightingRefused as refused:
        return Weighting(refused=str(refused), design=drawn(given))
    weights = design.weights
    mean = float(weights.mean())
    return Weighting(
        interviews=int(np.count_nonzero(weights)),
        steps=tuple(_step(step.kind, step.rounds, step.error) for step in design.steps),
        kish=kish(weights),
        least=float(weights.min()) / mean,
        most=float(weights.max()) / mean,
        categories=tuple(_categories(margins, given, design)),
        rates={_key(by, entry): entry["weighted"] for by, entry in listed if entry["weighted"]},
        design=design,
    )


def _key(by: str, entry: Mapping[str, Any]) -> Key:
    group = next(iter(entry["group"].values()), "")
    return by if group else "", group, entry["indicator"], entry["dont_know_rule"]


def _step(kind: str, rounds: int, error: float) -> str:
    return f"{STEP_WORDS[kind]}：{rounds} 轮，与人口数的最大相对差 {error:.1e}"


def _categories(margins: Margins, given: Sampled, design: Design) -> list[Category]:
    found = []
    for name, counts in margins.items():
        (part,) = given.parts(name)
        codes, size = given.codes(part), len(part.labels)
        before = np.bincount(codes, minlength=size)
        after = np.bincount(codes, design.weights, minlength=size)
        question = None if name in PLACES else given.questionnaire.question(name)
        words = {option.code: option.label for option in question.options} if question else {}
        places = {words.get(label or "", label or ""): place for place, label in enumerate(part.labels)}
        title = question.title if question else PLACE_WORDS[name]
        few = any(0 < number < LEAST for number in before.tolist())
        whole = sum(counts.values())
        for label, people in counts.items():
            place = places[words.get(label, label)]
            shares = (None, None) if few else (before[place] / before.sum(), after[place] / after.sum())
            found.append(Category(title, words.get(label, label), people, people / whole, *shares))
    return found
