"""Word files as offices have them: automatic numbers, pending revisions, boxes and notes."""

import io
from functools import cache

import pytest
from docx import Document as new_docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.reading import read_documents, read_text

LEVELS = (("chineseCountingThousand", "第%1条　"), ("chineseCounting", "（%2）"), ("decimal", "%2.%3 "))


def paragraph(xml: str) -> object:
    """A paragraph of this inner XML."""
    return parse_xml(f"<w:p {nsdecls('w')}>{xml}</w:p>")


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def numbered(level: int, text: str, number: int = 77) -> object:
    """A paragraph with an automatic number."""
    place = f'<w:ilvl w:val="{level}"/><w:numId w:val="{number}"/>'
    return paragraph(f"<w:pPr><w:numPr>{place}</w:numPr></w:pPr>{run(text)}")


def made(*paragraphs: object) -> bytes:
    """A file with these paragraphs and a list of three levels."""
    file = new_docx()
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/>'
        f'<w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, (kind, text) in enumerate(LEVELS)
    )
    numbering = file.part.numbering_part.element
    numbering.insert(
        0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>')
    )
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for one in paragraphs:
        file.element.body.insert(len(file.element.body) - 1, one)
    kept = io.BytesIO()
    file.save(kept)
    return kept.getvalue()


def test_automatic_numbers_are_written_out() -> None:
    data = made(
        paragraph(run("甲市办法")),
        numbered(0, "不得有下列行为："),
        numbered(1, "吵闹；"),
        numbered(1, "喧哗。"),
        numbered(0, "由有关部门处罚："),
        numbered(1, "警告；"),
        numbered(0, "自2026年1月1日起施行。"),
        numbered(0, "没有编号", number=0),
    )
    (parsed,) = read_documents(data, "a.docx")
    assert [(one.label, one.text) for one in parsed.document.articles] == [
        ("第一条", "不得有下列行为：\n（一）吵闹；\n（二）喧哗。"),
        ("第二条", "由有关部门处罚：\n（一）警告；"),
        ("第三条", "自2026年1月1日起施行。\n没有编号"),
    ]
    assert any("有6段的编号是 Word 自动编号" in doubt.message for doubt in parsed.doubts)


def test_pending_revisions_read_as_accepted_and_are_doubted() -> None:
    inserted = f'<w:ins w:id="1" w:author="a">{run("新写的")}</w:ins>'
    deleted = '<w:del w:id="2" w:author="a"><w:r><w:delText>旧的</w:delText></w:r></w:del>'
    moved = f'<w:moveFrom w:id="3" w:author="a">{run("移走的")}</w:moveFrom>'
    text, doubts = read_text(
        made(paragraph(run("第一条 ") + inserted + deleted + moved + run("。"))), "a.docx"
    )
    assert text == "第一条 新写的。"
    assert ["没接受的修订" in doubt.message for doubt in doubts] == [True]


def test_content_controls_are_read_and_boxes_named() -> None:
    control = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p>{run('第一条 甲。')}</w:p></w:sdtContent></w:sdt>"
    )
    box = paragraph(
        f"<w:r><w:pict><w:txbxContent><w:p>{run('框里')}</w:p></w:txbxContent></w:pict></w:r>{run('乙。')}"
    )
    text, doubts = read_text(made(control, box), "a.docx")
    assert text == "第一条 甲。\n乙。"
    assert ["文本框" in doubt.message for doubt in doubts] == [True]


@pytest.mark.parametrize("kind", ["w:br", "w:cr"])
def test_a_soft_break_ends_a_line(kind: str) -> None:
    text, doubts = read_text(made(paragraph(f"{run('甲')}<w:r><{kind}/></w:r>{run('乙')}")), "a.docx")
    assert (text, doubts) == ("甲\n乙", ())


@given(st.integers(0, 10_000), st.binary(max_size=40))
@settings(max_examples=25, deadline=None)
def test_a_damaged_file_is_read_or_refused_in_our_words(at: int, damage: bytes) -> None:
    data = sound()
    at %= len(data)
    broken = data[:at] + damage + data[at + len(damage) :]
    said = "“a.docx”"
    try:
        read_text(broken, "a.docx")
    except ValueError as refused:
        said = str(refused)
    assert said.startswith("“a.docx”")


@cache
def sound() -> bytes:
    """A file to damage."""
    return made(paragraph(run("第一条 甲。")), numbered(0, "乙。"))
