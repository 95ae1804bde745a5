"""PURE: the rates of a wave (`surveys.document`) as the page shows them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from bot.web import charts
from bot.web.figure_words import Figure, around, detail_words, figure, value_words, weighted_figure
from bot.web.wave_words import CHANNELS
from surveys.groupings import GROUPING
from surveys.judging import CAUTIONS
from surveys.parts import columns
from surveys.questionnaire import Indicator, Question, Questionnaire
from surveys.rule_words import indicator_title, indicators_of, question_words, rule_words

FILLED: charts.Kind = "filled"
HOLLOW: charts.Kind = "hollow"
WEIGHTED = "加权后"
OTHER_RULE = {"excluded": "不计“说不清”", "not_counted_positive": "计入“说不清”"}


@dataclass(frozen=True, slots=True)
class Line:
    """One group: the sealed rule beside the other one. `n` is None where the group is too small to show.

    `words` is the rate, `detail` its interval and numbers of interviews; `value` and `ends` are the same
    as numbers from 0 to 1; `cautions` says why the interval deserves care.
    """

    label: str
    n: int | None
    dont_know: int | None
    refused: int | None
    sealed: Figure
    other: Figure
    drawn: Markup | None
    words: str
    detail: str
    value: float | None
    ends: tuple[float, float] | None
    weighted: Figure | None
    cautions: str


@dataclass(frozen=True, slots=True)
class Change:
    """The difference to another wave in one group, in percentage points."""

    label: str
    difference: str
    interval: str
    verdict: str
    p: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One indicator: what it is, the chart's lines, the changes.

    `verdict` is what may be said of its target; `tiers` are groups that can be told apart, the highest first.
    """

    id: str
    title: str
    question: str
    rule: str
    other_rule: str
    is_score: bool
    target: str
    verdict: str
    tiers: tuple[str, ...]
    lines: tuple[Line, ...]
    changes: tuple[Change, ...]


def sheets(questionnaire: Questionnaire, document: Mapping[str, Any], by_rate: bool = False) -> list[Sheet]:
    """The indicators in the questionnaire's order; `by_rate` puts the highest group first."""
    return [
        _sheet(indicator_title(questionnaire, indicator), indicator, questions, document, by_rate)
        for indicator, questions in indicators_of(questionnaire)
    ]


def groupings(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """(value, words) of what a page can be grouped by."""
    places = [("township", "乡镇街道"), ("community", "社区或村"), ("channel", "填答渠道")]
    return places + [
        (part.id, f"第 {number} 题 {part.title.replace(chr(10), '：')}")
        for number, question in enumerate(questionnaire.asked(), 1)
        for part in columns(question)
        if part.type in GROUPING
    ]


def _sheet(
    title: str,
    indicator: Indicator,
    questions: Sequence[Question],
    document: Mapping[str, Any],
    by_rate: bool,
) -> Sheet:
    mine = [entry for entry in document["rates"] if entry["indicator"] == indicator.id]
    pairs: dict[tuple[tuple[str, str], ...], dict[bool, Mapping[str, Any]]] = {}
    for entry in mine:
        pairs.setdefault(tuple(entry["group"].items()), {})[entry["declared"]] = entry
    lines = [_line(indicator, pair[True], pair[False]) for pair in pairs.values()]
    if by_rate:
        lines[1:] = sorted(lines[1:], key=lambda line: 2.0 if line.value is None else -line.value)
    labels = {tuple(entry["group"].items()): _label(entry) for entry in mine}
    other = next(rule for rule in OTHER_RULE if rule != indicator.dont_know_rule)
    return Sheet(
        id=indicator.id,
        title=title,
        question=question_words(questions),
        rule=rule_words(indicator, questions),
        other_rule=OTHER_RULE[other],
        is_score=indicator.rule == "score",
        target="" if indicator.target is None else value_words(indicator, indicator.target),
        verdict=_verdict_words(mine, document),
        tiers=tuple("、".join(tier) for tier in document["tiers"].get(indicator.id, ())),
        lines=tuple(lines),
        changes=tuple(_changes(indicator, document["comparisons"], labels)),
    )


def _line(indicator: Indicator, sealed: Mapping[str, Any], other: Mapping[str, Any]) -> Line:
    label = _label(sealed)
    first, second = figure(indicator, sealed), figure(indicator, other)
    weighted = weighted_figure(indicator, sealed)
    detail = detail_words(sealed, first)
    below = other if weighted is None else {"rate": sealed["rate"], "interval": sealed["interval"]}
    above = sealed if weighted is None else sealed["weighted"]
    marks = [
        charts.Mark(entry["rate"], *around(entry), kind)
        for entry, kind in ((above, FILLED), (below, HOLLOW))
        if entry["rate"] is not None
    ]
    words, detail = (
        (first.rate, detail)
        if weighted is None
        else (
            weighted.rate,
            f"{_estimated(weighted, first)}，{weighted.share}；不加权 {first.rate}，{detail}",
        )
    )
    told = f"{label}：{words}（{detail}）"
    drawn = charts.strip(marks, told, indicator.target) if marks else None
    counts = (sealed["n"], sealed["dont_know"], sealed["refused"])
    value, ends = above["rate"], None if above["rate"] is None else around(above)
    return Line(label, *counts, first, second, drawn, words, detail, value, ends, weighted, _cautions(sealed))


def estimated(shown: Sequence[Sheet]) -> str:
    """What the filled marks of these sheets are; "" where every rate is counted as it came in."""
    found = {_estimated(line.weighted, line.sealed) for one in shown for line in one.lines if line.weighted}
    return max(found, default="", key=lambda words: words == WEIGHTED)


def _estimated(weighted: Figure, counted: Figure) -> str:
    """Where everybody weighs the same, only the interval knows how they were drawn."""
    return WEIGHTED if weighted.rate != counted.rate else "按抽样的设计"


def _cautions(entry: Mapping[str, Any]) -> str:
    found = (entry["weighted"] or {}).get("cautions", entry["cautions"]) or []
    return "；".join(CAUTIONS[one] for one in found)


def _verdict_words(mine: Sequence[Mapping[str, Any]], document: Mapping[str, Any]) -> str:
    """The verdict on the pooled channels where these were declared, else on everybody; "" without one."""
    headline = document.get("headline")
    judged = (
        [one for one in headline["rates"] if one["indicator"] == mine[0]["indicator"]] if headline else mine
    )
    words = (one["verdict_words"] for one in judged if one["declared"] and not one["group"])
    return next((one for one in words if one), "")


def _label(entry: Mapping[str, Any]) -> str:
    if "channel" in entry["group"]:
        return CHANNELS.get(str(entry["group"]["channel"]), str(entry["group_label"]))
    return str(entry["group_label"])


def _changes(
    indicator: Indicator,
    comparisons: Sequence[Mapping[str, Any]],
    labels: Mapping[tuple[tuple[str, str], ...], str],
) -> Iterator[Change]:
    for entry in comparisons:
        if entry["indicator"] != indicator.id:
            continue
        told = entry.get("weighted") or entry  # as the files do: by the design where there is one
        low, high = told["interval"]
        p = told["p_adjusted"]
        unit = "分" if indicator.rule == "score" else "个百分点"
        yield Change(
            label=labels[tuple(entry["group"].items())],
            difference=f"{_points(told['difference'])} {unit}",
            interval=f"{_points(low)} 到 {_points(high)}",
            verdict=_verdict(told["difference"], p),
            p="小于 0.001" if p < 0.001 else f"{p:.3f}",
        )


def _points(value: float) -> str:
    return f"{value * 100:+.1f}".replace("-", "−")


def _verdict(difference: float, p: float) -> str:
    if p >= 0.05:
        return "看不出变化：这点差别可能只是碰巧"
    return "上升，不像是碰巧" if difference > 0 else "下降，不像是碰巧"
