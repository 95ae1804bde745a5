"""What a person makes of an imported questionnaire before it is published."""

from dataclasses import replace

import pytest

from surveys import native
from surveys.importing.confirming import Correction, corrected, home_asked, measured
from surveys.importing.proposals import asks_home
from surveys.importing.text import read_text
from surveys.native import QuestionnaireError
from surveys.questionnaire import Question, Questionnaire

TEXT = """创建调查

1. 您知道本县在创建文明县城吗？
A. 知道
B. 不知道（跳至第3题）
2. 您从哪里知道的？（可多选）
A. 广播
B. 手机
3. 您对交通秩序满意吗？
A. 满意
B. 一般
C. 不满意
D. 说不清
4. 您对环境卫生满意吗？
A. 满意
B. 不满意
"""


def draft() -> Questionnaire:
    return read_text(TEXT).questionnaire("spring")


def as_read(question: Question) -> Correction:
    return Correction(
        question.title,
        question.type,
        question.metric or "",
        question.required,
        tuple(option.label for option in question.options),
        tuple(option.polarity or "" for option in question.options),
    )


def test_what_is_left_as_it_was_read_stays_as_it_was_read() -> None:
    made = corrected(draft(), "创建调查", "", "", {one.id: as_read(one) for one in draft().questions})
    assert made == draft()


def test_it_is_kept_whether_a_question_tells_who_somebody_is_unless_it_becomes_one_that_cannot() -> None:
    first, *_ = draft().questions
    for kind, said, kept in (("single", True, True), ("single", False, False), ("multiple", True, None)):
        change = replace(as_read(first), type=kind, personal=said)
        made = corrected(draft(), "创建调查", "", "", {first.id: change})
        assert made.questions[0].personal is kept


def test_words_kinds_sides_and_metrics_are_corrected() -> None:
    first, second, *_ = draft().questions
    changes = {
        first.id: replace(
            as_read(first),
            title="您听说过吗？",
            labels=("听说过", "没有"),
            polarities=("negative", "positive"),
            required=False,
        ),
        second.id: replace(as_read(second), type="single"),
    }
    made = corrected(draft(), "另一个标题", "自愿参加", "谢谢", changes)
    assert (made.title, made.consent, made.closing) == ("另一个标题", "自愿参加", "谢谢")
    one, two, three, _ = made.questions
    assert (one.title, one.required) == ("您听说过吗？", False)
    assert [(option.label, option.polarity) for option in one.options] == [
        ("听说过", "negative"),
        ("没有", "positive"),
    ]
    assert two.type == "single"
    assert two.show_if == second.show_if, "a correction keeps what the person did not touch"
    assert three == draft().questions[2]


def test_a_question_becomes_words_between_the_questions() -> None:
    made = corrected(
        replace(draft(), questions=(Question("q0", "text", "第一部分"), *draft().questions)),
        "t",
        "",
        "",
        {"q0": Correction("第一部分", "section", "", True, (), ())},
    )
    assert made.questions[0].type == "section"


def test_a_dropped_question_takes_no_jump_with_it_in_silence() -> None:
    with pytest.raises(QuestionnaireError) as raised:
        corrected(draft(), "t", "", "", {draft().questions[0].id: None})
    assert len(raised.value.problems) == 1
    last = draft().questions[-1].id
    assert len(corrected(draft(), "t", "", "", {last: None}).questions) == 3


def test_confirmed_metrics_give_the_rates() -> None:
    made = measured(draft())
    assert [(one.id, one.question, one.dont_know_rule) for one in made.indicators] == [
        ("awareness", made.questions[0].id, "not_counted_positive"),
        ("satisfaction", made.questions[2].id, "excluded"),
        ("satisfaction_2", made.questions[3].id, "excluded"),
    ]
    assert [one.title for one in made.indicators] == [
        "知晓率",
        "满意率：您对交通秩序满意吗？",
        "满意率：您对环境卫生满意吗？",
    ]
    assert measured(made) == made, "what has its rate already gets no second one"


def test_a_target_belongs_to_the_rate_of_its_question() -> None:
    first, _, third, _ = draft().questions
    made = measured(draft(), {first.id: 0.9})
    assert [one.target for one in made.indicators] == [0.9, None, None]
    with pytest.raises(QuestionnaireError, match="写了达标线，却没有算出比例") as raised:
        measured(replace(draft(), questions=(replace(third, metric=None),)), {third.id: 0.9})
    assert len(raised.value.problems) == 1


@pytest.mark.parametrize(
    ("title", "home"),
    [
        ("您住在哪个乡镇（街道）？", True),
        ("您家在哪个村？", True),
        ("您现在居住的社区是：", True),
        ("您所在的乡镇（街道）", True),
        ("您所在的社区是否开展过活动？", False),
        ("您对所在社区的环境满意吗？", False),
        ("您的户籍在哪个乡镇？", False),
        ("您住的社区哪些方面需要改善？", False),
    ],
)
def test_only_where_somebody_lives_is_proposed_as_the_picker(title: str, home: bool) -> None:
    assert asks_home(title) == home


HOME = "1. 您住在哪个乡镇？\nA. 东镇\nB. 西镇\n2. 您住在哪个社区？\nA. 一社区\nB. 二社区\n"


def test_the_picker_is_proposed_once_and_takes_no_options_with_it() -> None:
    found = home_asked(read_text(HOME))
    assert found is not None
    assert found.number == 1
    home = read_text(HOME).questionnaire("q").questions[0]
    change = replace(as_read(home), type="community", metric="awareness")
    asked = corrected(read_text(HOME).questionnaire("q"), "t", "", "", {home.id: change}).questions[0]
    assert (asked.type, asked.options, asked.metric) == ("community", (), None)
    jump = HOME.replace("B. 西镇", "B. 西镇（跳至第3题）") + "3. 您满意吗？\nA. 满意\nB. 不满意\n"
    found = home_asked(read_text(jump))
    assert found is not None
    assert found.number == 2, "a jump needs the first with its options"
    assert home_asked(read_text(TEXT)) is None


def test_each_row_of_a_matrix_has_its_own_rate_and_target() -> None:
    text = "调查\n\n1. 您对下列方面满意吗？[矩阵单选题]\n满意 一般 不满意 说不清\n道路交通\n环境卫生\n"
    [question] = read_text(text).questionnaire("spring").questions
    assert question.metric == "satisfaction"
    made = measured(Questionnaire("spring", "调查", (question,), consent="只做合计。"), {question.id: 0.9})
    rates = [(one.question, one.title, one.target) for one in made.indicators]
    assert rates == [
        (f"{question.id}.1", "满意率：道路交通", 0.9),
        (f"{question.id}.2", "满意率：环境卫生", 0.9),
    ]
    assert native.parse(native.to_toml(made)) == made
    assert measured(made) == made
