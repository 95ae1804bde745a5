"""PURE: what may be said of a rate: whether it meets its target, and why its interval deserves caution."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from surveys.terms import Sample

Verdict = Literal["met", "missed", "undecided"]
Caution = Literal["few", "rare", "units"]
VERDICTS: dict[Verdict, str] = {"met": "达标", "missed": "未达标", "undecided": "样本不足以判断"}
CAUTIONS: dict[Caution, str] = {
    "few": "有效回答不到 30 份（加权的，看加权后相当于多少份），区间很宽",
    "rare": "算进比率的和没算进的，有一边不到 5 人（加权的，看加权后相当于多少人），区间可能偏窄",
    "units": "抽到的村、社区太少（自由度不到 12），区间可能偏窄",
}
FEWEST, RAREST, LEAST_UNITS = 30, 5, 12
"""Below these the interval is flagged; the last two are where the coverage drill finds it too narrow."""


def verdict(target: float | None, interval: Sequence[float | None] | None, sample: Sample) -> Verdict | None:
    """Whether a target is met, judged by the whole interval; None where nothing may be said.

    Only a wave that was declared a probability sample speaks of anybody but those who answered.
    """
    if target is None or sample != "probability":
        return None
    low, high = interval or (None, None)
    if low is None or high is None:
        return "undecided"
    if low >= target:
        return "met"
    return "missed" if high < target else "undecided"


def cautions(p: float, n: float, n_eff: float, df: float | None = None) -> list[Caution]:
    """Why the interval of a rate deserves caution; `df` only where there is a design."""
    size = min(n, n_eff)
    found: list[Caution] = []
    if not size >= FEWEST:
        found.append("few")
    if not size * min(p, 1 - p) >= RAREST - 1e-9:
        found.append("rare")
    if df is not None and df < LEAST_UNITS:
        found.append("units")
    return found


def judge(entry: Mapping[str, Any], sample: Sample) -> dict[str, str | None]:
    """What a rate of the document says of its target; the weighted interval where there is one."""
    weighted = entry["weighted"]
    interval = weighted["interval"] if weighted else entry["interval"]
    found = None if entry["suppressed"] else verdict(entry["target"], interval, sample)
    return {"verdict": found, "verdict_words": None if found is None else VERDICTS[found]}
