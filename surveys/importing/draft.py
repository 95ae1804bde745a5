"""What an import gives: questions that a person has to confirm, each with its place in the source."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from surveys.questionnaire import Indicator, Question, Questionnaire, to_dict

UNTITLED = "未命名问卷"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a person should look at: the line (or row) of the source, from 1, and a Chinese sentence."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Drafted:
    """A question, the number printed before it (None: a section), and the line where it begins."""

    question: Question
    number: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Draft:
    """An unconfirmed questionnaire. Its questions are consistent in the sense of `surveys.native`."""

    title: str
    items: tuple[Drafted, ...]
    doubts: tuple[Doubt, ...] = ()
    consent: str = ""
    closing: str = ""
    indicators: tuple[Indicator, ...] = ()
    id: str = ""
    source: tuple[str, ...] = ()
    """The lines that were read, so that a person can hold the draft against them."""
    whole: Questionnaire | None = None
    """The definition itself where the source holds one: quotas and the like stand nowhere else."""

    def questionnaire(self, identity: str) -> Questionnaire:
        """The definition, under the source's own id or else this one."""
        if self.whole is not None:
            return self.whole
        questions = tuple(item.question for item in self.items)
        title = self.title or UNTITLED
        return Questionnaire(
            self.id or identity, title, questions, self.consent, self.closing, self.indicators
        )

    def document(self) -> dict[str, Any]:
        """The public shape of `survey import`."""
        questionnaire = self.questionnaire("draft")
        told = to_dict(questionnaire)["question"]
        return {
            "title": questionnaire.title,
            "consent": self.consent,
            "closing": self.closing,
            "questions": [
                {"number": item.number, "line": item.line} | _described(item.question, entry)
                for item, entry in zip(self.items, told, strict=True)
            ],
            "warnings": [{"line": doubt.line, "message": doubt.message} for doubt in self.doubts],
        }


def drafted(
    questionnaire: Questionnaire,
    lines: Sequence[int],
    doubts: Sequence[Doubt] = (),
    source: Sequence[str] = (),
) -> Draft:
    """A whole definition as a draft; `lines` say where each question begins."""
    items = []
    asked = 0
    for question, line in zip(questionnaire.questions, lines, strict=True):
        asked += question.type != "section"
        items.append(Drafted(question, None if question.type == "section" else asked, line))
    return Draft(
        questionnaire.title,
        tuple(items),
        tuple(doubts),
        questionnaire.consent,
        questionnaire.closing,
        questionnaire.indicators,
        questionnaire.id,
        tuple(source),
        questionnaire,
    )


def _described(question: Question, told: dict[str, Any]) -> dict[str, Any]:
    """The native entry with its defaults spelt out."""
    options = [
        {"polarity": option.polarity, "score": option.score}
        | {"exclusive": option.exclusive, "other": option.other}
        | {"code": option.code, "label": option.label}
        for option in question.options
    ]
    plain = {"required": question.required, "min": None, "max": None, "show_if": None, "metric": None}
    return plain | told | {"options": options}


def tidied(items: Iterable[Drafted], doubts: list[Doubt]) -> tuple[Drafted, ...]:
    """The items with what `surveys.native` would refuse put right, each change with a doubt."""
    return tuple(_tidied(item, doubts) for item in items)


def _tidied(item: Drafted, doubts: list[Doubt]) -> Drafted:
    question = replace(item.question, title=item.question.title.strip())
    if not question.title:
        doubts.append(Doubt(item.line, "这道题没有题干，请补上。"))
        question = replace(question, title="（缺题干）")
    options = tuple(replace(one, label=one.label.strip()) for one in question.options)
    rows = tuple(replace(one, label=one.label.strip()) for one in question.rows)
    if not all(one.label for one in options) or not all(one.label for one in rows):
        doubts.append(Doubt(item.line, "有选项没有文字，先用代码代替，请补上。"))
        options = tuple(replace(one, label=one.label or one.code) for one in options)
        rows = tuple(replace(one, label=one.label or one.code) for one in rows)
    question = replace(question, options=options, rows=rows)
    least, most, size = question.min or 1, question.max, len(question.options)
    if question.type in ("multiple", "ranking") and not 1 <= least <= (most or size) <= size:
        doubts.append(
            Doubt(item.line, f"最少选 {least} 项、最多选 {most or size} 项与选项个数不符，没有保留，请核对。")
        )
        question = replace(question, min=None, max=None)
    return replace(item, question=question)


def free_name(wanted: str, taken: set[str]) -> str:
    """The wanted name, or with a number behind it if it is taken."""
    at, name = 1, wanted
    while name in taken:
        at += 1
        name = f"{wanted}_{at}"
    return name
