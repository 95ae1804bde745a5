"""PURE: differences between waves, and of each group from all others, with a family's worth of doubt.

Shares are compared by Newcombe's interval and the pooled z test, means by Welch's; p values are given as they
are, after Holm (nothing found by chance in the whole family) and after Benjamini and Hochberg (5 % of what is
found). Two waves are taken as independent samples: where some answered both, as nobody can know, the interval
is wider than it had to be.
"""

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Any

from surveys.counted import Sum
from surveys.estimates import newcombe
from surveys.indicator import Indicator
from surveys.intervals import t95
from surveys.rates import Tally
from surveys.significance import benjamini_hochberg, holm, student, two_proportions

Figures = dict[str, Any]


def between_waves(now: Tally, before: Tally) -> list[Figures]:
    """Differences of the declared rates (`now` minus `before`) that count the same and are shown in both."""
    earlier = {(indicator.id, group): (indicator, cell) for indicator, group, cell in before.cells()}
    found = []
    for indicator, group, cell in now.cells():
        former, other = earlier.get((indicator.id, group), (None, None))
        if former is None or other is None or former.basis != indicator.basis:
            continue
        rule = indicator.dont_know_rule
        made = _difference(indicator, cell.sum(rule), other.sum(rule))
        if made is not None:
            found.append(_named(now, indicator, group) | made)
    return family(found)


def against_the_rest(tally: Tally) -> list[Figures]:
    """How the declared rate of each shown group differs from that of everybody else together."""
    return family(list(_apart(tally)))


def family(found: Sequence[Figures]) -> list[Figures]:
    """The differences with their p values adjusted for all that is shown together."""
    given = [entry["p"] for entry in found]
    return [
        entry | {"p_adjusted": strict, "p_false_discovery": lenient}
        for entry, strict, lenient in zip(found, holm(given), benjamini_hochberg(given), strict=True)
    ]


def _apart(tally: Tally) -> Iterator[Figures]:
    shown = [(indicator, group, cell) for indicator, group, cell in tally.cells()]
    whole = {indicator.id: cell for indicator, group, cell in shown if group is None}
    for indicator, group, cell in shown:
        if group is None or indicator.id not in whole:
            continue
        rest = whole[indicator.id].minus(cell)
        if rest.asked < tally.least:
            continue
        rule = indicator.dont_know_rule
        made = _difference(indicator, cell.sum(rule), rest.sum(rule))
        if made is not None:
            yield _named(tally, indicator, group) | made


def _named(tally: Tally, indicator: Indicator, group: str | None) -> Figures:
    return {
        "indicator": indicator.id,
        "group": tally.group(group),
        "dont_know_rule": indicator.dont_know_rule,
    }


def _difference(indicator: Indicator, one: Sum, other: Sum) -> Figures | None:
    """difference, interval, p and method; None where a side has no answer, or too few to know its spread."""
    if one.n == 0 or other.n == 0:
        return None
    if not indicator.is_mean:
        interval = newcombe(one.gained, one.n, other.gained, other.n)
        p = two_proportions(one.gained, one.n, other.gained, other.n)
        return _figures(one, other, interval, p, "newcombe; pooled z; holm")
    if one.n < 2 or other.n < 2:
        return None
    parts = [(_variance(each) / each.n, each.n - 1) for each in (one, other)]
    variance = sum(part for part, _ in parts)
    if variance <= 0:
        return None
    df = variance**2 / sum(part**2 / each for part, each in parts)
    difference, se = one.gained / one.n - other.gained / other.n, sqrt(variance)
    reach = t95(df) * se
    interval = (max(-1.0, difference - reach), min(1.0, difference + reach))
    return _figures(one, other, interval, student(difference, se, df), "welch; holm")


def _variance(one: Sum) -> float:
    return max(0.0, (one.squared - one.gained**2 / one.n) / (one.n - 1))


def _figures(one: Sum, other: Sum, interval: tuple[float, float], p: float, method: str) -> Figures:
    difference = one.gained / one.n - other.gained / other.n
    return {"difference": difference, "interval": list(interval), "method": method, "p": p}
