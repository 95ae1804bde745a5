"""PURE: an interview read as one code: the answer to a question, a fact beside it, or several at once.

A new kind of indicator needs a reading here and its meanings (`surveys.meanings`), nothing more.
"""

from dataclasses import dataclass

import numpy as np

from surveys.columns import Block, Codes
from surveys.meanings import Reading


@dataclass(frozen=True, slots=True)
class Everybody:
    """One code for all."""

    def codes(self, block: Block) -> Codes:
        """Zero."""
        return np.zeros(len(block), dtype=np.int8)


@dataclass(frozen=True, slots=True)
class Fact:
    """A column beside the answers."""

    name: str

    def codes(self, block: Block) -> Codes:
        """As they are."""
        return block.facts[self.name]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two readings at once; `codes_of_second` are those that the second may give."""

    first: Reading
    second: Reading
    codes_of_second: int

    def codes(self, block: Block) -> Codes:
        """The first times the number of codes of the second, and the second."""
        return self.first.codes(block) * np.intp(self.codes_of_second) + self.second.codes(block)


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to a question; of a question of several choices, its state."""

    question: str

    def codes(self, block: Block) -> Codes:
        """As they are."""
        return block.answers[self.question]


@dataclass(frozen=True, slots=True)
class Picked:
    """Whether one option of a question of several choices was chosen."""

    question: str
    place: int

    def codes(self, block: Block) -> Codes:
        """1 where it was."""
        chosen: Codes = block.picks[self.question][self.place]
        return chosen


@dataclass(frozen=True, slots=True)
class Best:
    """The best of several choices: `ranks` of the options, 0 for those that say nothing."""

    question: str
    ranks: tuple[int, ...]

    def codes(self, block: Block) -> Codes:
        """Not asked 0, refused 1, then 2 and more by the highest rank."""
        states, picks = block.answers[self.question], block.picks[self.question]
        best = np.zeros(len(block), dtype=np.int8)
        for rank in sorted({*self.ranks} - {0}):
            for place, own in enumerate(self.ranks):
                if own == rank:
                    best[picks[place] > 0] = rank
        best += states
        return best


@dataclass(frozen=True, slots=True)
class Exactly:
    """Whether just these of several choices were chosen: `right` by option, `unsure` are don't knows."""

    question: str
    right: tuple[bool, ...]
    unsure: tuple[bool, ...]

    def codes(self, block: Block) -> Codes:
        """Not asked 0, refused 1, wrong 2, right 3, nothing but don't know 4."""
        states, picks = block.answers[self.question], block.picks[self.question] > 0
        right, unsure = np.array(self.right), np.array(self.unsure)
        alike = (picks == right[:, None]).all(axis=0)
        only = picks[unsure].any(axis=0) & ~picks[~unsure].any(axis=0)
        return np.where(states < 2, states, np.where(only, 4, np.where(alike, 3, 2))).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Nested:
    """Several readings in one, as digits; `sizes` are their numbers of codes."""

    readings: tuple[Reading, ...]
    sizes: tuple[int, ...]

    def codes(self, block: Block) -> Codes:
        """The last reading counts ones."""
        most = int(np.prod(self.sizes))
        found = np.zeros(len(block), dtype=np.min_scalar_type(-most - 1))
        for reading, size in zip(self.readings, self.sizes, strict=True):
            found *= size
            found += reading.codes(block).astype(found.dtype, copy=False)
        return found
