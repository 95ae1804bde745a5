"""The expressions of show_if, quotas and screens: read once, total, wrong places named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.condition_reading import ConditionError, parse
from surveys.conditions import Condition, Expression, decided
from surveys.native import QuestionnaireError
from surveys.native import parse as parse_file
from surveys.parts import subjects
from surveys.questionnaire import Answer, Option, Question, Row

CODES = (Option("1", "一"), Option("2", "二"))
QUESTIONS = (
    Question("q1", "single", "？", CODES),
    Question("q2", "multiple", "？", (*CODES, Option("7", "其他", other=True))),
    Question("q3", "scale", "？", (*CODES, Option("99", "说不清")), min=1, max=2),
    Question("n", "number", "？"),
    Question("d", "date", "？"),
    Question("t", "text", "？"),
    Question("g", "matrix", "？", CODES, rows=(Row("a", "甲"), Row("b", "乙"))),
    Question("p", "community", "？"),
    Question("r", "ranking", "？", CODES),
    Question("s", "section", "说明"),
)
SUBJECTS = subjects(QUESTIONS)


@pytest.mark.parametrize(
    ("text", "answers", "holds"),
    [
        ("q1 = 1", {"q1": "1"}, True),
        ("q1 = 1", {"q1": None}, False),
        ("q1 = 1", {}, False),
        ("q1 != 1", {"q1": "2"}, True),
        ("q1 != 1", {}, False),
        ("not q1 = 1", {}, True),
        ("q1 in (1, 2)", {"q1": "2"}, True),
        ("q1 in [2]", {"q1": "1"}, False),
        ("q2 has 2", {"q2": ["1", "2"]}, True),
        ("q2 has 2", {"q2": ["1"]}, False),
        ("r has 2", {"r": ["2", "1"]}, True),
        ("q3 >= 2", {"q3": "2"}, True),
        ("q3 >= 2", {"q3": "99"}, False),
        ("q3 = 99", {"q3": "99"}, True),
        ("n >= 18 and n <= 65", {"n": "65"}, True),
        ("n >= 18 and n <= 65", {"n": "9"}, False),
        ("n = 060", {"n": "60"}, True),
        ("n > -5", {"n": "0"}, True),
        ("n in (60, 070)", {"n": "70"}, True),
        ('d < "2026-05-01"', {"d": "2025-12-31"}, True),
        ("d >= 2026-05-01", {"d": "2025-12-31"}, False),
        ("t answered", {"t": "好"}, True),
        ("t answered", {"t": None}, False),
        ("g.a = 1 and g.b answered", {"g.a": "1", "g.b": "2"}, True),
        ('p.township = "城关镇"', {"p.township": "城关镇"}, True),
        ("q2.other answered", {"q2": ["7"], "q2.other": "路"}, True),
        ("q1 = 1 and (q2 has 2 or not n >= 60)", {"q1": "1", "q2": ["1"], "n": "70"}, False),
        ("q1 = 1 and (q2 has 2 or not n >= 60)", {"q1": "1", "n": "59"}, True),
        ("q1 = 1 or q1 = 2 and n = 3", {"q1": "1"}, True),
        ("（q1 ＝ 1）", {"q1": "1"}, True),
    ],
)
def test_what_an_expression_means(text: str, answers: dict[str, Answer], holds: bool) -> None:
    assert parse(text, SUBJECTS).holds(answers) is holds


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("q9 = 1", 1, "没有编号为 q9"),
        ("q1 = 1 and q9 = 1", 12, "没有编号为 q9"),
        ("q1 = 5", 6, "没有代码为 5"),
        ("q2 = 1", 4, "请用 has"),
        ("q1 has 1", 4, "请用 ="),
        ("q1 > 1", 4, "没有大小"),
        ("q3 > a", 6, "不是数"),
        ("t = 1", 3, "只能用 answered"),
        ("t in (1)", 1, "只能用 answered"),
        ("n = x", 5, "不是整数"),
        ("d = 5月", 5, "日期请写成"),
        ("g = 1", 1, "没有编号为 g"),
        ("s answered", 1, "没有编号为 s"),
        ("q1 = 1 q2 has 1", 8, "缺少 and 或 or"),
        ("(q1 = 1", 8, "括号"),
        ("q1 in 1", 7, "请用括号"),
        ("q1 in (1", 9, "括号"),
        ("q1 =", 5, "断了"),
        ("", 1, "断了"),
        ("q1 ~ 1", 4, "看不懂"),
        ("and", 1, "应当是题目编号"),
        ("q1 q2", 4, "应当是"),
        ("q1 = and", 6, "选项代码"),
        ("(" * 30 + "q1 = 1" + ")" * 30, 22, "套得太多"),
        ("q1 = 1 or " * 60, 501, "太长"),
    ],
)
def test_a_wrong_expression_names_the_place(text: str, position: int, words: str) -> None:
    with pytest.raises(ConditionError, match=words) as caught:
        parse(text, SUBJECTS)
    assert caught.value.position == position


def test_the_table_form_and_the_expression_are_one_and_the_same() -> None:
    assert parse("q1 in (1, 2)", SUBJECTS) == Condition("q1", ("1", "2"))
    assert parse("q2 has 1", SUBJECTS) == Condition("q2", ("1",))
    assert parse(Condition("q1", ("1", "2")).text, SUBJECTS) == Condition("q1", ("1", "2"))
    assert isinstance(parse("not q1 = 1", SUBJECTS), Expression)


def test_a_condition_is_decided_when_all_its_questions_were_put() -> None:
    both = parse("q1 = 1 or n > 3", SUBJECTS)
    assert not decided(both, {"q1": "1"})
    assert decided(both, {"q1": None, "n": None})


atoms = st.sampled_from(
    ["q1 = 1", "q2 has 2", "q3 >= 2", "n < 18", "t answered", "d > 2000-01-01", "q1 != 2"]
)
expressions = st.recursive(
    atoms,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda text: f"not {text}")
    ),
    max_leaves=6,
)
answers = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3", "n", "t", "d", "zz"]),
    st.none() | st.text(max_size=4) | st.lists(st.text(max_size=2), max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(expressions, answers)
def test_every_expression_says_yes_or_no_whatever_was_answered(text: str, given: dict[str, Answer]) -> None:
    when = parse(text, SUBJECTS)
    assert when.holds(given) is not parse(f"not ({text})", SUBJECTS).holds(given)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="q123 =<>!()[],andortihs\"'é\n", max_size=40))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        assert parse(text, SUBJECTS).names()
    except ConditionError as error:
        place = error.position
    else:
        place = 1
    assert 1 <= place <= len(text) + 1


def test_a_file_tells_where_its_condition_is_wrong() -> None:
    with pytest.raises(
        QuestionnaireError, match=r"第 1 题（a）：出现条件（show_if）第 1 个字：前面没有编号为 later 的题"
    ):
        parse_file(
            'id = "x"\ntitle = "x"\n[[question]]\nid = "a"\ntype = "text"\ntitle = "a"\n'
            'show_if = "later = 1"\n'
            '[[question]]\nid = "later"\ntype = "number"\ntitle = "b"\n'
        )
