"""A native questionnaire as XLSForm; every cell is a text, so that no spreadsheet runs one.

What the standard has no column for stands in columns of our own, which other tools pass over. The sheet
`native` holds the whole definition, for as long as nobody changes the other sheets.
"""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from surveys.conditions import Answered, Compared, Condition, Expression, Joined, Node, Not, When
from surveys.questionnaire import Indicator, Question, Questionnaire, to_json

SURVEY = ("type", "name", "label", "required", "relevant", "constraint", "appearance")
OWN_SURVEY = ("native_type", "native_min", "native_max", "metric")
CHOICES = ("list_name", "name", "label", "polarity", "score", "exclusive", "other")
INDICATORS = ("id", "question", "rule", "dont_know_rule", "title", "target")
OWN_INDICATORS = ("weights", "numerator", "denominator")
NATIVE, DEFINITION = "native", "definition"
PIECE = 1_000
_TYPES = {"text": "text", "community": "text", "number": "integer", "date": "date", "section": "note"}
_SELECTS = {"single": "select_one", "scale": "select_one", "multiple": "select_multiple", "ranking": "rank"}
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_xlsform(questionnaire: Questionnaire) -> bytes:
    """The .xlsx file."""
    from openpyxl import Workbook  # takes long to load and few commands need it

    book = Workbook()
    survey = book.active
    survey.title = "survey"
    _fill(
        survey,
        [*SURVEY, *OWN_SURVEY],
        (row for one in questionnaire.questions for row in _question(questionnaire, one)),
    )
    choices = (
        (question.id, option.code, option.label, option.polarity, _number(option.score),
         "yes" if option.exclusive else "", "yes" if option.other else "")
        for question in questionnaire.questions
        for option in question.options
    )  # fmt: skip
    _fill(book.create_sheet("choices"), CHOICES, choices)
    settings = (questionnaire.title, questionnaire.id, questionnaire.consent, questionnaire.closing)
    _fill(book.create_sheet("settings"), ("form_title", "form_id", "consent", "closing"), [settings])
    if questionnaire.indicators:
        _fill(
            book.create_sheet("indicators"),
            [*INDICATORS, *OWN_INDICATORS],
            map(_indicator, questionnaire.indicators),
        )
    _fill(book.create_sheet(NATIVE), (DEFINITION,), ((piece,) for piece in _pieces(to_json(questionnaire))))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _indicator(one: Indicator) -> tuple[str | None, ...]:
    """One row; questions and codes apart by blanks, the codes of several questions by bars."""
    codes = " | ".join(" ".join(part) for part in one.numerator)
    out_of = one.denominator if isinstance(one.denominator, str) else " ".join(one.denominator)
    weights = " ".join(f"{weight:g}" for weight in one.weights)
    named = (one.id, " ".join(one.asks), one.rule, one.dont_know_rule, one.title, _number(one.target))
    return (*named, weights, codes, "" if out_of == "answered" else out_of)


def _pieces(text: str) -> Iterable[str]:
    """Parts that fit a cell, between bars, so that a blank at an end is not lost."""
    return (f"|{text[at : at + PIECE]}|" for at in range(0, len(text), PIECE))


def _fill(sheet: Any, columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    for at, row in enumerate([columns, *rows], start=1):
        for column, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(at, column, _UNWRITABLE.sub("", text))
                cell.data_type = "s"


def _question(questionnaire: Questionnaire, question: Question) -> Iterable[tuple[str | None, ...]]:
    required = "yes" if question.required else "no"
    relevant = _relevant(question.show_if)
    least = None if question.min is None else str(question.min)
    most = None if question.max is None else str(question.max)
    own = (question.type, least, most, question.metric)
    if question.type == "matrix":
        yield ("begin_group", question.id, question.title, required, relevant, None, "table-list", *own)
        for row in question.rows:
            kind = f"select_one {question.id}"
            yield (kind, f"{question.id}_{row.code}", row.label, required, *[None] * 7)
        yield ("end_group", *[None] * 10)
        return
    kind = _TYPES.get(question.type) or f"{_SELECTS[question.type]} {question.id}"
    appearance = "likert" if question.type == "scale" else None
    yield (kind, question.id, question.title, required, relevant, _constraint(question), appearance, *own)


def _relevant(when: When | None) -> str | None:
    if when is None:
        return None
    return _xpath(when.tree if isinstance(when, Expression) else when)


def _xpath(node: Node) -> str:
    match node:
        case Condition(question, codes):
            return " or ".join(f"selected({_field(question)}, '{code}')" for code in codes)
        case Answered(question):
            return f"{_field(question)} != ''"
        case Compared(question, sign, value, kind):
            shown = value if kind in ("number", "scale") else f"'{value}'"
            return f"{_field(question)} {sign} {shown}"
        case Not(part):
            return f"not({_xpath(part)})"
        case Joined(word, parts):
            return f" {word} ".join(f"({_xpath(part)})" for part in parts)


def _field(name: str) -> str:
    return f"${{{name.replace('.', '_')}}}"


def _constraint(question: Question) -> str | None:
    subject = {"multiple": "count-selected(.)", "ranking": "count-selected(.)", "number": "."}.get(
        question.type
    )
    if question.type == "text" and question.max is not None:
        return f"string-length(.) <= {question.max}"
    if subject is None:
        return None
    parts = [] if question.min is None else [f"{subject} >= {question.min}"]
    parts += [] if question.max is None else [f"{subject} <= {question.max}"]
    return " and ".join(parts) or None


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}" if float(f"{value:g}") == value else repr(value)
