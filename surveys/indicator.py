"""PURE: a rate that the office reports: what it counts, out of whom, and what it is held against."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Rule = Literal["top_box", "score", "accuracy"]
"""Share of the answers in the numerator; mean of the options' scores; share of right answers."""
DontKnowRule = Literal["excluded", "not_counted_positive"]
Denominator: TypeAlias = Literal["answered", "asked"] | tuple[str, ...]
"""Whose answers are counted: those that the rule can use, everybody who was asked (who refuses gains
nothing), or those who chose one of these options."""

LEAST_SHARE = 0.5
"""A composite counts for who answered questions of at least this share of its weight; they are scaled up."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A rate with its rule. It has the version of its questionnaire, and is sealed with each wave.

    A composite has `questions` with a weight each instead of `question`: the weighted mean of what the rule
    gives for each. `numerator` are explicit codes, one tuple a question: without them the positive options
    are the ones that count. `target` is 0 to 1.
    """

    id: str
    question: str = ""
    rule: Rule = "top_box"
    dont_know_rule: DontKnowRule = "excluded"
    title: str = ""
    target: float | None = None
    numerator: tuple[tuple[str, ...], ...] = ()
    denominator: Denominator = "answered"
    questions: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()

    @property
    def asks(self) -> tuple[str, ...]:
        """The questions that feed it."""
        return self.questions or (self.question,)

    @property
    def is_mean(self) -> bool:
        """Whether an answer gains a part of 1, so that its rate is a mean and no share of people."""
        return self.rule == "score" or bool(self.questions)

    @property
    def basis(self) -> tuple[object, ...]:
        """What is counted: indicators with equal ones can be compared, under either don't-know rule."""
        return (self.asks, self.rule, self.numerator, self.denominator, self.weights)

    def codes(self, place: int) -> tuple[str, ...]:
        """The explicit numerator of the question at this place; () where the positive options are it."""
        return self.numerator[place] if self.numerator else ()

    def share(self, place: int) -> float:
        """The weight of the question at this place, all together 1."""
        return self.weights[place] / sum(self.weights) if self.weights else 1 / len(self.asks)


def to_dict(indicator: Indicator) -> dict[str, Any]:
    """The native shape, defaults left out."""
    out: dict[str, Any] = {"id": indicator.id}
    if indicator.questions:
        out["questions"] = list(indicator.questions)
        if indicator.weights:
            out["weights"] = list(indicator.weights)
    else:
        out["question"] = indicator.question
    out["rule"] = indicator.rule
    if indicator.numerator:
        lists = [list(codes) for codes in indicator.numerator]
        out["numerator"] = lists if indicator.questions else lists[0]
    if indicator.denominator != "answered":
        given = indicator.denominator
        out["denominator"] = given if isinstance(given, str) else list(given)
    out["dont_know_rule"] = indicator.dont_know_rule
    if indicator.title:
        out["title"] = indicator.title
    if indicator.target is not None:
        out["target"] = indicator.target
    return out
