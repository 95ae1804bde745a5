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
        said = pairs(text)
        found = [one for code in self._own if (one := self._match(code, said)) is not None]
        return tuple(sorted(found, key=lambda one: (-one.score, one.code))[:most])

    def fit(self, code: str, text: str) -> Proposal | None:
        """How far a text speaks of one indicator; None where it does not."""
        return self._match(code, pairs(text)) if code in self._own else None

    def _match(self, code: str, said: frozenset[str]) -> Proposal | None:
        own = self._own[code] & said
        if not own:
            return None
        above = (self._above[code] & said) - own
        score = sum(self._weights[pair] for pair in own) + sum(self._weights[pair] for pair in above) / 2
        return Proposal(code, score, _joined(own)) if score >= LEAST else None


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters, and Latin words, that tell something."""
    found = set()
    for run in _RUN.findall(text):
        found |= {run.lower()} if run.isascii() else {run[at : at + 2] for at in range(len(run) - 1)}
    return frozenset(found - _COMMON)


def _joined(found: frozenset[str]) -> tuple[str, ...]:
    """Pairs that overlap as one word: 餐桌 and 桌文 as 餐桌文."""
    words: list[str] = []
    left = sorted(found)
    while left:
        word = left.pop(0)
        grown = True
        while grown:
            grown = False
            for pair in list(left):
                if len(pair) == 2 and (word[-1] == pair[0] or word[0] == pair[1]):
                    word = word + pair[1] if word[-1] == pair[0] else pair[0] + word
                    left.remove(pair)
                    grown = True
        words.append(word)
    return tuple(words)
