"""PURE: what an answer means for an indicator: nothing, or a value of 0 to 1 in its numerator."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from surveys.columns import Block, Codes
from surveys.indicator import DontKnowRule, Indicator
from surveys.questionnaire import Option


@dataclass(frozen=True, slots=True)
class Both:
    """What is worth one thing where don't know is left out and another where it counts as nothing gained.

    None = not in the denominator. `refused` and `dont_know` are counted beside it.
    """

    excluded: float | None
    counted: float | None
    refused: bool = False
    dont_know: bool = False


Meaning: TypeAlias = Literal["not_asked", "refused", "dont_know", "outside"] | float | Both


class Reading(Protocol):
    """Gives every interview of a block a code; equal readings give equal codes."""

    def codes(self, block: Block) -> Codes:
        """A code of 0 or more for each row."""
        ...


@dataclass(frozen=True, slots=True)
class Measure:
    """An indicator on interviews: the meaning of each code of the reading."""

    reading: Reading
    meanings: tuple[Meaning, ...]


def meaning_of(indicator: Indicator, option: Option, place: int = 0) -> Meaning:
    """What choosing an option of the question at `place` means; the indicator's denominator comes later."""
    if option.polarity == "dont_know":
        return "dont_know"
    if indicator.rule == "score":
        return "outside" if option.score is None else option.score / 100
    codes = indicator.codes(place)
    positive = option.code in codes if codes else option.polarity == "positive"
    if not isinstance(indicator.denominator, str):
        return float(positive) if option.code in indicator.denominator else "outside"
    if codes or indicator.rule == "accuracy":
        return float(positive)
    return "outside" if option.polarity is None else float(positive)


def out_of(indicator: Indicator, meaning: Meaning) -> Meaning:
    """The meaning in the denominator that the indicator declares: of all asked, who says nothing gains 0."""
    if indicator.denominator != "asked":
        return meaning
    if meaning == "outside":
        return 0.0
    return Both(0.0, 0.0, refused=True) if meaning == "refused" else meaning


def value_of(meaning: Meaning, rule: DontKnowRule) -> float | None:
    """What an answer adds to a rate, 0 to 1; None where it is not in the denominator."""
    if isinstance(meaning, float):
        return meaning
    if isinstance(meaning, Both):
        return meaning.excluded if rule == "excluded" else meaning.counted
    return 0.0 if meaning == "dont_know" and rule == "not_counted_positive" else None


def is_refused(meaning: Meaning) -> bool:
    """Whether the answer was refused; of a composite, whether nothing else was said."""
    return meaning.refused if isinstance(meaning, Both) else meaning == "refused"


def is_unsure(meaning: Meaning) -> bool:
    """Whether somebody said that they do not know; of a composite, to any of its questions."""
    return meaning.dont_know if isinstance(meaning, Both) else meaning == "dont_know"
