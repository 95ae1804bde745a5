"""The cases of an SPSS system file: rows as groups of eight bytes, compressed by one command byte a group."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from surveys.export.layout import Cell, Column, Table
from surveys.export.part import Cells
from surveys.export.safe import cut

BIAS = 100
"""What a command byte has more than the small number it stands for."""
STRING_LIMIT = 32_767
_END, _RAW, _SPACES, _SYSMIS = 252, 253, 254, 255
_BLANK = b" " * 8
_MOST = 4 * 2**20
"""Bytes of cells that are laid out at once."""
_GREGORIAN = date(1582, 10, 14)
"""The day from which SPSS counts seconds."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Variable:
    """A column in the file: `width` 0 for numbers, bytes for strings; `place` of its first element."""

    column: Column
    short: bytes
    width: int
    place: int

    @property
    def segments(self) -> list[int]:
        """The widths of the strings that hold it: one, or for more than 255 bytes several."""
        if self.width <= 255:
            return [self.width]
        count = -(-self.width // 252)
        return [255] * (count - 1) + [self.width - 252 * (count - 1)]

    @property
    def elements(self) -> int:
        """Groups of eight bytes in a row."""
        return sum(max(1, -(-width // 8)) for width in self.segments)


def variables_of(table: Table) -> Iterator[Variable]:
    """The columns of a wave as variables; strings as wide as their longest text."""
    place = 1
    for number, column in enumerate(table.columns, start=1):
        width = 0
        if column.kind == "words":
            codes = [len(code.encode()) for code in column.labels]
            width = min(max([1, table.widths.get(column.name, 0), *codes]), STRING_LIMIT)
        made = Variable(column, b"V%d" % number, width, place)
        place += made.elements
        yield made


class Cases:
    """Writes part after part; the command bytes of eight groups stand before the groups themselves."""

    def __init__(self, out: BinaryIO, variables: Sequence[Variable]) -> None:
        self._out, self._variables = out, variables
        self._codes = np.zeros(0, dtype=np.uint8)
        self._groups = np.zeros((0, 8), dtype=np.uint8)

    def add(self, columns: Sequence[Cells]) -> None:
        """Some rows, column by column: few at once where texts are long, so that memory stays the same."""
        width = 8 * sum(variable.elements for variable in self._variables)
        size, most = len(columns[0].codes), max(1, _MOST // width)
        for start in range(0, size, most):
            self._add([column.only(slice(start, start + most)) for column in columns])

    def _add(self, columns: Sequence[Cells]) -> None:
        found = [_known(variable, cells) for variable, cells in zip(self._variables, columns, strict=True)]
        codes = np.hstack([codes[cells.codes] for (codes, _), cells in zip(found, columns, strict=True)])
        groups = np.hstack([groups[cells.codes] for (_, groups), cells in zip(found, columns, strict=True)])
        self._flush(codes.ravel(), groups.reshape(-1, 8), whole=False)

    def end(self) -> None:
        """Mark the end of the rows."""
        self._flush(np.array([_END], dtype=np.uint8), np.zeros((1, 8), dtype=np.uint8), whole=True)

    def _flush(self, codes: Bytes, groups: Bytes, *, whole: bool) -> None:
        codes, groups = np.concatenate([self._codes, codes]), np.concatenate([self._groups, groups])
        if whole:
            blank = -len(codes) % 8
            codes = np.pad(codes, (0, blank))
            groups = np.pad(groups, ((0, blank), (0, 0)))
        upto = len(codes) // 8 * 8
        self._codes, self._groups = codes[upto:], groups[upto:]
        written = np.concatenate([codes[:upto].reshape(-1, 1, 8), groups[:upto].reshape(-1, 8, 8)], axis=1)
        kept = np.ones((len(written), 9), dtype=np.bool_)
        kept[:, 1:] = codes[:upto].reshape(-1, 8) == _RAW
        self._out.write(written[kept].tobytes())


def _known(variable: Variable, cells: Cells) -> tuple[Bytes, Bytes]:
    """For each value its commands, and the eight bytes behind each where the command does not say it all."""
    size = variable.elements
    codes = np.full((len(cells.values), size), _SPACES, dtype=np.uint8)
    groups = np.zeros((len(cells.values), size, 8), dtype=np.uint8)
    for place, cell in enumerate(cells.values):
        told = _text(variable, cell) if variable.width else _number(cell)
        for number, (code, group) in enumerate(told):
            codes[place, number] = code
            if group:
                groups[place, number] = np.frombuffer(group, dtype=np.uint8)
    return codes, groups


def _number(cell: Cell) -> Iterator[tuple[int, bytes]]:
    if cell is None:
        yield _SYSMIS, b""
        return
    if isinstance(cell, date):
        cell = (cell - _GREGORIAN).days * 86_400
    assert not isinstance(cell, str)  # noqa: S101
    if cell == int(cell) and 1 - BIAS <= cell <= 251 - BIAS:
        yield int(cell) + BIAS, b""
    else:
        yield _RAW, struct.pack("<d", cell)


def _text(variable: Variable, cell: Cell) -> Iterator[tuple[int, bytes]]:
    """Groups of eight bytes, each segment of a long text beginning a new one; blank ones are commands."""
    text = cut(str("" if cell is None else cell), variable.width)
    for number, width in enumerate(variable.segments):
        used = text[255 * number : 255 * (number + 1)]
        for start in range(0, -(-width // 8) * 8, 8):
            group = used[start : start + 8].ljust(8)
            yield (_SPACES, b"") if group == _BLANK else (_RAW, group)
