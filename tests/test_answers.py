"""Reading what residents write: tolerant of the form, never guessing the meaning."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.answers import Unclear, clean, read, read_form, split_other
from surveys.questionnaire import Option, Question


def choice(*labels: str, kind: str = "single", **more: object) -> Question:
    options = tuple(Option(f"c{number}", label) for number, label in enumerate(labels, start=1))
    return Question("q", kind, "？", options, **more)  # type: ignore[arg-type]


SATISFIED = Question(
    "q",
    "single",
    "您满意吗？",
    (
        Option("1", "很满意", "positive"),
        Option("2", "满意", "positive"),
        Option("3", "一般", "neutral"),
        Option("4", "不满意", "negative"),
        Option("9", "说不清", "dont_know"),
    ),
    metric="satisfaction",
)
AWARE = Question(
    "q",
    "single",
    "您听说过吗？",
    (
        Option("1", "知道", "positive"),
        Option("2", "没听说过", "negative"),
        Option("9", "说不清", "dont_know"),
    ),
    metric="awareness",
)
PLACES = Question(
    "q",
    "multiple",
    "哪些地方要改进？",
    (
        Option("a", "环境卫生"),
        Option("b", "交通秩序"),
        Option("c", "老人和小孩的活动场地"),
        Option("d", "文明养犬"),
        Option("z", "都挺好", exclusive=True),
    ),
    max=3,
)
SCALE = Question(
    "q",
    "scale",
    "打几分？",
    (*(Option(str(n), str(n)) for n in range(11)), Option("99", "说不清", "dont_know")),
    min=0,
    max=10,
)


SECOND = """B b Ｂ 2 ２ ② ⑵ ⒉ Ⅱ ❷ ㈡ 2️⃣ 二 第二个 第2个 第二 选2 我选二 2、 2. （2） 二。 满意 满意。
【满意】 滿意 B满意 2.满意 2满意 选B吧 选择第二个选项 2号"""
FIRST = "很满意 很满意。 嗯我选很满意吧 我觉得很满意 我覺得很滿意呀 非常满意 十分满意"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(form, "2") for form in SECOND.split()],
        *[(form, "1") for form in FIRST.split()],
        ("满　意", "2"),
        ("嗯，那个，我选很满意吧，谢谢", "1"),
        ("  一\n", "1"),
        ("我选一般", "3"),
        ("不满意！", "4"),
        ("都不满意", "4"),
        ("不满", "4"),
        ("说不清楚", "9"),
        ("不清楚", "9"),
        ("這個說不清", "9"),
        ("٤", "4"),
    ],
)
def test_one_option_is_read_in_many_forms(text: str, code: str) -> None:
    assert read(SATISFIED, text) == code


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "。", "👍", "6", "0", "F", "ok", "好的", "嗯", "12", "1 2", "1或2", "满意还是不满意",
        "满意还是一般", "2不满意", "不是很满意", "不是满意", "不太满意", "满意吗", "2?", "要是满意", "除了2",
        "别选2", "不选2", "以前很满意", "一点", "一个", "两个", "三个", "-1", "2.5", "1-3", "-", "第九个",
        "我家3口人", "很", "满意" * 300, "\x00",
    ],
)  # fmt: skip
def test_what_is_not_clear_is_asked_again(text: str) -> None:
    result = read(SATISFIED, text)
    assert isinstance(result, Unclear)
    assert "回复" in result.hint


def test_not_knowing_is_not_read_as_dont_know_where_it_may_mean_no() -> None:
    assert read(AWARE, "说不好") == "9"
    assert isinstance(read(AWARE, "不知道"), Unclear)
    assert read(AWARE, "没听说") == "2"
    assert isinstance(read(AWARE, "知道了"), Unclear)


@pytest.mark.parametrize("text", ["不想说", "我不想说。", "保密", "略", "过", "不方便说"])
def test_who_will_not_say_is_not_asked_twice(text: str) -> None:
    assert read(choice("甲", "乙", required=False), text) is None
    assert read(Question("q", "text", "？", (), required=False), text) is None
    assert isinstance(read(choice("甲", "乙"), text), Unclear)


def test_sexes_have_many_names() -> None:
    question = choice("男", "女")
    assert [read(question, text) for text in ("男性", "先生", "女同志", "我是女生")] == [
        "c1",
        "c1",
        "c2",
        "c2",
    ]
    for other in (read(question, "男女"), read(choice("男孩", "其他"), "先生")):
        assert isinstance(other, Unclear)


def test_none_and_all_of_several_in_few_words() -> None:
    question = choice("微信", "电视", "其他", kind="multiple")
    none = Question("q", "multiple", "？", (*question.options, Option("z", "都没有看到过", exclusive=True)))
    assert [read(none, text) for text in ("都没有", "没有", "没有看到")] == [["z"]] * 3
    assert read(none, "都有") == read(none, "全部") == ["c1", "c2", "c3"]
    assert read(choice("都有", "都没有", "春天", kind="multiple"), "都有") == ["c1"]


def test_what_other_is_stands_behind_its_number() -> None:
    question = Question("q", "single", "？", (Option("a", "散步"), Option("b", "其他", other=True)))
    for text in ("2 带孙子", "其他 带孙子", "其他，带孙子", "2、带孙子", "其他：带孙子"):
        assert split_other(question, text) in (("2", "带孙子"), ("其他", "带孙子"))
    for text in ("1 带孙子", "2 1", "2 ", "其他人", "22 带孙子"):
        assert split_other(question, text) is None


def test_a_label_beats_its_fillers_and_acknowledgements() -> None:
    yes = choice("是", "否")
    assert read(yes, "是的") == "c1"
    assert read(yes, "否") == "c2"
    for text in ("不是", "是不是", "是否"):
        assert isinstance(read(yes, text), Unclear)
    good = choice("好", "一般", "不好")
    assert read(good, "好") == "c1"
    assert read(good, "不好") == "c3"
    assert isinstance(read(good, "好的"), Unclear)
    assert read(choice("好的", "算了"), "好的") == "c1"


def test_a_label_may_be_called_without_its_remark() -> None:
    question = choice("满意（大体上）", "不满意(多数时候)")
    assert read(question, "满意") == "c1"
    assert read(question, "满意大体上") == "c1"
    assert read(question, "不满意") == "c2"


def test_a_number_that_is_a_label_elsewhere_is_unclear() -> None:
    question = choice("0", "1", "2", "很多")
    for text in ("1", "2"):
        assert isinstance(read(question, text), Unclear)
    assert read(question, "很多") == "c4"
    assert read(question, "D") == "c4"
    assert isinstance(read(choice("B", "A"), "a"), Unclear)


def test_two_options_with_one_name_are_told_apart_by_number_only() -> None:
    question = choice("其他", "其他", "没有")
    assert isinstance(read(question, "其他"), Unclear)
    assert read(question, "2") == "c2"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1,3", ["a", "c"]),
        ("3、1", ["a", "c"]),
        ("一和三", ["a", "c"]),
        ("一三", ["a", "c"]),
        ("AC", ["a", "c"]),
        ("a c", ["a", "c"]),
        ("1 3", ["a", "c"]),
        ("13", ["a", "c"]),
        ("①③", ["a", "c"]),
        ("1.3", ["a", "c"]),
        ("1/3", ["a", "c"]),
        ("第一个和第三个", ["a", "c"]),
        ("我选环境卫生，还有老人和小孩的活动场地", ["a", "c"]),
        ("1环境卫生 4文明养犬", ["a", "d"]),
        ("老人和小孩的活动场地", ["c"]),
        ("交通", ["b"]),
        ("都挺好", ["z"]),
        ("5", ["z"]),
        ("2 2", ["b"]),
    ],
)
def test_several_options_are_read_in_the_order_of_the_question(text: str, codes: list[str]) -> None:
    assert read(PLACES, text) == codes


@pytest.mark.parametrize("text", ["1-3", "1还是3", "11", "19", "1,6", "没有", "1、文明养犬", "除了1", "十三"])
def test_several_options_are_not_guessed(text: str) -> None:
    assert isinstance(read(PLACES, text), Unclear)


def test_limits_and_the_option_that_stands_alone() -> None:
    for text, words in (("1 2 3 4", "最多选 3 项"), ("全选", "最多选 3 项"), ("1 5", "都挺好")):
        result = read(PLACES, text)
        assert isinstance(result, Unclear)
        assert words in result.hint
    two = choice("甲", "乙", "丙", kind="multiple", min=2)
    assert read(two, "全选") == ["c1", "c2", "c3"]
    result = read(two, "甲")
    assert isinstance(result, Unclear)
    assert "最少选 2 项" in result.hint


def test_with_ten_options_or_more_a_number_is_one_number() -> None:
    many = choice(*(f"地方{c}" for c in "甲乙丙丁戊己庚辛壬癸子丑寅"), kind="multiple")
    assert read(many, "13") == ["c13"]
    assert read(many, "①③") == ["c1", "c3"]
    assert read(many, "十三") == ["c13"]
    assert isinstance(read(many, "14"), Unclear)


@pytest.mark.parametrize(
    ("text", "code"),
    [("8", "8"), ("8分", "8"), ("打八分", "8"), ("10", "10"), ("十分", "10"), ("０", "0"), ("说不清", "99")],
)
def test_a_scale_takes_its_own_numbers(text: str, code: str) -> None:
    assert read(SCALE, text) == code


@pytest.mark.parametrize("text", ["11", "-5", "8.5", "八点五", "8 9", "a", "99", "8/10", "½"])
def test_a_scale_takes_no_other_number(text: str) -> None:
    result = read(SCALE, text)
    assert isinstance(result, Unclear)
    assert "0 到 10" in result.hint
    assert "说不清" in result.hint


def test_only_an_optional_question_can_be_refused() -> None:
    optional = choice("甲", "乙", required=False)
    assert read(optional, "跳过。") is None
    assert read(optional, "不想回答") is None
    assert isinstance(read(optional, ""), Unclear)
    assert isinstance(read(choice("甲", "乙"), "跳过"), Unclear)
    assert read(choice("甲", "不想回答", required=False), "不想回答") == "c2"


def test_words_are_kept_as_they_are() -> None:
    words = Question("q", "text", "建议？", required=False)
    assert read(words, " 多装路灯\x00\u202e！\r\n谢谢\ud800 ") == "多装路灯！\n谢谢"
    assert read(words, "跳过") is None
    assert read(words, "\x07") is None
    long = read(words, "灯" * 501)
    assert isinstance(long, Unclear)
    assert "501" in long.hint
    assert isinstance(read(Question("q", "text", "？", max=3), "一二三四"), Unclear)
    assert isinstance(read(Question("q", "text", "？"), "  "), Unclear)
    assert read(Question("q", "text", "？"), "２个") == "２个"


def test_a_form_sends_codes() -> None:
    assert read_form(SATISFIED, ["9"]) == "9"
    assert read_form(PLACES, ["c", "a", ""]) == ["a", "c"]
    assert read_form(choice("甲", "乙", required=False), []) is None
    assert read_form(Question("q", "text", "？"), ["好"]) == "好"
    assert read_form(Question("q", "text", "？", required=False), []) is None
    for question, values in (
        (SATISFIED, []),
        (SATISFIED, ["很满意"]),
        (SATISFIED, ["1", "2"]),
        (PLACES, ["a", "z"]),
    ):
        assert isinstance(read_form(question, values), Unclear)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([SATISFIED, AWARE, PLACES, SCALE]),
    st.text(max_size=30) | st.text("不很满意一二三123abAB、，和第个选项是的 还没①", max_size=12),
)
def test_any_text_gives_a_possible_answer_or_a_hint(question: Question, text: str) -> None:
    result = read(question, text)
    if isinstance(result, Unclear):
        assert result.hint
    else:
        codes = [result] if isinstance(result, str) else result
        assert codes
        assert {option.code for option in question.options} >= set(codes)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(["{}", "{}。", "我选{}", "嗯{}吧", "{}，谢谢", "选{}"]))
def test_every_label_and_number_reads_back_as_its_option(data: st.DataObject, frame: str) -> None:
    question = data.draw(st.sampled_from([SATISFIED, AWARE, SCALE]))
    key, option = data.draw(st.sampled_from(question.choices()))
    assert read(question, frame.format(option.label)) == option.code
    if key:
        assert read(question, frame.format(key)) == option.code


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_cleaned_text_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned
