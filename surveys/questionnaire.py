"""What a questionnaire is: questions with explicit option codes, and the indicators that its answers feed.

Objects of these classes are consistent: `surveys.native` refuses anything else, with all problems at once.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

QuestionType = Literal[
    "single", "multiple", "scale", "text", "section", "matrix", "number", "ranking", "date", "community"
]
Polarity = Literal["positive", "neutral", "negative", "dont_know"]
Metric = Literal["awareness", "support", "participation", "satisfaction", "knowledge"]
Rule = Literal["top_box", "score"]
DontKnowRule = Literal["excluded", "not_counted_positive"]

Answer: TypeAlias = str | list[str] | None
"""A kept answer: option code (single, scale), codes in option order (multiple), words (text), None = refused.

A question that was not asked has no entry, so that "not asked", "refused" and "don't know" never look alike.
"""
Answers: TypeAlias = Mapping[str, Answer]
"""Answers by question id, as they are kept in the database."""

ASKABLE: frozenset[QuestionType] = frozenset(["single", "multiple", "scale", "text", "section"])
"""What the chat and the page can ask; the lint keeps everything else from being published."""

TEXT_LIMIT = 500
"""Longest free-text answer in characters, unless the question sets a smaller `max`."""


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer; `code` is what is stored, `score` (0 to 100) feeds the rule "score"."""

    code: str
    label: str
    polarity: Polarity | None = None
    score: float | None = None
    exclusive: bool = False
    other: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a matrix, answered with one of the question's options."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Ask only if `question` was answered with one of `codes`: `show_if = {question = "q1", in = ["1"]}`."""

    question: str
    codes: tuple[str, ...]

    def holds(self, given: Answers) -> bool:
        """Not asked and refused both mean no."""
        answer = given.get(self.question)
        if answer is None:
            return False
        chosen = [answer] if isinstance(answer, str) else answer
        return any(code in self.codes for code in chosen)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, or a `section`, which only shows its title.

    `min` and `max` are numbers of choices (multiple, ranking), the ends (scale, number) or the longest answer
    in characters (text: max). A scale has its points as options with the codes "min".."max"; others (don't
    know) follow. Only a matrix has `rows`; a community question takes its choices from the sample frame.
    """

    id: str
    type: QuestionType
    title: str
    options: tuple[Option, ...] = ()
    required: bool = True
    metric: Metric | None = None
    show_if: Condition | None = None
    min: int | None = None
    max: int | None = None
    rows: tuple[Row, ...] = ()

    def applies(self, given: Answers) -> bool:
        """Whether these answers lead to this question."""
        return self.show_if is None or self.show_if.holds(given)

    def option(self, code: str) -> Option | None:
        """The option with this code."""
        return next((option for option in self.options if option.code == code), None)

    def choices(self) -> tuple[tuple[str, Option], ...]:
        """The options, each with what a resident types for it; "" where only words do (a scale's extras)."""
        if self.type != "scale":
            return tuple((str(number), option) for number, option in enumerate(self.options, start=1))
        points = self.points()
        return tuple((option.code if option.code in points else "", option) for option in self.options)

    def points(self) -> frozenset[str]:
        """The codes of a scale's points."""
        if self.type != "scale" or self.min is None or self.max is None:
            return frozenset()
        return frozenset(str(value) for value in range(self.min, self.max + 1))


@dataclass(frozen=True, slots=True)
class Indicator:
    """A rate that the office reports: question, rule, what happens to "don't know"; `target` is 0 to 1."""

    id: str
    question: str
    rule: Rule = "top_box"
    dont_know_rule: DontKnowRule = "excluded"
    title: str = ""
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A definition as it is published; the version number belongs to the store, not to the content."""

    id: str
    title: str
    questions: tuple[Question, ...]
    consent: str = ""
    closing: str = ""
    indicators: tuple[Indicator, ...] = ()

    def question(self, question_id: str) -> Question | None:
        """The question with this id."""
        return next((question for question in self.questions if question.id == question_id), None)

    def asked(self) -> tuple[Question, ...]:
        """The questions that want an answer, in order."""
        return tuple(question for question in self.questions if question.type != "section")


def to_dict(questionnaire: Questionnaire) -> dict[str, Any]:
    """The native shape (that of the TOML file) with every default left out."""
    out: dict[str, Any] = {"id": questionnaire.id, "title": questionnaire.title}
    if questionnaire.consent:
        out["consent"] = questionnaire.consent
    if questionnaire.closing:
        out["closing"] = questionnaire.closing
    out["question"] = [_question_dict(question) for question in questionnaire.questions]
    if questionnaire.indicators:
        out["indicator"] = [_indicator_dict(indicator) for indicator in questionnaire.indicators]
    return out


def to_json(questionnaire: Questionnaire) -> str:
    """Canonical: equal questionnaires give equal bytes, on every machine and in every release."""
    return json.dumps(to_dict(questionnaire), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(questionnaire: Questionnaire) -> str:
    """SHA-256 of the canonical JSON, in hex: what makes two versions the same."""
    return hashlib.sha256(to_json(questionnaire).encode()).hexdigest()


def _question_dict(question: Question) -> dict[str, Any]:
    out: dict[str, Any] = {"id": question.id, "type": question.type, "title": question.title}
    if not question.required:
        out["required"] = False
    if question.metric:
        out["metric"] = question.metric
    if question.show_if:
        out["show_if"] = {"question": question.show_if.question, "in": list(question.show_if.codes)}
    if question.min is not None:
        out["min"] = question.min
    if question.max is not None:
        out["max"] = question.max
    if question.options:
        out["options"] = [_option_dict(option) for option in question.options]
    if question.rows:
        out["rows"] = [{"code": row.code, "label": row.label} for row in question.rows]
    return out


def _option_dict(option: Option) -> dict[str, Any]:
    out: dict[str, Any] = {"code": option.code, "label": option.label}
    if option.polarity:
        out["polarity"] = option.polarity
    if option.score is not None:
        out["score"] = option.score
    if option.exclusive:
        out["exclusive"] = True
    if option.other:
        out["other"] = True
    return out


def _indicator_dict(indicator: Indicator) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": indicator.id,
        "question": indicator.question,
        "rule": indicator.rule,
        "dont_know_rule": indicator.dont_know_rule,
    }
    if indicator.title:
        out["title"] = indicator.title
    if indicator.target is not None:
        out["target"] = indicator.target
    return out
