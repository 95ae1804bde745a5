"""A row of an XLSForm's survey sheet -> a question; what cannot be kept is told as a doubt."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import cast, get_args

from surveys.conditions import Condition
from surveys.importing.conditions import read_condition
from surveys.importing.draft import Doubt, Drafted, free_name
from surveys.importing.proposals import described, propose
from surveys.importing.spreadsheet import SheetRow
from surveys.importing.xlsform_cells import YES, label_of, read_option
from surveys.native import (
    CODE,
    LONGEST_SCALE,
    NOT_ASKED,
    QUESTION_ID,
    REFUSED,
    RESERVED_IDS,
)
from surveys.questionnaire import (
    TEXT_LIMIT,
    Metric,
    Option,
    Question,
    QuestionType,
    Row,
)

_SELECT = re.compile(
    r"(select[_ ]?one(?: from)?|select1|select[_ ]?multiple|select all that apply(?: from)?|rank)"
    r"\s+(\S+)(\s+or[_ ]other)?",
    re.I,
)
_COUNTED = re.compile(r"count-selected\(\s*\.\s*\)\s*(<=|>=|=)\s*(\d+)")
_VALUED = re.compile(r"(?<![\w)])\.\s*(<=|>=)\s*(-?\d+)")
_LENGTH = re.compile(r"string-length\(\s*\.\s*\)\s*<=\s*(\d+)")
_PARAMETERS = re.compile(r"(start|end|step)\s*=\s*(-?\d+)")
_SIMPLE: dict[str, QuestionType] = {
    "text": "text", "integer": "number", "decimal": "number", "date": "date", "note": "section",
}  # fmt: skip
_SILENT = {"start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "start-geopoint"}
_UNASKED = {"calculate", "hidden", "xml-external", "csv-external"}


class RowReader:
    """Reads the rows in order; names and values that ours cannot be are replaced, and conditions follow."""

    def __init__(self, sheets: dict[str, list[SheetRow]]) -> None:
        self.doubts: list[Doubt] = []
        self._rows = sheets["survey"]
        self._lists: dict[str, list[SheetRow]] = {}
        for row in sheets.get("choices", []):
            self._lists.setdefault(row.get("list_name", "list name"), []).append(row)
        self.named: dict[str, Question] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._groups: list[tuple[str, str]] = []
        self._items: list[Drafted] = []
        self._asked = 0

    def read(self) -> list[Drafted]:
        """The questions of all rows; `doubts` and `named`, by the names in the file, fill meanwhile."""
        matrix: tuple[SheetRow, list[SheetRow]] | None = None
        for row in self._rows:
            kind = " ".join(row.get("type").lower().split())
            if matrix is not None and not re.match("end[_ ]?group", kind):
                matrix[1].append(row)
            elif matrix is not None:
                self._matrix(*matrix)
                matrix = None
            elif re.match("begin[_ ]?group", kind) and "table-list" in row.get("appearance"):
                matrix = (row, [])
            else:
                self._row(row, kind)
        if matrix is not None:
            self._matrix(*matrix)
        return self._items

    def _row(self, row: SheetRow, kind: str) -> None:
        label = label_of(row, "label") or row.get("name")
        if not kind:
            if label:
                self._doubt(row, f"这一行没有 type，没有导入：“{label}”。")
        elif re.match("begin[_ ]?(?:group|repeat)", kind):
            self._open_group(row, kind)
        elif re.match("end[_ ]?(?:group|repeat)", kind):
            self._groups = self._groups[:-1]
        elif found := _SELECT.fullmatch(row.get("type").strip()):
            self._select(row, label, found)
        elif kind in _SIMPLE:
            self._add(row, self._plain(row, label, _SIMPLE[kind]))
        elif kind == "range":
            self._range(row, label)
        elif kind in _SILENT:
            return
        elif kind in _UNASKED:
            self._doubt(row, f"计算和隐藏的内容没有导入：“{row.get('name')}”。")
        else:
            self._doubt(row, f"“{kind}”这种题没有导入：“{label}”；请改写成选择题或文字题。")

    def _open_group(self, row: SheetRow, kind: str) -> None:
        if "repeat" in kind:
            self._doubt(row, "重复的一组题只问一遍，请核对。")
        relevant = row.get("relevant", "relevance")
        if label_of(row, "label"):
            self._add(row, Question("", "section", label_of(row, "label")))
        self._groups = [*self._groups, (row.get("name"), relevant)]

    def _plain(self, row: SheetRow, label: str, kind: QuestionType) -> Question:
        native = row.get("native_type")
        if native == "community" and kind == "text":
            kind = "community"
        least = most = None
        constraint = row.get("constraint")
        if kind == "number":
            signs = {found[1]: int(found[2]) for found in _VALUED.finditer(constraint)}
            least, most = signs.get(">="), signs.get("<=")
        elif kind == "text" and (found := _LENGTH.search(constraint)):
            most = int(found[1]) if 1 <= int(found[1]) <= TEXT_LIMIT else None
        known = least is not None or most is not None
        if constraint and not known and kind in ("number", "text"):
            self._doubt(row, f"填写要求“{constraint}”没有保留，请核对。")
        if least is not None and most is not None and least > most:
            least = most = None
            self._doubt(row, "最小的数比最大的数大，范围没有保留。")
        return Question("", kind, label, (), self._required(row), min=least, max=most)

    def _range(self, row: SheetRow, label: str) -> None:
        given = {found[1]: int(found[2]) for found in _PARAMETERS.finditer(row.get("parameters"))}
        low, high = given.get("start", 0), given.get("end", 10)
        if low < 0 or high <= low or high - low >= LONGEST_SCALE or given.get("step", 1) != 1:
            low, high = min(low, high), max(low, high)
            self._add(row, Question("", "number", label, (), self._required(row), min=low, max=high))
            return
        points = tuple(Option(str(value), str(value)) for value in range(low, high + 1))
        self._add(row, Question("", "scale", label, points, self._required(row), min=low, max=high))

    def _select(self, row: SheetRow, label: str, found: re.Match[str]) -> None:
        options, codes = self._options(found[2], bool(found[3]), row)
        if len(options) < 2:
            self._doubt(row, f"选项表“{found[2]}”里没有两个以上的选项，先按文字题保留；请补上。")
            self._add(row, Question("", "text", label, (), self._required(row)))
            return
        verb = found[1].lower().replace(" ", "_")
        kind: QuestionType = "single"
        if verb == "rank":
            kind = "ranking"
        elif "multiple" in verb or "all" in verb:
            kind = "multiple"
        least = most = None
        if kind in ("multiple", "ranking"):
            for limit in _COUNTED.finditer(row.get("constraint")):
                least = int(limit[2]) if limit[1] in (">=", "=") else least
                most = int(limit[2]) if limit[1] in ("<=", "=") else most
            if kind == "multiple":
                options = tuple(
                    replace(one, exclusive=one.exclusive or one.polarity == "dont_know") for one in options
                )
        question = Question("", kind, label, options, self._required(row), min=least, max=most)
        if kind == "single" and row.get("native_type") == "scale":
            question = self._scale(row, question)
        elif row.get("constraint") and least is None and most is None:
            self._doubt(row, f"填写要求“{row.get('constraint')}”没有保留，请核对。")
        self._add(row, question, codes)

    def _scale(self, row: SheetRow, question: Question) -> Question:
        low, high = row.get("native_min"), row.get("native_max")
        if not (low.isdecimal() and high.isdecimal() and 0 < int(high) - int(low) < LONGEST_SCALE):
            self._doubt(row, "量表的两端不清楚，按单选题保留。")
            return question
        points = [str(value) for value in range(int(low), int(high) + 1)]
        if [option.code for option in question.options[: len(points)]] != points:
            self._doubt(row, "量表的选项和两端对不上，按单选题保留。")
            return question
        return replace(question, type="scale", min=int(low), max=int(high))

    def _options(self, name: str, or_other: bool, row: SheetRow) -> tuple[tuple[Option, ...], dict[str, str]]:
        """The options of a list, and their codes by the values in the file."""
        choices = self._lists.get(name, [])
        values = [choice.get("name", "value") for choice in choices]
        fit = all(CODE.fullmatch(value) and value not in (NOT_ASKED, REFUSED) for value in values)
        keeps = fit and len(set(values)) == len(values)
        if not keeps and values:
            self._doubt(row, f"选项表“{name}”的值不能直接用作代码，已改成 1、2、3……")
        codes = {value: value if keeps else str(at) for at, value in enumerate(values, start=1)}
        made = [
            read_option(choice, value if keeps else str(at))
            for at, (choice, value) in enumerate(zip(choices, values, strict=True), start=1)
        ]
        if or_other:
            code = free_name("other", {option.code for option in made})
            made.append(Option(code, "其他", other=True))
            codes.setdefault("other", code)
        return tuple(made), codes

    def _matrix(self, head: SheetRow, rows: Sequence[SheetRow]) -> None:
        """A group shown as a table: all its questions choose from one list."""
        found = [(row, _SELECT.fullmatch(row.get("type").strip())) for row in rows if row.get("type")]
        lines = [(row, match[2]) for row, match in found if match and match[1].lower().startswith("select")]
        if not lines or len({name for _, name in lines}) > 1 or len(lines) < len(found):
            self._doubt(head, "表格形式的一组题不是同一套选项，拆成单独的题。")
            self._row(head, "begin group")
            for row in rows:
                self._row(row, " ".join(row.get("type").lower().split()))
            self._groups = self._groups[:-1]
            return
        options, codes = self._options(lines[0][1], False, head)
        prefix = f"{head.get('name')}_"
        made: list[Row] = []
        for at, (row, _) in enumerate(lines, start=1):
            code = row.get("name").removeprefix(prefix)
            fits = CODE.fullmatch(code) and code not in [one.code for one in made]
            made.append(Row(code if fits else str(at), label_of(row, "label") or row.get("name") or str(at)))
        if len({row.code for row in made}) < len(made):
            made = [Row(str(at), row.label) for at, row in enumerate(made, start=1)]
        required = self._required(head) or self._required(lines[0][0])
        label = label_of(head, "label") or head.get("name")
        if len(options) < 2:
            self._doubt(head, "矩阵题没有两个以上的选项，先按文字题保留；请补上。")
            self._add(head, Question("", "text", label, (), required))
            return
        self._add(head, Question("", "matrix", label, options, required, rows=tuple(made)), codes)

    def _add(self, row: SheetRow, question: Question, codes: dict[str, str] | None = None) -> None:
        name = row.get("name")
        section = question.type == "section"
        self._asked += not section
        taken = {item.question.id for item in self._items}
        identity = name
        if not QUESTION_ID.fullmatch(name) or name.lower() in RESERVED_IDS or name in taken:
            identity = free_name(f"s{len(self._items) + 1}" if section else f"q{self._asked}", taken)
            if name and not section:
                self._doubt(row, f"题名“{name}”不能直接用，改成了 {identity}。")
        metric = row.get("metric")
        question = replace(question, id=identity)
        native = metric in get_args(Metric) or any(option.polarity for option in question.options)
        question = replace(question, show_if=self._condition(row))
        if native or row.get("native_type"):
            question = replace(question, metric=cast(Metric, metric) if metric in get_args(Metric) else None)
        else:
            question = propose(question)
            if told := described(question):
                self._doubt(row, told)
        self._items.append(Drafted(question, None if section else self._asked, row.number))
        if name and not section:
            self.named[name] = question
            self._codes[name] = codes or {option.code: option.code for option in question.options}
        hint = label_of(row, "hint")
        if hint:
            self._doubt(row, f"提示语没有导入：“{hint}”。")
        if row.get("choice_filter"):
            self._doubt(row, f"按前面答案筛选选项没有保留：“{row.get('choice_filter')}”。")

    def _condition(self, row: SheetRow) -> Condition | None:
        own = row.get("relevant", "relevance")
        texts = [text for text in (own, *(relevant for _, relevant in self._groups)) if text]
        if not texts:
            return None
        read = [read_condition(text, self.named, self._codes) for text in texts]
        if read[0] is None or (len(read) > 1 and any(one != read[0] for one in read)):
            self._doubt(row, f"出现条件“{'；'.join(texts)}”一个条件写不下，没有全部保留，请核对。")
        return read[0]

    def _required(self, row: SheetRow) -> bool:
        return row.get("required").lower() in YES

    def _doubt(self, row: SheetRow, message: str) -> None:
        self.doubts.append(Doubt(row.number, message))
