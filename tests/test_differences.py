"""Versions side by side: what changed, and what can no longer be compared."""

import pytest

from surveys.differences import differences
from surveys.native import parse
from tests.kinds import KINDS
from tests.test_quotas import TOML


@pytest.mark.parametrize(
    ("text", "old", "new", "question", "words", "breaks"),
    [
        (KINDS, 'title = "各种题"', 'title = "新题"', "", "标题由“各种题”改为“新题”", False),
        (
            KINDS,
            'title = "您的年龄是？"',
            'title = "几岁？"',
            "age",
            "题目由“您的年龄是？”改为“几岁？”",
            True,
        ),
        (KINDS, 'label = "社区"', 'label = "村里"', "source", "选项 a由“社区”改为“村里”", True),
        (KINDS, '{code = "d", label = "电视"},', "", "source", "删去的选项 d：电视", True),
        (
            KINDS,
            '{code = "d"',
            '{code = "f", label = "广播"}, {code = "d"',
            "source",
            "新加的选项 f：广播",
            True,
        ),
        (KINDS, 'polarity = "dont_know"}]', "score = 5}]", "score", "选项 99 的正反面或分值变了", True),
        (KINDS, ", exclusive = true", "", "source", "选项 z 是否单独选、是否要写明变了", False),
        (KINDS, 'show_if = "aware = 1"', "", "source", "去掉了出现条件“第 1 题选了‘知道’”", True),
        (
            KINDS,
            "not age < 18",
            "age > 17",
            "why",
            "不是（第 5 题小于 18）”改为“第 8 题不大于‘6’，并且第 5 题大于 17”",
            True,
        ),
        (KINDS, 'label = "路灯"', 'label = "灯"', "grid", "矩阵的行变了", True),
        (KINDS, "max = 120", "max = 110", "age", "最多或终点变了", True),
        (KINDS, 'type = "date"', 'type = "text"', "since", "题型由日期改为填空", True),
        (KINDS, 'id = "more"', 'id = "extra"', "extra", "新加的题：还有什么要说的？", False),
        (KINDS, 'id = "more"', 'id = "extra"', "more", "删去的题：还有什么要说的？", True),
        (KINDS, 'id = "kinds"', 'id = "kinds"\npaging = "section"', "", "网页改为一节一页", False),
        (KINDS, 'id = "kinds"', 'id = "kinds"\nclosing = "谢谢。"', "", "加上了结束语“谢谢。”", False),
        (TOML, "age >= 18", "age >= 16", "", "谁算调查对象由“第 1 题不小于 18，并且", True),
        (TOML, "limit = 3", "limit = 4", "", "配额变了", False),
        (TOML, 'id = "satisfaction"', 'id = "happy"', "content", "新加的指标“您满意吗？”", False),
        (TOML, 'id = "satisfaction"', 'id = "happy"', "content", "删去的指标“您满意吗？”", True),
        (
            TOML,
            'question = "content"',
            'question = "content"\ntarget = 0.9',
            "content",
            "名称或目标变了",
            False,
        ),
        (
            TOML,
            'question = "content"',
            'question = "content"\ndont_know_rule = "not_counted_positive"',
            "content",
            "的算法变了",
            True,
        ),
    ],
)
def test_a_change_is_named(text: str, old: str, new: str, question: str, words: str, breaks: bool) -> None:
    found = [one for one in differences(parse(text), parse(text.replace(old, new))) if words in one.words]
    assert [(one.question, one.breaks) for one in found] == [(question, breaks)]


def test_equal_versions_have_none_and_another_order_is_told() -> None:
    assert differences(parse(KINDS), parse(KINDS)) == []
    first, second = '[[question]]\nid = "age"', '[[question]]\nid = "since"'
    head, rest = KINDS.split(first)
    age, tail = rest.split(second)
    moved = parse(
        head + second + tail.replace('[[question]]\nid = "place"', first + age + '[[question]]\nid = "place"')
    )
    assert [one.words for one in differences(parse(KINDS), moved)] == ["题目的先后变了"]
    swapped = KINDS.replace(
        '{code = "1", label = "知道"},\n  {code = "2", label = "不知道"},',
        '{code = "2", label = "不知道"},\n  {code = "1", label = "知道"},',
    )
    assert [one.words for one in differences(parse(KINDS), parse(swapped))] == ["选项的先后变了"]
