"""PURE: two groupings of the same people, shown together, must not tell of a few by how they differ.

An address of the code and the question where one lives are nearly the same grouping. Who knows that everybody
of a township's address also names it takes one figure from the other, and is left with the few who only name
it. So every interview is taken as a line between its group in the one grouping and its group in the other;
what stays back of a grouping is one group. Any sum of shown figures, with whatever factors, gives each
group a level, and tells only of the lines between groups of different levels. Those lines are a cut of the
graph, or several. So if no cut has fewer lines than `least`, but for those that have none, every such sum
tells of nobody or of at least `least` people, whatever is known of who is in both.

Three groupings at once are not looked at: each pair of them is.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from surveys.suppression import is_small, small_rows

Pair: TypeAlias = tuple[str, str]
"""A group of the earlier grouping, and one of the grouping that yields to it."""
Layers: TypeAlias = Sequence[Mapping[Pair, int]]
"""Interviews by pair: of the whole, or of a part and of the rest beside it."""
Lines: TypeAlias = npt.NDArray[np.int64]
_BACK = "\0"
"""The group of all that stays back; no label has this character."""


def yielding(back: Collection[str], others: Iterable[tuple[Layers, Collection[str]]], least: int) -> set[str]:
    """The groups that stay back beside earlier groupings, where those of `back` do so anyway.

    With each earlier grouping go the groups of it whose sum is shown as well: the channels of the headline.
    """
    found, earlier = set(back), [_earlier(layers, least, pooled) for layers, pooled in others]
    sizes: Counter[str] = Counter()
    for layer in earlier[0] if earlier else ():
        for (_, own), size in layer.items():
            sizes[own] += size
    again = True
    while again:
        again = False
        for layer in (layer for layers in earlier for layer in layers):
            while (cut := _few_apart(layer, found, least)) is not None:
                found |= _joined(cut, sizes, found)
                again = True
    return found


def _earlier(layers: Layers, least: int, pooled: Collection[str]) -> Layers:
    """The same with what stays back of the earlier grouping as one group; `pooled` groups keep theirs."""
    rows: dict[str, list[int]] = {}
    for place, layer in enumerate(layers):
        for (group, _), size in layer.items():
            rows.setdefault(group, [0] * len(layers))[place] += size
    blocks = {group: group in pooled for group in rows}
    sums = {block: [0] * len(layers) for block in (True, False)}
    for group, row in rows.items():
        sums[blocks[group]] = [one + more for one, more in zip(sums[blocks[group]], row, strict=True)]
    if any(is_small(size, least) for row in sums.values() for size in row):
        blocks = dict.fromkeys(rows, False)
    names: dict[str, str] = {}
    for block in (True, False):
        inside = {group: row for group, row in rows.items() if blocks[group] == block}
        names |= dict.fromkeys(small_rows(inside, least), f"{_BACK}{block}")
    made = []
    for layer in layers:
        counted: Counter[Pair] = Counter()
        for (group, own), size in layer.items():
            counted[names.get(group, group), own] += size
        made.append(counted)
    return made


def _few_apart(layer: Mapping[Pair, int], back: Collection[str], least: int) -> Sequence[set[str]] | None:
    """The groups of the yielding grouping on both sides of a cut of few; None where there is none."""
    rows = {group: place for place, group in enumerate(dict.fromkeys(group for group, _ in layer))}
    names = dict.fromkeys(_BACK if own in back else own for _, own in layer)
    owns = {own: len(rows) + place for place, own in enumerate(names)}
    lines = np.zeros((len(rows) + len(owns),) * 2, dtype=np.int64)
    for (group, own), size in layer.items():
        one, other = rows[group], owns[_BACK if own in back else own]
        lines[one, other] += size
        lines[other, one] += size
    for side in thin_cuts(lines, least):
        inside = {own for own, place in owns.items() if place in side}
        if inside and len(inside) < len(owns):
            return inside, owns.keys() - inside
    return None


def _joined(cut: Sequence[set[str]], sizes: Mapping[str, int], back: Collection[str]) -> set[str]:
    """One group of each side, the smallest, so that the cut is no longer between shown groups."""
    found = set()
    for side in cut:
        if _BACK not in side:
            found.add(min(side, key=lambda name: (sizes[name], name)))
    return found - set(back)


def thin_cuts(lines: Lines, least: int) -> Iterable[frozenset[int]]:
    """Sides of cuts that have a line, but fewer than `least`: none are told only where there are none.

    `lines` between places, symmetric. By maximum adjacency orders (Nagamochi and Ibaraki): a place that has
    `least` lines to those before it cannot be parted from the last of them by fewer.
    """
    members = [frozenset([place]) for place in range(len(lines))]
    while len(members) > 1:
        order, strengths = _by_adjacency(lines)
        last = order[-1]
        if 0 < strengths[-1] < least:
            yield members[last]
        groups = list(range(len(members)))
        for before, place, strength in zip(order, order[1:], strengths[1:], strict=False):
            if strength >= least or (place == last and strength > 0):
                groups[place] = groups[before]
        kept = [name for name in dict.fromkeys(groups) if name != last]
        joins = np.array([[groups[place] == name for place in range(len(members))] for name in kept])
        members = [
            frozenset().union(*(one for one, joined in zip(members, row, strict=True) if joined))
            for row in joins
        ]
        lines = joins @ lines @ joins.T
        np.fill_diagonal(lines, 0)


def _by_adjacency(lines: Lines) -> tuple[list[int], list[int]]:
    """All places, each the one with the most lines to those before it; and those numbers of lines."""
    order: list[int] = []
    strengths: list[int] = []
    waiting: npt.NDArray[Any] = np.zeros(len(lines), dtype=np.int64)
    for _ in range(len(lines)):
        place = int(waiting.argmax())
        order.append(place)
        strengths.append(int(waiting[place]))
        waiting = waiting + lines[place]
        waiting[order] = -1
    return order, strengths
