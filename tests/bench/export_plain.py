"""The plain calls of libraries that the exports are measured beside: ready cells in, a file out."""

import csv
import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

PLAIN: Mapping[str, Sequence[str]] = {
    "csv": ("csv module", "polars write_csv"),
    "xlsx": ("xlsxwriter constant_memory", "openpyxl write_only"),
    "sav": ("pyreadstat write_sav",),
    "parquet": ("pyarrow write_table", "polars write_parquet"),
    "docx": ("python-docx",),
}
_LABELS = ("很满意", "比较满意", "不满意", "说不清")
_RATES = 13 * 15
"""Lines of the largest table that the report has."""


class Watch:
    """Seconds from here, on the clock and of the processor."""

    def __init__(self) -> None:
        self._clock, self._processor = time.perf_counter(), time.process_time()

    def spent(self) -> tuple[float, float]:
        """(seconds, seconds of the processor)."""
        return time.perf_counter() - self._clock, time.process_time() - self._processor


def resting() -> float:
    """MiB that the process holds now; its peak is counted anew from here."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def peak() -> float:
    """MiB that the process held at most since `resting`."""
    return max(_status("VmHWM"), 0.0)


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _rows(number: int, columns: int) -> Iterator[list[Any]]:
    """Cells as a spreadsheet would get them: a number first, then words; made as they are asked for."""
    pool = [[_LABELS[(place + shift) % 4] for place in range(columns - 1)] for shift in range(1000)]
    for place, words in enumerate(islice(cycle(pool), number), start=1):
        yield [place, *words]


def _csv(file: Path, headings: Sequence[str], rows: int) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(headings)
        writer.writerows(_rows(rows, len(headings)))


def _xlsxwriter(file: Path, headings: Sequence[str], rows: int) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, headings)
        for place, cells in enumerate(_rows(rows, len(headings)), start=1):
            sheet.write_row(place, 0, cells)


def _openpyxl(file: Path, headings: Sequence[str], rows: int) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(headings))
    for cells in _rows(rows, len(headings)):
        sheet.append(cells)
    book.save(file)


def _docx(file: Path, headings: Sequence[str], rows: int) -> None:
    from docx import Document

    document = Document()
    table = document.add_table(rows=_RATES, cols=5)
    for line in table.rows:
        for cell in line.cells:
            cell.text = "92.3%"
    document.save(str(file))


def _frame(headings: Sequence[str], rows: int) -> Any:
    import polars

    names = [f"v{place}" for place in range(len(headings))]
    return polars.DataFrame(list(_rows(rows, len(headings))), schema=names, orient="row")


def _polars_csv(file: Path, frame: Any) -> None:
    frame.write_csv(file, include_bom=True)


def _polars_parquet(file: Path, frame: Any) -> None:
    frame.write_parquet(file)


def _pyarrow(file: Path, frame: Any) -> None:
    from pyarrow import parquet

    parquet.write_table(frame.to_arrow(), file)


def _pyreadstat(file: Path, frame: Any) -> None:
    import pyreadstat

    pyreadstat.write_sav(frame, str(file), row_compress=True)


_STREAMED: Mapping[str, Callable[[Path, Sequence[str], int], None]] = {
    "csv module": _csv,
    "xlsxwriter constant_memory": _xlsxwriter,
    "openpyxl write_only": _openpyxl,
    "python-docx": _docx,
}
_WHOLE: Mapping[str, Callable[[Path, Any], None]] = {
    "polars write_csv": _polars_csv,
    "polars write_parquet": _polars_parquet,
    "pyarrow write_table": _pyarrow,
    "pyreadstat write_sav": _pyreadstat,
}


def measure(name: str, folder: Path, headings: Sequence[str], rows: int) -> tuple[float, float, float, float]:
    """Seconds, those of the processor, MiB beyond the ready cells, MiB of the file."""
    file = folder / "plain.xlsx"
    if name in _STREAMED:
        rest = resting()
        watch = Watch()
        _STREAMED[name](file, headings, rows)
    else:
        frame = _frame(headings, rows)
        rest = resting()
        watch = Watch()
        _WHOLE[name](file, frame)
    seconds, processor = watch.spent()
    return seconds, processor, peak() - rest, file.stat().st_size / 2**20
