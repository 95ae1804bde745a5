"""PURE: the rates of a wave (the document of `surveys.rates`) as the page shows them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from bot.web import charts
from bot.web.wave_words import CHANNELS
from surveys import integrity
from surveys.groupings import GROUPING
from surveys.judging import CAUTIONS
from surveys.parts import columns
from surveys.questionnaire import Indicator, Question, Questionnaire
from surveys.rule_words import indicator_title, indicators_of, question_words, rule_words
from surveys.suppression import hidden_words

FILLED: charts.Kind = "filled"
HOLLOW: charts.Kind = "hollow"
NOTHING_VALID = "没有有效回答"
WEIGHTED = "加权后"
OTHER_RULE = {"excluded": "不计“说不清”", "not_counted_positive": "计入“说不清”"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One rate in words; `share` is numerator/denominator."""

    rate: str
    interval: str
    share: str


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


@dataclass(frozen=True, slots=True)
class Parts:
    """Rates of parts of a wave beside those of the whole: the parts' names, and a line an indicator."""

    heading: str
    words: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Figure, ...]], ...]


def parts(questionnaire: Questionnaire, document: Mapping[str, Any], least: int) -> list[Parts]:
    """Outside the frame, with and without the doubtful, through a push and not, the pooled headline: of all
    places together.
    """
    found = []
    whole = document["rates"]
    if apart := document["outside"]["outside"]:
        words = f"有 {apart} 份来自调查范围之外的人（按问卷里的年龄、居住等题判断）。他们不在别的各项比率里。"
        hint = "" if document["outside"]["rates"] else "他们的比率，调查结束以后单独列在这里。"
        if apart < least:
            hint = f"不到 {least} 份，比率不显示，免得看出是谁答的。"
        columns = {"范围之内": whole, "范围之外": document["outside"]["rates"]}
        found.append(_parts("调查范围之外的人", words + hint, {} if hint else columns, questionnaire))
    if document["without_flagged"]:
        reasons = "、".join(
            f"{integrity.WORDS.get(name, name)} {number} 份"
            for name, number in document["flags"]["reasons"].items()
        )
        few = document["flags"]["marked"] < least
        hint = f"不到 {least} 份，去掉它们的比率不单列，免得看出是谁答的。" if few else ""
        words = f"有疑点的 {document['flags']['marked']} 份（{reasons}）只作标记、没有删除。{hint}"
        columns = {} if few else {"全部答卷": whole, "去掉有疑点的": document["without_flagged"]}
        found.append(_parts("有没有疑点", words, columns, questionnaire))
    if document["through_push"]:
        pushed = document["through_push"]
        words = "看了推送再来答的人，多半更了解推送讲的事，和别的人分开看。"
        columns = {"全部答卷": whole, "从推送来的": pushed["rates"], "其他的人": pushed["others"]}
        found.append(_parts("是不是从推送来的", words, columns, questionnaire))
    if document["headline"]:
        channels = "、".join(CHANNELS.get(name, name) for name in document["headline"]["channels"])
        columns = {"首要比率": document["headline"]["rates"], "全部答卷": whole}
        found.append(_parts("首要比率", f"开始前封存：首要比率只合并{channels}。", columns, questionnaire))
    return found


def _parts(
    heading: str, words: str, columns: Mapping[str, Sequence[Mapping[str, Any]]], questionnaire: Questionnaire
) -> Parts:
    by_indicator = [
        {entry["indicator"]: entry for entry in rates if entry["declared"] and not entry["group"]}
        for rates in columns.values()
    ]
    lines = (
        ()
        if not columns
        else tuple(
            (
                indicator_title(questionnaire, indicator),
                tuple(figure(indicator, entries[indicator.id], part=True) for entries in by_indicator),
            )
            for indicator, _ in indicators_of(questionnaire)
        )
    )
    return Parts(heading, words, tuple(columns), lines)


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
        target="" if indicator.target is None else _value(indicator, indicator.target),
        verdict=_verdict_words(mine, document),
        tiers=tuple("、".join(tier) for tier in document["tiers"].get(indicator.id, ())),
        lines=tuple(lines),
        changes=tuple(_changes(indicator, document["comparisons"], labels)),
    )


def _line(indicator: Indicator, sealed: Mapping[str, Any], other: Mapping[str, Any]) -> Line:
    label = _label(sealed)
    first, second = figure(indicator, sealed), figure(indicator, other)
    weighted = _weighted(indicator, sealed)
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


def around(entry: Mapping[str, Any]) -> tuple[float, float]:
    """The interval's ends, the rate never outside by a rounding error."""
    low, high = entry["interval"]
    return min(low, entry["rate"]), max(high, entry["rate"])


def _weighted(indicator: Indicator, entry: Mapping[str, Any]) -> Figure | None:
    """The rate after weighting; None where nothing was weighted, or the variance is not to be had."""
    found = entry["weighted"]
    if not found or found["rate"] is None or None in found["interval"]:
        return None
    low, high = found["interval"]
    size = "" if found["n_eff"] is None else f"相当于 {min(found['n_eff'], entry['denominator']):,.0f} 份"
    effect = "" if found["deff"] is None else f"设计效应 {found['deff']:.2f}"
    share = "，".join(part for part in (f"区间 {_ends(indicator, low, high)}", effect, size) if part)
    return Figure(_value(indicator, found["rate"]), _ends(indicator, low, high), share)


def figure(indicator: Indicator, entry: Mapping[str, Any], *, part: bool = False) -> Figure:
    """A rate, or why there is none; `part`: whether it speaks for part of the wave only."""
    if entry["suppressed"]:
        return Figure(hidden_words(part or entry["group"]), "", "")
    share = _share(indicator, entry)
    if entry["rate"] is None:
        return Figure(NOTHING_VALID, "", share)
    return Figure(_value(indicator, entry["rate"]), _ends(indicator, *entry["interval"]), share)


def detail_words(entry: Mapping[str, Any], shown: Figure) -> str:
    """The interval of a rate with how many were asked and how many of them it is out of; "" without one."""
    if not shown.interval:
        return ""
    return f"95% 置信区间 {shown.interval}，问到 {entry['n']:,} 份，有效 {entry['denominator']:,} 份"


def _ends(indicator: Indicator, low: float, high: float) -> str:
    return f"{low * 100:.1f}–{high * 100:.1f} 分" if indicator.rule == "score" else f"{low:.1%}–{high:.1%}"


def _share(indicator: Indicator, entry: Mapping[str, Any]) -> str:
    gained = entry["numerator"] * (100 if indicator.rule == "score" else 1)
    return f"{round(gained, 1):,g}/{entry['denominator']:,}"


def _value(indicator: Indicator, value: float) -> str:
    return f"{value * 100:.1f} 分" if indicator.rule == "score" else f"{value:.1%}"


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
