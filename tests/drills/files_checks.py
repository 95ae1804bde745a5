"""What LibreOffice, PSPP, DuckDB, pyreadstat and openpyxl find in the files of a wave."""

import csv
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import openpyxl
import pyreadstat
from docx import Document

if TYPE_CHECKING:
    from tests.drills.files import Made

ROWS = "数据"
RESOLUTION = 70
"""Dots an inch of the pictures."""
PAGES = 30
"""Nobody looks at the pages of a thousand rows."""


def _office(kind: str, file: Path, folder: Path, *more: str) -> Path:
    """LibreOffice's conversion of a file, in a profile of its own."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", *more, "--convert-to"]
        done = [*command, kind, "--outdir", str(folder), str(file)]
        subprocess.run(done, check=True, capture_output=True, timeout=600)
    return folder / f"{file.stem}.{kind.partition(':')[0]}"


def _pictures(pdf: Path) -> int:
    """The pages as PNG beside the file; how many."""
    subprocess.run(
        ["pdftoppm", "-png", "-r", str(RESOLUTION), "-l", str(PAGES), str(pdf), str(pdf.with_suffix(""))],
        check=True,
    )
    return len(list(pdf.parent.glob(f"{pdf.stem}-*.png")))


def _plain(cell: Any) -> Any:
    """A cell as the overview has it."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, float) and cell == int(cell):
        return int(cell)
    return "" if cell is None else cell


def _text(cell: Any) -> str:
    return "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)


def _equal(found: list[list[Any]], made: "Made", *, text: bool = False) -> None:
    expected = [[_text(cell) if text else _plain(cell) for cell in row] for row in made.cells]
    assert len(found) == len(expected), f"{len(found)} rows of {len(expected)}"
    for number, (got, cells) in enumerate(zip(found, expected, strict=True), start=1):
        assert got == cells, f"row {number}: {got} for {cells}"


def workbook_by_openpyxl(made: "Made") -> str:
    """Rows, rates, no formula, a chart on every sheet that compares."""
    return _workbook(made, made.file("xlsx"))


def workbook_by_libreoffice(made: "Made") -> str:
    """The same after LibreOffice has read and written it anew."""
    folder = made.folder / "again"
    folder.mkdir()
    return _workbook(made, _office("xlsx:Calc MS Excel 2007 XML", made.file("xlsx"), folder))


def _workbook(made: "Made", file: Path) -> str:
    book = openpyxl.load_workbook(file)
    formulas = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not formulas, f"{len(formulas)} formulas"
    with zipfile.ZipFile(file) as package:
        charts = [name for name in package.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
        bars = sum("errBars" in package.read(name).decode() for name in charts)
    shown = any(entry["rate"] is not None for entry in made.rates)
    assert bool(charts) == shown, f"{len(charts)} charts"
    assert bars == len(charts), "a chart without intervals"
    rows = [[_plain(cell) for cell in row] for row in book[ROWS].iter_rows(min_row=2, values_only=True)]
    _equal(rows[: len(made.cells)], made)
    return f"{_rates(made, book['总体'])} rates, {len(rows)} rows, 0 formulas, {len(charts)} charts"


def _rates(made: "Made", sheet: Any) -> int:
    """How many rates of the sheet are those of the results document."""
    first = next(row[0].row for row in sheet.iter_rows() if "总体结果" in str(row[0].value))
    names = next(sheet.iter_rows(first + 2, first + 2, values_only=True))
    headings = {str(cell): place for place, cell in enumerate(names)}
    wanted = {(one["question"], one["title"], one["dont_know_rule"]): one for one in made.rates}
    rules = {"不计入分母": "excluded", "计入分母": "not_counted_positive"}
    found = 0
    for row in sheet.iter_rows(min_row=first + 3, values_only=True):
        if row[0] is None:
            break
        key = (row[headings["题号"]], row[headings["指标"]], rules.get(row[headings["“说不清”"]]))
        if key not in wanted:
            continue
        entry = wanted[key]
        low, high = entry["interval"] or (None, None)
        names = ("问到人数", "分子", "分母", "说不清", "比率", "下限", "上限")
        values = [entry[name] for name in ("n", "numerator", "denominator", "dont_know", "rate")]
        for name, value in zip(names, [*values, low, high], strict=True):
            got = row[headings[name]]
            close = got is None if value is None else got is not None and abs(got - value) < 1e-9
            assert close, f"{key} {name}: {got} for {value}"
        found += 1
    assert found == len(wanted), f"{found} rates of {len(wanted)}"
    return found


def sheets_as_pictures(made: "Made") -> str:
    """Every sheet as a PDF of LibreOffice, and its pages as pictures to look at."""
    return f"{_pictures(_office('pdf', made.file('xlsx'), _folder(made, 'sheets')))} pages"


def spss_by_pyreadstat(made: "Made") -> str:
    """Rows, labels, missing codes, sets."""
    read: Any
    read, about = pyreadstat.read_sav(made.file("sav"), output_format="dict", user_missing=True)
    columns = [[_plain(cell) for cell in read[one.name]] for one in made.overview.columns]
    rows = [list(row) for row in zip(*columns, strict=True)]
    for row in rows:  # an empty design variable is nan here
        row[:] = ["" if cell != cell else cell for cell in row]
    _equal(rows, made)
    for column in made.overview.columns:
        labels = {
            str(_plain(code)): label
            for code, label in about.variable_value_labels.get(column.name, {}).items()
        }
        assert (
            labels == {code: label[:40] for code, label in column.labels.items()}
            or len("".join(column.labels.values())) > 40
        ), column.name
    return (
        f"{len(rows)} rows, {len(about.mr_sets)} sets, {len(about.variable_value_labels)} labelled variables"
    )


def spss_by_pspp(made: "Made") -> str:
    """The rows as PSPP writes them out again; its dictionary knows labels, missing codes and sets."""
    folder = _folder(made, "pspp")
    syntax = folder / "look.sps"
    names = " ".join(column.name for column in made.overview.columns)
    syntax.write_text(
        f"SET LOCALE='UTF-8'.\nGET FILE='{made.file('sav')}'.\nDISPLAY DICTIONARY.\n"
        "MRSETS /DISPLAY NAME=ALL.\n"
        f"SAVE TRANSLATE /OUTFILE='{folder}/rows.csv' /TYPE=CSV /KEEP={names}\n"
        " /FIELDNAMES /CELLS=VALUES /REPLACE.\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        ["pspp", "-O", "format=txt", "-o", str(folder / "look.txt"), str(syntax)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    said = (folder / "look.txt").read_text(encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in said + done.stdout + done.stderr, said
    with (folder / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    place = [column.name for column in made.overview.columns].index("day")
    for row in rows:
        month, day, year = row[place].split("/")
        row[place] = f"{year}-{month}-{day}"
        row[:] = ["" if cell == " " else cell for cell in row]
    _equal(rows, made, text=True)
    sets = {
        f"${one.question.id}"
        for one in made.overview.columns
        if one.question and one.question.type == "multiple"
    }
    assert "没有问到" in said
    assert all(name in said for name in sets), sets
    return f"{len(rows)} rows, dictionary without a warning"


def parquet_by_duckdb(made: "Made") -> str:
    """Rows and types."""
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{made.file('parquet')}'").fetchall()
        types = {
            row[1]
            for row in connection.execute(f"DESCRIBE SELECT * FROM '{made.file('parquet')}'").fetchall()
        }
    _equal([[_plain(cell) for cell in row] for row in found], made)
    return f"{len(found)} rows, {', '.join(sorted(types))}"


def csv_by_libreoffice(made: "Made") -> str:
    """Every cell as text, none a formula."""
    folder = _folder(made, "csv")
    file = _office("xlsx:Calc MS Excel 2007 XML", made.file("csv"), folder, "--infilter=CSV:44,34,76,1")
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    formulas = sum(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert formulas == 0, f"{formulas} formulas"
    rows = [[_plain(cell) for cell in row] for row in sheet.iter_rows(min_row=2, values_only=True)]
    for row in rows:
        row[:] = [cell.isoformat() if isinstance(cell, date) else str(cell) for cell in row]
    width = len(made.overview.columns)
    _equal([row[:width] for row in rows], made, text=True)
    return f"{len(rows)} rows, 0 formulas"


def report_by_libreoffice(made: "Made") -> str:
    """Word to PDF to pictures; the sentences are in the PDF, and count what was counted."""
    pdf = _office("pdf", made.file("docx"), _folder(made, "report"))
    pages = _pictures(pdf)
    text = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    flat = "".join(text.split())
    assert f"共回收有效问卷{made.overview.complete}份" in flat
    assert "自己选择参加" in flat
    for entry in made.rates:
        if entry["declared"] and entry["rate"] is not None and entry["rule"] == "top_box":
            assert f"{entry['title']}{entry['rate']:.1%}（95%置信区间" in flat, entry["title"]
    document = Document(str(made.file("docx")))
    charts = sum("c:chart" in paragraph._p.xml for paragraph in document.paragraphs)
    return f"{pages} pages, {len(document.tables)} tables, {charts} charts"


def _folder(made: "Made", name: str) -> Path:
    folder = made.folder / name
    folder.mkdir()
    return folder


CHECKS: Mapping[str, Callable[["Made"], str]] = {
    "xlsx by openpyxl": workbook_by_openpyxl,
    "xlsx by LibreOffice": workbook_by_libreoffice,
    "xlsx to pictures": sheets_as_pictures,
    "sav by pyreadstat": spss_by_pyreadstat,
    "sav by PSPP": spss_by_pspp,
    "parquet by DuckDB": parquet_by_duckdb,
    "csv by LibreOffice": csv_by_libreoffice,
    "docx by LibreOffice": report_by_libreoffice,
}
