"""Several waves in one file: what is shared stands in one column, and a wave's rows are as in its own."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pyarrow.parquet
import pyreadstat
import pytest

from surveys.export.csv import write_csv
from surveys.export.joined import Joined, joined
from surveys.export.layout import Cell, Table
from surveys.export.overview import Overview, look_over
from surveys.export.parquet import write_parquet
from surveys.export.part import Part
from surveys.export.sav import write_sav
from surveys.export.xlsx import write_xlsx
from surveys.native import parse
from surveys.questionnaire import Questionnaire
from surveys.store import Interview
from tests.exporting import interview, parts_of, rows_of, stream, wave, written_rows

SINGLE = '[[question]]\nid = "{0}"\ntype = "{1}"\ntitle = "{2}"\noptions = [{3}]\n'
YES, NO, UNSURE = (
    '{code = "1", label = "满意"}',
    '{code = "2", label = "不满意"}',
    '{code = "9", label = "说不清"}',
)
NIGHT, DAY, BUS = (f'{{code = "{one[0]}", label = "{one[1]}"}}' for one in ("a夜", "b昼", "c车"))
HEAD = 'id = "q"\ntitle = "=问卷"\n'
FORMER = parse(
    HEAD
    + SINGLE.format("same", "single", "满意吗？", f"{YES}, {NO}")
    + SINGLE.format("codes", "single", "绿化呢？", f"{YES}, {NO}")
    + SINGLE.format("where", "multiple", "哪里？", f"{NIGHT}, {DAY}")
    + SINGLE.format("gone", "single", "=旧题", f"{YES}, {NO}")
)
LATTER = parse(
    HEAD
    + SINGLE.format("same", "single", "您满意吗？", f"{YES}, {NO}")
    + SINGLE.format("codes", "single", "绿化呢？", f"{YES}, {NO}, {UNSURE}")
    + SINGLE.format("where", "multiple", "哪里？", f"{NIGHT}, {DAY}, {BUS}")
    + SINGLE.format("wave", "single", "新题", f"{YES}, {NO}")
    + '[[question]]\nid = "words"\ntype = "text"\ntitle = "建议？"\n'
)
BEFORE = [
    interview({"same": "1", "codes": "2", "where": ["a"], "gone": "1"}, f"a{n}", township="东镇")
    for n in range(7)
]
BEFORE += [interview({"same": None}, "b", township="独村", design={"weight": 2.5})]
AFTER = [
    interview({"same": "2", "codes": "9", "where": ["b", "c"], "wave": "1", "words": "=谢谢"}, f"c{n}")
    for n in range(6)
]
WAVES: tuple[tuple[str, Questionnaire, list[Interview]], ...] = (
    ("2026秋", FORMER, BEFORE),
    ("=2027春", LATTER, AFTER),
)


async def both() -> tuple[Joined, list[Overview]]:
    found = [
        await look_over(wave(name), asked, stream(given, asked), rates=False, texts=True)
        for name, asked, given in WAVES
    ]
    return joined(found), found


async def parts() -> AsyncIterator[Part]:
    for place, (_, asked, given) in enumerate(WAVES):
        for part in parts_of(given, asked, wave=place):
            yield part


async def table() -> dict[str, list[Cell]]:
    made, _ = await both()
    rows = await written_rows(made, parts())
    return {column.name: [row[place] for row in rows] for place, column in enumerate(made.columns)}


async def test_a_question_of_the_same_codes_is_one_column_and_another_stands_apart() -> None:
    made, _ = await both()
    cells = await table()
    assert cells["wave"] == ["2026秋"] * 8 + ["'=2027春"] * 6
    assert cells["number"] == [*range(1, 9), *range(1, 7)]
    assert cells["same"] == [1] * 7 + [-98] + [2] * 6
    assert cells["codes"] == [-97] * 8 + [9] * 6
    assert cells["codes_2"] == [2] * 7 + [-97] + [-97] * 6
    assert cells["where_a"] == [1] * 7 + [-97] + [0] * 6
    assert cells["where_c"] == [-97] * 8 + [1] * 6
    assert cells["gone"] == [1] * 7 + [-97] + [-97] * 6
    assert cells["wave_2"] == [-97] * 8 + [1] * 6
    assert cells["words"] == ["-97"] * 8 + ["'=谢谢"] * 6
    titles = {column.name: column.title for column in made.columns}
    assert titles["same"] == "您满意吗？"
    assert titles["codes"] == "绿化呢？（只在=2027春）"
    assert titles["codes_2"] == "绿化呢？（只在2026秋）"
    notes = "\n".join(made.notes())
    assert "codes_2 绿化呢？（只在2026秋）" in notes
    assert "same 您满意吗？：各次的题目或选项文字不完全一样" in notes
    assert notes.count("自己选择参加") == 2


async def test_each_waves_rows_are_those_of_its_own_file() -> None:
    _, found = await both()
    cells = await table()
    first = 0
    for overview, (_, _, given) in zip(found, WAVES, strict=True):
        rows = await rows_of(overview, given)
        for place, column in enumerate(overview.columns):
            name = {"codes": "codes_2"}.get(column.name, column.name) if first == 0 else column.name
            name = "wave_2" if name == "wave" else name
            assert cells[name][first : first + len(rows)] == [row[place] for row in rows]
        first += len(rows)
    assert "独村" not in str(cells)
    assert cells["weight"] == [None] * 14


def read_csv(file: Path) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline=""))][1:]


def read_parquet(file: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pyarrow.parquet.read_table(file).to_pylist()]


def read_sav(file: Path) -> list[tuple[Any, ...]]:
    read, _ = pyreadstat.read_sav(file, output_format="dict", user_missing=True)
    return list(zip(*dict(read).values(), strict=True))


def read_xlsx(file: Path) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["说明与方法", "数据", "码本"]
    return list(book["数据"].iter_rows(min_row=2, values_only=True))


@pytest.mark.parametrize(
    ("write", "read"),
    [(write_csv, read_csv), (write_parquet, read_parquet), (write_sav, read_sav), (write_xlsx, read_xlsx)],
)
async def test_every_format_holds_all_waves(
    write: Callable[[BinaryIO, Table, AsyncIterator[Part]], Awaitable[int]],
    read: Callable[[Path], list[tuple[Any, ...]]],
    tmp_path: Path,
) -> None:
    made, _ = await both()
    file = tmp_path / "joined.xlsx"
    with file.open("wb") as out:
        assert await write(out, made, parts()) == made.rows == 14
    rows, cells = read(file), await table()
    names = [column.name for column in made.columns]
    for name in ("wave", "same", "codes", "codes_2", "words", "where_c"):
        got = [row[names.index(name)] for row in rows]
        assert [str(int(one)) if isinstance(one, float) else str(one) for one in got] == [
            *map(str, cells[name])
        ]
