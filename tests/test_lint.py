"""Each finding on an example that deserves it, and silence on one that only looks like it."""

import re
from importlib.resources import files

import pytest

from surveys.lint import Finding, blocks, lint, lint_text
from surveys.native import parse

GOOD = """
id = "q"
title = "小调查"
consent = "自愿、匿名。"

[[question]]
id = "a"
type = "single"
title = "{title}"
metric = "satisfaction"
options = [{options}]

[[indicator]]
id = "i"
question = "a"
"""
SATISFIED = (
    ("1", "满意", "positive"),
    ("2", "一般", "neutral"),
    ("3", "不满意", "negative"),
    ("9", "说不清", "dont_know"),
)


def told(
    title: str = "您满意吗？", options: tuple[tuple[str, str, str], ...] = SATISFIED, more: str = ""
) -> str:
    """The messages about a questionnaire of one question, one a line."""
    written = ", ".join(f'{{code = "{c}", label = "{label}", polarity = "{p}"}}' for c, label, p in options)
    questionnaire, findings = lint_text(GOOD.format(title=title, options=written) + more)
    assert questionnaire is not None
    return "\n".join(f"{one.question} {one.level} {one.message}" for one in findings)


def text(title: str) -> str:
    """A question with free words."""
    return f'\n[[question]]\nid = "t"\ntype = "text"\ntitle = "{title}"\nrequired = false\n'


KNOWS = (("1", "知道", "positive"), ("2", "不知道", "negative"), ("9", "说不清", "dont_know"))
TILTED = (("1", "满意", "positive"), ("2", "基本满意", "positive"), *SATISFIED[2:])
OFTEN = (
    ("1", "参加过几次", "positive"),
    ("2", "参加过一次", "positive"),
    ("3", "没有", "negative"),
    ("9", "记不清", "dont_know"),
)


@pytest.mark.parametrize(
    ("found", "near_miss", "words"),
    [
        (
            told("您对窗口服务满意吗？", KNOWS),
            told("您知道窗口在哪里吗？", KNOWS),
            "题目问的是满意，选项说的却是知晓",
        ),
        (told(options=TILTED), told("您参加过活动吗？", OFTEN), "正面的有 2 个，负面的有 1 个"),
        (told("您对环境卫生和交通秩序满意吗？"), told("您对路灯和公园的管理满意吗？"), "问了两件事"),
        (told("您对环境卫生、交通秩序是否满意？"), told("您对邻里和睦的情况满意吗？"), "问了两件事"),
        (told("您了解并支持这项工作吗？", KNOWS), told("您了解这项工作吗？", KNOWS), "问了两件事"),
        (told("您知道吗？满意吗？"), told("您知道的事里，哪件让您满意？"), "问了两件事"),
        (
            told("大家都觉得变好了，您满意吗？"),
            told("您觉得大家的变化让您满意吗？"),
            "在引导",
        ),
        (told("创建工作取得了显著成效，您满意吗？"), told("您对取得的成效满意吗？"), "在引导"),
        (told(options=SATISFIED[:3]), told(), "缺少“说不清”"),
        (told("您满意吗？（B）"), told("您满意吗？（单选）"), "标出了答案"),
        (told("您满意吗？参考答案见手册"), told("您对答复满意吗？"), "教人怎么答"),
        (told("您满意吗？不满意的请跳至第20题"), told("您对跳绳比赛满意吗？"), "没有这一题"),
        (told("您满意吗？选3的跳问Q1"), told("您对第 1 题说的满意吗？"), "不会起作用"),
        (
            told(more=text("请留下您的姓名和手机号")),
            told(more=text("有什么建议？请不要写姓名、电话。")),
            "会问出是谁",
        ),
        (told("满" * 301), told("满" * 200), "超过 300 字"),
        (told("满" * 601), told("满" * 301), "一条消息放不下"),
    ],
)
def test_a_finding_and_its_near_miss(found: str, near_miss: str, words: str) -> None:
    assert words in found
    assert words not in near_miss


def test_coaching_and_identifying_block_and_the_rest_does_not() -> None:
    assert "a block" in told("您满意吗？（B）")
    assert "t block" in told(more=text("您的身份证号是？"))
    assert "block" not in told("大家都觉得变好了，您对环境和交通满意吗？跳到第9题", TILTED)


def test_options_like_other_may_not_ask_who_somebody_is() -> None:
    other = (
        '\n[[question]]\nid = "o"\ntype = "single"\ntitle = "谁？"\n'
        'options = [{{code = "1", label = "{}", other = true}}, {{code = "2", label = "无"}}]\n'
    )
    assert "o block" in told(more=other.format("其他（请写姓名）"))
    assert "o block" not in told(more=other.format("其他（请不要写姓名）"))


NAMING = [
    "您的联系电话",
    "您贵姓",
    "您家住几栋几单元",
    "姓名和手机：",
    "孩子的姓名",
    "愿意接受回访的，请留下联系方式。",
]
NOT_NAMING = [
    "您对手机信号有什么意见？（请不要写姓名和电话）", "您每天看手机几小时？", "您家有几部手机",
    "路名牌、门牌哪里要改？", "您拨打过几次12345电话？", "您能说出几个道德模范的名字？",
    "您对小区楼栋的卫生有什么建议？",
]  # fmt: skip


@pytest.mark.parametrize("title", NAMING)
def test_who_is_asked_for_a_name_or_number_is_protected(title: str) -> None:
    assert "t block 这道题会问出是谁" in told(more=text(title))


@pytest.mark.parametrize("title", NOT_NAMING)
def test_a_telephone_is_also_a_thing_to_ask_about(title: str) -> None:
    assert "是谁" not in told(more=text(title))


def test_what_tells_of_somebody_beside_other_answers_is_warned_of() -> None:
    for title in ("您的工作单位", "您的出生年月日", "您孩子的学校和班级"):
        assert "t warn 和别的回答放在一起" in told(more=text(title))
    assert "t warn" not in told(more=text("您的单位周边环境有什么要改的"))


@pytest.mark.parametrize(
    "title",
    [
        "接到调查电话时请说“满意”，您知道吗",
        "本题选A",
        "记住要说满意",
        "请打满分",
        "给个五星好评",
        "（ B ）是市花",
    ],
)  # fmt: skip
def test_coaching_blocks_in_whatever_words(title: str) -> None:
    assert "a block" in told(title)


@pytest.mark.parametrize(
    "title",
    [
        "请填写“其他”的内容", "您家孩子答对过几次？", "您住（A）区还是（B）区", "推荐选项之外您还想要什么",
        "请选择“满意”的居民说明原因", "大家都说好的那家店您去过吗",
    ],
)  # fmt: skip
def test_words_that_only_sound_like_coaching_do_not_block(title: str) -> None:
    assert "block" not in told(title)


@pytest.mark.parametrize(
    "title",
    [
        "您也认为环境变好了吗？", "您不觉得现在更好吗？", "大多数居民都满意，您满意吗？",
        "您对日益改善的环境满意吗？", "我县获评文明县城，您满意吗？",
        "您对我们的贴心服务满意吗？", "您喜欢我们的贴心服务吗？", "您对环卫工人的辛勤付出满意吗？",
    ],
)  # fmt: skip
def test_leading_in_other_words(title: str) -> None:
    assert "在引导" in told(title)


@pytest.mark.parametrize(
    "title",
    [
        "您对居民都知道的那条河满意吗？", "您知道领导下访的日子吗？",
        "您对干部高度重视群众意见的情况满意吗？", "您对“讲文明、树新风”活动满意吗？",
        "您对水、电、气等公共服务满意吗？", "您对积分超市满意吗？",
        "您对我们的服务满意吗？", "您对优质服务窗口评选满意吗？", "您对“贴心服务”活动满意吗？",
        "您觉得公交方便、快捷吗？", "您知道文明、健康的生活方式吗？", "您参加过志愿服务吗，参加过几次？",
        "文明社区最要紧的是环境干净、秩序良好还是邻里和睦？", "您愿不愿意来，是不是第一次？",
    ],
)  # fmt: skip
def test_no_false_alarm(title: str) -> None:
    assert not re.search("引导|两件事|奖励", told(title))


@pytest.mark.parametrize(
    "title",
    [
        "您对社区的环境以及治安是否满意？", "公交又快又便宜吗？", "是否常办活动，您是否参加？",
        "您觉得社区干净整洁、秩序良好吗？", "社区是否环境优美、出行方便？", "公厕是否干净、路灯是否明亮？",
        "您觉得路灯亮吗、公厕干净吗？", "路灯亮不亮、路面平不平？",
    ],
)  # fmt: skip
def test_two_things_in_other_words(title: str) -> None:
    assert "问了两件事" in told(title)


HIDDEN = """
id = "q"
title = "小调查"
consent = "自愿、匿名。"

[[question]]
id = "a"
type = "single"
title = "甲？"
options = [{code = "1", label = "是"}, {code = "2", label = "否"}]

[[question]]
id = "n"
type = "number"
title = "几岁？"
show_if = "a = 1"

[[question]]
id = "m"
type = "multiple"
title = "哪些？"
options = [{code = "1", label = "春"}, {code = "2", label = "夏"}, {code = "3", label = "秋"}]

[[question]]
id = "d"
type = "date"
title = "哪天？"

[[question]]
id = "p"
type = "community"
title = "哪里？"

[[question]]
id = "t"
type = "text"
title = "什么？"

[[question]]
id = "last"
type = "text"
title = "为什么？"
required = false
show_if = "CONDITION"
"""


@pytest.mark.parametrize(
    ("condition", "reached"),
    [
        ("a = 2 and n > 18", False),
        ("a = 1 and n > 18", True),
        ("n > 18 and n < 18", False),
        ("n >= 18 and n <= 18", True),
        ("a = 1 and a = 2", False),
        ("m has 1 and m has 2 and m has 3", True),
        ("not (a = 1 or not a = 1)", False),
        ("a != 1 and not n answered", True),
        ("d > 2026-05-01 and d < 2026-05-03", True),
        ("d > 2026-05-01 and d < 2026-05-02", False),
        ("p = 甲村 and p = 乙村", False),
        ("t answered", True),
    ],
)
def test_a_question_that_nobody_comes_to(condition: str, reached: bool) -> None:
    findings = lint(parse(HIDDEN.replace("CONDITION", condition)))
    assert ([one.question for one in findings if "到不了" in one.message] == ["last"]) is not reached


def test_a_long_matrix_is_told_and_a_graded_order_is_not_shuffled() -> None:
    rows = ", ".join(f'{{code = "{n}", label = "第{n}处"}}' for n in range(6))
    matrix = (
        f'\n[[question]]\nid = "g"\ntype = "matrix"\ntitle = "怎么样？"\nrows = [{rows}]\n'
        'options = [{code = "1", label = "好"}, {code = "2", label = "差"}]\n'
    )
    assert "g warn 矩阵超过 5 行" in told(more=matrix)
    questionnaire, _ = lint_text(GOOD.format(title="您满意吗？", options=""))
    assert questionnaire is None
    shuffled = GOOD.replace("metric", "shuffle = true\nmetric")
    written = ", ".join(f'{{code = "{c}", label = "{label}", polarity = "{p}"}}' for c, label, p in SATISFIED)
    _, findings = lint_text(shuffled.format(title="您满意吗？", options=written))
    assert [one.question for one in findings if "打乱" in one.message] == ["a"]


def test_the_questionnaires_of_the_house_are_fit_to_be_published() -> None:
    for entry in files("surveys").joinpath("library").iterdir():
        if entry.name.endswith(".toml"):
            _, findings = lint_text(entry.read_text("utf-8"))
            assert [one for one in findings if "偏长" not in one.message] == [], entry.name


def test_where_there_is_too_much_to_try_nothing_is_said() -> None:
    many = "".join(f'[[question]]\nid = "n{at}"\ntype = "number"\ntitle = "？"\n' for at in range(9))
    never = " and ".join(f"n{at} = 5" for at in range(9)) + " and n0 = 6"
    last = f'[[question]]\nid = "z"\ntype = "text"\ntitle = "？"\nshow_if = "{never}"\n'
    head = 'id = "q"\ntitle = "？"\nconsent = "自愿。"\n'
    assert "到不了" not in str(lint(parse(head + many + last)))
    assert "到不了" in str(lint(parse(head + many + last.replace(never, "n0 = 5 and n0 = 6"))))
    assert blocks([Finding("", "block", "x")])


def test_the_office_is_told_in_the_words_of_its_desk() -> None:
    options = '{code = "1", label = "满意", polarity = "positive"}, {code = "2", label = "不满意"}'
    bare = GOOD.replace('consent = "自愿、匿名。"', "").replace("metric", "shuffle = true\nmetric")
    bare, never = bare.partition("[[indicator]]")[0], text("？") + 'show_if = "a = 1 and a = 2"\n'
    _, findings = lint_text(bare.format(title="您满意吗？跳到第 2 题", options=options) + never)
    said = "\n".join(one.message for one in findings)
    for words in ("告知", "算进比例", "算作说不清", "算哪一边", "用到这一题", "给要跳过的题写", "都到不了"):
        assert words in said
    assert not re.search("[a-z_]{4,}", said)
