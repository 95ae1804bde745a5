"""PURE: groups that can be told apart, in place of a ranking."""

from collections.abc import Mapping, Sequence
from typing import Any

Interval = tuple[float, float]


def tiers(groups: Sequence[tuple[str, Interval]]) -> list[list[str]]:
    """The groups in tiers, the highest first; within a tier nobody is ahead, and they keep their order.

    Two tiers share no point of any interval. A chain of overlaps is one tier, though its ends may differ:
    what lies between cannot be put to either side.
    """
    order = {name: place for place, (name, _) in enumerate(groups)}
    found: list[list[str]] = []
    lowest = 0.0
    for name, (low, high) in sorted(groups, key=lambda one: -one[1][1]):
        if found and high >= lowest:
            found[-1].append(name)
            lowest = min(lowest, low)
        else:
            found.append([name])
            lowest = low
    return [sorted(tier, key=order.__getitem__) for tier in found]


def leagues(rates: Sequence[Mapping[str, Any]]) -> dict[str, list[list[str]]]:
    """Indicator -> the tiers of its groups, by the declared rule and the interval that is published.

    Groups are named as they are shown; those that are too small to show are in none.
    """
    shown: dict[str, list[tuple[str, Interval]]] = {}
    for entry in rates:
        interval = entry["weighted"]["interval"] if entry["weighted"] else entry["interval"]
        if entry["group"] and entry["declared"] and interval and None not in interval:
            shown.setdefault(entry["indicator"], []).append((entry["group_label"], tuple(interval)))
    return {indicator: tiers(groups) for indicator, groups in shown.items() if len(groups) > 1}
