"""The workbook, read back with a library that did not write it."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from surveys.export.layout import words
from surveys.export.xlsx import MOST_ROWS, write_xlsx
from tests.exporting import HOSTILE, overview_of, people, rows_of, stream, written

SHEETS = [
    "说明与方法",
    "总体",
    "按乡镇",
    "按社区",
    "按渠道",
    "按人群",
    "按波次",
    "交叉表",
    "样本与加权",
    "质量",
    "数据",
    "码本",
]


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


async def test_the_cells_are_the_codes() -> None:
    given = people(40)
    book = opened(await written(write_xlsx, given))
    assert book.sheetnames == SHEETS
    rows = list(book["数据"].iter_rows(values_only=True))
    assert len(rows) == 41
    overview = await overview_of(given)
    assert rows[0] == tuple(column.heading for column in overview.columns)
    expected = await rows_of(overview, given)
    for got, cells in zip(rows[1:], expected, strict=True):
        plain = [cell.date() if isinstance(cell, datetime) else cell for cell in got]
        assert [cell.replace("_x005F_", "_") if isinstance(cell, str) else cell for cell in plain] == cells


async def test_nothing_is_a_formula_whatever_people_write() -> None:
    content = await written(write_xlsx, people(2 * len(HOSTILE)))
    for sheet in opened(content):
        assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        for name in package.namelist():
            part = package.read(name).decode()
            assert not re.search(r"<f[ >]", part), name
            assert "hyperlink" not in part, name
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", part), name


async def test_the_chart_takes_its_intervals_from_cells() -> None:
    content = await written(write_xlsx, people(40))
    sheet = opened(content)["总体"]
    lines = list(sheet.iter_rows(min_row=4, max_row=7, values_only=True))
    assert [line[0] for line in lines[:2]] == [words("=满意率"), "老年比例"]
    assert lines[0][4:9] == (40, 20, 30, 10, 0)
    rate, low, high, plus, minus = (lines[0][place] for place in (9, 10, 11, 19, 20))
    assert (rate, plus, minus) == (20 / 30, pytest.approx(high - rate), pytest.approx(rate - low))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        chart = package.read("xl/charts/chart1.xml").decode()
    assert "'总体'!$T$4:$T$5" in chart
    assert "$J$4:$J$5" in chart


async def test_every_sheet_of_rates_warns() -> None:
    book = opened(await written(write_xlsx, people(12)))
    for name in SHEETS[1:6]:
        assert "自己选择参加" in book[name]["A2"].value
    assert any("自己选择参加" in str(row[0]) for row in book["说明与方法"].iter_rows(values_only=True))
    assert ("one", "'@满意吗？", "1", "'=满意") in list(book["码本"].iter_rows(values_only=True))


@pytest.mark.parametrize("number", [0, 1, 3, 7])
async def test_a_wave_with_hardly_any_answers(number: int) -> None:
    book = opened(await written(write_xlsx, people(number)))
    assert book["数据"].max_row == number + 1
    reasons = {row[18] for row in book["总体"].iter_rows(min_row=4, values_only=True)}
    assert ("样本过少，不显示" in reasons) == (number < 5)
    assert any(f"{number} 份" in str(row[0]) for row in book["说明与方法"].iter_rows(values_only=True))


async def test_more_rows_than_a_sheet_holds_are_refused() -> None:
    overview = replace(await overview_of(people(1)), rows=MOST_ROWS + 1)
    with pytest.raises(ValueError, match="1,048,575"):
        await write_xlsx(io.BytesIO(), overview, stream([]))
