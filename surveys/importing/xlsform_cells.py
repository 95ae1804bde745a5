"""What single cells of an XLSForm say: a label in Chinese, an option, yes."""

import re
from typing import cast, get_args

from surveys.importing.spreadsheet import SheetRow
from surveys.questionnaire import Option, Polarity

YES = frozenset(["yes", "true", "true()", "1", "是"])


def read_option(row: SheetRow, code: str) -> Option:
    polarity = row.get("polarity")
    score = row.get("score")
    number = float(score) if re.fullmatch(r"\d{1,3}(?:\.\d+)?", score) else None
    return Option(
        code,
        label_of(row, "label") or row.get("name", "value"),
        cast(Polarity, polarity) if polarity in get_args(Polarity) else None,
        number if number is not None and number <= 100 else None,
        row.get("exclusive").lower() in YES,
        row.get("other").lower() in YES,
    )


def label_of(row: SheetRow, *names: str) -> str:
    """The Chinese text of a column that may be given in several languages, else the plain or first one."""
    for name in names:
        found = {column: text for column, text in row.cells.items() if re.match(rf"{name}(?:::|$)", column)}
        chinese = (text for column, text in found.items() if re.search("zh|chinese|中文|汉语", column))
        if text := next(chinese, "") or found.get(name, "") or next(iter(found.values()), ""):
            return text
    return ""
