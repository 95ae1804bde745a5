"""Word files, XLSForm, SurveyJS and 问卷星 text: there and back, and what a bad file is told."""

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import OxmlElement, parse_xml
from hypothesis import given, settings
from openpyxl import Workbook, load_workbook

from surveys import native
from surveys.conditions import Condition
from surveys.importing import reading, spreadsheet
from surveys.importing.draft import Draft
from surveys.importing.reading import read
from surveys.importing.wjx import write_text
from surveys.importing.xlsform_writing import write_xlsform
from surveys.questionnaire import Option, Question, Questionnaire, to_dict
from tests.questionnaire_samples import questionnaires


@settings(max_examples=40, deadline=None)
@given(questionnaires())
def test_every_questionnaire_survives_xlsform_and_toml(questionnaire: Questionnaire) -> None:
    survives_xlsform_and_toml(questionnaire)


def survives_xlsform_and_toml(questionnaire: Questionnaire) -> None:
    """Equal, and nothing doubted."""
    draft = read(write_xlsform(questionnaire), "form.xlsx")
    assert draft.questionnaire("x") == questionnaire
    assert draft.doubts == ()
    again = read(native.to_toml(questionnaire).encode(), "form.toml")
    assert (again.questionnaire("x"), again.doubts) == (questionnaire, ())


def test_a_form_that_somebody_changed_is_read_as_it_stands() -> None:
    questionnaire = native.parse(
        'id = "q"\ntitle = "题"\n[[question]]\nid = "a"\ntype = "single"\ntitle = "甲"\nshuffle = true\n'
        'options = [{code = "x", label = "春"}, {code = "y", label = "夏"}]\n[[quota]]\nid = "n"\nlimit = 9\n'
    )
    book = load_workbook(io.BytesIO(write_xlsform(questionnaire)))
    book["survey"]["C2"] = "乙"
    changed = read(saved(book), "form.xlsx")
    assert [one.title for one in changed.questionnaire("x").questions] == ["乙"]
    assert changed.questionnaire("x").quotas == ()
    assert ["配额" in doubt.message for doubt in changed.doubts] == [True]
    for hidden in ("|[1]|", "|" + "[" * 900 + "|", "|{}|", "|", ""):
        book["native"]["A2"] = hidden
        assert read(saved(book), "form.xlsx").questionnaire("x").quotas == ()


@settings(max_examples=80, deadline=None)
@given(questionnaires(plain=True))
def test_a_plain_questionnaire_survives_the_paste_text(questionnaire: Questionnaire) -> None:
    survives_the_paste_text(questionnaire)


def survives_the_paste_text(questionnaire: Questionnaire) -> None:
    """Equal, and no loss told."""
    written = write_text(questionnaire)
    assert written.losses == ()
    assert read(written.text.encode(), "form.txt").questionnaire("sample") == questionnaire


@settings(max_examples=30, deadline=None)
@given(questionnaires())
def test_what_the_paste_text_cannot_hold_is_told(questionnaire: Questionnaire) -> None:
    loses_nothing_in_silence(questionnaire)


def loses_nothing_in_silence(questionnaire: Questionnaire) -> None:
    """What did not come back is told."""
    written = write_text(questionnaire)
    back = read(written.text.encode(), "form.txt").questionnaire(questionnaire.id)
    names = {old.id: new.id for old, new in zip(questionnaire.questions, back.questions, strict=False)}
    same = all(
        (old.type, old.title, old.options, old.rows, old.min, old.max, old.metric, old.unit, old.shuffle)
        == (new.type, new.title, new.options, new.rows, new.min, new.max, new.metric, new.unit, new.shuffle)
        and (old.show_if is None) == (new.show_if is None)
        for old, new in zip(questionnaire.questions, back.questions, strict=False)
    )
    beyond = bool(questionnaire.quotas or questionnaire.inside or questionnaire.paging != back.paging)
    assert (same and not beyond and len(names) == len(questionnaire.questions)) or written.losses


def test_losses_of_the_paste_text_name_the_question() -> None:
    questionnaire = native.parse(
        'id = "q"\ntitle = "题"\n[[question]]\nid = "a"\ntype = "single"\ntitle = "甲\\n乙"\n'
        'options = [{code = "x", label = "春"}, {code = "y", label = "夏", exclusive = true}]\n'
        '[[question]]\nid = "b"\ntype = "text"\ntitle = "丙"\nmax = 20\n'
    )
    assert write_text(questionnaire).losses == (
        "a：题干、选项代码、单独选没有写进去，或读回来不一样。",
        "b：选几项或范围没有写进去，或读回来不一样。",
    )


def test_a_scale_with_two_named_ends_survives_the_paste_text() -> None:
    options = tuple(
        Option(str(at), label, score=25.0 * (at - 1))
        for at, label in enumerate(["很差", "2", "3", "4", "很好"], 1)
    )
    questionnaire = Questionnaire("q", "题名", (Question("q1", "scale", "春夏", options, min=1, max=5),))
    written = write_text(questionnaire)
    assert written.losses == ()
    assert read(written.text.encode(), "a.txt").questionnaire("q") == questionnaire


def saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_word_file_with_drawn_numbers_boxes_blanks_and_a_table() -> None:
    document = Document()
    document.add_paragraph("社区问卷")
    document.add_paragraph("您住在哪里？", style="List Number")
    boxes = document.add_paragraph()
    for label in ("城区", "乡镇"):
        run = boxes.add_run()
        run._r.append(OxmlElement("w:sym"))
        boxes.add_run(label)
    document.add_paragraph("请评价下面几项", style="List Number")
    table = document.add_table(3, 3)
    for row, cells in enumerate((("项目", "满意", "不满意"), ("路灯", "□", "□"), ("公园", "", ""))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    gap = document.add_paragraph("您的年龄", style="List Number")
    gap.add_run("      ").underline = True
    document.add_paragraph("您还想说什么？", style="List Number")
    box = parse_xml(
        '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:pict>'
        "<w:txbxContent><w:p><w:r><w:t>框里的话</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>"
    )
    document.add_paragraph("")._p.append(box)
    document.sections[0].header.paragraphs[0].text = "内部资料"
    draft = read(saved(document), "a.docx")
    kinds = [(item.question.type, item.question.title) for item in draft.items]
    assert kinds[:3] == [("single", "您住在哪里？"), ("matrix", "请评价下面几项"), ("text", "您的年龄____")]
    assert [row.label for row in draft.items[1].question.rows] == ["路灯", "公园"]
    words = " ".join(doubt.message for doubt in draft.doubts) + " ".join(title for _, title in kinds)
    assert "框里的话" in words
    assert "内部资料" in words


def form(*rows: tuple[str, ...], choices: tuple[tuple[str, ...], ...] = ()) -> bytes:
    """An XLSForm as its users write it."""
    book = Workbook()
    survey = book.active
    survey.title = "survey"
    columns = (
        "type name label::English|(en) label::中文|(zh) required relevant constraint appearance parameters"
    )
    survey.append([column.replace("|", " ") for column in columns.split(" ")])
    for row in rows:
        survey.append(list(row))
    sheet = book.create_sheet("choices")
    sheet.append(["list_name", "name", "label"])
    for row in choices:
        sheet.append(list(row))
    return saved(book)


YES = (("yn", "yes", "是"), ("yn", "no", "否"), ("yn", "no answer", "不好说"))
OK = (("yn", "yes", "是"), ("yn", "no", "否"))


def test_an_xlsform_from_elsewhere() -> None:
    draft = read(
        form(
            ("start", "start"),
            ("begin_group", "part", "Part", "第一部分", "", "${heard} = 'yes'"),
            ("select_one yn", "heard", "Heard?", "听说过吗？", "yes"),
            (
                "select_multiple yn or_other",
                "more",
                "More",
                "还有呢？",
                "",
                "${heard} != 'no'",
                "count-selected(.) <= 2",
            ),
            ("integer", "age", "Age", "年龄", "yes", "", ". >= 18 and . <= 65"),
            ("range", "score", "Score", "打分", "", "", "", "", "start=1 end=5 step=1"),
            (
                "text",
                "why",
                "Why",
                "为什么",
                "",
                "selected(${more}, 'yes') or selected(${heard}, 'no')",
                "regex(., 'x')",
            ),
            ("end_group",),
            ("geopoint", "where", "Where", "位置"),
            ("calculate", "sum", "", ""),
            ("note", "bye", "Bye", "谢谢"),
            choices=OK,
        ),
        "form.xlsx",
    )
    told = {item.question.id: item.question for item in draft.items}
    assert [(one.type, one.title) for one in told.values()] == [
        ("section", "第一部分"), ("single", "听说过吗？"), ("multiple", "还有呢？"), ("number", "年龄"),
        ("scale", "打分"), ("text", "为什么"), ("section", "谢谢"),
    ]  # fmt: skip
    assert told["more"].show_if == Condition("heard", ("yes",))
    assert [option.code for option in told["more"].options] == ["yes", "no", "other"]
    assert (told["more"].max, told["age"].min, told["age"].max, told["age"].required) == (2, 18, 65, True)
    doubts = " ".join(f"{doubt.line}{doubt.message}" for doubt in draft.doubts)
    for words in ("geopoint", "位置", "计算和隐藏", "regex", "一个条件写不下"):
        assert words in doubts


def test_xlsform_names_that_ours_cannot_be() -> None:
    draft = read(
        form(
            ("select_one yn", "第一题", "", "听说过吗？"),
            ("text", "channel", "", "为什么", "", "${第一题} = 'no answer'"),
            ("rank yn", "r", "", "排一排"),
            ("begin_group", "g", "", "评价", "", "", "", "field-list table-list"),
            ("select_one yn", "g_1", "", "路灯"),
            ("select_one yn", "g_2", "", "公园"),
            ("end_group",),
            ("begin_group", "h", "", "混合", "", "", "", "table-list"),
            ("select_one yn", "h_1", "", "桥"),
            ("text", "h_2", "", "船"),
            ("end_group",),
            choices=YES,
        ),
        "form.xlsx",
    )
    told = [item.question for item in draft.items]
    assert [one.id for one in told] == ["q1", "q2", "r", "g", "h", "h_1", "h_2"]
    assert told[1].show_if == Condition("q1", ("3",))
    assert [row.label for row in told[3].rows] == ["路灯", "公园"]
    assert told[2].type == "ranking"
    questionnaire = draft.questionnaire("x")
    assert native.parse(native.to_toml(questionnaire)) == questionnaire


SURVEYJS = Path(__file__).parent / "data" / "import" / "surveyjs.json"


def surveyjs(data: Any) -> Draft:
    return read(json.dumps(data, ensure_ascii=False, indent=1).encode(), "form.json")


def test_xlsform_settings_and_indicators_that_do_not_fit() -> None:
    choices = (*OK, ("yn", "other", "别的"))
    given_form = form(("select_one yn or_other", "q", "", "好吗？"), choices=choices)
    book = load_workbook(io.BytesIO(given_form))
    settings = book.create_sheet("settings")
    settings.append(["form_title", "form_id"])
    settings.append(["题名", "有 空格"])
    indicators = book.create_sheet("indicators")
    indicators.append(["id", "question", "rule"])
    indicators.append(["rate", "q", "top_box"])
    indicators.append(["rate", "nowhere", "top_box"])
    draft = read(saved(book), "form.xlsx")
    assert (draft.title, draft.id, draft.indicators) == ("题名", "", ())
    assert [option.code for option in draft.items[0].question.options] == ["yes", "no", "other", "other_2"]
    doubts = " ".join(doubt.message for doubt in draft.doubts)
    for words in ("不能直接用，改用文件名", "没有正面（positive）的选项", "没有编号为 nowhere 的题"):
        assert words in doubts


def test_a_surveyjs_definition() -> None:
    draft = read(SURVEYJS.read_bytes(), SURVEYJS.name)
    told = {item.question.id: item.question for item in draft.items}
    assert (draft.title, draft.consent, draft.closing) == ("文明小调查", "匿名填写", "谢谢您")
    assert [one.type for one in told.values()] == [
        "section", "single", "multiple", "scale", "single", "section", "number", "text", "matrix", "ranking",
        "section", "text",
    ]  # fmt: skip
    assert told["know"].metric == "awareness"
    assert told["where"].show_if == Condition("know", ("y",))
    assert [option.exclusive for option in told["where"].options] == [False, False, True]
    assert told["rate"].show_if == Condition("know", ("y", "n"))
    assert [option.label for option in told["rate"].options] == ["差", "2", "3", "4", "5"]
    assert told["say"].show_if == Condition("rate", ("4", "5"))
    doubts = " ".join(doubt.message for doubt in draft.doubts)
    assert "signaturepad" in doubts
    assert "{know} = 'y' and {agree} = true" in doubts
    lines = SURVEYJS.read_text("utf-8").split("\n")
    assert all(doubt.line == 1 or '"name"' in lines[doubt.line - 1] for doubt in draft.doubts)
    questionnaire = draft.questionnaire("x")
    assert native.parse(native.to_toml(questionnaire)) == questionnaire


def test_odd_surveyjs_is_put_right_or_told() -> None:
    draft = surveyjs(
        {
            "elements": [
                {"type": "radiogroup", "name": "a", "title": "甲", "choices": ["只有一个"]},
                {"type": "rating", "name": "b", "title": "乙", "rateMax": 100},
                {"type": "rating", "name": "c", "title": "丙", "rateValues": ["好", "差"]},
                {"type": "matrix", "name": "d", "title": "丁", "columns": ["好"], "rows": []},
                {
                    "type": "text",
                    "name": "a",
                    "title": {"fr": "戊"},
                    "correctAnswer": "x",
                    "description": "说明",
                },
                "nonsense",
            ]
        }
    )
    assert [item.question.type for item in draft.items] == ["text", "number", "scale", "text", "text"]
    doubts = " ".join(doubt.message for doubt in draft.doubts)
    for words in ("两个以上", "级数太多", "缺少行或列", "改成了 q5", "答案", "nonsense"):
        assert words in doubts
    native.from_dict(to_dict(draft.questionnaire("x")))


@cache
def bomb() -> bytes:
    """A small package that unpacks to very much."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in range(3):
            archive.writestr(f"xl/worksheets/sheet{part}.xml", b" " * (40 * 1024 * 1024))
    return out.getvalue()


def formulas() -> bytes:
    book = Workbook()
    book.active.title = "survey"
    book.active.append(["type", "name", "label"])
    book.active.append(["text", "a", '=HYPERLINK("http://example.com","x")'])
    return saved(book)


def entities() -> bytes:
    """A workbook whose sheet declares entities that grow."""
    inside, out = io.BytesIO(form(("text", "a", "", "甲"))), io.BytesIO()
    with zipfile.ZipFile(inside) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.startswith("xl/worksheets"):
                text = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>' + text
            new.writestr(name, text)
    return out.getvalue()


def truncated(data: bytes) -> bytes:
    """The package with the inside of its parts overwritten."""
    return data[:200] + b"\x00" * 400 + data[600:]


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"x" * (50 * 1024 * 1024), "a.docx", "超过 10 MB"),
        (b"no zip", "a.docx", "打不开"),
        (truncated(saved(Document())), "a.docx", "打不开"),
        (b"no zip", "a.xlsx", "打不开"),
        (truncated(form(("text", "a", "", "甲"))), "a.xlsx", "打不开"),
        (bomb(), "a.xlsx", "解开后过大"),
        (bomb(), "a.docx", "解开后过大"),
        (formulas(), "a.xlsx", "有公式"),
        (entities(), "a.xlsx", "不该有的声明"),
        (saved(Workbook()), "a.xlsx", "没有名为 survey 的表"),
        (form(), "a.xlsx", "没有可以导入的题目"),
        (form(*[("note", "", "", "甲")] * (spreadsheet.MOST_ROWS + 1)), "a.xlsx", "超过 5000 行"),
        (form(("text", "a", "", "甲" * 6000)), "a.xlsx", "请删短"),
        (b"{", "a.json", "不是完整的 JSON"),
        (b"[" * 100_000, "a.json", "不是完整的 JSON"),
        (b"{}", "a.json", "不是 SurveyJS"),
        (b'{"pages": []}', "a.json", "没有可以导入的题目"),
        (b"\xff\xfe\x00", "a.txt", "编码无法识别"),
        (b"\x00\x01", "a.txt", "编码无法识别"),
        (b"", "a.doc", "另存为 .docx"),
        (b"", "a.xls", "另存为 .xlsx"),
        (b"", "a.pdf", "复制文字"),
        (b"", "a.exe", "不认识"),
    ],
)  # fmt: skip
def test_a_bad_file_gets_one_clear_line(data: bytes, name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        reading.read(data, name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_text_in_other_encodings_and_a_mistyped_native_key() -> None:
    text = "问卷\n1. 甲吗？\nA是\nB否"
    for encoding in ("gb18030", "utf-16", "utf-8-sig"):
        assert len(read(text.encode(encoding), "a.txt").items) == 1
    native_text = 'id = "q"\ntitle = "题"\nextra = 1\n[[question]]\nid = "a"\ntype = "text"\ntitle = "甲"\n'
    assert "extra" in read(native_text.encode(), "a.toml").doubts[0].message


def test_no_cell_of_the_form_is_run() -> None:
    questionnaire = Questionnaire("q", "=1+1", (Question("a", "text", "=cmd|' /C calc'!A0"),))
    book = load_workbook(io.BytesIO(write_xlsform(questionnaire)))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert read(write_xlsform(questionnaire), "a.xlsx").questionnaire("x") == questionnaire
