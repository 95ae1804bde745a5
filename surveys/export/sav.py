"""One wave as an SPSS system file (.sav): UTF-8, compressed, written as the interviews come.

The format is the one that the PSPP developers' manual describes (chapter "System File Format"). Codes keep
their words as value labels; "not asked" and "refused" are user-missing (not in texts of more than eight
bytes, on whose record readers disagree); the columns of a question with several choices form a multiple
response set.
"""

import struct
from collections.abc import AsyncIterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from surveys.export.layout import Column, Table
from surveys.export.part import Part
from surveys.export.safe import cut, printable
from surveys.export.sav_cases import BIAS, Cases, Variable, variables_of
from surveys.native import NOT_ASKED, REFUSED, WITHHELD

LABEL_LIMIT = 255
"""Bytes of a variable's label; value labels hold 120."""
VALUE_LABEL_LIMIT = 120
_LARGEST = 1.7976931348623157e308
_LOWEST = -1.7976931348623155e308
_MEASURE = {"code": 1, "words": 1, "integer": 3, "real": 3, "day": 3}
_DATE_FORMAT, _NUMBER_FORMAT, _STRING_FORMAT = 39, 5, 1


async def write_sav(out: BinaryIO, table: Table, parts: AsyncIterable[Part]) -> int:
    """Write all interviews; the number of rows."""
    variables = list(variables_of(table))
    for part in _dictionary(table, variables):
        out.write(part)
    cases, rows = Cases(out, variables), 0
    async for columns in table.cells_of(parts):
        rows += len(columns[0].codes)
        cases.add(columns)
    cases.end()
    return rows


def _dictionary(table: Table, variables: Sequence[Variable]) -> Iterator[bytes]:
    yield _header(table, variables)
    for variable in variables:
        yield from _variable_records(variable)
    for variable in variables:
        yield _value_labels(variable)
    yield _document(table.notes())
    yield _extension(3, 4, struct.pack("<8i", 0, 1, 0, -1, 1, 1, 2, 65001))
    yield _extension(4, 8, struct.pack("<3d", -_LARGEST, _LARGEST, _LOWEST))
    if sets := b"".join(_sets(variables)):
        yield _extension(7, 1, sets)
    yield _extension(11, 4, b"".join(_display(variable) for variable in variables))
    names = (variable.short + b"=" + variable.column.name.encode() for variable in variables)
    yield _extension(13, 1, b"\t".join(names))
    if long := b"".join(b"%s=%05d\0\t" % (one.short, one.width) for one in variables if one.width > 255):
        yield _extension(14, 1, long)
    yield _extension(16, 8, struct.pack("<2q", 1, table.rows))
    yield _extension(20, 1, b"UTF-8")
    wide = [one for one in variables if one.width > 8 and one.column.labels]
    if wide:
        yield _extension(21, 1, b"".join(map(_wide_labels, wide)))
    yield struct.pack("<2i", 999, 0)


def _header(table: Table, variables: Sequence[Variable]) -> bytes:
    made = datetime.fromtimestamp(table.opened_at, UTC)
    elements = sum(variable.elements for variable in variables)
    title = cut(printable(table.title).replace("\n", " "), 64).ljust(64)
    return b"".join(
        (
            b"$FL2",
            b"@(#) SPSS DATA FILE civility".ljust(60),
            struct.pack("<5id", 2, elements, 1, 0, table.rows, BIAS),
            made.strftime("%d %b %y").encode(),
            made.strftime("%H:%M:%S").encode(),
            title,
            b"\0" * 3,
        )
    )


def _variable_records(variable: Variable) -> Iterator[bytes]:
    column, label = variable.column, cut(variable.column.title, LABEL_LIMIT)
    padded = label.ljust(-(-len(label) // 4) * 4)
    missing = b""
    if column.question and variable.width <= 8:
        missing = b"".join(
            code.encode().ljust(8) if variable.width else struct.pack("<d", int(code))
            for code in (NOT_ASKED, REFUSED, WITHHELD)
            if code in column.labels
        )
    for number, width in enumerate(variable.segments):
        first = number == 0
        kind = struct.pack("<4i", 2, width, int(first), len(missing) // 8 if first else 0)
        name = variable.short if first else variable.short + b"X%d" % number
        yield kind + _print_format(column, width) * 2 + name.ljust(8)
        if first:
            yield struct.pack("<i", len(label)) + padded + missing
        for _ in range(-(-width // 8) - 1):
            yield struct.pack("<4i", 2, -1, 0, 0) + struct.pack("<2i", 0, 0) + b" " * 8


def _print_format(column: Column, width: int) -> bytes:
    if width:
        return bytes([0, width, _STRING_FORMAT, 0])
    if column.kind == "day":
        return bytes([0, 10, _DATE_FORMAT, 0])
    return bytes([4 if column.kind == "real" else 0, 12 if column.kind == "real" else 8, _NUMBER_FORMAT, 0])


def _value_labels(variable: Variable) -> bytes:
    if not variable.column.labels or variable.width > 8:
        return b""
    parts = [struct.pack("<2i", 3, len(variable.column.labels))]
    for code, words in variable.column.labels.items():
        label = cut(words, VALUE_LABEL_LIMIT)
        parts.append(code.encode().ljust(8) if variable.width else struct.pack("<d", int(code)))
        parts.append((bytes([len(label)]) + label).ljust(-(-(len(label) + 1) // 8) * 8))
    return b"".join(parts) + struct.pack("<3i", 4, 1, variable.place)


def _wide_labels(variable: Variable) -> bytes:
    """Labels of strings longer than eight bytes stand in a record of their own."""
    name = variable.column.name.encode()
    parts = [struct.pack("<i", len(name)), name]
    parts.append(struct.pack("<2i", variable.width, len(variable.column.labels)))
    for code, words in variable.column.labels.items():
        value, label = code.encode().ljust(variable.width), cut(words, VALUE_LABEL_LIMIT)
        parts += [struct.pack("<i", len(value)), value, struct.pack("<i", len(label)), label]
    return b"".join(parts)


def _sets(variables: Sequence[Variable]) -> Iterator[bytes]:
    """The multiple response sets: the columns in which 1 says that an option was chosen."""
    found: dict[str, list[Variable]] = {}
    for variable in variables:
        if variable.column.question and variable.column.question.type == "multiple":
            found.setdefault(variable.column.question.id, []).append(variable)
    for name, members in found.items():
        question = members[0].column.question
        assert question is not None  # noqa: S101
        label = cut(printable(question.title).replace("\n", " "), LABEL_LIMIT)
        shorts = b"".join(b" " + member.short.lower() for member in members)
        yield b"$%s=D1 1 %d %s%s\n" % (name.encode(), len(label), label, shorts)


def _display(variable: Variable) -> bytes:
    """Kind of measure, width on the screen, alignment; one a segment."""
    shown = 10 if variable.width == 0 else min(max(variable.width, 8), 40)
    one = struct.pack("<3i", _MEASURE[variable.column.kind], shown, 0 if variable.width else 1)
    return one * len(variable.segments)


def _document(lines: Sequence[str]) -> bytes:
    """The notes, in lines of 80 bytes."""
    cards = []
    for line in lines:
        rest = printable(line).replace("\n", " ")
        while rest:
            card = cut(rest, 80)
            cards.append(card.ljust(80))
            rest = rest[len(card.decode()) :]
    return struct.pack("<2i", 6, len(cards)) + b"".join(cards)


def _extension(subtype: int, size: int, data: bytes) -> bytes:
    return struct.pack("<4i", 7, subtype, size, len(data) // size) + data
