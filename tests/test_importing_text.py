"""Word text and the paste text of 问卷星 and 腾讯问卷: what ten texts become, and what holds for any text."""

import io
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import interview, native
from surveys.importing.draft import Doubt, Draft, Drafted
from surveys.importing.jump_words import END, Jump
from surveys.importing.jumps import Routed, resolve
from surveys.importing.labels import UNREAD
from surveys.importing.lines import LONGEST_LINE
from surveys.importing.paper import without_paper
from surveys.importing.reading import read
from surveys.importing.text import read_text
from surveys.questionnaire import Option, Question, Questionnaire

TEXTS = sorted((Path(__file__).parent / "data" / "import").glob("*.txt"))


def outline(draft: Draft) -> str:
    """A draft as a person checks it: a question a line, its options under it, then the doubts."""
    lines = [f"# {draft.title}"]
    lines += [f"< {line}" for line in draft.consent.split("\n") if line]
    for item in draft.items:
        one = item.question
        marks = [one.type + ("*" if one.required and one.type != "section" else "")]
        marks += [f"{one.min}..{one.max}"] if (one.min, one.max) != (None, None) else []
        marks += [one.metric] if one.metric else []
        marks += [f"if {one.show_if.question}={','.join(one.show_if.codes)}"] if one.show_if else []
        number = "-" if item.number is None else item.number
        lines.append(f"{item.line} {one.id} ({number}) {' '.join(marks)} | {one.title!r}"[:400])
        if one.options:
            lines.append("    " + " | ".join(map(_option, one.options)))
        if one.rows:
            lines.append("    rows " + " | ".join(f"{row.code} {row.label}" for row in one.rows))
    lines += [f"> {line}" for line in draft.closing.split("\n") if line]
    lines += [f"! {doubt.line} {doubt.message!r}" for doubt in draft.doubts]
    return "\n".join(lines) + "\n"


def _option(option: Option) -> str:
    marks = [option.polarity or "", "" if option.score is None else f"{option.score:g}"]
    marks += ["alone" if option.exclusive else "", "other" if option.other else ""]
    told = " ".join(mark for mark in marks if mark)
    return f"{option.code} {option.label}" + (f" ({told})" if told else "")


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_a_text_becomes_what_a_person_reads_in_it(file: Path) -> None:
    draft = read(file.read_bytes(), file.name)
    assert outline(draft) == file.with_suffix(".outline").read_text(encoding="utf-8")
    questionnaire = draft.questionnaire("draft")
    assert native.parse(native.to_toml(questionnaire)) == questionnaire


@pytest.mark.parametrize("words", ["（不读）", "【访员注意：问周岁】", "（追问：还有吗？）", "（随机读出）"])
def test_what_an_interviewer_is_told_is_known(words: str) -> None:
    assert UNREAD.search(f"您平时做什么？{words}")


@pytest.mark.parametrize("words", ["（不读书）", "（出示证件）", "（可多选）"])
def test_what_residents_are_told_stays(words: str) -> None:
    assert not UNREAD.search(f"您平时做什么？{words}")


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_the_same_text_in_word_becomes_the_same(file: Path) -> None:
    text = file.read_text(encoding="utf-8").rstrip("\n")
    document = Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    saved = io.BytesIO()
    document.save(saved)
    assert outline(read(saved.getvalue(), "x.docx")) == outline(read_text(text))


def test_there_are_ten_texts() -> None:
    assert len(TEXTS) == 10


def only(text: str) -> Question:
    """The one question of a text."""
    (item,) = read_text(text).items
    return item.question


def told(text: str) -> str:
    """All doubts of a text in one line."""
    return " ".join(doubt.message for doubt in read_text(text).doubts)


def labels(question: Question) -> list[str]:
    return [option.label for option in question.options]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("1. 甲乙丙？\n是\n否", "single", ["是", "否"]),
        ("1. 您最多可选几项？\n春\n夏", "multiple", ["春", "夏"]),
        ("1. 您喜欢哪些？（单选）\n春\n夏", "single", ["春", "夏"]),
        ("1. 您有哪些建议？", "text", []),
        ("1. 甲乙丙？\n春 夏 秋", "single", ["春", "夏", "秋"]),
        ("1. 甲乙丙？\n只有一行", "text", []),
        ("1. 甲乙丙？____\n访员签名：____　电话：____", "text", []),
        ("1. 甲乙丙？ A春 B夏", "single", ["春", "夏"]),
        ("1. 甲乙丙？\nA.春\nB.夏天里\n   很热\nC.秋", "single", ["春", "夏天里很热", "秋"]),
        ("1. 甲乙丙？\n(1)春 (2)夏", "single", ["春", "夏"]),
        ("1. 甲乙丙？\n1.春 2.夏 3.秋", "single", ["春", "夏", "秋"]),
        ("1. 甲乙丙？\n1春\n2夏\n9说不清", "single", ["春", "夏", "说不清"]),
        ("1. 甲乙丙？\n1次\n2次\n3次以上", "single", ["1次", "2次", "3次以上"]),
        ("1. 甲乙丙？\nA.KTV B.CBD C.B超", "single", ["KTV", "CBD", "B超"]),
        ("1. 甲乙丙？\n○春\n○夏", "single", ["春", "夏"]),
        ("1. 甲乙丙？\n春□ 夏□", "single", ["春", "夏"]),
        ("1. 甲乙丙[评分题]\n0 1 2 3", "scale", ["0", "1", "2", "3"]),
        ("1. 甲乙丙[滑动条]\n1~5", "scale", ["1", "2", "3", "4", "5"]),
        ("1. 甲乙丙[滑动条]", "number", []),
        ("1. 甲乙丙[日期题]", "date", []),
        ("1. 甲乙丙（0-120）[数字题]", "number", []),
        ("1. 甲乙丙[判断题]", "single", ["对", "错"]),
        ("1. How do you feel?\nVery well\nNot so well", "single", ["Very well", "Not so well"]),
        ("1. 甲乙丙？\nA\nB", "single", ["A", "B"]),
        ("1. 甲乙丙[矩阵题]\n好 差\n路\n灯", "matrix", ["好", "差"]),
        ("1. 最关心的（限选2项）\n春\n夏\n秋", "multiple", ["春", "夏", "秋"]),
        ("1. 最关心的（限选1项）\n春\n夏\n秋", "single", ["春", "夏", "秋"]),
        ("您知道吗\n\nA、春\n\nB、夏", "single", ["春", "夏"]),
        ("1. 甲乙丙[多选题]\n春[选项可填写]\n夏[互斥]", "multiple", ["春", "夏"]),
        ("1. 甲乙丙？  春  夏   秋", "single", ["春", "夏", "秋"]),
        ("1. 甲乙丙：春 / 夏", "single", ["春", "夏"]),
        ("1. 甲乙丙\n春/夏", "single", ["春", "夏"]),
        ("1. 甲乙丙：____  丁：____", "text", []),
        ("1. 甲乙丙：\n(1)____\n(2)____", "text", []),
        ("1. 甲乙丙有（  ）口人", "number", []),
        ("1. 甲乙丙[排序题]\n[ ]春\n[ ]夏", "ranking", ["春", "夏"]),
        ("1. 甲乙丙[单选题]\n○春\n○其他 ____ *", "single", ["春", "其他"]),
        ("1. 【判断】甲乙丙。（ ）", "single", ["对", "错"]),
        ("1. 甲乙丙？\n（1）路\nA好 B差\n（2）灯\nA好 B差", "matrix", ["好", "差"]),
    ],
)  # fmt: skip
def test_kinds_and_options(text: str, kind: str, expected: list[str]) -> None:
    question = only(text)
    assert question.type == kind
    assert labels(question) == expected


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        ("限选2项", 2, 2),
        ("最多选三项", None, 3),
        ("至少选2项", 2, None),
        ("最少选两项", 2, None),
        ("可选1-3项", 1, 3),
        ("请选择2项", 2, 2),
        ("选出2个以上", 2, None),
        ("春夏秋冬", None, None),
        ("最少选择1项）（最多选择2项", 1, 2),
    ],
)
def test_limits_stand_in_the_title(words: str, least: int | None, most: int | None) -> None:
    question = only(f"1. 甲乙丙（{words}）[多选题]\n春\n夏\n秋\n冬")
    assert (question.min, question.max) == (least, most)


def test_what_is_required() -> None:
    assert only("1. 甲乙丙？\n春\n夏").required
    assert not only("1. 甲乙丙？").required
    assert only("1. 甲乙丙____").required
    assert not only("1. 甲乙丙（选填）\n春\n夏").required
    starred = read_text("1. 甲乙*[单选题]\n春\n夏\n\n2. 丙丁[单选题]\n春\n夏")
    assert [item.question.required for item in starred.items] == [True, False]
    [doubt] = [one for one in starred.doubts if "按“可以跳过”读入" in one.message]
    assert (doubt.line, "没带的 1 道题（第 2 题）" in doubt.message) == (5, True)
    optional = read_text("1. 甲乙*[单选题]\n春\n夏\n\n2. 丙丁（选填）[单选题]\n春\n夏\n\n3. 戊己")
    assert not any("按“可以跳过”读入" in one.message for one in optional.doubts), "it says so itself"


def test_numbers_that_number_nothing() -> None:
    draft = read_text("1、2026年您去过几次？\n1、0次\n2、1-3次\n2、3次以上看到过吗？\nA是\nB否")
    assert [item.question.title for item in draft.items] == ["2026年您去过几次？", "3次以上看到过吗？"]
    assert labels(draft.items[0].question) == ["0次", "1-3次"]
    assert read_text("题\n3000、甲乙丙").items == ()


def test_numbers_that_begin_again_in_each_part() -> None:
    draft = read_text("一、春\n1、甲吗？\nA是\nB否\n2、乙吗？\nA是\nB否\n二、夏\n1、丙吗？\nA是\nB否")
    assert [(item.question.id, item.number) for item in draft.items] == [
        ("s1", None), ("q1", 1), ("q2", 2), ("s2", None), ("q3", 1),
    ]  # fmt: skip


def test_a_heading_that_names_a_kind_speaks_for_its_part() -> None:
    draft = read_text(
        "一、单选题\n1、喜欢哪些？\nA是\nB否\n二、多选题（可选几项）\n1、甲呢？\nA是\nB否\n2、乙呢[单选题]\nA是\nB否\n"
        "三、判断题\n1、丙吗？（ ）\n四、其他情况\n1、丁吗？（ ）"
    )
    asked = [item.question.type for item in draft.items if item.question.type != "section"]
    assert asked == ["single", "multiple", "single", "single", "text"]
    assert [doubt.line for doubt in draft.doubts if "都按它说的题型" in doubt.message] == [1, 5, 12]


def test_parts_with_options_of_their_own_are_questions_of_their_own() -> None:
    draft = read_text("1. 甲：（多选）\n（1）路 A好 B差\n（2）灯\nA亮\nB暗\nC没有\n2. 乙？\nA是\nB否")
    shown = [(item.number, item.question.title, labels(item.question)) for item in draft.items]
    assert shown == [
        (1, "甲：路", ["好", "差"]),
        (1, "甲：灯", ["亮", "暗", "没有"]),
        (2, "乙？", ["是", "否"]),
    ]
    assert [doubt.line for doubt in draft.doubts if "2 道小题拆开了" in doubt.message] == [1]


@pytest.mark.parametrize(
    "words",
    [
        "1、甲吗？①是 ②否（选②跳至第3题）",
        "1、甲吗？\n1、是\n2、否\n（选2跳至第3题）",
        "1、甲吗？（选择B的，跳到第3题）\nA是 B否",
        "1、甲吗？（回答“否”的请跳到第3题）\nA是 B否",
        "1、甲吗？\nA是\nB否\n（选“否”跳至第3题）",
    ],
)
def test_a_jump_names_its_option_by_letter_circle_or_number(words: str) -> None:
    one, two, three = (
        item.question for item in read_text(f"{words}\n2、乙吗？\nA是\nB否\n3、丙？____").items
    )
    assert (labels(one), two.show_if and two.show_if.codes) == (["是", "否"], ("1",))
    assert three.show_if is None


def test_a_question_that_depends_on_another_as_printed_under_it() -> None:
    draft = read_text("1、甲吗？\nA是\nB否\n2、乙？____\n\n依赖于第1题第2个选项\n\n3、丙？____")
    shown = [(item.question.id, item.question.show_if) for item in draft.items]
    assert [name for name, _ in shown] == ["q1", "q2", "q3"]
    assert [condition and condition.codes for _, condition in shown] == [None, ("2",), None]


def test_a_jump_under_the_options_is_no_part_of_the_last_one() -> None:
    draft = read_text("1、甲吗？\nA、是□ B、否□\n（问完跳问Q3）\n2、乙吗？\nA是\nB否\n3、丙？____")
    assert labels(draft.items[0].question) == ["是", "否"]
    assert [doubt.line for doubt in draft.doubts if "谁也到不了" in doubt.message] == [4]
    stopped = read_text("1、甲？①是 ②否（选②结束访问）\n2、乙吗？\nA是\nB否")
    assert labels(stopped.items[0].question) == ["是", "否"]
    assert stopped.items[1].question.show_if is not None


def test_a_question_without_a_number_right_under_options() -> None:
    draft = read_text("1. 甲吗？\nA是\nB否\n丙是什么？\nA春\nB夏\n（1）乙呢？")
    assert [(item.question.type, item.question.title) for item in draft.items] == [
        ("single", "甲吗？"),
        ("single", "丙是什么？"),
        ("text", "（1）乙呢？"),
    ]


def test_lettered_numbers_and_their_jumps() -> None:
    draft = read_text("A1. 甲吗？\n1 是\n2 否 跳问B1\nA2. 乙吗？\n1 是\n2 否\nB1. 丙吗？\n1 是\n2 否")
    shown = [
        (item.question.id, item.question.show_if and item.question.show_if.codes) for item in draft.items
    ]
    assert shown == [("qa1", None), ("qa2", ("1",)), ("qb1", None)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1. 甲？\nA是 跳问Q9\nB否", "后面没有这个题号"),
        ("1. 甲？\nA是（正确答案）\nB否", "测评的题目不能带答案"),
        ("1. 甲？（ A ）\nA是\nB否", "像是填好的答案"),
        ("1. 甲？\nA是\nB否\n答案：A", "“答案：A”没有导入"),
        ("1. 甲？\nA是，如选此项请注意跳答\nB否", "没有看懂"),
        ("1. 甲[测试题]\nA是\nB否", "考试题"),
        ("1. 甲[单选题]\n是", "没有两个以上的选项"),
        ("1. 甲[矩阵题]\n好 差", "矩阵题要先有一行"),
        ("1. 甲[矩阵题]\n好 差\n[标签]乙\n路\n灯", "“[标签]乙”没有保留"),
        ("1. 甲[矩阵多选题]\n好 差\n路\n灯", "每行多选"),
        ("1. 甲[量表题]", "没有写量表的级数"),
        ("1. [单选题]\nA是\nB否", "没有题干"),
        ("1. 您满意吗[量表题]\n很满意\n一般\n不满意", "和字面的好坏相反"),
        ("1. 甲[量表题]\n春\n夏\n其他____", "排不成级"),
        ("1. 甲[排序题]\nA是\nB否\n\n这是一段说明文字。\n", "不像题目"),
        ("甲§乙\n1. 丙？", "已换成空格"),
        ("1. （第1题选A的回答）甲？\nA是\nB否", "找不到那道选择题"),
        ("1. 甲？（选F跳至第2题）\nA是\nB否\n2. 乙？", "第 6 个选项，这道题没有"),
        ("1. 甲？（可多选）\nA是 跳问Q2\nB否\n2. 乙？", "多选题里的跳转"),
        ("1. 甲乙丙？____\n访员签名：____　电话：____", "没有放进问卷：“访员签名：____"),
        ("1. 甲[量表题][必看]\n春\n夏", "方括号里的“[必看]”没有看懂"),
        ("1. 甲？（选0跳至第2题）\nA是\nB否\n2. 乙？", "没有看懂"),
        ("1. 甲？（选“丙”的跳至第2题）\nA是\nB否\n2. 乙？", "跳转说到选项“丙”，这道题没有"),
        ("1. 甲____（选“丙”的跳至第2题）\n2. 乙？", "跳转说到选项“丙”，这道题没有"),
        ("", "没有找到题目"),
    ],
)
def test_doubts_are_told(text: str, words: str) -> None:
    assert words in told(text)


@pytest.mark.parametrize(
    ("title", "bounds"),
    [
        ("您的年龄是____岁", (0, 120)),
        ("您的年龄：______周岁。", (0, 120)),
        ("您的年龄____（岁）[填空题]", (0, 120)),
        ("您家有____口人", (None, None)),
        ("您在本地住了___年", (None, None)),
        ("1-6月您参加志愿服务＿＿次左右？", (None, None)),
        ("您家有____个孩子", (None, None)),
        ("您是____人", None),
        ("您是____年出生的", None),
        ("您家有____口人，其中老人____人", None),
        ("您最不满意的一次是____次日", None),
        ("您住在____号楼", None),
        ("您认为____", None),
        ("您的年龄____岁[问答题]____", None),
    ],
)
def test_a_blank_with_a_unit_that_counts_is_a_number(
    title: str, bounds: tuple[int | None, int | None] | None
) -> None:
    question = only(f"1. {title}")
    assert question.type == ("text" if bounds is None else "number")
    assert (question.min, question.max) == (bounds or (None, None))
    assert ("按数字题" in told(f"1. {title}")) == (bounds is not None)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("请在□内打√", ""),
        ("您好！请您根据实际情况，在相应的□内打“√”。谢谢支持！", "您好！谢谢支持！"),
        ("本问卷不记姓名，请在您认为合适的选项前打勾，谢谢。", "本问卷不记姓名，谢谢。"),
        ("本问卷不记姓名，请在括号内填写序号。", "本问卷不记姓名。"),
        ("填写说明：请将答案的序号填在括号里。", ""),
        ("请用黑色签字笔填写，请将选项的字母填入（  ）内", ""),
        ("您的性别（请在□内打√）", "您的性别"),
        ("您的性别【请打√】：", "您的性别："),
        ("怎么处理？（请在选项上打√，可多选）", "怎么处理？（可多选）"),
        ("答案没有对错，请在每题后的方框内画○即可。", "答案没有对错。"),
        ("您在小区里见过有人在墙上乱写乱画吗？", None),
        ("您是否在公示栏的意见表上打过勾？", None),
        ("请填写您的年龄____", None),
        ("请在横线上写出您的建议____", None),
        ("其他（请在横线上注明）____", None),
        ("您家里有几个人（  ）", None),
        ("□ 男 □ 女", None),
        ("打勾", None),
        ("用铅笔", None),
    ],
)
def test_what_the_pen_is_told_is_for_no_telephone(text: str, left: str | None) -> None:
    words, gone = without_paper(text)
    assert (words, bool(gone)) == (text if left is None else left, left is not None)


def test_instructions_for_paper_are_taken_out_with_a_word() -> None:
    draft = read_text(
        "文明问卷\n您好，不记姓名。请在□内打√。\n\n"
        "1. 您的性别（请打√）\n□男 □女\n\n2. 您满意吗？\nA满意\nB不满意\n"
    )
    assert draft.consent == "您好，不记姓名。"
    first, second = draft.items
    assert (first.question.title, [one.label for one in first.question.options]) == ("您的性别", ["男", "女"])
    assert second.question.title == "您满意吗？"
    told = [doubt.line for doubt in draft.doubts if "填纸质问卷用的" in doubt.message]
    assert told == [2, 4]


def test_a_text_too_long_is_no_questionnaire() -> None:
    for text in ("好" * (LONGEST_LINE + 1), "好\n" * 6000, ("好" * 1000 + "\n") * 400):
        with pytest.raises(ValueError, match="不像一份问卷"):
            read_text(text)


BEFORE = [
    "",
    "",
    "1.",
    "2、",
    "3. ",
    "Q1 ",
    "Q2.",
    "一、",
    "（一）",
    "第一部分 ",
    "A.",
    "B、",
    "C ",
    "□",
    "①",
    "1 ",
    "(2)",
    "(多选)3、",
    "* ",
    "注：",
    "答案：",
    "[标签]",
    "[单选题]",
    "谢谢您",
]
AFTER = [
    "",
    "",
    "？",
    "[单选题]",
    "[多选题]",
    "[量表题]",
    "[矩阵题]",
    "[比重题]",
    "[排序题]",
    "[滑动条]",
    "[填空题]",
    "[判断题]",
    "[段落说明]",
    "[分页栏]",
    "（选填）",
    "*",
    "____",
    "（不读出）",
    "跳问Q3",
    "，结束访问",
    "□",
    "B.乙",
    "\t满意\t不满意",
    "（ ）",
    "1~10",
    "：",
    "。",
    "(正确答案)",
    "限选2项",
    "1 2 3 4 5",
]
TOKENS = [chr(code) for code in range(0x3D00, 0x3D00 + 150)]
"""Rare characters that no rule knows; each stands in one place of a text."""


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text of marked lines, each with two characters of its own, and these characters."""
    lines, used = [], []
    for at in range(draw(st.integers(1, 16))):
        if draw(st.integers(0, 4)) == 0:
            lines.append("")
            continue
        own = TOKENS[2 * at : 2 * at + 2]
        used += own
        marks = [draw(st.sampled_from(part)) for part in (BEFORE, AFTER, AFTER)]
        lines.append(f"{marks[0]}{own[0]}{marks[1]}{own[1]}{marks[2]}")
    return "\n".join(lines), used


def everything(draft: Draft) -> str:
    """All words of a draft and its doubts."""
    words = [draft.title, draft.consent, draft.closing, *(doubt.message for doubt in draft.doubts)]
    for item in draft.items:
        words += [item.question.title, *(option.label for option in item.question.options)]
        words += [row.label for row in item.question.rows]
    return "\n".join(words)


@settings(max_examples=150, deadline=None)
@given(marked_texts())
def test_nothing_is_dropped_in_silence(given_text: tuple[str, list[str]]) -> None:
    text, used = given_text
    draft = read_text(text)
    words = everything(draft)
    assert [token for token in used if token not in words] == []
    if any(item.question.type != "section" for item in draft.items):
        questionnaire = draft.questionnaire("draft")
        assert native.parse(native.to_toml(questionnaire)) == questionnaire


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(BEFORE + AFTER), max_size=40).map("".join))
def test_any_text_gives_a_draft(text: str) -> None:
    assert read_text(text).document()["questions"] is not None


@st.composite
def jumping(draw: st.DrawFn) -> list[tuple[int, dict[int, int], int | None]]:
    """For each question: how many options, where each jumps (place), where all jump; len = the end."""
    count = draw(st.integers(2, 6))
    made = []
    for place in range(count):
        size = draw(st.integers(2, 3))
        later = st.integers(place + 1, count)
        one = draw(
            st.dictionaries(st.integers(0, size - 1), later, max_size=2)
            if draw(st.booleans())
            else st.just({})
        )
        made.append((size, one, draw(st.none() | st.none() | later)))
    return made


@settings(max_examples=150, deadline=None)
@given(jumping(), st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_conditions_ask_whom_the_jumps_ask(
    plan: list[tuple[int, dict[int, int], int | None]], choices: list[int]
) -> None:
    """A person who follows the printed jumps and one who is asked by condition meet the same questions."""
    routed = []
    for place, (size, jumps, usual) in enumerate(plan):
        options = tuple(Option(str(at), f"第{at}") for at in range(size))
        question = Question(f"q{place}", "single", "题", options)
        exits = [Jump(END if to == len(plan) else str(to), (at,)) for at, to in jumps.items()]
        exits += [] if usual is None else [Jump(END if usual == len(plan) else str(usual))]
        routed.append(Routed(Drafted(question, place, place + 1), str(place), tuple(exits)))
    doubts: list[Doubt] = []
    questions = tuple(item.question for item in resolve(routed, doubts))
    if doubts:
        return
    questionnaire = Questionnaire("x", "题", questions)
    given_answers: dict[str, str] = {}
    walked, place = [], 0
    while place < len(plan):
        size, jumps, usual = plan[place]
        chosen = choices[place] % size
        walked.append(f"q{place}")
        place = jumps.get(chosen, place + 1 if usual is None else usual)
    asked = []
    while isinstance(step := interview.next_step(questionnaire, given_answers), interview.Ask):
        asked.append(step.question.id)
        given_answers[step.question.id] = str(choices[int(step.question.id[1:])] % len(step.question.options))
    assert asked == walked


def test_who_heard_of_nothing_names_nothing_beside_it() -> None:
    options = only("1. 您从哪里了解？（多选）\nA公众号\nB宣传栏\nC没有了解过").options
    assert [option.exclusive for option in options] == [False, False, True]
