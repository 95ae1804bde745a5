"""A short list as CSV, as spreadsheets in Chinese offices open it: UTF-8 with BOM, no cell that is run."""

import csv
import io
from collections.abc import Iterable, Sequence

from surveys.export.safe import safe


def csv_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """The rows, the headings first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return ("\ufeff" + text.getvalue()).encode()
