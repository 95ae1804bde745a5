"""PURE: what makes an interview doubtful. A mark is kept with it; nothing is ever deleted for one.

Limits: 1 s an answered question and a third of the median time (survey practice; 问卷星 marks below 30 %),
five questions on one scale answered alike, so many interviews a minute from one source, the same answers
three times in ten minutes from one source.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from surveys import sources
from surveys.interview import reachable
from surveys.questionnaire import Answers, Questionnaire
from surveys.terms import Terms

TOO_FAST, STRAIGHT, BURST = "too_fast", "straight_lined", "burst"
DUPLICATE, OFF_PATH, OUTSIDE = "duplicate", "off_path", "outside_frame"
WORDS: Mapping[str, str] = {
    TOO_FAST: "答得太快",
    STRAIGHT: "一列题全选同一项",
    BURST: "同一来源一分钟内集中提交",
    DUPLICATE: "短时间内答案完全相同",
    OFF_PATH: "答了不该问到的题",
    OUTSIDE: "所填社区不在名单里",
}

SECONDS_A_QUESTION = 1
SHARE_OF_MEDIAN = 3
MEDIAN_FROM = 20
"""Complete interviews before their median says anything."""
SAME_SCALE = 5
MINUTE, WINDOW = 60, 600
BURST_PLACE, BURST_OPEN = 10, 60
"""Interviews a minute: from one poster or one interviewer; from a keyword, a menu or a push."""
ALIKE, ALIKE_ANSWERS = 3, 8


@dataclass(frozen=True, slots=True)
class Case:
    """What the marks are decided on; `seconds` is None where nobody knows how long it took."""

    id: int
    answers: Answers
    complete: bool
    seconds: int | None
    submitted_at: int
    source: str
    township: str = ""
    community: str = ""


def alone(case: Case, questionnaire: Questionnaire, terms: Terms) -> list[str]:
    """The marks that an interview gets whatever others answered."""
    marks = []
    if case.complete and case.seconds is not None and case.seconds < SECONDS_A_QUESTION * len(case.answers):
        marks.append(TOO_FAST)
    if any(_alike(case.answers, group) for group in _scales(questionnaire)):
        marks.append(STRAIGHT)
    if case.answers.keys() - reachable(questionnaire, case.answers, terms.communities()).keys():
        marks.append(OFF_PATH)
    if case.community and terms.frame and not terms.has(case.township, case.community):
        marks.append(OUTSIDE)
    return marks


def hurried(case: Case, median: float | None) -> bool:
    """Whether an interview took less than a third of the median time of its wave."""
    known = case.complete and case.seconds is not None and median is not None
    return known and SHARE_OF_MEDIAN * (case.seconds or 0) < (median or 0.0)


@dataclass(slots=True)
class Recent:
    """What came in shortly before, by source: as much as the window holds, however large the wave is."""

    minutes: dict[str, tuple[int, list[int]]] = field(default_factory=dict)
    """Source -> minute and ids of the interviews in it."""
    patterns: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Source and answers, hashed -> (time, id) of each interview with them."""

    def meet(self, case: Case) -> Iterator[tuple[int, str]]:
        """(id, mark) for this interview and for earlier ones that it makes doubtful."""
        minute = case.submitted_at // MINUTE
        before, ids = self.minutes.get(case.source, (minute, []))
        ids = [*ids, case.id] if before == minute else [case.id]
        self.minutes[case.source] = (minute, ids)
        yield from _from(ids, _limit(case.source), BURST)
        if len(case.answers) >= ALIKE_ANSWERS:
            key = _pattern(case)
            same = [one for one in self.patterns.get(key, []) if one[0] > case.submitted_at - WINDOW]
            self.patterns[key] = [*same, (case.submitted_at, case.id)]
            yield from _from([number for _, number in self.patterns[key]], ALIKE, DUPLICATE)

    def forget(self, moment: int) -> None:
        """Let go of what lies before the window that ends now."""
        self.minutes = {k: v for k, v in self.minutes.items() if v[0] >= moment // MINUTE - 1}
        self.patterns = {k: v for k, v in self.patterns.items() if v[-1][0] > moment - WINDOW}

    def as_dict(self) -> dict[str, Any]:
        """For keeping as JSON."""
        return {"minutes": self.minutes, "patterns": self.patterns}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Recent":
        """What `as_dict` gave."""
        minutes = {source: (minute, list(ids)) for source, (minute, ids) in given["minutes"].items()}
        patterns = {key: [(at, number) for at, number in pairs] for key, pairs in given["patterns"].items()}
        return cls(minutes, patterns)


def source_of(channel: str, came_from: str, township: str, community: str) -> str:
    """What interviews of one origin have in common; a poster hangs in one community."""
    place = f"{township}/{community}" if came_from == sources.POSTER or channel == "interviewer" else ""
    return f"{channel}|{came_from}|{place}"


def _limit(source: str) -> int:
    channel, came_from, _ = source.split("|", 2)
    return BURST_PLACE if came_from == sources.POSTER or channel == "interviewer" else BURST_OPEN


def _from(ids: list[int], least: int, mark: str) -> Iterable[tuple[int, str]]:
    """All of them once there are enough, then each that follows."""
    if len(ids) < least:
        return []
    return [(number, mark) for number in (ids if len(ids) == least else ids[-1:])]


def _scales(questionnaire: Questionnaire) -> list[list[str]]:
    """The ids of questions (rows of a matrix too) that offer the same options, where there are enough."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for question in questionnaire.asked():
        if question.type in ("single", "scale", "matrix") and len(question.options) > 1:
            options = tuple((option.code, option.label) for option in question.options)
            rows = [f"{question.id}.{row.code}" for row in question.rows]
            groups.setdefault(options, []).extend(rows or [question.id])
    return [names for names in groups.values() if len(names) >= SAME_SCALE]


def _alike(answers: Answers, names: list[str]) -> bool:
    given = [answers[name] for name in names if isinstance(answers.get(name), str)]
    return len(given) >= SAME_SCALE and len(set(map(str, given))) == 1


def _pattern(case: Case) -> str:
    words = json.dumps([case.source, dict(case.answers)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:24]
