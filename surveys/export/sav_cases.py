"""The cases of an SPSS system file: rows as groups of eight bytes, compressed by one command byte a group."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from surveys.export.layout import Cell, Column
from surveys.export.overview import Overview
from surveys.export.safe import cut

BIAS = 100
"""What a command byte has more than the small number it stands for."""
STRING_LIMIT = 32_767
_RAW, _SPACES, _SYSMIS, _END = b"\xfd", b"\xfe", b"\xff", b"\xfc"
_BLANK = b" " * 8
_GREGORIAN = date(1582, 10, 14)
"""The day from which SPSS counts seconds."""
_PART = 8192
"""Groups that are held before they are written; a multiple of eight."""

Pieces = tuple[bytes, tuple[bytes, ...]]
"""The command bytes of a value, and for each the group behind it, b"" where the command says it all."""


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
    def repeats(self) -> bool:
        """Whether its values come again and again: codes, places, days."""
        column = self.column
        return column.kind in ("code", "day") or (self.width > 0 and column.question is None)

    @property
    def elements(self) -> int:
        """Groups of eight bytes in a row."""
        return sum(max(1, -(-width // 8)) for width in self.segments)


def variables_of(overview: Overview) -> Iterator[Variable]:
    """The columns of a wave as variables; strings as wide as their longest text."""
    place = 1
    for number, column in enumerate(overview.columns, start=1):
        width = 0
        if column.kind == "words":
            codes = [len(code.encode()) for code in column.labels]
            width = min(max([1, overview.widths.get(column.name, 0), *codes]), STRING_LIMIT)
        made = Variable(column, b"V%d" % number, width, place)
        place += made.elements
        yield made


class Cases:
    """Writes row after row; the command bytes of eight groups stand before the groups themselves."""

    def __init__(self, out: BinaryIO, variables: Sequence[Variable]) -> None:
        self._out, self._variables = out, variables
        self._codes = bytearray()
        self._groups: list[bytes] = []
        self._known: dict[tuple[int, Cell], Pieces] = {}

    def add(self, cells: Sequence[Cell]) -> None:
        """One row."""
        for variable, cell in zip(self._variables, cells, strict=True):
            pieces = self._known.get((variable.width, cell))
            if pieces is None:
                pieces = _pieces(variable, cell)
                if variable.repeats:
                    self._known[variable.width, cell] = pieces
            self._codes += pieces[0]
            self._groups += pieces[1]
        if len(self._codes) > _PART:
            self._flush(len(self._codes) // 8 * 8)

    def end(self) -> None:
        """Mark the end of the rows."""
        self._codes += _END
        self._groups.append(b"")
        self._flush(len(self._codes))

    def _flush(self, upto: int) -> None:
        parts = []
        for start in range(0, upto, 8):
            parts.append(bytes(self._codes[start : start + 8]).ljust(8, b"\0"))
            parts += self._groups[start : start + 8]
        self._out.write(b"".join(parts))
        del self._codes[:upto]
        del self._groups[:upto]


def _pieces(variable: Variable, cell: Cell) -> Pieces:
    if variable.width:
        return _string_pieces(variable, cut(str("" if cell is None else cell), variable.width))
    if cell is None:
        return _SYSMIS, (b"",)
    if isinstance(cell, date):
        cell = (cell - _GREGORIAN).days * 86_400
    assert not isinstance(cell, str)  # noqa: S101
    if cell == int(cell) and 1 - BIAS <= cell <= 251 - BIAS:
        return bytes([int(cell) + BIAS]), (b"",)
    return _RAW, (struct.pack("<d", cell),)


def _string_pieces(variable: Variable, text: bytes) -> Pieces:
    codes: list[bytes] = []
    groups: list[bytes] = []
    for number, width in enumerate(variable.segments):
        used = text[255 * number : 255 * (number + 1)]
        for start in range(0, len(used), 8):
            group = used[start : start + 8].ljust(8)
            codes.append(_SPACES if group == _BLANK else _RAW)
            groups.append(b"" if group == _BLANK else group)
        unused = -(-width // 8) - -(-len(used) // 8)
        codes.append(_SPACES * unused)
        groups += [b""] * unused
    return b"".join(codes), tuple(groups)
