"""Word files: what Word draws is read, what it hides is told, each doubt at its line."""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml import parse_xml

from surveys.importing.reading import read

_FORMATS = "http://schemas.openxmlformats.org"
_NAMESPACES = f'xmlns:w="{_FORMATS}/wordprocessingml/2006/main" xmlns:m="{_FORMATS}/officeDocument/2006/math"'
CHECK = "<w:r><w:fldChar><w:ffData><w:checkBox/></w:ffData></w:fldChar></w:r>"
LIST = (
    '<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="选择" w:value=""/>'
    '<w:listItem w:displayText="城关镇" w:value="1"/><w:listItem w:displayText="河口乡" w:value="2"/>'
    "</w:dropDownList></w:sdtPr><w:sdtContent><w:r><w:t>选择</w:t></w:r></w:sdtContent></w:sdt>"
)


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def paragraph(*inner: str) -> str:
    return f"<w:p>{''.join(inner)}</w:p>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def row(*cells: str, merged: str = "") -> str:
    """A row of cells, each text or XML of its own; the first one `merged` with those above or below."""
    inner = [cell if cell.startswith("<") else paragraph(run(cell)) for cell in cells]
    properties = [f"<w:tcPr>{merged}</w:tcPr>", *[""] * len(inner)]
    told = (f"<w:tc>{own}{one}</w:tc>" for own, one in zip(properties, inner, strict=False))
    return f"<w:tr>{''.join(told)}</w:tr>"


def word(*body: str) -> bytes:
    """A Word file with these paragraphs and tables."""
    document = Document()
    for inner in body:
        whole = inner if inner.startswith(("<w:tbl", "<w:p>")) else paragraph(inner)
        head, bracket, rest = whole.partition(">")
        element = parse_xml(f"{head} {_NAMESPACES}{bracket}{rest}")
        document.element.body.insert(len(document.element.body) - 1, element)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


READ: list[tuple[list[str], str, list[str]]] = [
    ([run("1. 有车吗"), CHECK + run("有") + CHECK + run("没有")], "有车吗", ["有", "没有"]),
    ([run("1. 住在哪"), LIST], "住在哪", ["城关镇", "河口乡"]),
    (
        [run("1. 年龄"), run("A.18") + "<w:r><w:noBreakHyphen/></w:r>" + run("60 B.61以上")],
        "年龄",
        ["18-60", "61以上"],
    ),
    (
        [run("1. 走") + "<m:oMath><m:r><m:t>≥3</m:t></m:r></m:oMath>" + run("公里吗"), run("A是 B否")],
        "走≥3公里吗",
        ["是", "否"],
    ),
    ([run("1. 甲吗"), table(row(table(row("A.春"), row("B.夏"))))], "甲吗", ["春", "夏"]),
    (
        [table(row("1.", paragraph(run("甲吗")) + paragraph(run("春")) + paragraph(run("夏天"))))],
        "甲吗",
        ["春", "夏天"],
    ),
]


@pytest.mark.parametrize(("body", "title", "options"), READ, ids=lambda one: str(one)[-12:])
def test_what_word_draws_is_read(body: list[str], title: str, options: list[str]) -> None:
    (item,) = read(word(*body), "a.docx").items
    assert (item.question.title, [one.label for one in item.question.options]) == (title, options)


def test_a_table_whose_rows_stand_in_groups() -> None:
    draft = read(
        word(
            run("1. 下列各项"),
            table(
                row("类别", "内容", "满意", "不满意"),
                row("环境", "公厕", "□", "□", merged='<w:vMerge w:val="restart"/>'),
                row("", "路灯", "□", "□", merged="<w:vMerge/>"),
            ),
        ),
        "a.docx",
    )
    (item,) = draft.items
    assert [one.label for one in item.question.rows] == ["环境：公厕", "环境：路灯"]
    assert [one.label for one in item.question.options] == ["满意", "不满意"]


HIDDEN = [
    (
        run("1. 甲") + f"<w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:ins>{run('吗')}</w:ins>",
        "甲吗",
        "没接受的修订",
    ),
    (run("1. 甲吗") + run("（内部）", "<w:vanish/>"), "甲吗", "隐藏的文字“（内部）”"),
    (run("1. 甲吗") + run("（删）", "<w:strike/>"), "甲吗（删）", "“（删）”划了删除线"),
]


@pytest.mark.parametrize(("inner", "title", "words"), HIDDEN, ids=["revised", "hidden", "struck"])
def test_what_word_hides_is_told_with_its_line(inner: str, title: str, words: str) -> None:
    draft = read(word(run("题名"), inner), "a.docx")
    assert [item.question.title for item in draft.items] == [title]
    assert [doubt.line for doubt in draft.doubts if words in doubt.message] == [2]


def test_a_footnote_is_told_where_it_belongs() -> None:
    plain = word(run("题名"), run("1. 甲吗") + '<w:r><w:footnoteReference w:id="7"/></w:r>')
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    added = {
        "[Content_Types].xml": f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>',
        "word/_rels/document.xml.rels": f'<Relationship Id="n" Target="footnotes.xml" '
        f'Type="{_FORMATS}/officeDocument/2006/relationships/footnotes"/></Relationships>',
    }
    note = f'<w:footnote w:id="7">{paragraph(run("红白事"))}</w:footnote>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            ending = added.get(name)
            new.writestr(name, text.rpartition(b"</")[0] + ending.encode() if ending else text)
        new.writestr("word/footnotes.xml", f"<w:footnotes {_NAMESPACES}>{note}</w:footnotes>")
    draft = read(out.getvalue(), "a.docx")
    assert [doubt.line for doubt in draft.doubts if "脚注没有导入：“红白事”" in doubt.message] == [2]
