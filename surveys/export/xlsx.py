"""One wave as an Excel workbook: the rows are streamed into what `surveys.export.workbook` has made.

The small sheets and the charts are XlsxWriter's; the rows are streamed into the package afterwards, because a
library that keeps or re-reads them takes twenty times as long.
"""

import io
import re
import zipfile
from collections.abc import AsyncIterable
from datetime import date
from functools import lru_cache
from html import escape
from typing import BinaryIO

from surveys.export.overview import Overview
from surveys.export.package import repacked
from surveys.export.workbook import letters, workbook
from surveys.store import Interview

MOST_ROWS = 1_048_575
"""Interviews that one sheet holds below its heading."""
_REPEATED = 40
"""Longer texts are not kept for the next cell."""
_EPOCH = date(1899, 12, 30)
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


async def write_xlsx(out: BinaryIO, overview: Overview, interviews: AsyncIterable[Interview]) -> int:
    """Write the workbook; the number of rows. ValueError where a sheet cannot hold them."""
    if overview.rows > MOST_ROWS:
        raise ValueError(
            f"这次调查有 {overview.rows:,} 份答卷，Excel 一张表最多放 {MOST_ROWS:,} 份，"
            "请改用 csv、sav 或 parquet。"
        )
    made, name = workbook(overview)
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        head, tail, styles = _split(package.read(name).decode(), len(overview.columns), overview.rows)
    with repacked(made, out, skip=name) as package, package.open(name, "w", force_zip64=True) as part:
        part.write(head.encode())
        row, waiting = 1, []
        places = [letters(place) for place in range(len(overview.columns))]
        async for cells in overview.rows_of(interviews):
            row += 1
            waiting.append(f'<row r="{row}">')
            for letter, style, cell in zip(places, styles, cells, strict=True):
                if cell is not None:
                    waiting.append(f'<c r="{letter}{row}" s="{style}"{_value(cell)}</c>')
            waiting.append("</row>")
            if len(waiting) > 20_000:
                part.write("".join(waiting).encode())
                waiting.clear()
        part.write("".join(waiting).encode())
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


def _value(cell: int | float | str | date) -> str:
    """The rest of a cell's opening tag, and its content."""
    return _written(cell) if isinstance(cell, str) and len(cell) > _REPEATED else _known(cell)


@lru_cache(maxsize=20_000)
def _known(cell: int | float | str | date) -> str:
    """Codes, places and days come again and again."""
    return _written(cell)


def _written(cell: int | float | str | date) -> str:
    if isinstance(cell, str):
        text = escape(_ESCAPED.sub("_x005F_", cell), quote=False)
        return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'
    number = (cell - _EPOCH).days if isinstance(cell, date) else cell
    return f"><v>{number!r}</v>"
