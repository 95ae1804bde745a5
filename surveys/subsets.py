"""PURE: the rates of part of a wave beside those of the whole, without giving away the few that differ."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from surveys.rates import LEAST

Rates: TypeAlias = Sequence[Mapping[str, Any]]
_FIGURES = ("n", "numerator", "denominator", "dont_know", "refused", "rate", "interval", "weighted")


def beside(whole: Rates, part: Rates) -> list[dict[str, Any]]:
    """`part`, hidden where it lacks one to four interviews of `whole`: a subtraction would show those."""
    everything = {_key(entry): entry for entry in whole}
    return [
        dict(entry) if _may_be_shown(everything.get(_key(entry)), entry) else hidden(entry) for entry in part
    ]


def hidden(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as a cell that is too small to show."""
    return {**entry, **dict.fromkeys(_FIGURES), "suppressed": True}


def _may_be_shown(whole: Mapping[str, Any] | None, part: Mapping[str, Any]) -> bool:
    if whole is None or whole["suppressed"] or part["suppressed"]:
        return False
    return not 0 < whole["n"] - part["n"] < LEAST


def _key(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return (entry["indicator"], entry["dont_know_rule"], tuple(entry["group"].items()))
