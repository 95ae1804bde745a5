"""The file formats an office has, and plain words for those it should convert first."""

import contextlib
import io
import json
import zipfile

import pytest
from docx import Document as new_docx
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.document import Document, Doubt
from content.rules.reading import LARGEST_FILE, read_documents, read_text
from tests.pdf_samples import pdf
from tests.rules_world import sample

TEXT = "甲市办法\n第一条 为了安静。\n第二条 有下列行为的：\n（一）吵闹；\n（二）喧哗。"


def titles_and_words(data: bytes, name: str) -> tuple[str, list[str]]:
    (parsed,) = read_documents(data, name)
    return parsed.document.title, [article.text for article in parsed.document.articles]


WORDS = ["为了安静。", "有下列行为的：\n（一）吵闹；\n（二）喧哗。"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_the_usual_encodings(encoding: str) -> None:
    assert titles_and_words(TEXT.encode(encoding), "办法.TXT") == ("甲市办法", WORDS)


def test_a_word_file_with_a_table_and_soft_breaks() -> None:
    file = new_docx()
    file.add_paragraph("甲市办法")
    file.add_paragraph("第一条 为了安静。")
    table = file.add_table(rows=1, cols=1)
    table.cell(0, 0).text = "第二条 有下列行为的："
    file.add_paragraph("（一）吵闹；\n（二）喧哗。")
    kept = io.BytesIO()
    file.save(kept)
    assert titles_and_words(kept.getvalue(), "办法.docx") == ("甲市办法", WORDS)


def test_a_web_page_gives_its_visible_words() -> None:
    lines = "".join(f"<p>&nbsp;{line}</p>" for line in TEXT.split("\n"))
    head = "<html><head><title>门户</title><meta charset=gbk><style>p{}</style></head><body>"
    page = f"{head}{lines}<script>x</script>"
    assert titles_and_words(page.encode("gb18030"), "a.html") == ("甲市办法", WORDS)
    assert titles_and_words(page.replace("gbk", "utf-8").encode(), "a.htm") == ("甲市办法", WORDS)


def test_articles_line_by_line_become_documents() -> None:
    rows = [
        {"document": "甲法", "article": "第五十四条", "text": "甲。\n\n乙。", "id": 1},
        {"document": "乙法", "article": "第三条之一", "text": "丙。"},
        {"document": "甲法", "article": "五十五", "text": "丁。"},
        {"document": "甲法", "article": "第五十六条", "text": ""},
    ]
    first, second = read_documents("\n".join(json.dumps(row) for row in rows).encode(), "a.jsonl")
    assert [(article.number, article.text) for article in first.document.articles] == [
        (54, "甲。\n乙。"),
        (56, ""),
    ]
    assert [(article.number, article.label) for article in second.document.articles] == [(3, "第三条之一")]
    assert [doubt.line for doubt in first.doubts if "没有导入" in doubt.message] == [3]


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"x", "a.doc", "另存为 .docx"),
        (b"x", "a.wps", "另存为 .docx"),
        (b"x", "a.pdf", "已损坏"),
        (pdf([[]] * 3), "a.pdf", "扫描的图片"),
        (pdf([["第一条 甲。"]], password="open"), "a.pdf", "打开密码"),
        (b"x", "a.ofd", "另存为 .docx 或"),
        (b"x", "a.JPG", "文字识别"),
        (b"\xd0\xcf\x11\xe0 x", "a.docx", "旧的 .doc"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "打开密码"),
        (b"x" * (50 * 1024 * 1024), "a.pdf", "20 MB"),
        (b"x", "a.exe", "不认识"),
        (b"x", "a.docx", "已损坏"),
        (b"\0\1\2\3", "a.txt", "无法识别"),
        (b"x" * (LARGEST_FILE + 1), "a.txt", "20 MB"),
        (b"{}", "a.jsonl", "第1行"),
        (b'{"document": 1, "article": "", "text": ""}', "a.jsonl", "都是文字"),
        (b"\n", "a.jsonl", "没有条文"),
    ],
)
def test_what_cannot_be_read_is_explained(data: bytes, name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_documents(data, name)


def test_a_zip_that_is_no_word_file_is_explained() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("word/document.xml", "<a>")
    with pytest.raises(ValueError, match="已损坏"):
        read_documents(kept.getvalue(), "a.docx")


@given(st.binary(max_size=300), st.sampled_from(["a.txt", "a.md", "a.html", "a.docx", "a.pdf", "a.jsonl"]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    with contextlib.suppress(ValueError):
        assert read_documents(data, name)


def as_docx(lines: list[str]) -> bytes:
    """A Word file with a paragraph a line."""
    file = new_docx()
    for line in lines:
        file.add_paragraph(line)
    kept = io.BytesIO()
    file.save(kept)
    return kept.getvalue()


def lines_of(document: Document) -> list[str]:
    """A regulation as its lines."""
    lines, chapter = [document.title, *document.notes], ""
    for article in document.articles:
        if article.chapter != chapter:
            chapter = article.chapter
            lines.append(chapter)
        first, *rest = article.text.split("\n")
        lines += [f"{article.label}　{first}", *rest]
    return lines


def broken(lines: list[str], width: int, length: int) -> list[list[str]]:
    """The pages of a gazette: lines cut at the page's width, a header and a number on every page."""
    rows = [line[at : at + width] for line in lines for at in range(0, len(line), width)]
    cut = [rows[at : at + length] for at in range(0, len(rows), length)]
    return [["云溪市公报", *page, f"— {number} —"] for number, page in enumerate(cut, 1)]


def test_every_format_of_one_text_gives_the_same_articles() -> None:
    lines = lines_of(sample())
    page = "<html><body>" + "".join(f"<p>　　{line}</p>" for line in lines) + "</body></html>"
    files = {
        "a.txt": "\n".join(lines).encode(),
        "a.html": page.encode(),
        "a.docx": as_docx(lines),
        "a.wps": as_docx(lines),
        "a.pdf": pdf(broken(lines, 31, 28)),
    }
    for name, data in files.items():
        (parsed,) = read_documents(data, name)
        assert parsed.document.title == sample().title
        found = [(one.label, one.chapter, one.text) for one in parsed.document.articles]
        wanted = [(one.label, one.chapter, one.text) for one in sample().articles]
        if name == "a.pdf":  # where a sentence ends with the line, only a person can tell
            differ = sum(one != other for one, other in zip(found, wanted, strict=True))
            assert differ <= sum("正好写满" in doubt.message for doubt in parsed.doubts) <= 8
            found, wanted = (
                [(*one[:2], one[2].replace("\n", "")) for one in each] for each in (found, wanted)
            )
        assert found == wanted, name
        assert parsed.document.effective == sample().effective


def test_a_pdf_says_what_it_left_out_and_what_it_is_not_sure_of() -> None:
    long = "第一条应当遵守下列规定，保持安静，互相礼让。"
    pages = [["公报", long, "违者批评教育。", "1"], ["公报", "⽂明⼈⺠⻋⻔。", "2"], []]
    text, doubts = read_text(pdf(pages), "a.pdf")
    assert text.split("\n") == [long, "违者批评教育。", "文明人民车门。"]
    assert [(doubt.line, doubt.message[:12]) for doubt in doubts] == [
        (1, "第3页没有文字，可能是扫"),
        (1, "已去掉页眉、页脚和页码："),
        (2, "上一段正好写满一行，这里"),
    ]
    assert isinstance(doubts[0], Doubt)


def test_a_pdf_with_only_an_owner_password_is_read() -> None:
    text, _ = read_text(pdf([["第一条 甲甲甲甲甲甲甲甲甲甲。"]], owner="keep"), "a.pdf")
    assert text == "第一条甲甲甲甲甲甲甲甲甲甲。"
