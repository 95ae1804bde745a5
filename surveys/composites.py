"""PURE: several questions read as one: the weighted mean of what they are worth, over those that count.

Who answered questions of less than half of the weight is not counted. What each answer is worth is looked up
and added up column by column, and the few different sums are the codes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.columns import Block, Codes, Columns
from surveys.indicator import LEAST_SHARE, DontKnowRule, Indicator
from surveys.meanings import Both, Meaning, Measure, Reading, is_refused, is_unsure, value_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_FINE = 1_000_000_000
"""Values are told apart to nine decimals, as their sums are kept."""
_BASE = _FINE + 2
_ASKED, _REFUSED, _UNSURE = 1, 2, 4


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What the answers to one question add, by code: the share of the whole that counts, and its gain."""

    share: Floats
    gained: Floats

    @classmethod
    def of(cls, measure: Measure, share: float, rule: DontKnowRule) -> "Worth":
        """A question with this share of the weight."""
        values = [value_of(meaning, rule) for meaning in measure.meanings]
        counts = np.array([value is not None for value in values])
        return cls(counts * share, np.array([value or 0.0 for value in values]) * share)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One question of a composite; the flags are by code."""

    reading: Reading
    excluded: Worth
    counted: Worth
    asked: Mask
    refused: Mask
    unsure: Mask

    @classmethod
    def of(cls, measure: Measure, share: float) -> "Part":
        """A question with this share of the weight."""
        told = measure.meanings
        return cls(
            measure.reading,
            Worth.of(measure, share, "excluded"),
            Worth.of(measure, share, "not_counted_positive"),
            np.array([meaning != "not_asked" for meaning in told]),
            np.array([is_refused(meaning) for meaning in told]),
            np.array([is_unsure(meaning) for meaning in told]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """The composite of each interview; its code is the place of its key among `keys`."""

    parts: tuple[Part, ...]
    keys: npt.NDArray[np.int64]

    def codes(self, block: Block) -> Codes:
        """The places of the rows."""
        return np.searchsorted(self.keys, _keys(self.parts, block))


def blend(indicator: Indicator, measured: Sequence[Measure], columns: Columns) -> Measure:
    """The composite of these questions, in the order of the indicator."""
    parts = tuple(Part.of(one, indicator.share(place)) for place, one in enumerate(measured))
    found = [np.unique(_keys(parts, block)) for block in columns.blocks]
    keys = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
    return Measure(Blend(parts, keys), tuple(_meanings(keys.tolist())))


def _keys(parts: Sequence[Part], block: Block) -> npt.NDArray[np.int64]:
    """Both values and the flags of each row in one number."""
    codes = [part.reading.codes(block) for part in parts]
    flags = np.zeros(len(block), dtype=np.int64)
    for kind, found in (
        (_ASKED, [part.asked[code] for part, code in zip(parts, codes, strict=True)]),
        (_UNSURE, [part.unsure[code] for part, code in zip(parts, codes, strict=True)]),
    ):
        flags += kind * np.logical_or.reduce(found)
    silent = [part.refused[code] | ~part.asked[code] for part, code in zip(parts, codes, strict=True)]
    flags += _REFUSED * (np.logical_and.reduce(silent) & (flags & _ASKED > 0))
    excluded = _value([part.excluded for part in parts], codes)
    counted = _value([part.counted for part in parts], codes)
    return (excluded * _BASE + counted) * 8 + flags


def _value(worth: Sequence[Worth], codes: Sequence[Codes]) -> npt.NDArray[np.int64]:
    """0 where too little was answered, else one more than the value in billionths."""
    pairs = list(zip(worth, codes, strict=True))
    share = sum((one.share[code] for one, code in pairs), np.zeros(codes[0].size))
    gained = sum((one.gained[code] for one, code in pairs), np.zeros(codes[0].size))
    enough = share >= LEAST_SHARE - 1e-9
    value = np.rint(_FINE * np.divide(gained, share, out=np.zeros_like(share), where=enough))
    return np.where(enough, value.astype(np.int64) + 1, 0)


def _meanings(keys: Sequence[int]) -> Iterator[Meaning]:
    for key in keys:
        values, flags = divmod(key, 8)
        excluded, counted = ((one - 1) / _FINE if one else None for one in divmod(values, _BASE))
        if flags & _ASKED:
            yield Both(excluded, counted, bool(flags & _REFUSED), bool(flags & _UNSURE))
        else:
            yield "not_asked"
