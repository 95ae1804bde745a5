"""PURE: the rates of part of a wave beside those of the whole, without giving away the few that differ."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from surveys.rates import Tally
from surveys.suppression import is_small, small_rows

Rates: TypeAlias = list[dict[str, Any]]


def beside(whole: Tally, part: Tally) -> tuple[Rates, Rates]:
    """The rates of the part and of everybody else; what subtraction from the whole would tell stays back.

    A group is shown for both or for neither; everything stays back where the part or the rest is too small.
    """
    rest = whole.without(part)
    hidden = whole.hidden()
    back = [
        _back(part.sizes(place), rest.sizes(place), hidden[place], whole)
        for place in range(len(whole.questionnaire.indicators))
    ]
    return _shown(part, back), _shown(rest, back)


def _shown(tally: Tally, back: list[set[str | None]]) -> Rates:
    return tally.rates(
        [
            groups | {group for group, size in tally.sizes(place).items() if size < tally.least}
            for place, groups in enumerate(back)
        ]
    )


def _back(
    inside: Mapping[str | None, int],
    outside: Mapping[str | None, int],
    hidden: set[str | None],
    whole: Tally,
) -> set[str | None]:
    """The groups of which neither the part nor the rest is shown."""
    ins, outs = inside.get(None, 0), outside.get(None, 0)
    if None in hidden or is_small(ins, whole.least) or is_small(outs, whole.least):
        return {None, *outside}
    rows: dict[str | None, list[int]] = {}
    for group, out in outside.items():
        if group is None:
            continue
        name = None if group in hidden else group
        row = [inside.get(group, 0), out]
        if whole.overlapping:
            row += [ins - row[0], outs - out]
        rows[name] = [one + more for one, more in zip(rows.get(name, [0] * len(row)), row, strict=True)]
    return hidden | (small_rows(rows, whole.least) - {None})
