"""The columns of a wave's interviews, alike in every format: what a column is called and what its cells hold.

A question with several choices has one column an option, 1 where it was chosen and 0 where not; a ranking
has the place there, 0 for what was left out; a matrix has a column a row, the words behind "other" their own.
"Not asked" and "refused" are codes of their own in every column of a question. A column whose codes are all
numbers holds numbers; one with a code like "A" holds texts.
"""

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from surveys import integrity, parts, sources
from surveys.export.part import Cells, Gap, Part
from surveys.export.safe import printable, safe, shortened
from surveys.native import NOT_ASKED, REFUSED, WITHHELD
from surveys.persons import AGE_BAND, OLDEST, YOUNGEST, is_age, personal
from surveys.questionnaire import Question, Questionnaire

Cell: TypeAlias = int | float | str | date | None
"""A value; None only where a design variable was not given."""

CELL_LIMIT = 32_000
"""Longest text of a cell, in characters; a spreadsheet holds 32,767."""
_REPEATED = 40
MISSING: Mapping[str, str] = {NOT_ASKED: "没有问到", REFUSED: "问到但未回答"}
KEPT_BACK: Mapping[str, str] = {**MISSING, WITHHELD: "同样情况的人太少，不列出"}
"""Of questions about the person."""
_BANDS = f"（每 {AGE_BAND} 岁一组，写最小的岁数；{YOUNGEST} 岁以下、{OLDEST} 岁以上各并成一组）"
STATUS = {"complete": "完整", "partial": "未答完"}
FRAME = {"": "", "inside": "之内", "outside": "之外", "unknown": "没有问到"}
DESIGN = {"weight": "权重", "stratum": "层", "cluster": "群"}
"""Who was the interviewer stays in the house: no estimate needs it."""

_NUMBER = re.compile(r"0|-?[1-9]\d{0,8}")
_DIGITS = re.compile(r"-?\d+")
_EPOCH = date(1970, 1, 1)
_TAKEN = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
"""Words that SPSS keeps for itself."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `name` in ASCII, `title` in words, codes with their words where it holds codes."""

    name: str
    title: str
    kind: Literal["integer", "code", "words", "real", "day"]
    cells: Callable[[Part], Cells] = field(repr=False, compare=False)
    """What stands in it: values are `Cell`s."""
    labels: Mapping[str, str] = field(default_factory=dict)
    question: Question | None = None

    @property
    def heading(self) -> str:
        """Name and title in one cell, as the CSV has it."""
        return safe(shortened(f"{self.name} {self.title}" if self.question else self.title, CELL_LIMIT))


class Table(Protocol):
    """What a file of rows is written from."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """From left to right."""

    @property
    def widths(self) -> Mapping[str, int]:
        """Bytes of the widest text of each column of words."""

    @property
    def rows(self) -> int:
        """How many there are."""

    @property
    def title(self) -> str:
        """Of the questionnaire."""

    @property
    def opened_at(self) -> int:
        """What stands for the time of the file: the same answers make the same file."""

    def notes(self) -> list[str]:
        """Everything that a reader must be told, line by line."""

    def cells_of(self, parts: AsyncIterable[Part]) -> AsyncIterator[list[Cells]]:
        """Part after part, column by column."""


def layout(questionnaire: Questionnaire, design: bool, texts: bool = True) -> tuple[Column, ...]:
    """The columns; those of the design where interviews came with one, `texts` for what people wrote."""
    columns = [
        Column("number", "编号", "integer", _numbers),
        _fact("status", "状态", STATUS.__getitem__),
        _fact("channel", "渠道", words),
        _fact("township", "乡镇街道", words),
        _fact("community", "社区村", words),
        _fact("day", "日期", lambda day: _EPOCH + timedelta(days=day), "day"),
        _fact("came_from", "来源", lambda came_from: words(sources.words(came_from))),
        _fact("flags", "疑点", _marks),
    ]
    if design:
        columns += [
            _fact(name, title, _designed, "real" if name == "weight" else "words")
            for name, title in DESIGN.items()
        ]
    taken = _TAKEN | {column.name for column in columns}
    about_persons = personal(questionnaire)
    for question in questionnaire.asked():
        if question.type == "community":
            continue  # it is in the columns of places, where the few are hidden
        for part in parts.columns(question):
            if texts or part.type != "text":
                columns += _question_columns(part, taken, question in about_persons)
    if any(question.shuffle for question in questionnaire.asked()):
        columns.append(replace(_fact("seed", "选项次序", int, "integer"), name=free_name("seed", taken)))
    if questionnaire.inside is not None:
        columns.append(replace(_fact("frame", "调查对象", FRAME.__getitem__), name=free_name("frame", taken)))
    return tuple(columns)


def words(text: str) -> str:
    """A text as it stands in a cell of any format."""
    return _short(text) if len(text) <= _REPEATED else safe(shortened(printable(text), CELL_LIMIT))


@lru_cache(maxsize=4_096)
def _short(text: str) -> str:
    """Names of places, channels, sources: the same few again and again."""
    return safe(printable(text))


def _marks(flags: tuple[str, ...]) -> str:
    return words("；".join(integrity.WORDS.get(flag, flag) for flag in flags))


def _numbers(part: Part) -> Cells:
    return Cells(np.arange(part.size), range(part.first + 1, part.first + part.size + 1))


def _fact(
    name: str,
    title: str,
    word: Callable[[Any], Cell],
    kind: Literal["integer", "words", "real", "day"] = "words",
) -> Column:
    """A column beside the answers, each value of which is put so."""
    return Column(name, title, kind, lambda part: part.facts[name].told(word))


def _designed(given: str | float | None) -> Cell:
    return words(given) if isinstance(given, str) else given


def _question_columns(question: Question, taken: set[str], about_person: bool) -> list[Column]:
    title = printable(question.title.replace("\n", "："))
    missing = KEPT_BACK if about_person else MISSING
    if about_person and is_age(question):
        title += _BANDS
    if question.type in ("multiple", "ranking"):
        ranked = question.type == "ranking"
        return [
            Column(
                free_name(f"{question.id}_{option.code.replace('-', 'm')}", taken),
                f"{title}：{printable(option.label)}",
                "code",
                _pick(question, option.code),
                ({"0": "没有排"} if ranked else {"0": "未选", "1": "选了"}) | dict(MISSING),
                question,
            )
            for option in question.options
        ]
    name = free_name(question.id.replace(".", "_").replace("-", "m"), taken)
    if question.type == "number":
        return [Column(name, title, "code", _answer(question, int), missing, question)]
    if not question.options:
        return [Column(name, title, "words", _text(question), missing, question)]
    labels = {option.code: printable(option.label) for option in question.options}
    labels |= missing
    if all(_NUMBER.fullmatch(code) for code in labels):
        numbers = {code: int(code) for code in labels}
        return [Column(name, title, "code", _answer(question, numbers.__getitem__), labels, question)]
    texts = {code: code if _DIGITS.fullmatch(code) else safe(code) for code in labels}
    labels = {texts[code]: label for code, label in labels.items()}
    return [Column(name, title, "words", _answer(question, texts.__getitem__), labels, question)]


def _answer(question: Question, word: Callable[[str], Cell]) -> Callable[[Part], Cells]:
    """The answers to a question, each put so: a code where there is none as well, but see `_text`."""
    name = question.id
    return lambda part: part.answers[name].told(
        lambda given: word(given.value if isinstance(given, Gap) else given)
    )


def _pick(question: Question, code: str) -> Callable[[Part], Cells]:
    """1 or the rank of an option, 0 for what was left out."""
    place = question.id, code
    return lambda part: part.picks[place]


def _text(question: Question) -> Callable[[Part], Cells]:
    """What was written; a code cannot be taken for it, because those of texts are made safe."""
    name = question.id
    return lambda part: part.answers[name].told(
        lambda given: given.value if isinstance(given, Gap) else words(given)
    )


def free_name(wanted: str, taken: set[str]) -> str:
    """A name that no other column has, upper and lower case being one to SPSS; adds it to `taken`."""
    name, number = wanted, 2
    while name.lower() in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name.lower())
    return name
