"""PURE: a questionnaire laid out for staff: each question as a resident sees it, and what counts in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from surveys import native
from surveys.condition_words import condition_words
from surveys.conditions import Expression
from surveys.lint import Finding
from surveys.persons import personal
from surveys.questionnaire import TYPE_NAMES, Indicator, Option, Question, Questionnaire
from surveys.rule_words import indicator_title


@dataclass(frozen=True, slots=True)
class Sheet:
    """One question on the page; `number` is 0 for a section title, `counted` says which options count."""

    number: int
    question: Question
    kind: str
    choices: tuple[tuple[str, Option], ...]
    when: str
    counted: str
    findings: tuple[Finding, ...]


def sheets(questionnaire: Questionnaire, findings: Sequence[Finding] = ()) -> list[Sheet]:
    """The questions in order, each with the findings about it."""
    numbers = {question.id: number for number, question in enumerate(questionnaire.asked(), 1)}
    return [
        Sheet(
            numbers.get(question.id, 0),
            question,
            _kind(question),
            question.choices(),
            _when(questionnaire, question),
            _counted(questionnaire, question),
            tuple(finding for finding in findings if finding.question == question.id),
        )
        for question in questionnaire.questions
    ]


def general(findings: Sequence[Finding]) -> list[Finding]:
    """The findings about no single question."""
    return [finding for finding in findings if not finding.question]


@dataclass(frozen=True, slots=True)
class Ready:
    """A questionnaire that comes with the product: its file's name, its text, what is in it."""

    name: str
    text: str
    questionnaire: Questionnaire

    def rates(self) -> list[str]:
        """What can be counted with it."""
        return [indicator_title(self.questionnaire, one) for one in self.questionnaire.indicators]


@cache
def library() -> tuple[Ready, ...]:
    """The questionnaires that come with the product, the shortest first."""
    found = [
        Ready(entry.name.removesuffix(".toml"), text, native.parse(text))
        for entry in files("surveys").joinpath("library").iterdir()
        if entry.name.endswith(".toml") and (text := entry.read_text("utf-8"))
    ]
    return tuple(sorted(found, key=lambda ready: (len(ready.questionnaire.asked()), ready.name)))


def _kind(question: Question) -> str:
    kind = TYPE_NAMES[question.type]
    if question.type == "multiple" and question.max is not None:
        kind += f"，最多 {question.max} 项"
    if question.type == "text":
        kind += f"，最多 {question.max} 字" if question.max is not None else ""
    if question.type == "ranking" and question.max is not None:
        kind += f"，排 {question.max} 项"
    if question.shuffle:
        kind += "，选项打乱"
    return kind if question.required or question.type == "section" else f"{kind}，可以跳过"


def _when(questionnaire: Questionnaire, question: Question) -> str:
    condition = question.show_if
    if condition is None:
        return ""
    words = condition_words(questionnaire, condition)
    return f"只问这样的人：{words}" if isinstance(condition, Expression) else f"只问{words}的人"


def population_words(questionnaire: Questionnaire) -> str:
    """Whom the rates speak for, in the words of the questions; "" where there is no screen."""
    return condition_words(questionnaire, questionnaire.inside)


def quota_words(questionnaire: Questionnaire) -> dict[str, str]:
    """Each quota by its id: of whom at most so many are taken."""
    whom = {one.id: condition_words(questionnaire, one.when) for one in questionnaire.quotas}
    return {
        one.id: (f"{whom[one.id]}：" if one.when else "总共") + f"最多 {one.limit:,} 份"
        for one in questionnaire.quotas
    }


def _counted(questionnaire: Questionnaire, question: Question) -> str:
    """Which rates the question feeds, or that it tells a person; a resident never sees this."""
    feeding = [
        (one, at)
        for one in questionnaire.indicators
        for at, name in enumerate(one.asks)
        if name.partition(".")[0] == question.id
    ]
    if question in personal(questionnaire):
        return "看得出是谁：导出逐份数据时，和地点放在一起相同的太少就不列出"
    if not feeding:
        return ""
    names = "、".join(dict.fromkeys(_aimed(questionnaire, one) for one, _ in feeding))
    explicit = {code for one, at in feeding for code in one.codes(at)}
    counted = "、".join(
        option.label
        for option in question.options
        if (option.code in explicit if explicit else option.polarity == "positive")
    )
    return f"用于{names}；计入分子：{counted}" if counted else f"用于{names}"


def _aimed(questionnaire: Questionnaire, indicator: Indicator) -> str:
    """An indicator's name and what the office holds it against."""
    target = "" if indicator.target is None else f"（达标线 {round(indicator.target * 100, 2):g}%）"
    return indicator_title(questionnaire, indicator) + target
