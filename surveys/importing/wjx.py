"""A questionnaire as 问卷星 paste text, and what that text cannot hold."""

from dataclasses import dataclass

from surveys.conditions import Condition
from surveys.importing.text import read_text
from surveys.questionnaire import Question, Questionnaire

_TAGS = {
    "single": "单选题",
    "multiple": "多选题",
    "ranking": "排序题",
    "text": "填空题",
    "number": "数字题",
    "date": "日期题",
    "community": "社区题",
    "section": "段落说明",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """The text, and a Chinese sentence for everything that is not in it."""

    text: str
    losses: tuple[str, ...]


def write_text(questionnaire: Questionnaire) -> Exported:
    """The text; what is lost is found by reading it back, so no loss goes unsaid."""
    parts = [_flat(questionnaire.title)]
    if questionnaire.consent:
        parts.append("\n".join(_flat(line) for line in questionnaire.consent.split("\n") if line.strip()))
    number = 0
    for question in questionnaire.questions:
        number += question.type != "section"
        parts.append("\n".join(_block(questionnaire, question, number)))
    if questionnaire.closing:
        parts.append("\n".join(_flat(line) for line in questionnaire.closing.split("\n") if line.strip()))
    text = "\n\n".join(part for part in parts if part) + "\n"
    return Exported(text, tuple(_losses(questionnaire, text)))


def _block(questionnaire: Questionnaire, question: Question, number: int) -> list[str]:
    title = _flat(question.title) + _condition(questionnaire, question)
    if question.type == "section":
        return [f"{title}[段落说明]"]
    star = "*" if question.required else ""
    optional = "" if question.required or question.type == "text" else "（选填）"
    head = f"{number}.{title}{_limits(question)}{optional}{star}[{_tag(question)}]"
    labels = [_flat(option.label) + ("____" if option.other else "") for option in question.options]
    if question.type == "matrix":
        return [head, "\t".join(labels), *(_flat(row.label) for row in question.rows)]
    if question.type == "scale" and question.min is not None and question.max is not None:
        points = [option for option in question.options if option.code in question.points()]
        if all(option.label == option.code for option in points):
            return [head, f"{question.min}~{question.max}"]
    return [head, *labels]


def _condition(questionnaire: Questionnaire, question: Question) -> str:
    """（第3题选A、B的回答）: 问卷星 shows it as words, and our own import reads it back."""
    condition = question.show_if
    if not isinstance(condition, Condition):
        return ""
    asked = questionnaire.question(condition.question)
    if asked not in questionnaire.asked():
        return ""
    places = [at for at, option in enumerate(asked.options) if option.code in condition.codes]
    if not places or places[-1] >= 26:
        return ""
    number = questionnaire.asked().index(asked) + 1
    return f"（第{number}题选{'、'.join(chr(ord('A') + at) for at in places)}的回答）"


def _tag(question: Question) -> str:
    if question.type not in ("scale", "matrix"):
        return _TAGS[question.type]
    scores = [option.score for option in question.options if option.score is not None]
    falling = len(scores) > 1 and scores == sorted(scores, reverse=True) and scores[0] > scores[-1]
    if question.type == "scale":
        return "反向量表题" if falling else "量表题"
    return "矩阵单选题" if not scores else "矩阵反向量表题" if falling else "矩阵量表题"


def _limits(question: Question) -> str:
    if question.type == "number" and question.min is not None and question.max is not None:
        return f"（{question.min}-{question.max}）"
    if question.type not in ("multiple", "ranking"):
        return ""
    if question.min is not None and question.max is not None:
        if question.min == question.max:
            return f"【限选{question.min}项】"
        return f"【请选择{question.min}-{question.max}项】"
    if question.max is not None:
        return f"【最多选{question.max}项】"
    return "" if question.min is None else f"【最少选{question.min}项】"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _losses(questionnaire: Questionnaire, text: str) -> list[str]:
    back = read_text(text).questionnaire("back")
    losses = []
    if (back.title, back.consent, back.closing) != (
        questionnaire.title, questionnaire.consent, questionnaire.closing,
    ):  # fmt: skip
        losses.append("标题、告知或结束语和原来不完全一样，请核对。")
    if questionnaire.indicators:
        losses.append("指标没有写进去：问卷星文字里没有地方放。")
    beyond = [
        words
        for words, held in (
            ("配额", not questionnaire.quotas),
            ("筛查", questionnaire.inside is None),
            ("分屏", questionnaire.paging == back.paging),
        )
        if not held
    ]
    if beyond:
        losses.append(f"{'、'.join(beyond)}没有写进去：问卷星文字里没有地方放。")
    if len(back.questions) != len(questionnaire.questions):
        return [*losses, "有的题目文字会被问卷星看成别的题，题数对不上，请核对。"]
    for old, new in zip(questionnaire.questions, back.questions, strict=True):
        gone = [words for words, held in _compared(old, new) if not held]
        if _read_condition(questionnaire, old) != _read_condition(back, new):
            gone.append("出现条件")
        if gone:
            losses.append(f"{old.id}：{'、'.join(gone)}没有写进去，或读回来不一样。")
    return losses


def _compared(old: Question, new: Question) -> list[tuple[str, bool]]:
    """Each part of a question, and whether it came back."""
    return [
        ("题型", old.type == new.type),
        ("题干", old.title == new.title),
        ("选项文字", [one.label for one in old.options] == [one.label for one in new.options]),
        ("选项代码", [one.code for one in old.options] == [one.code for one in new.options]),
        ("正反面", [one.polarity for one in old.options] == [one.polarity for one in new.options]),
        ("分值", [one.score for one in old.options] == [one.score for one in new.options]),
        ("单独选", [one.exclusive for one in old.options] == [one.exclusive for one in new.options]),
        ("其他请填写", [one.other for one in old.options] == [one.other for one in new.options]),
        ("矩阵的行", old.rows == new.rows),
        ("必答", old.required == new.required or old.type == "section"),
        ("选几项或范围", (old.min, old.max) == (new.min, new.max)),
        ("归入哪个比率", old.metric == new.metric),
        ("单位", old.unit == new.unit),
        ("打乱顺序", old.shuffle == new.shuffle),
        ("看得出是谁", old.personal == new.personal),
    ]


def _read_condition(questionnaire: Questionnaire, question: Question) -> object:
    """A condition as places, because ids and codes may have changed; what no text can say stays itself."""
    ids = [one.id for one in questionnaire.questions]
    if not isinstance(question.show_if, Condition) or question.show_if.question not in ids:
        return question.show_if
    place = ids.index(question.show_if.question)
    options = questionnaire.questions[place].options
    return place, [at for at, option in enumerate(options) if option.code in question.show_if.codes]
