"""PURE. The evaluation's indicators as a tree, and how far each has evidence: pushes, activities, waves.

The counts of the three kinds stand beside each other; there is no sum of them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["national", "province"]
Kind = Literal["campaign", "activity", "wave"]

LEVELS: Mapping[Level, str] = {"national": "全国", "province": "省级"}
KINDS: Mapping[Kind, str] = {"campaign": "推送", "activity": "现场活动", "wave": "问卷调查"}
UNITS: Mapping[Kind, str] = {"campaign": "条", "activity": "场", "wave": "次"}


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of an evaluation's system. `parent` is a code, "" at the top; `depth` counts from 0.

    `unit` is who answers for it, "" where the file does not say.
    """

    code: str
    name: str
    parent: str = ""
    depth: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """A piece of evidence shown for an indicator; `ref` is its number among those of its kind."""

    code: str
    kind: Kind
    ref: int


@dataclass(frozen=True, slots=True)
class Covered:
    """An indicator with how much stands for it: its own, and with all that is below it, each piece once."""

    indicator: Indicator
    is_leaf: bool
    own: Mapping[Kind, int]
    whole: Mapping[Kind, int]

    @property
    def is_covered(self) -> bool:
        """Whether anything stands for it or for something below it."""
        return any(self.whole.values())


@dataclass(frozen=True, slots=True)
class Change:
    """What a new version does to an indicator that evidence stands for: gone, or under another name."""

    code: str
    before: str
    after: str
    pieces: int


def cover(indicators: Sequence[Indicator], tags: Iterable[Tag]) -> tuple[Covered, ...]:
    """Every indicator with its evidence, in the order of the tree; a tag of an unknown code counts not."""
    own: dict[str, set[tuple[Kind, int]]] = {one.code: set() for one in indicators}
    for tag in tags:
        if tag.code in own:
            own[tag.code].add((tag.kind, tag.ref))
    whole = {code: set(found) for code, found in own.items()}
    for one in sorted(indicators, key=lambda one: -one.depth):
        if one.parent in whole:
            whole[one.parent] |= whole[one.code]
    parents = {one.parent for one in indicators}
    return tuple(
        Covered(one, one.code not in parents, _counted(own[one.code]), _counted(whole[one.code]))
        for one in indicators
    )


def gaps(covered: Iterable[Covered]) -> tuple[Covered, ...]:
    """The indicators at the ends of the tree for which nothing stands."""
    return tuple(one for one in covered if one.is_leaf and not one.is_covered)


def path_of(indicators: Sequence[Indicator], code: str) -> tuple[Indicator, ...]:
    """From the top of the tree to the indicator; () for an unknown code."""
    known = {one.code: one for one in indicators}
    found: list[Indicator] = []
    while code in known and known[code] not in found:
        found.append(known[code])
        code = known[code].parent
    return tuple(reversed(found))


def below(indicators: Sequence[Indicator], code: str) -> tuple[Indicator, ...]:
    """The indicator and all below it, in the order of the tree."""
    inside = {code}
    for one in indicators:
        if one.parent in inside:
            inside.add(one.code)
    return tuple(one for one in indicators if one.code in inside)


def changed(
    before: Sequence[Indicator], after: Sequence[Indicator], tags: Collection[Tag]
) -> tuple[Change, ...]:
    """Indicators with evidence that the new version does not have, or calls otherwise."""
    names, found = {one.code: one.name for one in after}, []
    for one in before:
        pieces = len({(tag.kind, tag.ref) for tag in tags if tag.code == one.code})
        if pieces and names.get(one.code, "") != one.name:
            found.append(Change(one.code, one.name, names.get(one.code, ""), pieces))
    return tuple(found)


def _counted(pieces: Iterable[tuple[Kind, int]]) -> dict[Kind, int]:
    counts: dict[Kind, int] = dict.fromkeys(KINDS, 0)
    for kind, _ in pieces:
        counts[kind] += 1
    return counts
