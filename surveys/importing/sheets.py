"""The cells of a CSV file or a workbook's first sheet, line by line, as texts."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from surveys.importing.packages import BROKEN

Row = tuple[int, list[str]]
"""The line's number in the file, from 1, and its cells."""

LARGEST = 100 * 1024 * 1024
"""Bytes of a file that is read; a workbook may be ten times as large unpacked."""
_UNPACKED = 10 * LARGEST


class SheetError(ValueError):
    """The file cannot be read; the words say what to do."""


def read_sheet(
    name: str,
    content: bytes,
    *,
    indents: bool = False,
    unpacked: int = _UNPACKED,
    columns: int | None = None,
) -> Iterator[Row]:
    """The lines that have something in them; the format is told by the name. Raises SheetError.

    With `indents` the blanks in front of a text stay, and a cell that a workbook indents has them, too.
    Of a workbook so many bytes `unpacked` are read, and so many `columns`.
    """
    if len(content) > LARGEST:
        raise SheetError("文件超过 100 MB，请分成几个文件导入。")
    if name.lower().endswith(".csv"):
        return _read_csv(content, indents)
    if name.lower().endswith(".xlsx"):
        return _read_xlsx(content, indents, unpacked, columns)
    raise SheetError("只能导入 .csv 和 .xlsx 文件，请另存后再试。")


def _read_csv(content: bytes, indents: bool) -> Iterator[Row]:
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""))
    end = 0
    try:
        for cells in reader:
            start, end = end + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield start, [cell.rstrip() if indents else cell.strip() for cell in cells]
    except csv.Error as error:
        raise SheetError(f"第 {end + 1} 行附近的引号或单元格不对，请检查：{error}") from error


def _decoded(content: bytes) -> str:
    """UTF-8, or GB18030, in which spreadsheets in Chinese offices save a CSV unless told otherwise."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError("这个 CSV 的文字编码认不出来，请在表格软件里另存为“CSV UTF-8”再试。")


def _read_xlsx(content: bytes, indents: bool, unpacked: int, columns: int | None) -> Iterator[Row]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(part.file_size for part in package.infolist()) > unpacked:
                raise SheetError("工作簿展开后太大，请另存为 CSV UTF-8 再试。")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            lines = sheet.iter_rows(max_col=columns, values_only=not indents)
            for number, cells in enumerate(lines, start=1):
                texts = [_indented(cell) if indents else _text(cell) for cell in cells]
                if any(texts):
                    yield number, texts
        finally:
            book.close()
    except BROKEN as error:
        if isinstance(error, SheetError):
            raise
        raise SheetError("这个 .xlsx 打不开，请用表格软件另存后再试。") from error


def _indented(cell: Any) -> str:
    """A cell with its blanks and with the indent that the workbook shows it with."""
    if not isinstance(cell.value, str):
        return _text(cell.value)
    text = cell.value.rstrip()
    return " " * int(cell.alignment.indent if text and cell.alignment else 0) + text


def _text(cell: Any) -> str:
    """A cell as a person reads it: 3.0 is 3."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, date | datetime):
        return cell.isoformat()
    return str(cell).strip()
