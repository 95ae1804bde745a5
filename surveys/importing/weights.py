"""A table of population counts (`variable,category,count`) -> the margins that weights shall meet."""

import re
from collections.abc import Mapping

from surveys.importing.sheets import read_sheet
from surveys.questionnaire import Questionnaire

HEADER = ["variable", "category", "count"]
CHINESE = {
    "题目": "variable",
    "题目编号": "variable",
    "题号": "variable",
    "变量": "variable",
    "类别": "category",
    "选项": "category",
    "人数": "count",
    "人口": "count",
}
PLACES = {
    "township": "township",
    "community": "community",
    "channel": "channel",
    "乡镇": "township",
    "乡镇街道": "township",
    "街道": "township",
    "社区": "community",
    "社区村": "community",
}
_NUMBERED = re.compile(r"第?\s*([0-9]{1,3})\s*题?")


class WeightsError(ValueError):
    """A table that holds no usable margins; the words, for staff, name the line."""


def read_margins(name: str, content: bytes) -> dict[str, dict[str, float]]:
    """{variable: {category: count}}, from CSV or xlsx. Raises WeightsError; SheetError for a broken file."""
    margins: dict[str, dict[str, float]] = {}
    rows = read_sheet(name, content)
    _, header = next(rows, (1, []))
    if [CHINESE.get(cell.strip(), cell.strip().lower()) for cell in header] != HEADER:
        raise WeightsError("第一行要是“题目、类别、人数”三列。")
    for line, cells in rows:
        variable, category, count = (cell.strip() for cell in (*cells, "", "", "")[:3])
        try:
            number = float(count)
        except ValueError:
            raise WeightsError(f"第 {line} 行：人数“{count}”不是数字。") from None
        if not variable or not category or not 0 < number < float("inf"):
            raise WeightsError(f"第 {line} 行：变量、类别都要填，人数要大于 0。")
        if category in margins.setdefault(variable, {}):
            raise WeightsError(f"第 {line} 行：“{variable}”的“{category}”出现了两次。")
        margins[variable][category] = number
    if not margins:
        raise WeightsError("权重表里没有一行人数。")
    return margins


def fitted(
    margins: Mapping[str, Mapping[str, float]], questionnaire: Questionnaire
) -> dict[str, dict[str, float]]:
    """The margins by the questionnaire's own ids: what staff call 乡镇, 第 3 题 or by its title.

    Raises WeightsError, in words for staff, for what no interview could ever be weighted by: once sealed
    it could not be put right.
    """
    found: dict[str, dict[str, float]] = {}
    for name, counts in margins.items():
        key = _variable(name, questionnaire)
        counted = found.setdefault(key, {})
        if twice := next((category for category in counts if category in counted), None):
            raise WeightsError(f"“{name}”的“{twice}”在人数表里说了两遍。")
        if question := questionnaire.question(key):
            known = {text for option in question.options for text in (option.label, option.code)}
            if strangers := [category for category in counts if category not in known]:
                offered = "、".join(option.label for option in question.options)
                raise WeightsError(f"“{name}”没有“{strangers[0]}”这个选项。它的选项是：{offered}。")
        counted |= counts
    return found


def uncounted(margins: Mapping[str, Mapping[str, float]], questionnaire: Questionnaire) -> list[str]:
    """The options without a count, a sentence a question: one such answer and the wave cannot be weighted."""
    told = []
    for name, counts in margins.items():
        if question := questionnaire.question(name):
            left = [
                option.label
                for option in question.options
                if option.label not in counts and option.code not in counts
            ]
            if left:
                options = "、".join(f"“{label}”" for label in left)
                told.append(
                    f"加权的人数表里，“{question.title}”没有{options}的人数。只要有人这样答，就算不出加权的结果。"
                )
    return told


def _variable(name: str, questionnaire: Questionnaire) -> str:
    if name in PLACES:
        return PLACES[name]
    asked = questionnaire.asked()
    found = questionnaire.question(name) or next((one for one in asked if one.title == name), None)
    numbered = _NUMBERED.fullmatch(name)
    if found is None and numbered and 0 < int(numbered[1]) <= len(asked):
        found = asked[int(numbered[1]) - 1]
    if found is None or not found.options or found.type not in ("single", "scale"):
        raise WeightsError(f"“{name}”不能用来加权。请写“乡镇”“社区”，或者一道单选题的题号，例如“第 3 题”。")
    return found.id
