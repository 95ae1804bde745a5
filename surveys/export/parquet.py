"""One wave as Parquet: codes in the smallest integers that hold them, words as dictionaries, the day a date.

Titles and the words of the codes stand in the fields' metadata, the notes in the file's.
"""

import json
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, BinaryIO

from surveys.export.layout import Cell, Column
from surveys.export.overview import Overview
from surveys.store import Interview

if TYPE_CHECKING:
    import pyarrow

_PART = 20_000
"""Rows that are held before they are written."""


async def write_parquet(out: BinaryIO, overview: Overview, interviews: AsyncIterable[Interview]) -> int:
    """Write all interviews; the number of rows."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    notes = {"notes": "\n".join(overview.notes()).encode()}
    schema = pyarrow.schema([_field(column) for column in overview.columns], metadata=notes)
    rows = 0
    waiting: list[list[Cell]] = [[] for _ in overview.columns]
    with ParquetWriter(out, schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_table(pyarrow.table(waiting, schema=schema))
            for values in waiting:
                values.clear()

        async for cells in overview.rows_of(interviews):
            rows += 1
            for values, cell in zip(waiting, cells, strict=True):
                values.append(cell)
            if len(waiting[0]) == _PART:
                flush()
        flush()
    return rows


def _field(column: Column) -> "pyarrow.Field":
    import pyarrow

    metadata = {"title": column.title}
    if column.labels:
        metadata["labels"] = json.dumps(dict(column.labels), ensure_ascii=False)
    return pyarrow.field(column.name, _type(column), nullable=column.question is None, metadata=metadata)


def _type(column: Column) -> "pyarrow.DataType":
    import pyarrow

    if column.question is not None and column.question.type == "number":
        return pyarrow.int32()
    if column.kind == "code":
        codes = [int(code) for code in column.labels]
        for kind in (pyarrow.int8(), pyarrow.int16()):
            if -(1 << kind.bit_width - 1) <= min(codes) and max(codes) < 1 << kind.bit_width - 1:
                return kind
        return pyarrow.int32()
    if column.kind == "words":
        open_ended = column.question is not None and not column.question.options
        return pyarrow.string() if open_ended else pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    return {"integer": pyarrow.int64(), "real": pyarrow.float64(), "day": pyarrow.date32()}[column.kind]
