"""What weighting did to a wave: the margins before and after, what it costs, and every rate after it.

The interviews are weighted to the margins that were sealed with the wave, and to nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from surveys.calibration import Step
from surveys.drawn import PLACES, Sampled, drawn
from surveys.estimates import Design
from surveys.margins import HIGHEST, LOWEST, Margins, WeightingRefused, margin_title, margins_of, weigh
from surveys.suppression import is_small
from surveys.weighted import attach
from surveys.weighting import kish

Key: TypeAlias = tuple[str, str, str, str]
"""(what the rates are split by, group or "", indicator, don't-know rule)."""
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
    done: tuple[Step, ...] = ()
    """What `steps` tells in words, without the rows."""

    @property
    def effective(self) -> float:
        """Interviews of equal weight that would tell as much."""
        return self.interviews / self.kish

    def document(self) -> dict[str, Any]:
        """The report as it stands in the results document."""
        if self.refused:
            return {"refused": self.refused}
        return {
            "refused": None,
            "interviews": self.interviews,
            "effective": self.effective,
            "kish": self.kish,
            "least": self.least,
            "most": self.most,
            "steps": [
                {"kind": step.kind, "rounds": step.rounds, "error": step.error, "touched": step.touched}
                | {"kish": step.kish}
                for step in self.done
            ],
            "words": list(self.steps),
            "margins": [asdict(category) for category in self.categories],
        }

    def of(self, by: str, entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The weighted figures of a rate; None where there are none."""
        return self.rates.get(_key(by, entry))


def weighting_of(
    given: Sampled, margins: Margins, entries: Mapping[str, Sequence[Mapping[str, Any]]]
) -> tuple[Weighting, Design]:
    """Weigh these interviews and estimate `entries`, by what they are split by; with the rows' design."""
    listed = [(by, {**entry}) for by, found in entries.items() for entry in found]
    try:
        design = weigh(given, margins)
        attach([entry for _, entry in listed], given, margins)
    except WeightingRefused as refused:
        return Weighting(refused=str(refused)), drawn(given)
    weights = design.weights
    mean = float(weights.mean())
    told = Weighting(
        interviews=int(np.count_nonzero(weights)),
        steps=(*_merged(margins, given), *_told(design.steps)),
        kish=kish(weights),
        least=float(weights.min()) / mean,
        most=float(weights.max()) / mean,
        categories=tuple(_categories(margins, given, design)),
        rates={_key(by, entry): entry["weighted"] for by, entry in listed if entry["weighted"]},
        done=tuple(replace(step, calibration=None) for step in design.steps),
    )
    return told, design


def _key(by: str, entry: Mapping[str, Any]) -> Key:
    group = next(iter(entry["group"].values()), "")
    return by if group else "", group, entry["indicator"], entry["dont_know_rule"]


def _merged(margins: Margins, given: Sampled) -> Iterator[str]:
    for margin in margins_of(given, margins):
        for labels in margin.merged:
            together = "、".join(f"“{label}”" for label in labels)
            yield f"{together}合为一类（不到 {given.terms.least} 份的并入相邻的一类）"


def _told(steps: Sequence[Step]) -> Iterator[str]:
    """What was done, cutting and meeting the margins again, however often, as one line."""
    cuts = [place for place, step in enumerate(steps) if step.kind == "trim"]
    for step in steps[: cuts[0]] if cuts else steps:
        yield _step(step)
    if not cuts:
        return
    cut, after = steps[cuts[-1]], steps[cuts[-1] + 1 :]
    again = f"，再{_step(after[-1])}" if after else ""
    often = f"（反复 {len(cuts)} 次，下面是最后一次）" if len(cuts) > 1 else ""
    yield (
        f"{STEP_WORDS['trim']}，限在平均的 {LOWEST} 到 {HIGHEST:g} 倍{often}：改动 {cut.touched:,} 份{again}"
    )


def _step(step: Step) -> str:
    far = "不到百万分之一" if step.error < 1e-6 else f"{step.error:.1e}"
    return f"{STEP_WORDS[step.kind]}：{step.rounds} 轮，与人口数的最大相对差{far}"


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
        title = margin_title(name, given.questionnaire)
        few = any(is_small(number, given.terms.least) for number in before.tolist())
        whole = sum(counts.values())
        for label, people in counts.items():
            place = places.get(words.get(label, label))
            if few:
                shares: tuple[float | None, float | None] = (None, None)
            elif place is None:
                shares = (0.0, 0.0)
            else:
                shares = (float(before[place] / before.sum()), float(after[place] / after.sum()))
            found.append(Category(title, words.get(label, label), people, people / whole, *shares))
    return found
