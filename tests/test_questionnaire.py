"""The native file, its canonical JSON, and the lint."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surveys
from surveys.conditions import Condition
from surveys.lint import Finding, blocks, lint, lint_text
from surveys.native import QuestionnaireError, from_json, parse, to_toml, unknown_keys
from surveys.questionnaire import (
    Indicator,
    Option,
    Question,
    Questionnaire,
    QuestionType,
    content_hash,
    to_dict,
    to_json,
)

LIBRARY = sorted((Path(surveys.__file__).parent / "library").glob("*.toml"))
HEAD = 'id = "q"\ntitle = "问卷"\nconsent = "自愿、匿名。"\n'
CHOICE = """
[[question]]
id = "q1"
type = "single"
title = "您满意吗？"
metric = "satisfaction"
options = [
  {code = 1, label = "满意", polarity = "positive"},
  {code = 2, label = "不满意", polarity = "negative"},
  {code = 9, label = "说不清", polarity = "dont_know"},
]
"""
INDICATOR = '[[indicator]]\nid = "i"\nquestion = "q1"\n'


def problems(text: str) -> str:
    with pytest.raises(QuestionnaireError) as caught:
        parse(text)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return str(caught.value)


def test_a_file_becomes_a_questionnaire() -> None:
    q = parse("\ufeff" + HEAD + CHOICE + INDICATOR)
    assert q.question("q1") == q.asked()[0]
    assert [option.code for option in q.asked()[0].options] == ["1", "2", "9"]
    assert q.indicators == (Indicator("i", "q1", "top_box", "excluded"),)
    assert q.question("q2") is None
    assert lint(q) == []


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.stem)
def test_every_library_file_can_be_published(file: Path) -> None:
    questionnaire, findings = lint_text(file.read_text(encoding="utf-8"))
    assert questionnaire is not None
    assert not blocks(findings)
    assert [finding for finding in findings if "题，在聊天里偏长" not in finding.message] == []
    metrics = {question.metric for question in questionnaire.questions}
    assert metrics >= {"awareness", "support", "participation", "satisfaction"}
    assert parse(to_toml(questionnaire)) == questionnaire


def test_the_chat_questionnaire_has_ten_questions() -> None:
    chat = next(file for file in LIBRARY if file.stem == "civility")
    assert len(parse(chat.read_text(encoding="utf-8")).asked()) == 10


def test_all_problems_are_told_at_once() -> None:
    told = problems(
        """
id = "有空格"
consent = 5
[[question]]
id = "1a"
type = "slider"
title = "甲"
[[question]]
id = "channel"
type = "single"
title = "乙"
required = "yes"
metric = "happiness"
options = [
  {code = "-97", label = "一", polarity = "good", score = 101},
  {code = "x", label = ""},
  {code = "x", label = "三"},
]
[[question]]
id = "channel"
type = "multiple"
title = "丙"
min = 3
show_if = {question = "later", in = ["1"]}
options = [{code = "1", label = "一", score = "viel"}, {code = "2", label = "二"}]
[[question]]
id = "t"
type = "text"
title = "丁"
max = 1.5
show_if = "q1 = 1"
options = [{code = "1", label = "一"}]
[[question]]
id = "t2"
type = "text"
title = "戊"
max = 900
show_if = {question = "t", in = ["1"]}
[[question]]
id = "s"
type = "scale"
title = "己"
max = 100
show_if = {question = "channel", in = ["7"]}
[[question]]
id = "one"
type = "single"
title = "庚"
[[indicator]]
id = "i"
question = "nowhere"
target = 90
[[indicator]]
id = "i"
question = "channel"
[[indicator]]
id = "k"
question = "one"
rule = "score"
"""
    )
    for words in (
        "问卷：缺少标题（title）",
        "问卷的编号（id）只能用",
        "答题前的告知（consent）要写成带引号的文字",
        "第 1 题（1a）：编号要以英文字母开头",
        "题型（type）请写其中之一：single（单选）、multiple（多选）、scale（打分）",
        "channel 是表格里的固定列名",
        "是否必答（required）请写 true（是）或 false（否）",
        "测什么（metric）请写其中之一：awareness（知晓）",
        "代码 -97 不能用",
        "算哪一边（polarity）请写其中之一：positive（正面）",
        "分值要在 0 到 100 之间",
        "缺少选项的文字（label）",
        "代码 x 用了两次",
        "编号 channel 用了两次",
        "最少选几项、最多选几项要在 1 到选项个数之间",
        "出现条件里的题 later 不在它前面",
        "分值（score）要是一个数",
        "最大值（max）要是一个整数",
        "出现条件（show_if）第 1 个字：前面没有编号为 q1 的题",
        "这种题没有选项",
        "字数上限要在 1 到 500 之间",
        "出现条件只能看选择题和量表题",
        "最多 11 级",
        "出现条件里的选项 7 在题 channel 里没有",
        "选择题至少要有两个选项",
        "指标 i：没有编号为 nowhere 的题",
        "目标请写成 0 到 1 之间",
        "指标 i：这个编号用了两次",
        "没有正面（positive）的选项",
        "题 one 没有选项",
    ):
        assert words in told


def test_a_file_that_is_no_toml_names_the_line() -> None:
    assert "第 2 行" in problems('id = "q"\ntitle = \n')
    assert "文件末尾" in problems('id = "q')
    assert "还没有题目" in problems(HEAD)
    with pytest.raises(QuestionnaireError, match="括号套得太深"):
        parse("a = " + "[" * 20_000)


@pytest.mark.parametrize("number", [1, 2])
def test_a_problem_names_the_line_on_which_its_question_begins(number: int) -> None:
    asked = [
        f'[[question]]\nid = "q{at}"\ntype = "{"text" if at != number else "slider"}"\ntitle = "题"\n'
        for at in (1, 2)
    ]
    told = problems(HEAD + "\n".join(asked))
    lines = (HEAD + "\n".join(asked)).splitlines()
    begins = [at for at, line in enumerate(lines, start=1) if line == "[[question]]"]
    assert told.endswith(f"（见第 {begins[number - 1]} 行起）")
    assert "（见第" not in problems(HEAD + 'question = [{id = "q1"}]')


def test_a_scale_has_its_points_as_options() -> None:
    scale = """
[[question]]
id = "s"
type = "scale"
title = "打分"
min = 0
max = 2
options = [{code = "2", label = "很好", score = 100}, {code = "99", label = "说不清", polarity = "dont_know"}]
"""
    question = parse(HEAD + scale).asked()[0]
    assert [(key, option.code, option.label) for key, option in question.choices()] == [
        ("0", "0", "0"),
        ("1", "1", "1"),
        ("2", "2", "很好"),
        ("", "99", "说不清"),
    ]
    assert [key for key, _ in parse(HEAD + CHOICE).asked()[0].choices()] == ["1", "2", "3"]


def test_awareness_counts_not_knowing_by_default() -> None:
    q = parse(HEAD + CHOICE.replace("satisfaction", "awareness") + INDICATOR)
    assert q.indicators[0].dont_know_rule == "not_counted_positive"


def test_a_mistyped_key_is_named() -> None:
    text = (
        HEAD
        + CHOICE.replace("metric", "metrik").replace("label", "extra = 1, label")
        + INDICATOR
        + "goal = 1\n"
    )
    _, findings = lint_text(text + "[extra]\na = 1\n")
    named = [(finding.question, finding.message) for finding in findings if "不认识" in finding.message]
    assert [question for question, _ in named] == ["", "q1", "q1", "q1", "q1", ""]
    data = {"question": [{"show_if": {"question": "a", "in": [], "not": 1}}], "indicator": "x"}
    assert list(unknown_keys(data)) == [("", "not")]


def findings_of(text: str) -> list[tuple[str, str]]:
    questionnaire, findings = lint_text(text)
    assert questionnaire is not None
    return [(finding.question, finding.level) for finding in findings]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("您满意吗？", "您满意吗？（最佳选项：满意）", ("q1", "block")),
        ("您满意吗？", "请选择“满意”", ("q1", "block")),
        ("自愿、匿名。", "请大家选A", ("", "block")),
        ("自愿、匿名。", "填完可抽奖", ("", "warn")),
        ("自愿、匿名。", "", ("", "block")),
        ("您满意吗？", "您知道吗？满意吗？", ("q1", "warn")),
        ("您满意吗？", "满" * 301, ("q1", "warn")),
        ("您满意吗？", "满" * 601, ("q1", "warn")),
        ("不满意", "满意", ("q1", "block")),
        ('"不满意"', '"1"', ("q1", "warn")),
        (', polarity = "dont_know"', "", ("q1", "warn")),
        (INDICATOR, "", ("q1", "warn")),
    ],
)
def test_lint_finds(old: str, new: str, expected: tuple[str, str]) -> None:
    assert expected in findings_of((HEAD + CHOICE + INDICATOR).replace(old, new))


def test_lint_leaves_ordinary_words_alone() -> None:
    for title in ("您对窗口服务满意吗？", "请选择您的年龄。", "您满意吗？请选一项。", "您答过这类问卷吗？"):
        assert findings_of((HEAD + CHOICE + INDICATOR).replace("您满意吗？", title)) == []


def test_lint_blocks_what_identifies_a_person() -> None:
    text = '[[question]]\nid = "who"\ntype = "text"\ntitle = "您的手机号是？"\n'
    assert ("who", "block") in findings_of(HEAD + CHOICE + INDICATOR + text)


def test_lint_of_a_long_questionnaire_and_of_a_broken_one() -> None:
    many = "".join(CHOICE.replace('"q1"', f'"q{n}"') for n in range(1, 14))
    assert ("", "warn") in findings_of(HEAD + many + INDICATOR)
    questionnaire, findings = lint_text("id = ")
    assert questionnaire is None
    assert blocks(findings)
    assert not blocks([Finding("", "warn", "x")])


codes = st.sampled_from([f"c{n}" for n in range(9)])
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=12)
options = st.lists(
    st.builds(
        Option,
        codes,
        words,
        st.sampled_from(["positive", "neutral", "negative"]),
        st.none() | st.integers(0, 100).map(float),
        st.booleans(),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
    unique_by=lambda option: option.code,
).map(tuple)


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    questions: list[Question] = []
    kinds: list[QuestionType] = ["single", "multiple", "text"]
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(kinds))
        closed = [question for question in questions if question.type != "text"]
        condition = None
        if closed and number % 2:
            target = draw(st.sampled_from(closed))
            condition = Condition(target.id, (draw(st.sampled_from(target.options)).code,))
        questions.append(
            Question(
                f"q{number}",
                kind,
                draw(words),
                () if kind == "text" else draw(options),
                draw(st.booleans()),
                draw(st.sampled_from([None, "support"])),
                condition,
                1 if kind == "multiple" and draw(st.booleans()) else None,
                personal=draw(st.sampled_from([None, True, False])) if kind == "single" else None,
            )
        )
    return Questionnaire(draw(codes), draw(words), tuple(questions), draw(st.just("") | words), draw(words))


@settings(max_examples=60, deadline=None)
@given(questionnaires())
def test_json_and_toml_read_back_equal(questionnaire: Questionnaire) -> None:
    assert from_json(to_json(questionnaire)) == questionnaire
    assert parse(to_toml(questionnaire)) == questionnaire
    assert content_hash(from_json(to_json(questionnaire))) == content_hash(questionnaire)
    assert to_dict(questionnaire)["id"] == questionnaire.id


def test_a_target_and_a_title_are_kept() -> None:
    q = parse(HEAD + CHOICE + INDICATOR + 'target = 0.9\ntitle = "满意率"\n')
    assert from_json(to_json(q)).indicators == (Indicator("i", "q1", title="满意率", target=0.9),)


def test_only_a_scale_has_points() -> None:
    assert Question("q", "text", "？").points() == frozenset()
    assert Question("q", "scale", "？", min=1, max=2).points() == {"1", "2"}


def test_the_canonical_form_stays_as_it_is() -> None:
    q = parse(HEAD + CHOICE + INDICATOR)
    assert content_hash(q) == "c2e3a7e174e23e7ef1490ae7b4b7280deb37574fe1e316014c838115a106a9ab"


def test_only_what_has_few_short_answers_can_tell_who_somebody_is() -> None:
    words = '[[question]]\nid = "w"\ntype = "text"\ntitle = "？"\npersonal = true\n'
    with pytest.raises(QuestionnaireError, match="personal"):
        parse(HEAD + words)
    assert parse(HEAD + words.replace("true", "false")).questions[0].personal is False
