"""What an indicator may say, how it is kept, and what is told where it does not fit."""

import pytest

from surveys.indicator import Indicator
from surveys.lint import lint
from surveys.native import QuestionnaireError, from_json, parse, to_toml
from surveys.questionnaire import to_json
from surveys.rule_words import indicator_title, rules_of

QUIZ = """
id = "quiz"
title = "应知应会"
consent = "自愿、匿名。"
[[question]]
id = "k1"
type = "single"
title = "几个字？"
metric = "knowledge"
options = [
  {code = "1", label = "24 个"},
  {code = "2", label = "12 个"},
  {code = "9", label = "说不清", polarity = "dont_know"},
]
[[question]]
id = "k2"
type = "multiple"
title = "哪些是？"
metric = "knowledge"
options = [
  {code = "1", label = "富强"},
  {code = "2", label = "民主"},
  {code = "3", label = "快乐"},
  {code = "9", label = "说不清", polarity = "dont_know"},
]
[[question]]
id = "mark"
type = "scale"
title = "打几分？"
metric = "satisfaction"
options = [{code = "9", label = "说不清", polarity = "dont_know"}]
[[question]]
id = "words"
type = "text"
title = "还有什么？"
required = false
"""
RIGHT = '[[indicator]]\nid = "right"\ntitle = "正确率"\n'
BOTH = RIGHT + 'questions = ["k1", "k2"]\nweights = [1, 3]\nrule = "accuracy"\nnumerator = [["1"], [1, 2]]\n'


def test_every_part_of_an_indicator_is_kept() -> None:
    single = '\n[[indicator]]\nid = "high"\nquestion = "mark"\nnumerator = ["4", "5"]\ntarget = 0.9\n'
    quiz = parse(QUIZ + BOTH + single + 'denominator = ["1", "2", "4", "5"]\n')
    both, high = quiz.indicators
    assert both == Indicator(
        "right",
        "",
        "accuracy",
        title="正确率",
        numerator=(("1",), ("1", "2")),
        questions=("k1", "k2"),
        weights=(1.0, 3.0),
    )
    assert (both.asks, both.share(1), both.codes(0)) == (("k1", "k2"), 0.75, ("1",))
    assert (high.numerator, high.denominator, high.target) == ((("4", "5"),), ("1", "2", "4", "5"), 0.9)
    assert parse(to_toml(quiz)) == from_json(to_json(quiz)) == quiz


def test_the_rule_is_told_in_words() -> None:
    asked = '[[indicator]]\nid = "high"\nquestion = "mark"\nnumerator = ["4", "5"]\ndenominator = "asked"\n'
    (_, questions, both), (_, _, high) = rules_of(parse(QUIZ + BOTH + asked))
    assert questions == "几个字？；哪些是？"
    assert "“几个字？”占 0.25，分子是答对的人，选“24 个”算对" in both
    assert "要选的是“富强”、“民主”，少选、多选都不算对" in both
    assert "占到 0.5 才计入" in both
    assert high == (
        "分子是选“4”、“5”的人，分母是问到这道题的人。选“说不清”的不计入分母。没有问到的人不计入；不愿回答的计入分母。"
    )


@pytest.mark.parametrize(
    ("indicator", "words"),
    [
        ('question = "k1"\nnumerator = ["7"]', "没有代码为 7 的选项，请检查分子（numerator）"),
        ('question = "k1"\nnumerator = ["1", "9"]', "“说不清”算作说不清，不能再算进分子"),
        ('question = "k1"\nnumerator = []', "请写明选哪些算进分子"),
        ('question = "k1"\nnumerator = "1"', "分子选项（numerator）要写成一列"),
        ('question = "k1"\nrule = "accuracy"', "请用分子选项（numerator）写明题 k1 答哪些选项算对"),
        ('question = "k1"\nnumerator = ["1"]\nrule = "score"', "按分值算的指标没有分子选项"),
        ('question = "k1"\nnumerator = ["1"]\ntarget = 90', "目标请写成 0 到 1 之间的小数，例如 90% 写 0.9"),
        ('question = "k1"\nnumerator = ["1"]\nweights = [1]', "只有几道题合成的指标才有权重"),
        ('question = "k1"\nnumerator = ["1"]\ndenominator = ["2"]', "选项 1 在分子里，却不在分母里"),
        ('question = "k1"\nnumerator = ["1"]\ndenominator = ["1", "7"]', "请检查分母（denominator）"),
        ('question = "k1"\nnumerator = ["1"]\ndenominator = "all"', '分母（denominator）请写 "answered"'),
        ('question = "k1"\nrule = "score"', "给选项写上分值（score"),
        ('question = "words"\nnumerator = ["1"]', "题 words 没有选项"),
        ('question = "k1"\nquestions = ["k1", "k2"]\nnumerator = [["1"], ["1"]]', "只能写一个"),
        ('questions = ["k1"]\nnumerator = [["1"]]', "请写两道或更多不同的题"),
        ('questions = ["k1", "k1"]\nnumerator = [["1"], ["1"]]', "请写两道或更多不同的题"),
        ('questions = ["k1", "nowhere"]\nnumerator = [["1"], ["1"]]', "没有编号为 nowhere 的题"),
        ('questions = ["k1", "k2"]\nnumerator = ["1"]', "请给每道题写一组选项代码"),
        ('questions = ["k1", "k2"]\nnumerator = [["1"], ["1"]]\nweights = [1]', "2 道题写 2 个数"),
        ('questions = ["k1", "k2"]\nnumerator = [["1"], ["1"]]\nweights = [1, 0]', "权重都要大于 0"),
        ('questions = ["k1", "k2"]\nnumerator = [["1"], ["1"]]\nweights = [1, "x"]', "权重都要是数"),
        ('questions = []\nnumerator = [["1"]]', "请写两道或更多不同的题"),
    ],
)
def test_what_does_not_fit_is_told_with_the_indicators_name(indicator: str, words: str) -> None:
    with pytest.raises(QuestionnaireError) as refused:
        parse(QUIZ + RIGHT + indicator)
    assert any(words in problem and problem.startswith("指标 right") for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("indicator", "level", "words"),
    [
        ('question = "k1"\nnumerator = ["1", "2"]', "block", "全在分子里"),
        ('question = "k1"\nnumerator = ["1"]\ndenominator = ["1"]', "block", "同样的选项"),
        ('question = "k1"\nnumerator = ["1"]\ntarget = 1', "warn", "目标写成了 100%"),
        (
            'questions = ["k1", "k2"]\nrule = "accuracy"\nnumerator = [["1"], ["1"]]\nweights = [9, 1]',
            "warn",
            "占了权重的 90%",
        ),
    ],
)
def test_an_indicator_that_says_little_is_found(indicator: str, level: str, words: str) -> None:
    findings = lint(parse(QUIZ + RIGHT + indicator))
    assert [one.level for one in findings if words in one.message and "正确率" in one.message] == [level]


def test_explicit_codes_need_no_sides() -> None:
    told = " ".join(one.message for one in lint(parse(QUIZ + BOTH)))
    assert "没写算哪一边" in told  # the scale, which no indicator counts
    assert "k1" not in {one.question for one in lint(parse(QUIZ + BOTH)) if "哪一边" in one.message}


def test_an_indicator_without_a_title_is_called_what_its_questions_ask() -> None:
    made = [
        f'[[indicator]]\nid = "i{at}"\n{how}\n'
        for at, how in enumerate(
            [
                'question = "mark"\nrule = "accuracy"\nnumerator = ["5"]',
                'question = "mark"\nnumerator = ["5"]',
                'question = "k1"\nnumerator = ["1"]',
                'questions = ["k1", "k2"]\nnumerator = [["1"], ["2"]]',
                'question = "k2"\nnumerator = ["2"]\ntitle = "几个字？"',
            ]
        )
    ]
    quiz = parse(QUIZ + "".join(made))
    names = [indicator_title(quiz, one) for one in quiz.indicators]
    assert names == ["打几分？（正确率）", "打几分？（占比）", "几个字？", "几个字？；哪些是？", "几个字？"]
    told = [one.level for one in lint(quiz) if "另有指标也叫这个名称" in one.message]
    assert told == ["warn", "warn"]
