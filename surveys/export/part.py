"""Some interviews of a wave as columns of cells: what every file is written from, without an object a row.

A column says which of its values each row has, so that whatever is done to a value (its words, its place in a
sheet) is done once and not a row each time.
"""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from sys import getsizeof
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from surveys import parts
from surveys.coding import Rows
from surveys.columns import ANSWERED, STATES
from surveys.days import DAY, SHANGHAI_OFFSET
from surveys.decoding import Lines, Lists
from surveys.native import NOT_ASKED, REFUSED, WITHHELD
from surveys.questionnaire import Question, Questionnaire
from surveys.store import ANSWERS, SEED, Raw

DESIGN = ("weight", "stratum", "cluster")
_LISTS = ("multiple", "ranking")


class Gap(Enum):
    """Why there is no answer; its value is the code that stands there instead."""

    NOT_ASKED = NOT_ASKED
    REFUSED = REFUSED
    WITHHELD = WITHHELD


class Cells(NamedTuple):
    """A column: the place of each row's value among the values. Values may occur twice."""

    codes: npt.NDArray[np.integer[Any]]
    values: Sequence[Any]

    def told(self, word: Callable[[Any], Any]) -> "Cells":
        """The same with every value put in another way."""
        return Cells(self.codes, [word(value) for value in self.values])

    def blanked(self, rows: npt.NDArray[np.bool_], value: object) -> "Cells":
        """The same with this value in some rows."""
        return Cells(np.where(rows, np.intp(len(self.values)), self.codes), [*self.values, value])

    def only(self, rows: slice) -> "Cells":
        """Some rows, with the values that they have."""
        known, codes = np.unique(self.codes[rows], return_inverse=True)
        return Cells(codes, [self.values[code] for code in known])

    def listed(self) -> list[Any]:
        """The value of each row."""
        values = np.fromiter(self.values, dtype=object, count=len(self.values))
        found: list[Any] = values[self.codes].tolist()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows that follow each other; `first` have gone before; `wave` is the place among the waves of a file.

    `answers` by question hold texts and Gaps; `picks` by question and option hold numbers: 0 and 1, or ranks.
    `rows` are the same as they are stored, for counting; None where they were counted already.
    """

    first: int
    size: int
    facts: Mapping[str, Cells]
    answers: Mapping[str, Cells]
    picks: Mapping[tuple[str, str], Cells]
    rows: Rows | None = None
    wave: int = 0

    @property
    def bytes(self) -> int:
        """Memory without the stored rows, roughly."""
        cells = (*self.facts.values(), *self.answers.values(), *self.picks.values())
        return sum(one.codes.nbytes + sum(map(getsizeof, one.values)) for one in cells)


class Reader:
    """Decodes stored interviews of one questionnaire, part after part; `texts` for what people wrote."""

    def __init__(self, questionnaire: Questionnaire, texts: bool, wave: int = 0) -> None:
        pieces = [part for question in questionnaire.asked() for part in parts.columns(question)]
        self._lists = {piece.id: piece for piece in pieces if piece.type in _LISTS}
        self._one = [
            piece.id for piece in pieces if piece.type not in _LISTS and (texts or piece.type != "text")
        ]
        self._first, self._wave = 0, wave

    def part(self, stored: Sequence[Raw]) -> Part:
        """The next rows, as `surveys.store.stream_raw` gives them. Raises surveys.decoding.Undecodable."""
        lines = Lines([row[ANSWERS] for row in stored], self._one, self._lists)
        rows = Rows.stored(stored, lines)
        facts = {
            "status": _cells(rows.statuses),
            "channel": _cells(rows.channels),
            "township": _cells(rows.townships),
            "community": _cells(rows.communities),
            "came_from": _cells(rows.came_from),
            "frame": _cells(rows.frames),
            "flags": _cells(rows.flags),
            "day": _days(rows.submitted),
            "seed": _cells([row[SEED] for row in stored]),
        }
        facts |= {name: _cells([one.get(name) if one else None for one in rows.designs]) for name in DESIGN}
        picks: dict[tuple[str, str], Cells] = {}
        for question in self._lists.values():
            picks |= _picks(question, lines.lists(question.id))
        first, self._first = self._first, self._first + len(stored)
        told = {name: _told(lines, name) for name in self._one}
        return Part(first, len(stored), facts, told, picks, rows, self._wave)


class Source:
    """The parts of a wave, which are read once where they fit into memory, and else each time."""

    def __init__(self, read: Callable[[], AsyncIterator[Part]], most: int) -> None:
        """`read` begins anew; `most` bytes may be kept."""
        self._read, self._most = read, most
        self._kept: list[Part] = []
        self._whole = False

    async def parts(self, step: Callable[[int], None]) -> AsyncIterator[Part]:
        """From the first; `step` is told of so many rows."""
        if self._whole:
            for part in self._kept:
                step(part.size)
                yield part
            return
        room = self._most
        async for part in self._read():
            step(part.size)
            room -= part.bytes
            if room > 0:
                self._kept.append(replace(part, rows=None))
            else:
                self._kept.clear()
            yield part
        self._whole = room > 0


class _Book(dict[Hashable, int]):
    def __missing__(self, value: Hashable) -> int:
        self[value] = code = len(self)
        return code


def _cells(found: Sequence[Hashable]) -> Cells:
    book = _Book()
    codes = np.fromiter(map(book.__getitem__, found), dtype=np.int32, count=len(found))
    return Cells(_small(codes, len(book)), list(book))


def _days(submitted: Sequence[int]) -> Cells:
    """Numbers of civil days in Asia/Shanghai."""
    days, codes = np.unique(
        (np.array(submitted, dtype=np.int64) + SHANGHAI_OFFSET) // DAY, return_inverse=True
    )
    return Cells(_small(codes, len(days)), days.tolist())


def _told(lines: Lines, name: str) -> Cells:
    places, labels = lines.told(name)
    values = [Gap.REFUSED if label is None else label for label in labels]
    return Cells(_small(places, len(values) + 1), [*values, Gap.NOT_ASKED])


def _picks(question: Question, found: Lists) -> dict[tuple[str, str], Cells]:
    """A column an option: 1 or its rank where it was chosen, 0 where not, or why there is no answer."""
    ranked = question.type == "ranking"
    worth = found.ranks() if ranked else np.ones(len(found.rows), dtype=np.intp)
    most = int(worth.max(initial=1))
    values = [*range(most + 1), int(NOT_ASKED), int(REFUSED)]
    answered = found.states == STATES.index(ANSWERED)
    absent = most + 1 + found.states.astype(np.intp)
    made = {}
    for option in question.options:
        codes = np.where(answered, 0, absent)
        if option.code in found.labels:
            mine = found.codes == list(found.labels).index(option.code)
            codes[found.rows[mine]] = worth[mine]
        made[question.id, option.code] = Cells(_small(codes, len(values)), values)
    return made


def _small(codes: npt.NDArray[Any], size: int) -> npt.NDArray[np.integer[Any]]:
    """The codes in the smallest type that holds so many."""
    return codes.astype(np.min_scalar_type(max(size, 1)))
