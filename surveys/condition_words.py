"""PURE: a condition in the office's words: numbers of questions and labels of options, no ids and codes."""

from collections.abc import Mapping

from surveys.conditions import Answered, Compared, Condition, Expression, Joined, Node, Not, When
from surveys.parts import piece
from surveys.questionnaire import Questionnaire

_SIGNS = {"=": "是", "!=": "不是", "<": "小于", "<=": "不大于", ">": "大于", ">=": "不小于"}


def condition_words(questionnaire: Questionnaire, when: When | None) -> str:
    """What must have been answered, with the numbers that the questions have in this version; "" for None."""
    if when is None:
        return ""
    numbers = {question.id: number for number, question in enumerate(questionnaire.asked(), start=1)}
    return _said(questionnaire, when.tree if isinstance(when, Expression) else when, numbers)


def _said(questionnaire: Questionnaire, node: Node, numbers: Mapping[str, int]) -> str:
    match node:
        case Not(part):
            return f"不是（{_said(questionnaire, part, numbers)}）"
        case Joined(word, parts):
            between = "，并且" if word == "and" else "，或者"
            said = [_said(questionnaire, part, numbers) for part in parts]
            nested = [
                f"（{words}）" if isinstance(part, Joined) else words
                for part, words in zip(parts, said, strict=True)
            ]
            return between.join(nested)
    bare, _, row = node.question.partition(".")
    asked = piece(questionnaire, node.question)
    place = f"第 {numbers[bare]} 题" + (f"“{asked.title}”" if row and asked else "")
    match node:
        case Answered():
            return f"{place}答了"
        case Compared(_, sign, value):
            option = asked.option(value) if asked else None
            return f"{place}{_SIGNS[sign]}{f'“{option.label}”' if option else f' {value}'}"
        case Condition(_, codes):
            labels = [found.label if asked and (found := asked.option(code)) else code for code in codes]
            return f"{place}选了{'或'.join(f'“{label}”' for label in labels)}"
