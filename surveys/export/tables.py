"""The tables of a report: rates by group, hidden where few people answered or where subtraction would tell.

Every table comes with its title, and with the note that must go wherever it is copied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.export.apart import BEYOND, HEADLINE, UNDOUBTED
from surveys.export.overview import SEPARATOR, Overview
from surveys.export.safe import printable
from surveys.groupings import grouping_questions
from surveys.judging import CAUTIONS, Caution, judge
from surveys.notes import self_selected
from surveys.suppression import hidden_words

_SELECTED = "填答者是自己选择参加的，结果不能直接当作全体居民的比例；区间没有计入这种偏差。"
_DRAWN = "登记为随机抽样；没有访到、不愿回答的人可能和答了的人不同，区间没有计入这种偏差。"
UNNAMED = "未填写"
CHANNELS = {"chat": "公众号聊天", "page": "网页", "interviewer": "访员上门", "import": "导入"}
DONT_KNOW = {"excluded": "不计入分母", "not_counted_positive": "计入分母"}


@dataclass(frozen=True, slots=True)
class Line:
    """One rate: figures are None where it is hidden, `rate` also where nobody gave a valid answer."""

    id: str
    indicator: str
    question: str
    rule: str
    dont_know_rule: str
    declared: bool
    group: tuple[str, ...]
    n: int | None
    numerator: float | None
    denominator: int | None
    dont_know: int | None
    refused: int | None
    rate: float | None
    low: float | None
    high: float | None
    target: float | None
    hidden: str
    """What stands in place of the figures where they stay back."""
    mean: bool
    """Whether it is told in points rather than as a share of people."""
    weighted: Mapping[str, Any] | None
    verdict: str
    """Whether the target is met, in words; "" where that is not for this rate to say."""
    cautions: tuple[str, ...]
    """Why its interval deserves caution; the weighted one's where there is one."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rates by one variable: `groups` are the headings of what stands in `Line.group`, `note` goes under."""

    title: str
    note: str
    groups: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def weighted(self) -> bool:
        """Whether any rate has a weighted one beside it."""
        return any(_weighed(line.weighted) for line in self.lines)


def overall(overview: Overview) -> Breakdown:
    """All rates of the wave: those of the sealed rules first, the other don't-know rule after them."""
    return Breakdown("总体结果", note(overview), (), _lines(overview, "channel", grouped=False))


def headline(overview: Overview) -> Breakdown | None:
    """The rates of the channels that were declared to be pooled into the headline; None where none were."""
    if HEADLINE not in overview.apart:
        return None
    channels = "、".join(CHANNELS.get(name, name) for name in overview.wave.terms.headline)
    return Breakdown(f"首要比率（封存时定为{channels}合并）", note(overview), (), _part(overview, HEADLINE))


def beside(overview: Overview) -> list[Breakdown]:
    """The rates of all but the doubtful interviews, and of people outside the population."""
    titles = {UNDOUBTED: "去掉有疑点的答卷", BEYOND: "调查范围之外的人（不在其他各项比率里）"}
    return [
        Breakdown(title, note(overview), (), _part(overview, name))
        for name, title in titles.items()
        if name in overview.apart
    ]


def _part(overview: Overview, name: str) -> tuple[Line, ...]:
    judging = name == HEADLINE
    lines = [
        _line(overview, entry, entry["weighted"], judging=judging, part=True)
        for entry in overview.apart[name]
    ]
    return tuple(sorted(lines, key=lambda line: not line.declared))


def by_township(overview: Overview) -> Breakdown:
    """Rates township by township, in the order of the office's list."""
    return Breakdown("按乡镇街道", note(overview), ("乡镇街道",), _lines(overview, "township"))


def by_community(overview: Overview) -> Breakdown:
    """Rates community by community within its township."""
    return Breakdown("按社区村", note(overview), ("乡镇街道", "社区村"), tuple(_lines(overview, "community")))


def by_channel(overview: Overview) -> Breakdown:
    """Rates by how people answered."""
    return Breakdown("按渠道", note(overview), ("渠道",), _lines(overview, "channel"))


def by_people(overview: Overview) -> list[Breakdown]:
    """Rates by each question about the person."""
    tables = []
    for question in grouping_questions(overview.questionnaire):
        title = f"按“{printable(question.title)}”"
        tables.append(Breakdown(title, note(overview), ("人群",), _lines(overview, question.id)))
    return tables


def note(overview: Overview) -> str:
    """Under every table and chart, for whoever cuts it out and passes it on."""
    return _SELECTED if self_selected(overview.wave, overview.channels) else _DRAWN


def percent(value: float) -> str:
    """92.3%."""
    return f"{value:.1%}"


def figure(line: Line) -> str:
    """A rate with its interval and how many were asked, or why there is none."""
    if line.hidden:
        return line.hidden
    if line.rate is None or line.low is None or line.high is None:
        return "没有有效回答"
    return f"{percent(line.rate)}（95% 置信区间 {percent(line.low)}–{percent(line.high)}，问到 {line.n} 人）"


def _lines(overview: Overview, by: str, grouped: bool = True) -> tuple[Line, ...]:
    """The groups' rates, or those of all: the sealed rules first, then the other don't-know rule."""
    tally, weighting = overview.tallies[by], overview.weighting
    judging = HEADLINE not in overview.apart
    lines = [
        _line(overview, entry, None if weighting is None else weighting.of(by, entry), judging=judging)
        for entry in tally.rates()
        if bool(entry["group"]) == grouped
    ]
    order: dict[tuple[str, ...], int] = {}
    for number, place in enumerate(overview.wave.terms.frame):
        order.setdefault((place.township,), number)
        order.setdefault((place.township, place.community), number)
    ids = {line.id: number for number, line in enumerate(lines)}
    return tuple(
        sorted(lines, key=lambda line: (not line.declared, ids[line.id], order.get(line.group, len(order))))
    )


def _line(
    overview: Overview,
    entry: Mapping[str, Any],
    weighted: Mapping[str, Any] | None,
    *,
    judging: bool,
    part: bool = False,
) -> Line:
    """`judging`: whether a target is held against it; `part`: whether it speaks for part of the wave only."""
    verdict = None
    if judging and entry["declared"]:
        verdict = judge({**entry, "weighted": weighted}, overview.wave.terms.sample)["verdict_words"]
    means = {one.id for one in overview.questionnaire.indicators if one.is_mean}
    low, high = entry["interval"] or (None, None)
    names = [_group(entry, part) for part in _parts(entry)]
    return Line(
        entry["indicator"],
        printable(entry["title"]),
        entry["question"],
        entry["rule"],
        entry["dont_know_rule"],
        entry["declared"],
        tuple(names),
        entry["n"],
        entry["numerator"],
        entry["denominator"],
        entry["dont_know"],
        entry["refused"],
        entry["rate"],
        low,
        high,
        entry["target"],
        hidden_words(part or entry["group"]) if entry["suppressed"] else "",
        entry["indicator"] in means,
        None if entry["suppressed"] else weighted,
        verdict or "",
        () if entry["suppressed"] else _cautions(entry, weighted),
    )


def _cautions(entry: Mapping[str, Any], weighted: Mapping[str, Any] | None) -> tuple[str, ...]:
    found: Sequence[Caution] = entry["cautions"] or ()
    if weighted is not None and _weighed(weighted):
        found = weighted["cautions"]
    return tuple(CAUTIONS[one] for one in found)


def _weighed(weighted: Mapping[str, Any] | None) -> bool:
    return weighted is not None and weighted["rate"] is not None and weighted["n_eff"] is not None


def _parts(entry: Mapping[str, Any]) -> list[str]:
    (value,) = entry["group"].values() or ("",)
    return value.split(SEPARATOR) if entry["group"] else []


def _group(entry: Mapping[str, Any], part: str) -> str:
    if "community" in entry["group"]:
        return printable(part) or UNNAMED
    label = CHANNELS.get(part, entry["group_label"]) if "channel" in entry["group"] else entry["group_label"]
    return printable(label)
