"""PURE: the change of a rate between two waves some of whose people are the same (an opt-in panel).

Var(p1 - p2) = p1(1-p1)/n + p2(1-p2)/m - 2 Cov, and Cov = sum over those in both of (x-p1)(y-p2) / (n m):
with nobody in both it is the difference of two independent samples, with everybody that of McNemar's pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import erfc, sqrt

Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rate:
    """What was counted in one wave: positive answers of valid ones, and the members' answers (1 or 0)."""

    gained: float
    valid: int
    members: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Change:
    """`difference` is the later minus the earlier rate, with its 95 % interval; `pairs` are in both waves."""

    pairs: int
    difference: float
    interval: tuple[float, float]
    p: float


def change(now: Rate, before: Rate) -> Change | None:
    """The change with its covariance; None where a wave has no valid answer or nothing varies."""
    if now.valid == 0 or before.valid == 0:
        return None
    p, q = now.gained / now.valid, before.gained / before.valid
    both = now.members.keys() & before.members.keys()
    together = sum((now.members[one] - p) * (before.members[one] - q) for one in both)
    variance = p * (1 - p) / now.valid + q * (1 - q) / before.valid
    variance -= 2 * together / (now.valid * before.valid)
    if variance <= 1e-15:
        return None
    error, difference = sqrt(variance), p - q
    reach = Z * error
    interval = (max(-1.0, difference - reach), min(1.0, difference + reach))
    return Change(len(both), difference, interval, erfc(abs(difference) / error / sqrt(2)))
