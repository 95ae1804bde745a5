"""PURE: the rates of part of a wave beside those of the whole, without giving away the few that differ."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from surveys.rates import Tally
from surveys.suppression import is_small, small_beside, small_groups, small_members

Rates: TypeAlias = list[dict[str, Any]]
_FIGURES = (
    "n",
    "numerator",
    "denominator",
    "dont_know",
    "refused",
    "rate",
    "interval",
    "cautions",
    "weighted",
)


def beside(
    whole: Tally, part: Tally, also: Sequence[Collection[str | None]] | None = None
) -> tuple[Rates, Rates]:
    """The rates of the part and of everybody else; what subtraction from the whole would tell stays back.

    A group is shown for both or for neither; everything stays back where the part or the rest is too small.
    `also`: what stays back for other reasons, for each indicator.
    """
    rest, hidden = whole.without(part), whole.hidden()
    if also is not None:
        groups = {None, *whole.sizes(0)} if also else set()
        hidden = [one | (groups & {*more}) for one, more in zip(hidden, also, strict=True)]
    back = [_back(whole, part, rest, place, one) for place, one in enumerate(hidden)]
    return _shown(part, back), _shown(rest, back)


def _shown(tally: Tally, back: list[set[str | None]]) -> Rates:
    return tally.rates(
        [
            groups | {group for group, size in tally.sizes(place).items() if size < tally.least}
            for place, groups in enumerate(back)
        ]
    )


def _back(
    whole: Tally, part: Tally, rest: Tally, place: int, hidden: Collection[str | None]
) -> set[str | None]:
    """The groups of which neither the part nor the rest is shown."""
    least = whole.least
    inside, outside = part.sizes(place), rest.sizes(place)
    ins, outs = inside.get(None, 0), outside[None]
    if None in hidden or is_small(ins, least) or is_small(outs, least):
        return {None, *outside}
    if whole.by == "community":
        townships = small_groups(whole.townships(place), ins + outs, least)
        towns = _rows(part.townships(place), rest.townships(place), whole.townships(place))
        homes = _rows(part.homes(place), rest.homes(place), whole.homes(place))
        kept = {group for group in hidden if group is not None}
        return {*small_members(homes, small_beside(towns, townships, least), least, kept)}
    rows = _rows(inside, outside, outside)
    del rows[None]
    if whole.overlapping:
        rows = {group: [*row, ins - row[0], outs - row[1]] for group, row in rows.items()}
    kept = {group for group in small_beside(rows, hidden, least) if group is not None}
    return {*part.with_others(place, kept, rest)}


def _rows(
    inside: Mapping[Any, int], outside: Mapping[Any, int], names: Mapping[Any, int]
) -> dict[Any, list[int]]:
    return {name: [inside.get(name, 0), outside.get(name, 0)] for name in names}


def withheld(rates: Rates) -> Rates:
    """The same entries without any figure."""
    return [{**entry, **dict.fromkeys(_FIGURES), "suppressed": True} for entry in rates]
