"""An uploaded .xlsx as sheets of texts: size, bombs and formulas are refused before anything is believed."""

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from surveys.importing.packages import BROKEN, Refused, broken, check_package

MOST_ROWS = 5_000
MOST_COLUMNS = 100
_LONGEST_CELL = 5_000


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a sheet: its number as Excel counts, and its texts by column name."""

    number: int
    cells: dict[str, str]

    def get(self, *names: str) -> str:
        """The first of these columns that is filled, or ""."""
        return next((self.cells[name] for name in names if self.cells.get(name)), "")


def read_sheets(data: bytes, name: str) -> dict[str, list[SheetRow]]:
    """Lower-case sheet name -> its rows under the first row's column names; ValueError speaks Chinese."""
    from openpyxl import load_workbook  # takes long to load and only this needs it

    check_package(data, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's remarks on styles are nothing for the office
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            return {sheet.title.strip().lower(): list(_rows(sheet, name)) for sheet in book.worksheets}
    except Refused:
        raise
    except BROKEN as error:
        raise broken(name) from error


def _rows(sheet: Any, name: str) -> Iterator[SheetRow]:
    columns: list[str] = []
    for at, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS), start=1):
        texts = [_text(cell, sheet.title, at, name) for cell in row]
        if at > MOST_ROWS and any(texts):
            raise Refused(f"“{name}”的“{sheet.title}”表超过 {MOST_ROWS} 行，不像一份问卷，请删去多余的行。")
        if not columns:
            columns = [text.strip().lower() for text in texts] if any(texts) else []
        elif any(texts):
            cells = {column: text for column, text in zip(columns, texts, strict=False) if column and text}
            yield SheetRow(at, cells)


def _text(cell: Any, sheet: str, row: int, name: str) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f" or not isinstance(value, str | int | float | bool):
        raise Refused(
            f"“{name}”的“{sheet}”表第 {row} 行有公式或日期，问卷里只能是文字；请粘贴为文字后再导入。"
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if len(text) > _LONGEST_CELL:
        raise Refused(f"“{name}”的“{sheet}”表第 {row} 行有一格超过 {_LONGEST_CELL} 字，请删短。")
    return text
