"""The native questionnaire file: TOML (or its canonical JSON) -> Questionnaire, and back to TOML.

Every problem of a file is reported at once, in the words of the person who wrote it. Keys that are not
known here are left out of the questionnaire; `unknown_keys` names them, so that none vanishes silently.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from surveys.conditions import When
from surveys.native_fields import (
    CODE,
    NOT_ASKED,
    QUESTION_ID,
    REFUSED,
    RESERVED_IDS,
    WITHHELD,
    QuestionnaireError,
    tables,
)
from surveys.native_indicators import IndicatorFields
from surveys.native_questions import LONGEST_SCALE, QuestionFields
from surveys.native_words import lines
from surveys.questionnaire import Indicator, Paging, Question, Questionnaire, Quota, to_dict

__all__ = [
    "CODE",
    "LONGEST_SCALE",
    "NOT_ASKED",
    "QUESTION_ID",
    "REFUSED",
    "RESERVED_IDS",
    "WITHHELD",
    "QuestionnaireError",
    "from_dict",
    "from_json",
    "load",
    "parse",
    "to_toml",
    "unknown_keys",
]

QUESTIONNAIRE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
MOST_INTERVIEWS = 10_000_000
_KEYS = {
    "": {"id", "title", "consent", "closing", "paging", "screen", "question", "indicator", "quota"},
    "question": {"id", "type", "title", "required", "metric", "show_if", "min", "max", "options", "rows"}
    | {"unit", "shuffle", "personal"},
    "screen": {"inside"},
    "quota": {"id", "when", "limit"},
    "rows": {"code", "label"},
    "options": {"code", "label", "polarity", "score", "exclusive", "other"},
    "show_if": {"question", "in"},
    "indicator": {"id", "question", "questions", "weights", "rule", "numerator", "denominator"}
    | {"dont_know_rule", "title", "target"},
}


def parse(toml_text: str) -> Questionnaire:
    """Read a native file; raises QuestionnaireError with all problems."""
    return from_dict(load(toml_text), lines(toml_text))


def from_json(text: str) -> Questionnaire:
    """Read the canonical JSON of `surveys.questionnaire.to_json`."""
    return from_dict(json.loads(text))


def load(toml_text: str) -> dict[str, Any]:
    """The raw tables of a native file; raises QuestionnaireError where it is not TOML."""
    try:
        return tomllib.loads(toml_text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise QuestionnaireError(["括号套得太深，不像一份问卷，请检查括号是否成对。"]) from error
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        place = f"第 {where[1]} 行" if where else "文件末尾"
        raise QuestionnaireError([f"{place}附近的写法不对，请检查引号、括号和等号是否成对。"]) from error


def from_dict(data: Mapping[str, Any], lines: Mapping[str, Sequence[int]] | None = None) -> Questionnaire:
    """Check the native shape and build the questionnaire; raises QuestionnaireError with all problems.

    `lines` are those on which the tables of a text begin, so that a problem can say where to look.
    """
    reader = _Reader(lines or {})
    questionnaire = reader.questionnaire(data)
    if reader.problems:
        raise QuestionnaireError(reader.problems)
    return questionnaire


def unknown_keys(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(question id or "", key) for every key that `from_dict` leaves out."""
    yield from (("", key) for key in data if key not in _KEYS[""])
    for question in tables(data.get("question")):
        name = str(question.get("id", ""))
        yield from ((name, key) for key in question if key not in _KEYS["question"])
        for option in tables(question.get("options")):
            yield from ((name, key) for key in option if key not in _KEYS["options"])
        for row in tables(question.get("rows")):
            yield from ((name, key) for key in row if key not in _KEYS["rows"])
        for condition in tables([question.get("show_if")]):
            yield from ((name, key) for key in condition if key not in _KEYS["show_if"])
    for name in ("indicator", "quota"):
        for table in tables(data.get(name)):
            yield from (("", key) for key in table if key not in _KEYS[name])
    for screen in tables([data.get("screen")]):
        yield from (("", key) for key in screen if key not in _KEYS["screen"])


def to_toml(questionnaire: Questionnaire) -> str:
    """A file that `parse` reads back to an equal questionnaire; options and conditions one a line."""
    data = to_dict(questionnaire)
    plain = ("id", "title", "consent", "closing", "paging")
    lines = [f"{key} = {_value(data[key])}" for key in plain if key in data]
    if "screen" in data:
        lines += ["", "[screen]", f"inside = {_value(data['screen']['inside'])}"]
    for table in ("question", "indicator", "quota"):
        for entry in data.get(table, []):
            lines += ["", f"[[{table}]]"]
            for key, value in entry.items():
                if key in ("options", "rows"):
                    lines += [f"{key} = [", *(f"  {_value(part)}," for part in value), "]"]
                else:
                    lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)


class _Reader(QuestionFields, IndicatorFields):
    """Builds what it can and notes every problem, so that one run shows them all."""

    def __init__(self, lines: Mapping[str, Sequence[int]]) -> None:
        super().__init__()
        self._lines = lines

    def entries(self, data: Mapping[str, Any], table: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The tables of one kind, numbered; what is found wrong with one is told with its line."""
        entries = tables(data.get(table))
        known = self._lines.get(table, ())
        for number, entry in enumerate(entries, start=1):
            before = len(self.problems)
            yield number, entry
            if len(known) == len(entries):
                found = self.problems[before:]
                self.problems[before:] = [f"{problem}（见第 {known[number - 1]} 行起）" for problem in found]

    def questionnaire(self, data: Mapping[str, Any]) -> Questionnaire:
        identity = self.string(data, "id", "问卷", need=True)
        if identity and not QUESTIONNAIRE_ID.fullmatch(identity):
            self.problems.append("问卷的编号（id）只能用英文字母、数字、点、横线和下划线。")
        title = self.string(data, "title", "问卷", need=True)
        questions: list[Question] = []
        for number, entry in self.entries(data, "question"):
            question = self.question(entry, number, questions)
            if any(question.id == earlier.id for earlier in questions):
                self.problems.append(f"第 {number} 题：编号 {question.id} 用了两次，请换一个。")
            questions.append(question)
        if not any(question.type != "section" for question in questions):
            self.problems.append("问卷里还没有题目，请另起一行写 [[question]]，下面写这道题。")
        indicators: list[Indicator] = []
        for _, entry in self.entries(data, "indicator"):
            indicator = self.indicator(entry, questions)
            if any(indicator.id == earlier.id for earlier in indicators):
                self.problems.append(f"指标 {indicator.id}：这个编号用了两次，请换一个。")
            indicators.append(indicator)
        return Questionnaire(
            identity,
            title,
            tuple(questions),
            self.string(data, "consent", "问卷"),
            self.string(data, "closing", "问卷"),
            tuple(indicators),
            self.quotas(data, questions),
            self.screen(data, questions),
            cast(Paging, self.one_of(data, "paging", Paging, "问卷") or "question"),
        )

    def quotas(self, data: Mapping[str, Any], questions: list[Question]) -> tuple[Quota, ...]:
        quotas: list[Quota] = []
        for number, entry in self.entries(data, "quota"):
            identity = self.string(entry, "id", f"第 {number} 个配额", need=True)
            where = f"配额 {identity}"
            if identity and (not QUESTION_ID.fullmatch(identity) or any(identity == q.id for q in quotas)):
                self.problems.append(
                    f"{where}：编号（id）要以英文字母开头，只用字母、数字和下划线，每个不同。"
                )
            limit = self.integer(entry, "limit", where)
            if limit is None or not 1 <= limit <= MOST_INTERVIEWS:
                self.problems.append(f"{where}：份数（limit）请写 1 到 {MOST_INTERVIEWS} 之间的整数。")
            quotas.append(Quota(identity, limit or 1, self.condition(entry, "when", questions, where)))
        return tuple(quotas)

    def screen(self, data: Mapping[str, Any], questions: list[Question]) -> When | None:
        if (table := data.get("screen")) is None:
            return None
        if not isinstance(table, Mapping) or table.get("inside") is None:
            self.problems.append('调查对象（[screen]）里请写 inside = "条件"，说明谁算在调查对象之内。')
            return None
        return self.condition(table, "inside", questions, "调查对象")
