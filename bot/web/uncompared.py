"""PURE: why an indicator cannot be held against another wave: the one reason that holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.questionnaire import Questionnaire


def reasons(
    questionnaire: Questionnaire,
    rates: Sequence[Mapping[str, Any]],
    former: Questionnaire,
    earlier: Sequence[Mapping[str, Any]],
) -> dict[str, str]:
    """A sentence for each indicator by its id, true where the two waves show no difference.

    `rates` and `earlier` are the rates of this wave and the other one, counted for the same part.
    """
    found = {}
    before = {one.id: one for one in former.indicators}
    for indicator in questionnaire.indicators:
        other = before.get(indicator.id)
        if other is None:
            found[indicator.id] = "那次调查没有这个指标。"
        elif other.basis != indicator.basis:
            found[indicator.id] = "那次调查里这个指标的算法不同。"
        else:
            found[indicator.id] = (
                _too_few("这次", rates, indicator.id)
                or _too_few("那次", earlier, indicator.id)
                or "两次里各自的得分都一样，没有高低，算不出差别有多大把握。"
            )
    return found


def _too_few(which: str, rates: Sequence[Mapping[str, Any]], identity: str) -> str:
    whole = next(
        one for one in rates if one["indicator"] == identity and one["declared"] and not one["group"]
    )
    if whole["suppressed"]:
        return f"{which}样本过少。"
    if not whole["denominator"]:
        return f"{which}没有有效回答。"
    return f"{which}只有一份有效回答。" if whole["denominator"] < 2 else ""
