"""PURE: what changed from one version of a questionnaire to the next, in words, and what that breaks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from surveys.condition_words import condition_words
from surveys.questionnaire import TYPE_NAMES, Indicator, Option, Question, Questionnaire, Quota
from surveys.rule_words import indicator_title

_SHORT, _CONDITION = 40, 160
"""Characters shown of a text, and of a condition: its end says as much as its beginning."""
_INNER = str.maketrans("“”", "‘’")
"""Quotation marks within quotation marks."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One change; `question` is an id or "" for the whole. `breaks`: the waves before no longer compare."""

    question: str
    words: str
    breaks: bool = False


def differences(old: Questionnaire, new: Questionnaire) -> list[Difference]:
    """Every change, the whole first, then question by question in the new order, then rates and quotas."""
    return [
        *_whole(old, new),
        *_questions(old, new),
        *_indicators(old, new),
        *_quotas(old.quotas, new.quotas),
    ]


def _whole(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    for words, before, after in (
        ("标题", old.title, new.title),
        ("告知", old.consent, new.consent),
        ("结束语", old.closing, new.closing),
    ):
        if before != after:
            yield Difference("", _changed(words, before, after))
    if old.inside != new.inside:
        words = _changed(
            "谁算调查对象", condition_words(old, old.inside), condition_words(new, new.inside), _CONDITION
        )
        yield Difference("", words, True)
    if old.paging != new.paging:
        yield Difference("", "网页改为" + ("一节一页" if new.paging == "section" else "一题一页"))


def _questions(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    before = {question.id: question for question in old.questions}
    for question in new.questions:
        if question.id not in before:
            yield Difference(question.id, f"新加的题：{_short(question.title)}")
        else:
            yield from _question(before[question.id], question)
            if (first := before[question.id].show_if) != question.show_if:
                words = condition_words(old, first), condition_words(new, question.show_if)
                yield Difference(question.id, _changed("出现条件", *words, _CONDITION), True)
    kept = {question.id for question in new.questions}
    for question in old.questions:
        if question.id not in kept:
            yield Difference(question.id, f"删去的题：{_short(question.title)}", question.type != "section")
    if [one.id for one in old.questions if one.id in kept] != [
        one.id for one in new.questions if one.id in before
    ]:
        yield Difference("", "题目的先后变了")


_PLAIN = {
    "required": "能否不答",
    "metric": "归入哪个比率",
    "min": "最少或起点",
    "max": "最多或终点",
    "unit": "单位",
    "shuffle": "选项是否打乱",
    "personal": "是否看得出是谁",
}


def _question(old: Question, new: Question) -> Iterator[Difference]:
    if old.title != new.title:
        yield Difference(new.id, _changed("题目", old.title, new.title), True)
    if old.type != new.type:
        yield Difference(new.id, f"题型由{TYPE_NAMES[old.type]}改为{TYPE_NAMES[new.type]}", True)
    for name, words in _PLAIN.items():
        if getattr(old, name) != getattr(new, name):
            yield Difference(new.id, f"{words}变了", name in ("min", "max", "unit"))
    yield from _options(new.id, old.options, new.options)
    if old.rows != new.rows:
        yield Difference(new.id, "矩阵的行变了", True)


def _options(question: str, old: Sequence[Option], new: Sequence[Option]) -> Iterator[Difference]:
    before = {option.code: option for option in old}
    after = {option.code: option for option in new}
    for code in (code for code in after if code not in before):
        yield Difference(question, f"新加的选项 {code}：{after[code].label}", True)
    for code in (code for code in before if code not in after):
        yield Difference(question, f"删去的选项 {code}：{before[code].label}", True)
    for code in (code for code in after if code in before):
        first, second = before[code], after[code]
        if first.label != second.label:
            yield Difference(question, _changed(f"选项 {code}", first.label, second.label), True)
        if (first.polarity, first.score) != (second.polarity, second.score):
            yield Difference(question, f"选项 {code} 的正反面或分值变了", True)
        if (first.exclusive, first.other) != (second.exclusive, second.other):
            yield Difference(question, f"选项 {code} 是否单独选、是否要写明变了")
    if before.keys() == after.keys() and [one.code for one in old] != [one.code for one in new]:
        yield Difference(question, "选项的先后变了")


def _indicators(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    before = {indicator.id: indicator for indicator in old.indicators}
    after = {indicator.id: indicator for indicator in new.indicators}
    for name, one in after.items():
        title = _short(indicator_title(new, one)).translate(_INNER)
        if name not in before:
            yield Difference(one.asks[0], f"新加的指标“{title}”")
        elif before[name] != one:
            breaks = _counting(before[name]) != _counting(one)
            words = "的算法变了" if breaks else "的名称或目标变了"
            yield Difference(one.asks[0], f"指标“{title}”{words}", breaks)
    for name, one in before.items():
        if name not in after:
            title = _short(indicator_title(old, one)).translate(_INNER)
            yield Difference(one.asks[0], f"删去的指标“{title}”", True)


def _counting(indicator: Indicator) -> tuple[object, ...]:
    return (indicator.basis, indicator.dont_know_rule)


def _quotas(old: Sequence[Quota], new: Sequence[Quota]) -> Iterator[Difference]:
    if old != new:
        yield Difference("", "配额变了")


def _changed(words: str, before: str, after: str, longest: int = _SHORT) -> str:
    old, new = (_short(text, longest).translate(_INNER) for text in (before, after))
    if not old:
        return f"加上了{words}“{new}”"
    if not new:
        return f"去掉了{words}“{old}”"
    return f"{words}变了" if old == new else f"{words}由“{old}”改为“{new}”"


def _short(text: str, longest: int = _SHORT) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"
