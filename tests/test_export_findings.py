"""What a workbook and a report say beside the rates: weighting, earlier waves, cross-tables, quality."""

import io
from collections import Counter
from typing import Any

import openpyxl
import pytest
from docx import Document

from bot.database import Database
from surveys.export import tables
from surveys.export.files import write_wave
from surveys.export.history import changes_since
from surveys.export.quality import quality_of
from surveys.export.sheets import LINE, height
from surveys.export.told import change_words
from surveys.judging import CAUTIONS
from surveys.results import wave_rates
from surveys.store import stream_interviews
from surveys.suppression import LEAST
from tests.exporting import overview_of_stored
from tests.sample_waves import MARGINS, sampled


async def test_the_findings_of_a_wave(database: Database) -> None:
    before = await sampled(database, "去年", 150, lean=0.5, days=-150)
    wave = await sampled(database, "今年", 250, lean=1.0)
    async with database.snapshot() as conn:
        overview = await overview_of_stored(conn, wave)
        assert overview.given is not None
        changes = await changes_since(conn, wave, overview.tallies["channel"], overview.given)
        document = await wave_rates(conn, wave, before=before)
        quality = await quality_of(conn, wave, overview.questionnaire)
        assert await changes_since(conn, before, overview.tallies["channel"], overview.given) == ()
        answers = [one.answers async for one in stream_interviews(conn, wave.id) if one.frame == "inside"]

    weighting = overview.weighting
    assert weighting is not None
    assert weighting.refused == ""
    assert {one.label for one in weighting.categories} == {name for one in MARGINS.values() for name in one}
    for one in weighting.categories:
        assert one.weighted is None or one.weighted == pytest.approx(one.wanted)
    assert weighting.effective < weighting.interviews == len(answers)

    compared = {entry["indicator"]: entry for entry in document["comparisons"]}
    assert [one.difference for one in changes] == [entry["difference"] for entry in compared.values()]
    assert [one.p for one in changes] == [entry["p"] for entry in compared.values()]
    assert all(one.p <= one.hochberg <= one.holm for one in changes)
    assert changes[0].wave == "去年"
    for one, entry in zip(changes, compared.values(), strict=True):
        assert one.weighted is not None
        assert one.weighted.difference == pytest.approx(entry["weighted"]["difference"])
        assert one.weighted.rate - one.weighted.before == pytest.approx(one.weighted.difference)
        assert one.weighted.holm == pytest.approx(entry["weighted"]["p_adjusted"])

    assert document["headline"] is not None
    for ours, entry in zip(overview.apart["headline"], document["headline"]["rates"], strict=True):
        assert ours["weighted"]["rate"] == pytest.approx(entry["weighted"]["rate"])
        assert ours["weighted"]["interval"] == pytest.approx(entry["weighted"]["interval"])

    table = next(one for one in overview.crosses if one.rows_title == "您的年龄是？")
    counted = Counter((one.get("age"), one.get("aware")) for one in answers)
    labels = {"2": "18到35岁", "3": "36到50岁", "4": "51到65岁"}
    shown = {row.label: row.counts for row in table.rows if row.counts is not None}
    assert shown
    for code, label in labels.items():
        if label in shown:
            assert shown[label] == tuple(counted[code, answer] for answer in ("1", "2", "9"))
    assert table.p is not None
    assert table.holm is not None
    assert table.p <= table.holm <= 1

    assert quality.counted == 250
    assert quality.marked is not None
    assert quality.steps[0].id == "age"


async def test_sheets_of_waves_with_hardly_any_answers(database: Database) -> None:
    for number in (0, 1, 3, 7):
        wave = await sampled(database, f"第{number}次", number, lean=1.0, weighted=number > 0)
        out = io.BytesIO()
        async with database.snapshot() as conn:
            await write_wave(conn, wave, "xlsx", out)
            overview = await overview_of_stored(conn, wave)
        book = openpyxl.load_workbook(out)
        told = "".join(str(cell.value) for row in book["样本与加权"].iter_rows() for cell in row)
        assert "没有加权" in told
        assert f"统计到 {number} 份" in "".join(str(row[0].value) for row in book["质量"].iter_rows())
        assert "没有更早的" in str(book["按波次"]["A4"].value)
        counts = [count for table in overview.crosses for row in table.rows for count in row.counts or ()]
        assert not any(0 < count < LEAST for count in counts)


def test_a_change_is_called_no_more_than_it_is() -> None:
    assert change_words(0.2, 0.06, same=True) == "看不出变化"
    assert change_words(-0.2, 0.04, same=True) == "降低"
    assert "慎比" in change_words(0.2, 0.001, same=False)


@pytest.mark.parametrize("weighted", [True, False])
async def test_a_file_judges_by_the_intervals_of_the_results(database: Database, weighted: bool) -> None:
    """The headline by its own weights, and the design that interviews brought without any margin."""
    wave = await sampled(database, "今年", 90, lean=2.0, weighted=weighted)
    async with database.snapshot() as conn:
        overview, document = await overview_of_stored(conn, wave), await wave_rates(conn, wave)
    pooled = tables.headline(overview)
    assert pooled is not None
    for lines, entries in (
        (pooled.lines, document["headline"]["rates"]),
        (tables.overall(overview).lines, document["rates"]),
    ):
        told = {(one["indicator"], one["dont_know_rule"]): one for one in entries}
        assert any(line.weighted for line in lines)
        for line in lines:
            entry = told[line.id, line.dont_know_rule]
            assert line.verdict == (entry["verdict_words"] or "")
            assert (line.weighted is None) == (entry["weighted"] is None)
            if line.weighted:
                assert line.weighted["interval"] == pytest.approx(entry["weighted"]["interval"])
                assert list(line.cautions) == [CAUTIONS[one] for one in entry["weighted"]["cautions"]]
    counted = overview.tallies["channel"]
    assert (overview.complete, overview.partial) == (counted.complete, counted.partial)
    assert overview.rows == 90 > overview.complete + overview.partial


async def test_groups_of_a_report_are_told_weighted_and_a_sheet_prints_what_is_read(
    database: Database,
) -> None:
    """Which groups can be told apart is judged by the weighted intervals: they stood in no table of it."""
    wave = await sampled(database, "今年", 90, lean=2.0)
    made = {}
    async with database.snapshot() as conn:
        for kind in ("docx", "xlsx"):
            made[kind] = io.BytesIO()
            await write_wave(conn, wave, kind, made[kind])
    document, book = Document(made["docx"]), openpyxl.load_workbook(made["xlsx"])
    said = [one.text for one in document.paragraphs]
    titles = [text for text in said if text.startswith("按渠道（")]
    assert titles
    assert all(title.endswith("下面是加权后的）") for title in titles)
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    shown = next(line for line in tables_of(book["按渠道"]) if line["加权比率"] is not None)
    assert any(f"加权 {shown['加权比率']:.1%}" in cell for cell in cells)
    assert "说明" in [cell.value for cell in book["按渠道"][3]]
    towns = book["按乡镇"]
    long = [row[19] for row in towns.iter_rows(min_row=4) if height(str(row[19].value or ""), 40) > 1]
    assert long
    assert all((towns.row_dimensions[cell.row].height or 0) >= 2 * LINE for cell in long)
    assert book["按渠道"].print_area == f"'按渠道'!$A$1:$T${book['按渠道'].print_area.rpartition('$')[2]}"


def tables_of(sheet: Any) -> list[dict[str, Any]]:
    """The lines of the first table of a sheet of rates, by heading."""
    names, *lines = sheet.iter_rows(min_row=3, values_only=True)
    return [dict(zip(names, line, strict=True)) for line in lines if line[2] is not None]
