"""One wave as an Excel workbook: the rows are streamed into what `surveys.export.workbook` has made.

The small sheets and the charts are XlsxWriter's; the rows are streamed into the package afterwards, because a
library that keeps or re-reads them takes twenty times as long.
"""

import io
import re
import zipfile
from collections.abc import AsyncIterable
from datetime import date
from functools import partial
from html import escape
from itertools import repeat
from typing import BinaryIO

from surveys.export.layout import Cell, Table
from surveys.export.overview import Overview
from surveys.export.package import repacked
from surveys.export.part import Part
from surveys.export.workbook import letters, rows_workbook, workbook

MOST_ROWS = 1_048_575
"""Interviews that one sheet holds below its heading."""
_EPOCH = date(1899, 12, 30)
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


async def write_xlsx(out: BinaryIO, table: Table, parts: AsyncIterable[Part]) -> int:
    """Write the workbook; the number of rows. ValueError where a sheet cannot hold them."""
    if table.rows > MOST_ROWS:
        raise ValueError(
            f"一共有 {table.rows:,} 份答卷，Excel 一张表最多放 {MOST_ROWS:,} 份，请改用 csv、sav 或 parquet。"
        )
    made, name = workbook(table) if isinstance(table, Overview) else rows_workbook(table)
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        head, tail, styles = _split(package.read(name).decode(), len(table.columns), table.rows)
    with repacked(made, out, skip=name) as package, package.open(name, "w", force_zip64=True) as part:
        part.write(head.encode())
        row = 1
        places = [letters(place) for place in range(len(table.columns))]
        async for columns in table.cells_of(parts):
            numbers = range(row + 1, row + 1 + len(columns[0].codes))
            cells = [
                [
                    f'<c r="{letter}{number}{rest}' if rest else ""
                    for number, rest in zip(numbers, column.told(partial(_rest, style)).listed(), strict=True)
                ]
                for letter, style, column in zip(places, styles, columns, strict=True)
            ]
            rows = [f'<row r="{number}">' for number in numbers]
            part.write("".join(map("".join, zip(rows, *cells, repeat("</row>")))).encode())
            row += len(numbers)
        part.write(tail.encode())
    return row - 1


def _split(sheet: str, columns: int, rows: int) -> tuple[str, str, list[str]]:
    """What comes before the rows and after them, and the style of each column, read off a row of samples."""
    samples = re.search(r'<row r="2".*?</row>', sheet, re.S)
    assert samples is not None  # noqa: S101
    styles = re.findall(r's="(\d+)"', samples[0])
    head = sheet[: samples.start()]
    whole = f"A1:{letters(columns - 1)}{rows + 1}"
    head = re.sub('<dimension ref="[^"]*"/>', f'<dimension ref="{whole}"/>', head)
    return head, sheet[samples.end() :], styles


def _rest(style: str, cell: Cell) -> str:
    """A cell behind the number of its row; "" where it is left out."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = escape(_ESCAPED.sub("_x005F_", cell), quote=False)
        return f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    number = (cell - _EPOCH).days if isinstance(cell, date) else cell
    return f'" s="{style}"><v>{number!r}</v></c>'
