"""One line of a table of interviews: its cells by column, and what they say beside the answers: who, where,
when, and how the interview was drawn.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from surveys.answers import clean
from surveys.importing.cells import BadCell, left_empty, short

_LONGEST_NAME = 80
_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
Value = TypeVar("Value")
_TIMES = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y年%m月%d日", "%Y年%m月%d日 %H:%M")


class Line:
    """The cells of one line by column, and what is wrong with them."""

    def __init__(self, columns: Mapping[str, int], headings: Mapping[str, str], cells: Sequence[str]) -> None:
        self.columns, self.headings, self.cells = columns, headings, cells
        self.problems: list[str] = []

    def wrong(self, name: str, words: str) -> None:
        """Note what is wrong in a column, by the heading that the file has for it."""
        heading = self.headings.get(name, name)
        at = f"{name} 列" if heading == name else f"“{short(heading)}”一列"
        self.problems.append(f"{at}：{words}")

    def cell(self, name: str) -> str:
        """The text, "" where there is no such column or nothing in it."""
        place = self.columns.get(name)
        return self.cells[place] if place is not None and place < len(self.cells) else ""

    def take(self, name: str, read: Callable[[str], Value | None]) -> Value | None:
        """What the cell means, None if it cannot be read or the file has no such column."""
        if name not in self.columns:
            return None
        try:
            text = self.cell(name)
            return read("" if left_empty(text) else text)
        except BadCell as problem:
            self.wrong(name, str(problem))
            return None


def respondent(text: str) -> str:
    """The key of somebody who has a name or number in the file."""
    written = clean(text)
    if not written:
        raise BadCell("受访者编号是空的，请补上。")
    key = f"x:{written}"
    return key if len(key) <= _LONGEST_NAME else hashed(written)


def hashed(text: str) -> str:
    """A key that is made of any text."""
    return "x:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def name(text: str) -> str | None:
    """A place, a stratum, an interviewer: as written, in one line."""
    written = clean(text).replace("\n", " ")
    if len(written) > _LONGEST_NAME:
        raise BadCell(f"最多 {_LONGEST_NAME} 个字。")
    return written or None


def weight(text: str) -> float | None:
    """The weight of the design, 0 or more."""
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found >= 0):
        raise BadCell(f"“{short(text)}”不是权重，请填 0 或更大的数。")
    return found


def moment(text: str) -> datetime | None:
    """A time; without a zone it is that of Asia/Shanghai."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _written(text)
    try:
        found = found if found.tzinfo else found.replace(tzinfo=_SHANGHAI)
        if found.timestamp() < 0:
            raise BadCell(f"“{short(text)}”太早了，请检查年份。")
    except OverflowError as error:
        raise BadCell(f"“{short(text)}”不是时间。") from error
    return found


def _written(text: str) -> datetime:
    for shape in _TIMES:
        try:
            return datetime.strptime(text, shape).replace(tzinfo=_SHANGHAI)
        except ValueError:
            continue
    raise BadCell(f"“{short(text)}”不是时间，请写成 2027-02-06 09:30。")
