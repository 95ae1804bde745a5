"""A wave with hardly any answers: every file is made, says how little it knows, and what it is not."""

import io
import re
import zipfile

import pyarrow.parquet
import pytest

from surveys.export.csv import write_csv
from surveys.export.parquet import write_parquet
from surveys.export.report import write_report
from surveys.export.sav import write_sav
from surveys.export.xlsx import write_xlsx
from surveys.terms import Terms
from tests.exporting import overview_of, people, stream

WARNING = "自己选择参加"
WRITERS = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "sav": write_sav,
    "parquet": write_parquet,
    "docx": write_report,
}


def words(kind: str, data: bytes) -> str:
    """What a reader of the file can find in it."""
    if kind in ("xlsx", "docx"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return "".join(
                package.read(name).decode() for name in package.namelist() if name.endswith(".xml")
            )
    if kind == "parquet":
        return str(pyarrow.parquet.read_schema(io.BytesIO(data)).metadata[b"notes"].decode())
    return data.decode("utf-8", "ignore")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "还没有收到答卷"),
        (1, "只收到 1 份答卷，少于 5 份"),
        (3, "只收到 3 份答卷，少于 5 份"),
        (7, "只收到 7 份答卷，区间很宽"),
    ],
)
async def test_every_file_is_made_and_says_how_little_it_knows(number: int, said: str) -> None:
    given = people(number)
    overview = await overview_of(given)
    notes = "\n".join(overview.notes())
    assert said in notes
    assert WARNING in notes
    for tally in overview.tallies.values():
        shown = [entry for entry in tally.rates() if not entry["suppressed"]]
        assert bool(shown) == (number >= 5)
    for kind, write in WRITERS.items():
        out = io.BytesIO()
        assert await write(out, overview, stream(given)) == number
        if kind != "csv":  # a table alone; the notes lie beside it
            found = words(kind, out.getvalue())
            assert said in found, kind
            assert WARNING in found, kind


async def test_files_keep_back_by_the_number_that_the_wave_has_sealed_and_name_it() -> None:
    given = people(7)
    overview = await overview_of(given, terms=Terms(least=8))
    assert all(entry["suppressed"] for tally in overview.tallies.values() for entry in tally.rates())
    for kind in ("xlsx", "docx"):
        out = io.BytesIO()
        await WRITERS[kind](out, overview, stream(given))
        found = words(kind, out.getvalue())
        assert "只收到 7 份答卷，少于 8 份" in found
        assert not re.search("(不足|不到|少于|至少有) 5 [份位人]", found)
