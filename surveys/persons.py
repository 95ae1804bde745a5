"""PURE: which questions tell who somebody is, when they are put together with a place: age, sex, occupation.

The office says so in the questionnaire (`personal`). Where it does not, they are recognised by their ids and
titles; a question that measures something is none of them then.
"""

import re

from surveys.questionnaire import TOLD_APART, Question, Questionnaire

AGE_BAND, YOUNGEST, OLDEST = 5, 15, 80
"""Ages are told in steps of so many years; the first and the last stand for those beyond as well."""

_TITLES = re.compile(
    "年龄|几岁|周岁|年纪|出生|生日|性别|男.{0,3}女|职业|工作性质|行业|单位性质|您的身份|文化程度|学历|受教育"
    "|户籍|户口|婚姻|结婚|民族|政治面貌|党员|收入|住了|住在哪|住在城|居住地|哪个(?:乡|镇|街道|村|社区)|居住.{0,4}(?:年|时间|多久)|家里.{0,3}几口|子女|您的孩子.{0,6}年级"
)
_IDS = re.compile(
    r"(?:.*_)?(?:age|birth\w*|sex|gender|occupation|job|profession|education|edu|degree|hukou|marital|married"
    r"|ethnic\w*|nation\w*|income|party|children|resident\w*|household)(?:_?\d+)?",
    re.IGNORECASE,
)
_AGES = re.compile("年龄|几岁|周岁|年纪")


def personal(questionnaire: Questionnaire) -> tuple[Question, ...]:
    """The questions about the person that have few enough answers to be told apart by, in their order."""
    measuring = {name for indicator in questionnaire.indicators for name in indicator.asks}
    return tuple(
        question
        for question in questionnaire.asked()
        if question.type in TOLD_APART
        and (
            question.personal
            if question.personal is not None
            else question.id not in measuring and recognised(question)
        )
    )


def recognised(question: Question) -> bool:
    """Whether its words sound as if it told who somebody is."""
    if question.type not in TOLD_APART or question.metric is not None:
        return False
    return bool(_TITLES.search(question.title) or _IDS.fullmatch(question.id))


def told(question: Question, answer: str) -> str:
    """An answer as a row tells it: an age in its band, a day as its decade, anything else as it is."""
    if question.type == "date":
        return f"{answer[:3]}0年代"
    if is_age(question):
        years = int(answer) // AGE_BAND * AGE_BAND
        return str(min(max(years, YOUNGEST), OLDEST))
    return answer


def is_age(question: Question) -> bool:
    """Whether it asks for an age in years."""
    return question.type == "number" and bool(_AGES.search(question.title))
