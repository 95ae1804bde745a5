"""PURE: whether options fit their question: of its kind, as many good as bad, with a don't know."""

import re
from collections.abc import Iterator, Mapping

from surveys.lint_words import Problem
from surveys.questionnaire import Option, Question

_ASKED: Mapping[str, str] = {
    "满意": "满意",
    "知晓": "知道|了解|听说|知晓|清楚",
    "支持": "支持|赞成|同意",
    "参与": "参加|参与",
}
_OFFERED: Mapping[str, str] = {
    "满意": "满意",
    "知晓": "知道|了解|听说|知晓|听过",
    "支持": "支持|赞成|反对",
    "参与": "参加|参与",
}
_GRADED = re.compile("满意|支持|赞成|反对")


def about(question: Question, measured: bool, has_indicator: bool, sides: bool) -> Iterator[Problem]:
    """What is wrong with the options; `measured`: its answers are to feed a rate, by their `sides` or not."""
    labels = [option.label for option in question.options]
    if len(set(labels)) < len(labels):
        yield "block", "有两个选项的文字一样，请改成不同的。"
    typed = {label: key for key, option in question.choices() if (label := option.label)}
    if any(label.isdecimal() and label != key for label, key in typed.items()):
        yield "warn", "选项是数字，又和序号不一致，回复数字会分不清；请给选项加上单位。"
    yield from _fit(question)
    yield from _balance(question)
    if question.shuffle and _graded(question):
        yield "warn", "这些选项有高低顺序，打乱以后不好答；请不要打乱选项。"
    if not measured:
        return
    if not any(option.polarity == "dont_know" for option in question.options):
        yield "warn", "缺少“说不清”一类的选项，请加一个，算作说不清。"
    if sides and any(option.polarity is None and option.score is None for option in question.options):
        yield "warn", "有选项没写算哪一边，选它的人不会计入比例；请写明正面、中间、反面或说不清。"
    if not has_indicator:
        yield "warn", "写了算进哪个比例，但没有指标用到这一题；请加上指标。"


def _fit(question: Question) -> Iterator[Problem]:
    """The wrong scale: the question asks for one thing and most options speak of another."""
    asked = {name for name, words in _ASKED.items() if re.search(words, question.title)}
    closed = [option.label for option in _said(question)]
    offered = {
        name
        for name, words in _OFFERED.items()
        if 2 * sum(re.search(words, label) is not None for label in closed) > len(closed)
    }
    if asked and offered and not asked & offered:
        yield (
            "warn",
            f"题目问的是{'、'.join(sorted(asked))}，选项说的却是{'、'.join(sorted(offered))}，请改成一致的。",
        )


def _balance(question: Question) -> Iterator[Problem]:
    good, bad = (
        [option for option in question.options if option.polarity == polarity]
        for polarity in ("positive", "negative")
    )
    if not _GRADED.search("".join(option.label for option in good + bad)):
        return
    if len(good) != len(bad):
        words = f"正面的有 {len(good)} 个，负面的有 {len(bad)} 个"
        yield "warn", f"选项{words}，会把结果推向一边；请改成一样多。"


def _graded(question: Question) -> bool:
    polarities = {option.polarity for option in question.options}
    return {"positive", "negative"} <= polarities or any(one.score is not None for one in question.options)


def _said(question: Question) -> list[Option]:
    """The options that answer the question itself."""
    return [option for option in question.options if option.polarity != "dont_know" and not option.other]
