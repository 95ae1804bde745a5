"""PURE: the questions of one page as its fields: what each is called, its title, what was typed before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from surveys.figures import number_range
from surveys.interview import Ask
from surveys.parts import other
from surveys.questionnaire import TEXT_LIMIT, Question

FIRST = "answer"
"""What the first field on a page is called, whatever it asks."""
MANY = 15
"""More options than this are a list to open, not a column of buttons."""


@dataclass(frozen=True, slots=True)
class Field:
    """One answer on the page; `label` tells it from its neighbours of the same question, `""` if alone.

    `typed` is what was sent before, where it could not be taken; `other` the name of the field for the words
    behind an option like "other", "" where there is none.
    """

    name: str
    question: Question
    label: str
    note: str
    hint: str
    typed: tuple[str, ...]
    other: str
    other_typed: str

    @property
    def listed(self) -> bool:
        """Whether its options are opened as a list."""
        return self.question.type == "single" and len(self.question.options) > MANY

    @property
    def longest(self) -> int:
        """Most characters of a text."""
        return self.question.max or TEXT_LIMIT


@dataclass(frozen=True, slots=True)
class Group:
    """One question with its fields, under its number."""

    position: int
    intro: tuple[str, ...]
    title: str
    fields: tuple[Field, ...]
    required: bool


def name_of(asked: Sequence[Ask], question: Question) -> str:
    """What a question's field is called: the first on a page has the plain name."""
    return FIRST if question.id == asked[0].question.id else f"answer.{question.id}"


def groups(
    asked: Sequence[Ask], hints: Mapping[str, str], sent: Mapping[str, Sequence[str]]
) -> Iterator[Group]:
    """The page's questions; `hints` and `sent` tell by question what could not be taken before."""
    for _, together in groupby(asked, key=lambda one: one.whole.id):
        asks = list(together)
        title, _, label = asks[0].question.title.partition("\n")
        rows = asks[0].whole.type == "matrix"
        yield Group(
            asks[0].position,
            asks[0].intro,
            title if rows or not label else f"{title}\n{label}",
            tuple(_field(asked, one, hints, sent, rows) for one in asks),
            asks[0].question.required,
        )


def _field(
    asked: Sequence[Ask],
    one: Ask,
    hints: Mapping[str, str],
    sent: Mapping[str, Sequence[str]],
    is_row: bool,
) -> Field:
    question = one.question
    words = other(one.whole) if one.piece == 1 else None
    return Field(
        name_of(asked, question),
        question,
        question.title.partition("\n")[2] if is_row else "",
        _note(question),
        hints.get(question.id, ""),
        tuple(sent.get(question.id, ())),
        "" if words is None else name_of(asked, words),
        "" if words is None else next(iter(sent.get(words.id, ())), ""),
    )


def _note(question: Question) -> str:
    """How to fill it in, where the field itself does not say."""
    match question.type:
        case "multiple":
            least = f"最少选 {question.min} 项" if question.min is not None and question.min > 1 else ""
            most = f"最多选 {question.max} 项" if question.max is not None else ""
            return "，".join(part for part in ("可以选多项", least, most) if part) + "。"
        case "ranking":
            most_ranked = question.max or len(question.options)
            return f"请给 {most_ranked} 项排上名次，1 是排在最前面的。"
        case "number":
            return f"请写一个整数{number_range(question)}。"
        case "date":
            return "例如 2026-05-01，或 2026年5月1日。"
        case _:
            return ""
