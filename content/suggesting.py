"""PURE. Which indicators a piece of evidence may stand for, by the words that both use. A person decides.

Words are pairs of characters, so that no dictionary is needed; a pair that many indicators have counts less,
by the logarithm of their number over those that have it (inverse document frequency).
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from content.indicators import Indicator, path_of

LEAST = 1.0
_RUN = re.compile(r"[\u4e00-\u9fff]{2,}|[A-Za-z0-9]{2,}")
_COMMON = frozenset(re.findall("..", "文明活动工作建设开展宣传情况群众社会教育城市创建加强推进落实组织管理"))
"""Pairs that stand in nearly every indicator of every evaluation and tell nothing."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An indicator's code, how much speaks for it (above 0), and the words that both use."""

    code: str
    score: float
    words: tuple[str, ...]


class Wording:
    """The words of one tree, counted once. An indicator shares half of the weight of those above it."""

    def __init__(self, indicators: Sequence[Indicator]) -> None:
        self._indicators = indicators

    @cached_property
    def _own(self) -> Mapping[str, frozenset[str]]:
        return {one.code: pairs(one.name) for one in self._indicators}

    @cached_property
    def _weights(self) -> Mapping[str, float]:
        counted = Counter(pair for found in self._own.values() for pair in found)
        size = len(self._indicators) + 1
        return {pair: math.log(size / number) for pair, number in counted.items()}

    @cached_property
    def _above(self) -> Mapping[str, frozenset[str]]:
        return {
            one.code: frozenset(
                pair for higher in path_of(self._indicators, one.code)[:-1] for pair in self._own[higher.code]
            )
            for one in self._indicators
        }

    def proposals(self, text: str, most: int = 5) -> tuple[Proposal, ...]:
        """The indicators that a text speaks of most, the best first."""
        said = _all_pairs(text)
        found = [match for one in self._indicators if (match := self._match(one, said)) is not None]
        return tuple(sorted(found, key=lambda one: (-one.score, one.code))[:most])

    def fit(self, code: str, text: str) -> Proposal | None:
        """How far a text speaks of one indicator; None where it does not."""
        one = next((one for one in self._indicators if one.code == code), None)
        return self._match(one, _all_pairs(text)) if one is not None else None

    def _match(self, one: Indicator, said: frozenset[str]) -> Proposal | None:
        own = self._own[one.code] & said
        if not own:
            return None
        above = (self._above[one.code] & said) - own
        score = sum(self._weights[pair] for pair in own) + sum(self._weights[pair] for pair in above) / 2
        return Proposal(one.code, score, _in_common(one.name, said)) if score >= LEAST else None


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters, and Latin words, that tell something."""
    return _all_pairs(text) - _COMMON


def _all_pairs(text: str) -> frozenset[str]:
    found = set()
    for run in _RUN.findall(text):
        found |= {run.lower()} if run.isascii() else {run[at : at + 2] for at in range(len(run) - 1)}
    return frozenset(found)


def _in_common(name: str, said: frozenset[str]) -> tuple[str, ...]:
    """The stretches of a name that the other text has, too, but not those that tell nothing."""
    found: list[str] = []
    for run in _RUN.findall(name):
        if run.isascii():
            found += [run] if run.lower() in said else []
            continue
        start = 0
        for at in range(1, len(run) + 1):
            if at == len(run) or run[at - 1 : at + 1] not in said:
                stretch = run[start:at]
                found += [stretch] if pairs(stretch) else []
                start = at
    return tuple(dict.fromkeys(found))
