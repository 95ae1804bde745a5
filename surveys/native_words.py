"""PURE: the keys of a native file in the words of the office, each with the key that stands in the text."""

import re
from collections.abc import Mapping, Sequence

from surveys.questionnaire import TYPE_NAMES
from surveys.rule_words import DONT_KNOW, RULES

WORDS: Mapping[str, str] = {
    "id": "编号",
    "title": "标题",
    "consent": "答题前的告知",
    "closing": "结束语",
    "paging": "分页",
    "type": "题型",
    "required": "是否必答",
    "metric": "测什么",
    "show_if": "出现条件",
    "min": "最小值",
    "max": "最大值",
    "unit": "单位",
    "shuffle": "打乱选项",
    "personal": "看得出是谁",
    "code": "代码",
    "label": "选项的文字",
    "polarity": "算哪一边",
    "score": "分值",
    "exclusive": "选了它就不能选别的",
    "other": "选了它再写几个字",
    "inside": "谁算调查对象",
    "when": "配额的条件",
    "limit": "份数",
    "question": "用哪道题",
    "questions": "用哪几道题",
    "rule": "怎么算",
    "dont_know_rule": "说不清怎么算",
    "numerator": "分子选项",
    "denominator": "分母",
    "weights": "权重",
    "target": "目标",
}
PAGING: Mapping[str, str] = {"question": "一题一页", "section": "一节一页"}
VALUES: Mapping[str, str] = {
    **{str(kind): words for kind, words in TYPE_NAMES.items()},
    **RULES,
    **DONT_KNOW,
    "positive": "正面",
    "neutral": "中间",
    "negative": "反面",
    "dont_know": "说不清",
    "awareness": "知晓",
    "support": "支持",
    "participation": "参与",
    "satisfaction": "满意",
    "knowledge": "知识",
}
_TABLE = re.compile(r"[ \t]*\[\[[ \t]*(question|indicator|quota)[ \t]*\]\]")


def called(key: str) -> str:
    """A key as the office calls it, with the word to look for: “题型（type）”."""
    return f"{WORDS[key]}（{key}）" if key in WORDS else key


def choices(key: str, values: Sequence[str]) -> str:
    """What may be written for a key, each with its meaning."""
    words = PAGING if key == "paging" else VALUES
    return "、".join(f"{one}（{words[one]}）" if one in words else one for one in values)


def lines(toml_text: str) -> dict[str, list[int]]:
    """The lines on which the questions, indicators and quotas begin, counted from 1."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(toml_text.splitlines(), start=1):
        if table := _TABLE.match(line):
            found.setdefault(table[1], []).append(number)
    return found
