"""Which of many patterns a text may match at all, told by its characters alone.

From each pattern follow sets of characters of which every matching text has at least one ("跳(楼|河)" needs
跳, and 楼 or 河). Patterns are numbered, and for every character the patterns whose set holds it are one
number's bits: a look at each character of a text leaves the few patterns that are worth a search. Never
leaves out one that matches; what the analysis does not know of a pattern asks for nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

SETS_A_PATTERN = 3
LARGEST_SET = 400

Needs = list[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Presence:
    """`holding`: character -> for the first, second and third set of each pattern, who has it in there.

    `free` are, for each of the three, the patterns that have no such set; `size` is the first unused bit.
    """

    holding: Mapping[str, tuple[int, int, int]]
    free: tuple[int, int, int]
    size: int = 0

    def possible(self, text: str) -> int:
        """The bits of the patterns that may match the text or any part of it."""
        first, second, third = self.free
        for character in set(text):
            if bits := self.holding.get(character):
                first |= bits[0]
                second |= bits[1]
                third |= bits[2]
        return first & second & third


def presence(patterns: Sequence[str], usual: Iterable[str] = (), first: int = 0) -> Presence:
    """The presence of these patterns, the first of them bit `first`. Characters frequent in the `usual`
    texts tell little, so that rarer ones are asked for.
    """
    frequent = Counter(character for text in usual for character in text)
    holding: dict[str, list[int]] = {}
    free = [0] * SETS_A_PATTERN
    for number, pattern in enumerate(patterns, first):
        asked = sorted(needs(pattern), key=lambda needed: _commonness(needed, frequent))[:SETS_A_PATTERN]
        for place in range(SETS_A_PATTERN):
            if place >= len(asked):
                free[place] |= 1 << number
                continue
            for character in asked[place]:
                holding.setdefault(character, [0] * SETS_A_PATTERN)[place] |= 1 << number
    return Presence(
        {character: (bits[0], bits[1], bits[2]) for character, bits in holding.items()},
        (free[0], free[1], free[2]),
        first + len(patterns),
    )


def joined(one: Presence, other: Presence) -> Presence:
    """The presence of the patterns of both, which have no bit in common."""
    none = (0, 0, 0)
    holding = dict(one.holding)
    for character, bits in other.holding.items():
        mine = holding.get(character, none)
        holding[character] = (mine[0] | bits[0], mine[1] | bits[1], mine[2] | bits[2])
    free = (one.free[0] | other.free[0], one.free[1] | other.free[1], one.free[2] | other.free[2])
    return Presence(holding, free, max(one.size, other.size))


def needs(pattern: str) -> Needs:
    """Sets of characters of each of which a matching text holds one; none where nothing is known."""
    return _of_sequence(parser.parse(pattern))


def alternatives(pattern: str) -> list[str]:
    """The parts between the bars of a pattern that stand in no bracket."""
    parts, depth, in_set, start, at = [], 0, False, 0, 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            at += 1
        elif in_set:
            in_set = character != "]"
        elif character == "[":
            in_set = True
            at += pattern[at + 1 : at + 2] in ("^", "]")
            at += pattern[at : at + 2] == "^]"
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "|" and depth == 0:
            parts.append(pattern[start:at])
            start = at + 1
        at += 1
    return [*parts, pattern[start:]]


def _commonness(needed: frozenset[str], frequent: Counter[str]) -> tuple[int, int, str]:
    return sum(frequent[character] for character in needed), len(needed), min(needed)


def _of_sequence(sequence: Iterable[tuple[Any, Any]]) -> Needs:
    found: Needs = []
    for code, argument in sequence:
        found += _of_one(code, argument)
    return found


def _of_one(code: Any, argument: Any) -> Needs:
    if code is codes.LITERAL:
        return [frozenset(chr(argument))]
    if code is codes.IN:
        return _of_set(argument)
    if code is codes.BRANCH:
        return _of_branch(argument[1])
    if code is codes.SUBPATTERN:
        return _of_sequence(argument[-1])
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and argument[0] > 0:
        return _of_sequence(argument[2])
    return []


def _of_set(members: Sequence[tuple[Any, Any]]) -> Needs:
    characters: set[str] = set()
    for code, argument in members:
        if code is codes.LITERAL:
            characters.add(chr(argument))
        elif code is codes.RANGE and argument[1] - argument[0] < LARGEST_SET:
            characters |= {chr(one) for one in range(argument[0], argument[1] + 1)}
        else:
            return []
    return [frozenset(characters)]


def _of_branch(branches: Sequence[Iterable[tuple[Any, Any]]]) -> Needs:
    """Whichever branch matches, one of its sets is met; they are joined set by set, the smallest first."""
    each = [sorted(_of_sequence(branch), key=lambda one: (len(one), min(one))) for branch in branches]
    joined = [frozenset[str]().union(*sets) for sets in zip(*each, strict=False)]
    return [one for one in joined if len(one) <= LARGEST_SET]
