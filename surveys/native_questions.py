"""Questions of a native file: their options, rows and conditions, checked against what stands before them."""

from collections.abc import Mapping
from typing import Any, cast

from surveys.condition_reading import ConditionError
from surveys.condition_reading import parse as parse_condition
from surveys.conditions import Condition, When
from surveys.native_fields import (
    CODE,
    NOT_ASKED,
    QUESTION_ID,
    REFUSED,
    RESERVED_IDS,
    WITHHELD,
    Fields,
    tables,
)
from surveys.native_words import called
from surveys.parts import subjects
from surveys.piping import named
from surveys.questionnaire import (
    TEXT_LIMIT,
    TOLD_APART,
    Metric,
    Option,
    Polarity,
    Question,
    QuestionType,
    Row,
)

LEAST_NUMBER = -90
LONGEST_SCALE = 11
"""More points than this are no scale but a number."""
_CONDITIONAL = ("single", "multiple", "scale")
"""The types whose answer another question can depend on."""


class QuestionFields(Fields):
    """Builds questions one after the other; each may refer to earlier ones only."""

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
            self.problems.append(f"{where}：这种题没有选项，请删去选项（options）或改题型（type）。")
        rows = self.rows(data, where)
        if (kind == "matrix") != bool(rows):
            self.problems.append(f"{where}：矩阵题要有各行（rows，至少一行），别的题没有。")
        if kind == "number" and least is not None and most is not None and least > most:
            self.problems.append(f"{where}：最小的数比最大的数大，请检查最小值（min）和最大值（max）。")
        fewest, all_ = least or 1, max(len(options), 1)
        if kind in ("multiple", "ranking") and not 1 <= fewest <= (most or len(options)) <= all_:
            self.problems.append(f"{where}：最少选几项、最多选几项要在 1 到选项个数之间。")
        if kind == "text" and most is not None and not 1 <= most <= TEXT_LIMIT:
            self.problems.append(f"{where}：文字题的字数上限要在 1 到 {TEXT_LIMIT} 之间。")
        if kind == "number" and least is not None and least < LEAST_NUMBER:
            self.problems.append(f"{where}：最小的数不能小于 {LEAST_NUMBER}（-97、-98 已有固定含义）。")
        if kind == "date" and any(year is not None and not 1900 <= year <= 2100 for year in (least, most)):
            self.problems.append(f"{where}：日期题的 min 和 max 是年份，请写 1900 到 2100 的整数。")
        unit, shuffle = self.string(data, "unit", where), self.boolean(data, "shuffle", where)
        if unit and kind != "number":
            self.problems.append(f"{where}：只有数字题有单位（unit）。")
        if shuffle and kind not in ("single", "multiple", "ranking"):
            self.problems.append(f"{where}：只有单选、多选和排序题可以打乱选项（shuffle）。")
        personal = self.boolean(data, "personal", where) if "personal" in data else None
        if personal and kind not in TOLD_APART:
            self.problems.append(f"{where}：只有单选、打分、填数和日期题可以写看得出是谁（personal）。")
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
            personal,
        )

    def rows(self, data: Mapping[str, Any], where: str) -> tuple[Row, ...]:
        rows: list[Row] = []
        for number, entry in enumerate(tables(data.get("rows")), start=1):
            here = f"{where}第 {number} 行"
            code = self.string(entry, "code", here, need=True)
            if code and (not CODE.fullmatch(code) or any(code == row.code for row in rows)):
                self.problems.append(f"{here}：代码 {code} 不能用，请用字母或数字，每行不同。")
            rows.append(Row(code, self.string(entry, "label", here, need=True)))
        return tuple(rows)

    def options(self, data: Mapping[str, Any], kind: str, where: str) -> tuple[Option, ...]:
        options: list[Option] = []
        for number, entry in enumerate(tables(data.get("options")), start=1):
            here = f"{where}第 {number} 个选项"
            code = self.string(entry, "code", here, need=True)
            if code and (not CODE.fullmatch(code) or code in (NOT_ASKED, REFUSED, WITHHELD)):
                self.problems.append(
                    f"{here}：代码 {code} 不能用，请用字母或数字（-96、-97、-98 已有固定含义）。"
                )
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
                self.problems.append(f"{where}：{called(key)}{error}")
                return None
        if not isinstance(value, Mapping) or not isinstance(value.get("in"), list) or not value["in"]:
            self.problems.append(
                f'{where}：{called(key)}请写成 "q1 = 1" 这样，或 {{question = "题号", in = ["选项代码"]}}。'
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
