"""The native questionnaire file: TOML (or its canonical JSON) -> Questionnaire, and back to TOML.

Every problem of a file is reported at once, in the words of the person who wrote it. Keys that are not
known here are left out of the questionnaire; `unknown_keys` names them, so that none vanishes silently.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from surveys.conditions import Condition, ConditionError, When
from surveys.conditions import parse as parse_condition
from surveys.parts import subjects
from surveys.piping import named
from surveys.questionnaire import (
    TEXT_LIMIT,
    DontKnowRule,
    Indicator,
    Metric,
    Option,
    Paging,
    Polarity,
    Question,
    Questionnaire,
    QuestionType,
    Quota,
    Row,
    Rule,
    to_dict,
)

NOT_ASKED, REFUSED = "-97", "-98"
"""Codes of the exports for "not asked" and "refused"; no option may have them."""

RESERVED_IDS = {"respondent", "township", "community", "weight", "stratum", "cluster", "start", "submit"} | {
    "interviewer",
    "channel",
    "status",
    "day",
}
"""Column names of imports and exports, and the words that `--by` takes; no question may have such an id."""

QUESTION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
QUESTIONNAIRE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
CODE = re.compile(r"-?[A-Za-z0-9_]{1,16}")
_KEYS = {
    "": {"id", "title", "consent", "closing", "paging", "screen", "question", "indicator", "quota"},
    "question": {"id", "type", "title", "required", "metric", "show_if", "min", "max", "options", "rows"}
    | {"unit", "shuffle"},
    "screen": {"inside"},
    "quota": {"id", "when", "limit"},
    "rows": {"code", "label"},
    "options": {"code", "label", "polarity", "score", "exclusive", "other"},
    "show_if": {"question", "in"},
    "indicator": {"id", "question", "rule", "dont_know_rule", "title", "target"},
}
LEAST_NUMBER = -90
MOST_INTERVIEWS = 10_000_000
LONGEST_SCALE = 11
"""More points than this are no scale but a number."""
_CONDITIONAL = ("single", "multiple", "scale")
"""The types whose answer another question, or an indicator, can depend on."""


class QuestionnaireError(ValueError):
    """The file is no consistent questionnaire; `problems` are Chinese lines that say where and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def parse(toml_text: str) -> Questionnaire:
    """Read a native file; raises QuestionnaireError with all problems."""
    return from_dict(load(toml_text))


def from_json(text: str) -> Questionnaire:
    """Read the canonical JSON of `surveys.questionnaire.to_json`."""
    return from_dict(json.loads(text))


def load(toml_text: str) -> dict[str, Any]:
    """The raw tables of a native file; raises QuestionnaireError where it is not TOML."""
    try:
        return tomllib.loads(toml_text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        place = f"第 {where[1]} 行" if where else "文件末尾"
        raise QuestionnaireError([f"{place}附近的写法不对，请检查引号、括号和等号是否成对。"]) from error


def from_dict(data: Mapping[str, Any]) -> Questionnaire:
    """Check the native shape and build the questionnaire; raises QuestionnaireError with all problems."""
    reader = _Reader()
    questionnaire = reader.questionnaire(data)
    if reader.problems:
        raise QuestionnaireError(reader.problems)
    return questionnaire


def unknown_keys(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(question id or "", key) for every key that `from_dict` leaves out."""
    yield from (("", key) for key in data if key not in _KEYS[""])
    for question in _tables(data.get("question")):
        name = str(question.get("id", ""))
        yield from ((name, key) for key in question if key not in _KEYS["question"])
        for option in _tables(question.get("options")):
            yield from ((name, key) for key in option if key not in _KEYS["options"])
        for row in _tables(question.get("rows")):
            yield from ((name, key) for key in row if key not in _KEYS["rows"])
        for condition in _tables([question.get("show_if")]):
            yield from ((name, key) for key in condition if key not in _KEYS["show_if"])
    for name in ("indicator", "quota"):
        for table in _tables(data.get(name)):
            yield from (("", key) for key in table if key not in _KEYS[name])
    for screen in _tables([data.get("screen")]):
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


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


class _Reader:
    """Builds what it can and notes every problem, so that one run shows them all."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def questionnaire(self, data: Mapping[str, Any]) -> Questionnaire:
        identity = self.string(data, "id", "问卷", need=True)
        if identity and not QUESTIONNAIRE_ID.fullmatch(identity):
            self.problems.append("问卷的 id 只能用英文字母、数字、点、横线和下划线。")
        title = self.string(data, "title", "问卷", need=True)
        entries = _tables(data.get("question"))
        questions: list[Question] = []
        for number, entry in enumerate(entries, start=1):
            question = self.question(entry, number, questions)
            if any(question.id == earlier.id for earlier in questions):
                self.problems.append(f"第 {number} 题：编号 {question.id} 用了两次，请换一个。")
            questions.append(question)
        if not any(question.type != "section" for question in questions):
            self.problems.append("问卷里还没有题目，请用 [[question]] 加上。")
        indicators: list[Indicator] = []
        for entry in _tables(data.get("indicator")):
            indicator = self.indicator(entry, questions)
            if any(indicator.id == earlier.id for earlier in indicators):
                self.problems.append(f"指标 {indicator.id}：这个 id 用了两次，请换一个。")
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
        for number, entry in enumerate(_tables(data.get("quota")), start=1):
            identity = self.string(entry, "id", f"第 {number} 个配额", need=True)
            where = f"配额 {identity}"
            if identity and (not QUESTION_ID.fullmatch(identity) or any(identity == q.id for q in quotas)):
                self.problems.append(f"{where}：id 要以英文字母开头，只用字母、数字和下划线，每个不同。")
            limit = self.integer(entry, "limit", where)
            if limit is None or not 1 <= limit <= MOST_INTERVIEWS:
                self.problems.append(f"{where}：limit 请写 1 到 {MOST_INTERVIEWS} 之间的整数。")
            quotas.append(Quota(identity, limit or 1, self.condition(entry, "when", questions, where)))
        return tuple(quotas)

    def screen(self, data: Mapping[str, Any], questions: list[Question]) -> When | None:
        if (table := data.get("screen")) is None:
            return None
        if not isinstance(table, Mapping) or table.get("inside") is None:
            self.problems.append('[screen] 里请写 inside = "条件"，说明谁算在调查对象之内。')
            return None
        return self.condition(table, "inside", questions, "[screen]")

    def question(self, data: Mapping[str, Any], number: int, earlier: list[Question]) -> Question:
        identity = self.string(data, "id", f"第 {number} 题", need=True)
        where = f"第 {number} 题（{identity}）" if identity else f"第 {number} 题"
        if identity and not QUESTION_ID.fullmatch(identity):
            self.problems.append(f"{where}：编号要以英文字母开头，只用字母、数字和下划线，最多 32 个。")
        if identity.lower() in RESERVED_IDS:
            self.problems.append(f"{where}：{identity} 是表格里的固定列名，请换一个编号。")
        kind = self.one_of(data, "type", QuestionType, where, need=True) or "text"
        least, most = self.integer(data, "min", where), self.integer(data, "max", where)
        options = self.options(data, kind, where)
        if kind == "scale":
            options, least, most = self.scale(options, least, most, where)
        elif kind in ("single", "multiple", "matrix", "ranking") and len(options) < 2:
            self.problems.append(f"{where}：选择题至少要有两个选项。")
        elif kind in ("text", "section", "number", "date", "community") and options:
            self.problems.append(f"{where}：这种题没有选项，请删去 options 或改题型。")
        rows = self.rows(data, where)
        if (kind == "matrix") != bool(rows):
            self.problems.append(f"{where}：矩阵题要有 rows（至少一行），别的题没有。")
        if kind == "number" and least is not None and most is not None and least > most:
            self.problems.append(f"{where}：最小的数比最大的数大，请检查 min 和 max。")
        fewest, all_ = least or 1, max(len(options), 1)
        if kind in ("multiple", "ranking") and not 1 <= fewest <= (most or len(options)) <= all_:
            self.problems.append(f"{where}：最少选几项、最多选几项要在 1 到选项个数之间。")
        if kind == "text" and most is not None and not 1 <= most <= TEXT_LIMIT:
            self.problems.append(f"{where}：文字题的字数上限要在 1 到 {TEXT_LIMIT} 之间。")
        if kind == "number" and least is not None and least < LEAST_NUMBER:
            self.problems.append(f"{where}：最小的数不能小于 {LEAST_NUMBER}（-97、-98 已有固定含义）。")
        if kind == "date" and any(year is not None and not 1900 <= year <= 2100 for year in (least, most)):
            self.problems.append(f"{where}：日期题的 min 和 max 是年份，请写 1900 到 2100 之间的整数。")
        unit, shuffle = self.string(data, "unit", where), self.boolean(data, "shuffle", where)
        if unit and kind != "number":
            self.problems.append(f"{where}：只有数字题有单位 unit。")
        if shuffle and kind not in ("single", "multiple", "ranking"):
            self.problems.append(f"{where}：只有单选、多选和排序题可以打乱选项（shuffle）。")
        title = self.string(data, "title", where, need=True)
        known = subjects(tuple(earlier))
        for name in named(title):
            if name not in known:
                self.problems.append(f"{where}：题目里的 {{{name}}} 不是前面的题，请检查题号和先后。")
        return Question(
            identity,
            cast(QuestionType, kind),
            title,
            options,
            self.boolean(data, "required", where, default=True),
            cast(Metric | None, self.one_of(data, "metric", Metric, where)),
            self.condition(data, "show_if", earlier, where),
            least,
            most,
            rows,
            unit,
            shuffle,
        )

    def rows(self, data: Mapping[str, Any], where: str) -> tuple[Row, ...]:
        rows: list[Row] = []
        for number, entry in enumerate(_tables(data.get("rows")), start=1):
            here = f"{where}第 {number} 行"
            code = self.string(entry, "code", here, need=True)
            if code and (not CODE.fullmatch(code) or any(code == row.code for row in rows)):
                self.problems.append(f"{here}：代码 {code} 不能用，请用字母或数字，每行不同。")
            rows.append(Row(code, self.string(entry, "label", here, need=True)))
        return tuple(rows)

    def options(self, data: Mapping[str, Any], kind: str, where: str) -> tuple[Option, ...]:
        options: list[Option] = []
        for number, entry in enumerate(_tables(data.get("options")), start=1):
            here = f"{where}第 {number} 个选项"
            code = self.string(entry, "code", here, need=True)
            if code and (not CODE.fullmatch(code) or code in (NOT_ASKED, REFUSED)):
                self.problems.append(f"{here}：代码 {code} 不能用，请用字母或数字（-97、-98 已有固定含义）。")
            if code and any(code == option.code for option in options):
                self.problems.append(f"{here}：代码 {code} 用了两次，请换一个。")
            polarity = cast(Polarity | None, self.one_of(entry, "polarity", Polarity, here))
            score = self.number(entry, "score", here)
            if score is not None and not 0 <= score <= 100:
                self.problems.append(f"{here}：分值要在 0 到 100 之间。")
            alone = self.boolean(entry, "exclusive", here) or (kind == "multiple" and polarity == "dont_know")
            other = self.boolean(entry, "other", here)
            options.append(
                Option(code, self.string(entry, "label", here, need=True), polarity, score, alone, other)
            )
        return tuple(options)

    def scale(
        self, options: tuple[Option, ...], least: int | None, most: int | None, where: str
    ) -> tuple[tuple[Option, ...], int, int]:
        low, high = 1 if least is None else least, 5 if most is None else most
        if not (0 <= low < high and high - low < LONGEST_SCALE):
            self.problems.append(f"{where}：量表的两端要从 0 或更大的数开始，最多 {LONGEST_SCALE} 级。")
            return options, low, high
        named = {option.code: option for option in options}
        points = [str(value) for value in range(low, high + 1)]
        extra = tuple(option for option in options if option.code not in points)
        return tuple(named.get(point, Option(point, point)) for point in points) + extra, low, high

    def condition(
        self, data: Mapping[str, Any], key: str, earlier: list[Question], where: str
    ) -> When | None:
        value = data.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return parse_condition(value, subjects(tuple(earlier)))
            except ConditionError as error:
                self.problems.append(f"{where}：{key} {error}")
                return None
        if not isinstance(value, Mapping) or not isinstance(value.get("in"), list) or not value["in"]:
            self.problems.append(
                f'{where}：{key} 请写成 "q1 = 1" 这样的条件，或 {{question = "题号", in = ["选项代码"]}}。'
            )
            return None
        codes = tuple(str(code) for code in value["in"])
        target = next((question for question in earlier if question.id == value.get("question")), None)
        if target is None:
            self.problems.append(f"{where}：出现条件里的题 {value.get('question')} 不在它前面，请检查题号。")
        elif target.type not in _CONDITIONAL:
            self.problems.append(f"{where}：出现条件只能看选择题和量表题，{target.id} 不是。")
        else:
            for code in (code for code in codes if target.option(code) is None):
                self.problems.append(f"{where}：出现条件里的选项 {code} 在题 {target.id} 里没有。")
        return Condition(str(value.get("question")), codes)

    def indicator(self, data: Mapping[str, Any], questions: list[Question]) -> Indicator:
        identity = self.string(data, "id", "指标", need=True)
        where = f"指标 {identity}"
        name = self.string(data, "question", where, need=True)
        rule = cast(Rule, self.one_of(data, "rule", Rule, where) or "top_box")
        question = Questionnaire("", "", tuple(questions)).question(name)
        if question is None:
            self.problems.append(f"{where}：没有编号为 {name} 的题，请检查 question。")
        elif question.type == "matrix":
            row = question.rows[0].code if question.rows else "1"
            self.problems.append(f"{where}：矩阵题请写明哪一行，例如 {name}.{row}。")
        elif question.type == "ranking":
            self.problems.append(f"{where}：排序题不能算指标，请改用单选、多选或量表题。")
        elif rule == "top_box" and not any(option.polarity == "positive" for option in question.options):
            self.problems.append(f"{where}：题 {name} 没有标为 positive 的选项，算不出比例。")
        elif rule == "score" and (
            question.type == "multiple" or not any(option.score is not None for option in question.options)
        ):
            self.problems.append(f"{where}：题 {name} 要是单选或量表题，并给选项写上 score（0 到 100）。")
        target = self.number(data, "target", where)
        if target is not None and not 0 <= target <= 1:
            self.problems.append(f"{where}：目标值请写成 0 到 1 之间的小数，例如 0.9。")
        missing = "not_counted_positive" if question and question.metric == "awareness" else "excluded"
        chosen = cast(DontKnowRule, self.one_of(data, "dont_know_rule", DontKnowRule, where) or missing)
        return Indicator(identity, name, rule, chosen, self.string(data, "title", where), target)

    def string(self, data: Mapping[str, Any], key: str, where: str, *, need: bool = False) -> str:
        value = data.get(key, "")
        if isinstance(value, int) and not isinstance(value, bool) and key == "code":
            return str(value)
        if not isinstance(value, str):
            self.problems.append(f"{where}：{key} 要写成带引号的文字。")
            return ""
        if need and not value.strip():
            self.problems.append(f"{where}：缺少 {key}。")
        return value.strip()

    def one_of(
        self, data: Mapping[str, Any], key: str, allowed: Any, where: str, *, need: bool = False
    ) -> str | None:
        value = data.get(key)
        if value is None and not need:
            return None
        if value not in get_args(allowed):
            self.problems.append(f"{where}：{key} 请写其中之一：{'、'.join(get_args(allowed))}。")
            return None
        return str(value)

    def boolean(self, data: Mapping[str, Any], key: str, where: str, *, default: bool = False) -> bool:
        value = data.get(key, default)
        if not isinstance(value, bool):
            self.problems.append(f"{where}：{key} 请写 true 或 false。")
            return default
        return value

    def number(self, data: Mapping[str, Any], key: str, where: str) -> float | None:
        value = data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.problems.append(f"{where}：{key} 要是一个数。")
            return None
        return float(value)

    def integer(self, data: Mapping[str, Any], key: str, where: str) -> int | None:
        value = data.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            self.problems.append(f"{where}：{key} 要是一个整数。")
            return None
        return value
