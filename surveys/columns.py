"""PURE: interviews as columns of small codes, in blocks: what every count and every estimate reads.

A column holds places in its list of labels. For a question these are "not asked", "refused" and the codes of
its options, don't know among them; a question of several choices has a state and one 0/1 column an option;
words, numbers, dates and ranks are not coded. Blocks are never changed: more interviews are another block, a
correction is a new block in the place of the old one, so that whoever counts is not disturbed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.native import NOT_ASKED, REFUSED

Codes = npt.NDArray[np.signedinteger[Any]]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BLOCK = 65_536
"""Rows of a block: its columns stay in the processor's cache while they are counted."""
ANSWERED = "answered"
"""The third state of a question of several choices, after not asked and refused."""
STATES = (NOT_ASKED, REFUSED, ANSWERED)
FACTS = (
    "township",
    "community",
    "channel",
    "status",
    "frame",
    "flags",
    "campaign",
    "panel",
    "stratum",
    "cluster",
    "version",
)
"""What is known of an interview beside its answers, "" where nothing is; several flags are joined by "|"."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some interviews, a row each; the arrays must not be changed.

    `picks` of a question has a row an option and a column an interview; `days` are civil days since 1970 in
    Shanghai; `weights` are those of the design, 1 where there is none.
    """

    ids: npt.NDArray[np.int64]
    days: npt.NDArray[np.int32]
    weights: Floats
    facts: Mapping[str, Codes]
    answers: Mapping[str, Codes]
    picks: Mapping[str, npt.NDArray[np.int8]]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def bytes(self) -> int:
        """Memory of the columns."""
        columns = (*self.facts.values(), *self.answers.values(), *self.picks.values())
        return self.ids.nbytes + self.days.nbytes + self.weights.nbytes + sum(one.nbytes for one in columns)

    def only(self, rows: Mask) -> "Block":
        """Some of the rows."""
        return Block(
            self.ids[rows],
            self.days[rows],
            self.weights[rows],
            {name: column[rows] for name, column in self.facts.items()},
            {name: column[rows] for name, column in self.answers.items()},
            {name: column[:, rows] for name, column in self.picks.items()},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The interviews of a wave, and what the codes of each column mean."""

    blocks: tuple[Block, ...]
    facts: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return sum(len(block) for block in self.blocks)

    @property
    def weighted(self) -> bool:
        """Whether any interview came with a weight of its own."""
        return any(bool((block.weights != 1).any()) for block in self.blocks)

    def until(self, number: int) -> "Columns":
        """Up to the interview of this number."""
        blocks = [
            block if not len(block) or block.ids.max() <= number else block.only(block.ids <= number)
            for block in self.blocks
        ]
        return Columns(tuple(blocks), self.facts, self.answers)


def merged(blocks: Sequence[Block]) -> Block:
    """Blocks of one coder as one."""
    first = blocks[0]
    if len(blocks) == 1:
        return first
    return Block(
        np.concatenate([block.ids for block in blocks]),
        np.concatenate([block.days for block in blocks]),
        np.concatenate([block.weights for block in blocks]),
        {name: np.concatenate([block.facts[name] for block in blocks]) for name in first.facts},
        {name: np.concatenate([block.answers[name] for block in blocks]) for name in first.answers},
        {name: np.concatenate([block.picks[name] for block in blocks], axis=1) for name in first.picks},
    )


class Joining:
    """Small blocks become few as they come: small ones are counted slowly. Each is let go once it is in."""

    def __init__(self) -> None:
        self._joined = list[Block]()
        self._waiting = list[Block]()

    def add(self, block: Block) -> None:
        """The next rows."""
        if self._waiting and sum(map(len, self._waiting)) + len(block) > BLOCK:
            self._joined.append(merged(self._waiting))
            self._waiting = []
        self._waiting.append(block)

    def blocks(self) -> list[Block]:
        """All rows so far."""
        return [*self._joined, *([merged(self._waiting)] if self._waiting else [])]
