"""What a questionnaire is: questions with explicit option codes, and the indicators that its answers feed.

Objects of these classes are consistent: `surveys.native` refuses anything else, with all problems at once.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from surveys import indicator
from surveys.condition_reading import Subject
from surveys.conditions import Condition, When, decided
from surveys.indicator import DontKnowRule as DontKnowRule
from surveys.indicator import Indicator as Indicator

QuestionType = Literal[
    "single", "multiple", "scale", "text", "section", "matrix", "number", "ranking", "date", "community"
]
TYPE_NAMES: Mapping[QuestionType, str] = {
    "single": "单选",
    "multiple": "多选",
    "scale": "打分",
    "text": "填空",
    "section": "说明",
    "matrix": "矩阵",
    "number": "填数",
    "ranking": "排序",
    "date": "日期",
    "community": "选社区",
}
"""What the office calls each type."""
TOLD_APART: tuple[QuestionType, ...] = ("single", "scale", "number", "date")
"""The types whose answers are few enough, and short enough, that people can be told apart by them."""
Polarity = Literal["positive", "neutral", "negative", "dont_know"]
Metric = Literal["awareness", "support", "participation", "satisfaction", "knowledge"]
Paging = Literal["question", "section"]
Frame = Literal["", "inside", "outside", "unknown"]

Answer: TypeAlias = str | list[str] | None
"""A kept answer, alike whoever took it; None = refused.

single, scale: the option's code. multiple: codes in the questionnaire's order. ranking: codes, the first
choice first. text: the words. number: a whole number in digits. date: "2026-05-01". community: its name.
A question that was not asked has no entry, so that "not asked", "refused" and "don't know" never look alike.
"""
Answers: TypeAlias = Mapping[str, Answer]
"""Answers by id, as they are kept in the database, in the order of the questions.

A row of a matrix is kept as "grid.row", the words behind an option like "other" as "q3.other", the township
of a community question as "place.township": `surveys.parts` says which pieces a question has.
"""

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
class Question:
    """A question, or a `section`, which only shows its title.

    `min` and `max` are numbers of choices (multiple; ranking, where unset means all), the ends (scale,
    number; of a date: years) or the longest answer in characters (text: max). A scale has its points as
    options with the codes "min".."max"; others (don't know) follow. Only a matrix has `rows`, only a number
    a `unit`; a community question takes its choices from the sample frame. `shuffle` shows the options in
    another order in every interview. `personal`: whether the answer helps to tell who somebody is; None
    leaves that to `surveys.persons`.
    """

    id: str
    type: QuestionType
    title: str
    options: tuple[Option, ...] = ()
    required: bool = True
    metric: Metric | None = None
    show_if: When | None = None
    min: int | None = None
    max: int | None = None
    rows: tuple[Row, ...] = ()
    unit: str = ""
    shuffle: bool = False
    personal: bool | None = None
    has_other: bool = field(init=False, repr=False, compare=False)
    """Whether one of the options asks for words as well; looked up once."""
    in_one_piece: bool = field(init=False, repr=False, compare=False)
    """Whether its answer is kept under its own id and nothing beside it."""

    def __post_init__(self) -> None:
        chosen = self.type in ("single", "multiple", "scale")
        object.__setattr__(self, "has_other", chosen and any(option.other for option in self.options))
        pieces = self.has_other or self.type in ("section", "matrix", "community")
        object.__setattr__(self, "in_one_piece", not pieces)

    def __hash__(self) -> int:
        """Of little: what is known of a question is looked up with every answer."""
        return hash((self.id, self.title))

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

    def row(self, code: str) -> "Question":
        """One row of a matrix as a question of its own; LookupError if there is none of this code."""
        label = next((row.label for row in self.rows if row.code == code), None)
        if label is None:
            raise LookupError(f"{self.id} has no row {code}")
        title = f"{self.title}\n{label}"
        return replace(self, id=f"{self.id}.{code}", type="single", title=title, rows=())

    def subject(self) -> Subject:
        """What a condition may say about it."""
        codes = frozenset(option.code for option in self.options)
        match self.type:
            case "single":
                return Subject("one", codes)
            case "scale":
                return Subject("scale", codes, self.points())
            case "multiple" | "ranking":
                return Subject("several", codes)
            case "number":
                return Subject("number")
            case "date":
                return Subject("date")
            case "community":
                return Subject("place")
            case _:
                return Subject("words")


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `limit` interviews for which `when` holds; without a condition, of all."""

    id: str
    limit: int
    when: When | None = None

    def counts(self, answers: Answers) -> bool:
        """Whether an interview with these answers takes a place."""
        return self.when is None or self.when.holds(answers)


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A definition as it is published; the version number belongs to the store, not to the content.

    `inside` says who belongs to the population; `paging` whether the page shows a question or a section at
    a time.
    """

    id: str
    title: str
    questions: tuple[Question, ...]
    consent: str = ""
    closing: str = ""
    indicators: tuple[Indicator, ...] = ()
    quotas: tuple[Quota, ...] = ()
    inside: When | None = None
    paging: Paging = "question"
    length: int | None = field(init=False, repr=False, compare=False)
    """How many questions everybody is asked; None where that depends on the answers."""

    def __post_init__(self) -> None:
        depends = any(question.show_if is not None for question in self.questions)
        object.__setattr__(self, "length", None if depends else len(self.asked()))

    def question(self, question_id: str) -> Question | None:
        """The question with this id; "grid.a" is the row `a` of a matrix."""
        name, _, code = question_id.partition(".")
        found = next((question for question in self.questions if question.id == name), None)
        if found is None or not code:
            return found
        return found.row(code) if any(row.code == code for row in found.rows) else None

    def frame(self, answers: Answers) -> Frame:
        """Whether the rates speak for who answers so; "" where the questionnaire has no screen."""
        if self.inside is None:
            return ""
        if self.inside.holds(answers):
            return "inside"
        return "outside" if decided(self.inside, answers) else "unknown"

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
    if questionnaire.paging != "question":
        out["paging"] = questionnaire.paging
    if questionnaire.inside is not None:
        out["screen"] = {"inside": _when(questionnaire.inside)}
    out["question"] = [_question_dict(question) for question in questionnaire.questions]
    if questionnaire.indicators:
        out["indicator"] = [indicator.to_dict(one) for one in questionnaire.indicators]
    if questionnaire.quotas:
        out["quota"] = [_quota_dict(quota) for quota in questionnaire.quotas]
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
        out["show_if"] = _when(question.show_if)
    if question.min is not None:
        out["min"] = question.min
    if question.max is not None:
        out["max"] = question.max
    if question.unit:
        out["unit"] = question.unit
    if question.shuffle:
        out["shuffle"] = True
    if question.personal is not None:
        out["personal"] = question.personal
    if question.options:
        out["options"] = [_option_dict(option) for option in question.options]
    if question.rows:
        out["rows"] = [{"code": row.code, "label": row.label} for row in question.rows]
    return out


def _when(when: When) -> dict[str, Any] | str:
    if isinstance(when, Condition):
        return {"question": when.question, "in": list(when.codes)}
    return when.text


def _quota_dict(quota: Quota) -> dict[str, Any]:
    out: dict[str, Any] = {"id": quota.id, "limit": quota.limit}
    if quota.when is not None:
        out["when"] = _when(quota.when)
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
