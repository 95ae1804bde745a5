"""One wave as Parquet: codes in the smallest integers that hold them, words as dictionaries, the day a date.

Titles and the words of the codes stand in the fields' metadata, the notes in the file's.
"""

import json
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, BinaryIO

from surveys.export.layout import Column, Table
from surveys.export.part import Cells, Part

if TYPE_CHECKING:
    import pyarrow

_PART = 20_000
"""Rows that are held before they are written."""


async def write_parquet(out: BinaryIO, table: Table, parts: AsyncIterable[Part]) -> int:
    """Write all interviews; the number of rows."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    notes = {"notes": "\n".join(table.notes()).encode()}
    schema = pyarrow.schema([_field(column) for column in table.columns], metadata=notes)
    rows = 0
    waiting: list[pyarrow.Table] = []
    with ParquetWriter(out, schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_table(pyarrow.concat_tables(waiting).unify_dictionaries(), row_group_size=_PART)
            waiting.clear()

        async for columns in table.cells_of(parts):
            arrays = [_array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
            waiting.append(pyarrow.table(arrays, schema=schema))
            rows += waiting[-1].num_rows
            if sum(one.num_rows for one in waiting) >= _PART:
                flush()
        if waiting or not rows:
            waiting.append(schema.empty_table())
            flush()
    return rows


def _array(cells: Cells, kind: "pyarrow.DataType") -> "pyarrow.Array":
    """A value may stand there twice, which a dictionary of Arrow's must not."""
    import pyarrow

    if not pyarrow.types.is_dictionary(kind):
        return pyarrow.array(cells.values, kind).take(pyarrow.array(cells.codes))
    values = list(dict.fromkeys(value for value in cells.values if value is not None))
    places = {value: place for place, value in enumerate(values)}
    codes = pyarrow.array([places.get(value) for value in cells.values], pyarrow.int32())
    codes = codes.take(pyarrow.array(cells.codes))
    return pyarrow.DictionaryArray.from_arrays(codes, pyarrow.array(values, pyarrow.string()))


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
