"""PURE: one rate in words: the rate, its interval, what it is out of, and what weighting makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveys.questionnaire import Indicator
from surveys.suppression import hidden_words

NOTHING_VALID = "没有有效回答"


@dataclass(frozen=True, slots=True)
class Figure:
    """One rate in words; `share` is numerator/denominator."""

    rate: str
    interval: str
    share: str


def around(entry: Mapping[str, Any]) -> tuple[float, float]:
    """The interval's ends, the rate never outside by a rounding error."""
    low, high = entry["interval"]
    return min(low, entry["rate"]), max(high, entry["rate"])


def weighted_figure(indicator: Indicator, entry: Mapping[str, Any]) -> Figure | None:
    """The rate after weighting; None where nothing was weighted, or the variance is not to be had."""
    found = entry["weighted"]
    if not found or found["rate"] is None or None in found["interval"]:
        return None
    low, high = found["interval"]
    size = "" if found["n_eff"] is None else f"相当于 {min(found['n_eff'], entry['denominator']):,.0f} 份"
    effect = "" if found["deff"] is None else f"设计效应 {found['deff']:.2f}"
    share = "，".join(part for part in (f"区间 {_ends(indicator, low, high)}", effect, size) if part)
    return Figure(value_words(indicator, found["rate"]), _ends(indicator, low, high), share)


def figure(indicator: Indicator, entry: Mapping[str, Any], *, part: bool = False) -> Figure:
    """A rate, or why there is none; `part`: whether it speaks for part of the wave only."""
    if entry["suppressed"]:
        return Figure(hidden_words(part or entry["group"]), "", "")
    share = _share(indicator, entry)
    if entry["rate"] is None:
        return Figure(NOTHING_VALID, "", share)
    return Figure(value_words(indicator, entry["rate"]), _ends(indicator, *entry["interval"]), share)


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


def value_words(indicator: Indicator, value: float) -> str:
    """A value from 0 to 1 in points where the indicator is a score, else in per cent."""
    return f"{value * 100:.1f} 分" if indicator.rule == "score" else f"{value:.1%}"
