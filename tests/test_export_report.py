"""The Word report: its layout, and sentences that say no more than was counted."""

import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt

from surveys.export.bars import chart_part
from surveys.export.report import write_report
from surveys.native import parse
from tests.exporting import interview, overview_of, people, stream, written


def opened(content: bytes) -> Any:
    return Document(io.BytesIO(content))


def texts(document: Any) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


async def test_the_layout_is_that_of_official_documents() -> None:
    document = opened(await written(write_report, people(40)))
    section = document.sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.left_margin)
    assert [round(size.mm) for size in sizes] == [210, 297, 37, 28]
    for name, font, size in (
        ("Title", "方正小标宋简体", 22),
        ("Heading 1", "黑体", 16),
        ("Heading 2", "楷体_GB2312", 16),
        ("Body Text", "仿宋_GB2312", 16),
    ):
        fonts = document.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
        assert not [attribute for attribute in fonts.attrib if "Theme" in attribute]
        assert document.styles[name].font.size == Pt(size)
    languages = {one.get(qn("w:eastAsia")) for one in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"zh-CN"}


async def test_the_sentences_are_the_counts() -> None:
    words = texts(opened(await written(write_report, people(40))))
    assert "截至2027年2月6日，“=2027春”共回收有效问卷 40 份。" in words
    assert (
        "=满意率 66.7%（95% 置信区间 48.8%–80.8%，问到 40 人）：有效回答 30 人，其中 20 人为正面。" in words
    )
    assert words.count("自己选择参加") >= 3


async def test_a_score_and_its_target_are_told_in_points() -> None:
    scale = parse("""
        id = "q"
        title = "问卷"
        [[question]]
        id = "one"
        type = "single"
        title = "满意吗？"
        options = [{code = "1", label = "很满意", score = 100}, {code = "2", label = "一般", score = 50}]
        [[indicator]]
        id = "score"
        title = "满意度"
        question = "one"
        rule = "score"
        target = 0.8
    """)
    given = [interview({"one": str(1 + place % 2)}, f"r{place:04d}") for place in range(40)]
    file = io.BytesIO()
    await write_report(file, await overview_of(given, scale), stream(given, scale))
    assert "满意度 75.0 分（满分 100 分" in (words := texts(opened(file.getvalue())))
    assert "本单位设定的目标为 80.0 分。" in words


def test_a_long_name_under_a_bar_is_cut() -> None:
    """Turned, it would take the room of the bars."""
    chart = chart_part(
        [("您对本县的文明创建工作总体上满意吗？", 0.5, 0.4, 0.6), ("知晓率", 0.5, 0.4, 0.6)]
    ).decode()
    assert "<c:v>您对本县的文明创建工作总体上满…</c:v>" in chart
    assert "<c:v>知晓率</c:v>" in chart


async def test_the_chart_is_native_and_holds_the_rates() -> None:
    content = await written(write_report, people(40))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        chart = package.read("word/charts/chart1.xml").decode()
        assert "/word/charts/chart1.xml" in package.read("[Content_Types].xml").decode()
    assert f"<c:v>{20 / 30!r}</c:v>" in chart
    assert "=满意率" in chart


@pytest.mark.parametrize("number", [0, 1, 3, 7])
async def test_a_wave_with_hardly_any_answers(number: int) -> None:
    words = texts(opened(await written(write_report, people(number))))
    assert f"共回收有效问卷 {number} 份" in words
    assert "少于 5 份的单元不显示" in words
    assert ("很宽" in words) == (number == 7)
    assert ("其中 " in words) == (number == 7)


async def test_many_groups_are_left_to_the_workbook() -> None:
    many = [replace(one, township=f"{place}镇") for place, one in enumerate(people(70))]
    overview = await overview_of(many)
    out = io.BytesIO()
    await write_report(out, overview, stream(many))
    assert "请看 Excel 工作簿" in texts(opened(out.getvalue()))
