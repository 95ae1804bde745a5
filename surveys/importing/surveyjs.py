"""The part of a SurveyJS definition (JSON) that a questionnaire of ours can hold -> a draft."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from surveys.conditions import Condition
from surveys.importing.conditions import read_condition
from surveys.importing.draft import Doubt, Draft, Drafted, free_name, tidied
from surveys.importing.proposals import described, propose
from surveys.native import CODE, LONGEST_SCALE, NOT_ASKED, QUESTION_ID, REFUSED, RESERVED_IDS
from surveys.questionnaire import TEXT_LIMIT, Option, Question, QuestionType, Row

_DEEPEST = 20
_CHOICES: dict[str, QuestionType] = {
    "radiogroup": "single", "dropdown": "single", "buttongroup": "single", "imagepicker": "single",
    "checkbox": "multiple", "tagbox": "multiple", "ranking": "ranking",
}  # fmt: skip
_INPUTS: dict[str, QuestionType] = {"number": "number", "range": "number", "date": "date"}
_TAG = re.compile(r"<[^<>]{0,500}>")


def read_surveyjs(text: str, name: str) -> Draft:
    """The draft; ValueError says in one Chinese sentence why the file cannot be used."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"“{name}”不是完整的 JSON，请重新导出后再试。") from error
    if not isinstance(data, dict) or not any(
        isinstance(data.get(key), list) for key in ("pages", "elements", "questions")
    ):
        raise ValueError(f"“{name}”里没有 pages 或 elements，不是 SurveyJS 的问卷。")
    reader = _Reader(text)
    reader.page(data, 0)
    if not any(item.question.type != "section" for item in reader.items):
        raise ValueError(f"“{name}”里没有可以导入的题目。")
    return Draft(
        _words(data.get("title")),
        tidied(reader.items, reader.doubts),
        tuple(sorted(reader.doubts, key=lambda doubt: doubt.line)),
        _words(data.get("description")),
        _TAG.sub("", _words(data.get("completedHtml"))).strip(),
    )


def _words(value: Any) -> str:
    """A text, or the Chinese (else default) one of several languages."""
    if isinstance(value, Mapping):
        chinese = (text for language, text in value.items() if str(language).lower().startswith("zh"))
        value = next(chinese, None) or value.get("default") or next(iter(value.values()), "")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "replace").decode().strip()


class _Reader:
    """Goes through pages and panels; names and values that ours cannot be are replaced."""

    def __init__(self, text: str) -> None:
        self.items: list[Drafted] = []
        self.doubts: list[Doubt] = []
        self._text = text
        self._at = 0
        self._asked = 0
        self._named: dict[str, Question] = {}
        self._codes: dict[str, dict[str, str]] = {}

    def page(self, data: Mapping[str, Any], depth: int, conditions: tuple[str, ...] = ()) -> None:
        """A survey, a page or a panel: its title, then its elements."""
        title = _words(data.get("title"))
        condition = _words(data.get("visibleIf"))
        inherited = (*conditions, condition) if condition else conditions
        if depth and title:
            self._add(data, Question("", "section", title), {}, inherited)
        for element in self._elements(data):
            if depth > _DEEPEST:
                self._doubt("嵌套太深的部分没有导入。")
                return
            if element.get("type") == "panel" or "elements" in element:
                self.page(element, depth + 1, inherited)
            else:
                self._element(element, inherited)

    def _elements(self, data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        for key in ("pages", "elements", "questions"):
            listed = data.get(key)
            for element in listed if isinstance(listed, list) else []:
                if isinstance(element, Mapping):
                    self._find(element)
                    yield element
                else:
                    self._doubt(f"这里的内容看不懂，没有导入：“{str(element)[:40]}”。")

    def _find(self, element: Mapping[str, Any]) -> None:
        """Where the element stands in the file: its name, looked for from the last place on."""
        name = json.dumps(element.get("name", ""), ensure_ascii=False)
        found = re.compile(r'"name"\s*:\s*' + re.escape(name)).search(self._text, self._at)
        if found is not None:
            self._at = found.start()

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _doubt(self, message: str) -> None:
        self.doubts.append(Doubt(self._line(), message))

    def _element(self, element: Mapping[str, Any], conditions: tuple[str, ...]) -> None:
        kind = str(element.get("type", "text"))
        title = _words(element.get("title")) or _words(element.get("name"))
        condition = _words(element.get("visibleIf"))
        conditions = (*conditions, condition) if condition else conditions
        required = element.get("isRequired") is True
        if kind in _CHOICES:
            self._choice(element, _CHOICES[kind], title, conditions)
        elif kind == "rating":
            self._rating(element, title, conditions)
        elif kind == "boolean":
            labels = (_words(element.get("labelTrue")) or "是", _words(element.get("labelFalse")) or "否")
            options = tuple(Option(str(at), label) for at, label in enumerate(labels, start=1))
            self._add(
                element,
                Question("", "single", title, options, required),
                {"true": "1", "false": "2"},
                conditions,
            )
        elif kind == "matrix":
            self._matrix(element, title, conditions)
        elif kind in ("text", "comment"):
            typed = _INPUTS.get(str(element.get("inputType", "")), "text") if kind == "text" else "text"
            limit = _integer(element.get("maxLength"))
            most = limit if typed == "text" and limit is not None and 1 <= limit <= TEXT_LIMIT else None
            least = None
            if typed == "number":
                least, most = _integer(element.get("min")), _integer(element.get("max"))
                least, most = (
                    (None, None) if least is not None and most is not None and least > most else (least, most)
                )
            self._add(element, Question("", typed, title, (), required, min=least, max=most), {}, conditions)
        elif kind == "html":
            words = _TAG.sub("", _words(element.get("html"))).strip()
            if words:
                self._add(element, Question("", "section", words), {}, conditions)
        else:
            self._doubt(f"“{kind}”这种题没有导入：“{title}”；请改写成选择题或文字题。")

    def _choice(
        self, element: Mapping[str, Any], kind: QuestionType, title: str, conditions: tuple[str, ...]
    ) -> None:
        options, codes = self._options(element.get("choices"))
        if element.get("hasOther") or element.get("showOtherItem"):
            other = free_name("other", {option.code for option in options})
            options.append(Option(other, _words(element.get("otherText")) or "其他", other=True))
            codes.setdefault("other", other)
        if element.get("hasNone") or element.get("showNoneItem"):
            options.append(
                Option("none", _words(element.get("noneText")) or "以上都没有", exclusive=kind == "multiple")
            )
            codes.setdefault("none", "none")
        required = element.get("isRequired") is True
        if len(options) < 2 or len({option.code for option in options}) < len(options):
            self._doubt("没有两个以上不同的选项，先按文字题保留；请补上选项。")
            self._add(element, Question("", "text", title, (), required), {}, conditions)
            return
        least = most = None
        if kind in ("multiple", "ranking"):
            least = _integer(element.get("minSelectedChoices")) or None
            most = _integer(element.get("maxSelectedChoices")) or None
        question = Question("", kind, title, tuple(options), required, min=least, max=most)
        self._add(element, question, codes, conditions)

    def _options(self, listed: Any) -> tuple[list[Option], dict[str, str]]:
        entries = listed if isinstance(listed, list) else []
        values = [_words(entry.get("value") if isinstance(entry, Mapping) else entry) for entry in entries]
        labels = [
            (_words(entry.get("text")) if isinstance(entry, Mapping) else "") or value
            for entry, value in zip(entries, values, strict=True)
        ]
        fit = all(CODE.fullmatch(value) and value not in (NOT_ASKED, REFUSED) for value in values)
        keeps = fit and len(set(values)) == len(values)
        codes = {value: value if keeps else str(at) for at, value in enumerate(values, start=1)}
        made = [
            Option(value if keeps else str(at), label)
            for at, (value, label) in enumerate(zip(values, labels, strict=True), start=1)
        ]
        return made, codes

    def _rating(self, element: Mapping[str, Any], title: str, conditions: tuple[str, ...]) -> None:
        required = element.get("isRequired") is True
        options, codes = self._options(element.get("rateValues"))
        low = _integer(element.get("rateMin"), 1)
        count = _integer(element.get("rateCount"))
        high = _integer(element.get("rateMax"), low + count - 1 if count else 5)
        if len(options) > 1:
            numbers = [option.code for option in options]
            start = int(numbers[0]) if numbers[0].isdecimal() else -1
            if (
                start < 0
                or numbers != [str(start + at) for at in range(len(numbers))]
                or len(numbers) > LONGEST_SCALE
            ):
                self._add(element, Question("", "single", title, tuple(options), required), codes, conditions)
                return
            low, high = start, start + len(numbers) - 1
        elif low < 0 or not 0 < high - low < LONGEST_SCALE:
            self._doubt("打分的级数太多，按填数题保留，请核对。")
            least, most = min(low, high), max(low, high)
            self._add(
                element, Question("", "number", title, (), required, min=least, max=most), {}, conditions
            )
            return
        else:
            ends = {
                low: _words(element.get("minRateDescription")),
                high: _words(element.get("maxRateDescription")),
            }
            options = [Option(str(value), ends.get(value) or str(value)) for value in range(low, high + 1)]
        codes = {option.code: option.code for option in options}
        question = Question("", "scale", title, tuple(options), required, min=low, max=high)
        self._add(element, question, codes, conditions)

    def _matrix(self, element: Mapping[str, Any], title: str, conditions: tuple[str, ...]) -> None:
        options, codes = self._options(element.get("columns"))
        rows, _ = self._options(element.get("rows"))
        required = element.get("isRequired") is True
        if len(options) < 2 or not rows:
            self._doubt("矩阵题缺少行或列，先按文字题保留；请补上。")
            self._add(element, Question("", "text", title, (), required), {}, conditions)
            return
        named = tuple(Row(row.code, row.label) for row in rows)
        self._add(
            element, Question("", "matrix", title, tuple(options), required, rows=named), codes, conditions
        )

    def _add(
        self,
        element: Mapping[str, Any],
        question: Question,
        codes: dict[str, str],
        conditions: tuple[str, ...],
    ) -> None:
        name = _words(element.get("name"))
        section = question.type == "section"
        self._asked += not section
        taken = {item.question.id for item in self.items}
        usable = QUESTION_ID.fullmatch(name) and name.lower() not in RESERVED_IDS and name not in taken
        identity = (
            name if usable and not section else f"s{len(self.items) + 1}" if section else f"q{self._asked}"
        )
        while identity in taken:
            identity += "_"
        if name and identity != name and not section:
            self._doubt(f"题名“{name}”不能直接用，改成了 {identity}。")
        question = replace(question, id=identity, show_if=self._condition(conditions))
        question = propose(question)
        if told := described(question):
            self._doubt(told)
        for key, words in (("description", "说明"), ("correctAnswer", "答案（测评的题目不能带答案）")):
            if not section and _words(element.get(key)):
                self._doubt(f"{words}没有导入：“{_words(element.get(key))}”。")
        self.items.append(Drafted(question, None if section else self._asked, self._line()))
        if name and not section:
            self._named[name] = question
            self._codes[name] = codes

    def _condition(self, conditions: tuple[str, ...]) -> Condition | None:
        if not conditions:
            return None
        read = [read_condition(text, self._named, self._codes) for text in conditions]
        if read[-1] is None or any(one != read[-1] for one in read):
            self._doubt(f"出现条件“{'；'.join(conditions)}”一个条件写不下，没有全部保留，请核对。")
        return read[-1]


def _integer(value: Any, otherwise: Any = None) -> Any:
    """A whole number as such or as a text; else `otherwise`."""
    if isinstance(value, bool):
        return otherwise
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value) else otherwise
