"""PURE: what the columns of a table of interviews are, told by their headings."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from surveys import parts
from surveys.questionnaire import Question, Questionnaire

RESERVED = (
    "respondent",
    "township",
    "community",
    "weight",
    "stratum",
    "cluster",
    "start",
    "submit",
    "interviewer",
)
RESERVED_WORDS = {
    "respondent": "受访者编号",
    "township": "乡镇（街道）",
    "community": "社区（村）",
    "weight": "权重",
    "stratum": "层",
    "cluster": "抽样点",
    "start": "开始时间",
    "submit": "提交时间",
    "interviewer": "访员",
}
_USUAL = {
    "respondent": ("受访者编号", "受访者", "答卷编号", "问卷编号"),
    "township": ("乡镇", "街道", "乡镇街道", "乡镇(街道)", "镇街", "所属乡镇"),
    "community": ("社区", "村", "村社区", "村(社区)", "社区(村)", "所属社区"),
    "weight": ("权重", "加权系数"),
    "stratum": ("层", "抽样层", "分层"),
    "cluster": ("群", "抽样点", "整群"),
    "start": ("开始时间", "开始答题时间", "开始填写时间"),
    "submit": ("提交时间", "提交答卷时间", "结束答题时间", "答题时间", "填写时间"),
    "interviewer": ("访员", "访问员", "调查员", "访员编号"),
}
"""Headings of other tools and of paper lists. 序号 of 问卷星 is left out: each survey counts from 1."""
_NUMBERED = re.compile(r"^\s*(?:[QqＱ]?\d{1,3}|第\d{1,3}题)\s*[、.．:：)）]\s*")
_ROW = re.compile(r"^\s*第\d{1,3}题\s*[(（](.+)[)）]\s*$")
"""A row of a matrix, as 问卷星 heads its column: 第6题(路灯)."""
_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its place from 0, its heading, the question id or reserved name it means ("" none).

    `trouble`: several questions have this title, or an earlier column means the same.
    """

    place: int
    text: str
    target: str
    trouble: Literal["", "alike", "twice"] = ""


def pieces(questionnaire: Questionnaire) -> list[Question]:
    """Everything a column may hold an answer to."""
    return [part for question in questionnaire.asked() for part in parts.columns(question)]


def match(questionnaire: Questionnaire, header: Sequence[str]) -> tuple[Heading, ...]:
    """What each heading means by itself: an id, a reserved name, or a question's title."""
    asked = pieces(questionnaire)
    titles = Counter(folded(one.title) for one in asked)
    known = {folded(one.title): one.id for one in asked if titles[folded(one.title)] == 1}
    loosely = _once((_unmarked(one.title), one.id) for one in asked)
    rows = _once(
        (folded(row.label), f"{one.id}.{row.code}") for one in questionnaire.asked() for row in one.rows
    )
    ids = {one.id for one in asked} | set(RESERVED)
    found: list[Heading] = []
    taken: set[str] = set()
    for place, text in enumerate(header):
        bare = folded(_NUMBERED.sub("", text))
        target = text if text in ids else known.get(folded(text)) or known.get(bare) or ""
        alike = titles[folded(text)] > 1 or titles[bare] > 1
        if not (target or alike):
            row = _ROW.match(text)
            target = rows.get(folded(row[1]), "") if row else loosely.get(_unmarked(bare), "")
        if not target:
            found.append(Heading(place, text, "", "alike" if alike else ""))
        elif target in taken:
            found.append(Heading(place, text, "", "twice"))
        else:
            taken.add(target)
            found.append(Heading(place, text, target))
    return tuple(found)


def propose(questionnaire: Questionnaire, header: Sequence[str]) -> tuple[Heading, ...]:
    """What `match` finds, and for headings that it does not know, what other tools mean by them.

    For a person to confirm: a heading like 社区 may mean something else in their file.
    """
    matched = match(questionnaire, header)
    taken = {one.target for one in matched}
    usual = {folded(words): name for name, all_words in _USUAL.items() for words in all_words}
    found = []
    for one in matched:
        target = usual.get(folded(one.text), "")
        if not (one.target or one.trouble) and target and target not in taken:
            taken.add(target)
            one = replace(one, target=target)
        found.append(one)
    return tuple(found)


def _once(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name -> id, where one thing alone has the name."""
    told = list(named)
    times = Counter(name for name, _ in told)
    return {name: identity for name, identity in told if name and times[name] == 1}


def _unmarked(text: str) -> str:
    """Letters and digits only: other tools put other marks between a matrix and its row."""
    return _MARKS.sub("", folded(text))


def folded(text: str) -> str:
    """Width, case and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
