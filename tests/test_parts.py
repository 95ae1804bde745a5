"""Pieces of questions, screens of the page, shuffled options, earlier answers in titles."""

from collections import Counter
from dataclasses import replace

import pytest

from surveys.answers import Unclear
from surveys.interview import Ask, next_step, previous, reachable, screen, without_last
from surveys.native import QuestionnaireError, from_json, parse, to_toml
from surveys.order import SEEDS, seed_of, shown
from surveys.parts import columns, other, parts, place_of
from surveys.piping import NOTHING, filled
from surveys.questionnaire import Answer, to_json
from surveys.taking import from_form, from_message
from tests.kinds import FRAME, KINDS
from tests.test_quotas import TOML as QUOTAS

ALL = parse(KINDS)
PLACES = dict(FRAME)
ANSWERS: dict[str, Answer] = {
    "aware": "1",
    "source": ["a", "e"],
    "source.other": "学校",
    "grid.light": "1",
    "grid.park": "2",
    "grid.bus": "3",
}


def ask(answers: dict[str, Answer], seed: int = 0) -> Ask:
    """What comes next."""
    step = next_step(ALL, answers, PLACES, seed)
    assert isinstance(step, Ask)
    return step


def test_pieces_come_one_by_one_under_one_number() -> None:
    step = ask({"aware": "1", "source": ["a"]})
    assert (step.question.id, step.position, step.of) == ("grid.light", 3, 10)
    assert (step.piece, step.pieces) == (1, 3)
    assert ask({"aware": "1", "source": ["e"]}).question.id == "source.other"
    assert ask({"aware": "2"}).question.id == "grid.light"
    assert ask({**ANSWERS, "rank": ["x", "y"], "age": "30", "since": None}).question.id == "place.township"


def test_the_words_behind_other_go_with_the_option() -> None:
    assert reachable(ALL, {**ANSWERS, "source": ["a"]}) == {
        name: answer for name, answer in ANSWERS.items() if name != "source.other"
    } | {"source": ["a"]}
    assert other(ALL.questions[0]) is None
    question = ALL.question("source")
    assert question is not None
    assert [one.id for one in columns(question)] == ["source", "source.other"]


def test_a_community_needs_its_township_and_is_free_words_without_a_frame() -> None:
    question = ALL.question("place")
    assert question is not None
    assert [one.type for one in parts(question, {})] == ["text"]
    assert [one.id for one in parts(question, {}, PLACES)] == ["place.township"]
    assert [one.id for one in parts(question, {"place.township": None}, PLACES)] == ["place.township"]
    second = list(parts(question, {"place.township": "河口乡"}, PLACES))[1]
    assert [option.code for option in second.options] == ["上河村", "下河村"]
    assert place_of(ALL, {"place.township": "河口乡", "place": "上河村"}, PLACES) == ("河口乡", "上河村")
    assert place_of(ALL, {"place.township": "别处", "place": "上河村"}, PLACES) == ("", "")
    assert place_of(ALL, {"place.township": "河口乡", "place": None}, PLACES) == ("河口乡", "")
    assert place_of(ALL, {"place": "上河村那边"}, {}) == ("", "上河村那边")
    assert place_of(ALL, {"place": None}, {}) == ("", "")


def test_going_back_takes_a_piece_in_the_chat_and_a_question_on_the_page() -> None:
    assert "grid.park" in previous(ALL, ANSWERS)
    assert "grid.bus" not in previous(ALL, ANSWERS)
    assert list(without_last(ALL, ANSWERS)) == ["aware", "source", "source.other"]
    assert without_last(ALL, {}) == {}


def ids(asked: tuple[Ask, ...]) -> list[str]:
    return [one.question.id for one in asked]


def test_a_screen_is_a_question_or_a_section_and_never_what_depends_on_it() -> None:
    assert ids(screen(ALL, {}, PLACES)) == ["aware"]
    assert ids(screen(ALL, {"aware": "2"}, PLACES)) == ["grid.light", "grid.park", "grid.bus"]
    sections = replace(ALL, paging="section")
    assert ids(screen(sections, {}, PLACES)) == ["aware"]
    begun: dict[str, Answer] = {"aware": "2"}
    first = screen(sections, begun, PLACES)
    assert ids(first) == ["grid.light", "grid.park", "grid.bus", "rank", "age", "since", "place.township"]
    everything: dict[str, Answer] = {"place.township": "河口乡", "place": "上河村", "score": "9"}
    done = begun | {one.question.id: None for one in first} | everything
    assert ids(screen(sections, done, PLACES)) == ["more"]
    assert screen(sections, done | {"more": None}, PLACES) == ()


def test_several_choices_are_kept_in_the_questionnaires_order_however_shown() -> None:
    for seed in range(1, 6):
        step = ask({"aware": "1"}, seed)
        numbers = [str(at) for at, option in enumerate(step.question.options, 1) if option.code in "bd"]
        said = from_message({"aware": "1"}, step, " ".join(reversed(numbers)))
        assert said == {"aware": "1", "source": ["b", "d"]}
        assert from_form({"aware": "1"}, [step], {"source": ["d", "b"]}) == (said, {})


def test_a_choice_and_its_words_can_be_said_at_once() -> None:
    step = ask({"aware": "1"})
    assert from_message({}, step, "其他：孩子的学校") == {"source": ["e"], "source.other": "孩子的学校"}
    assert isinstance(from_message({}, step, "别的：孩子的学校"), Unclear)
    assert isinstance(from_message({}, step, "社区：孩子的学校"), Unclear)
    assert isinstance(from_message({}, step, "其他：" + "长" * 101), Unclear)


def test_a_form_keeps_what_can_be_read_and_says_what_cannot() -> None:
    asked = screen(replace(ALL, paging="section"), {"aware": "2"}, PLACES)
    answers, hints = from_form(
        {"aware": "2"}, asked, {"grid.light": ["1"], "rank": ["x", "y"], "age": ["三百"], "since": ["昨天"]}
    )
    assert answers == {
        "aware": "2", "grid.light": "1", "grid.park": None, "grid.bus": None, "rank": ["x", "y"],
    }  # fmt: skip
    assert set(hints) == {"age", "since", "place.township"}
    source = ask({"aware": "1"})
    ignored, none = from_form({}, [source], {"source": ["a"], "source.other": ["不算"]})
    assert (ignored, none) == ({"source": ["a"]}, {})
    assert from_form({}, [source], {"source": ["e"], "source.other": ["长" * 101]})[1]


def test_the_order_follows_from_the_seed_and_leaves_the_last_ones_last() -> None:
    question = ALL.question("source")
    assert question is not None
    orders = Counter(
        tuple(option.code for option in shown(question, seed).options) for seed in range(1, SEEDS + 1)
    )
    assert len(orders) > 10
    assert all(set(order[:4]) == set("abcd") and order[4:] == ("e", "z") for order in orders)
    firsts = Counter(order[0] for order in orders.elements())
    assert min(firsts[code] for code in "abcd") >= SEEDS // 10
    assert shown(question, 0) is question
    assert shown(question, 7) == shown(question, 7)


def test_a_seed_is_small_and_only_given_where_something_is_shuffled() -> None:
    assert {seed_of(ALL, f"person{number}") for number in range(2000)} == set(range(1, SEEDS + 1))
    assert seed_of(parse(QUOTAS), "person1") == 0


@pytest.mark.parametrize(
    ("title", "answers", "words"),
    [
        ("您给{place}打几分？", {"place": "上河村"}, "您给上河村打几分？"),
        ("您说{aware}，为什么？", {"aware": "1"}, "您说知道，为什么？"),
        ("{source}里哪个？", {"source": ["a", "c"]}, "社区、手机里哪个？"),
        ("{grid.light}吗？", {"grid.light": "3"}, "不满意吗？"),
        ("{place}？", {"place": None}, f"{NOTHING}？"),
        ("{place}？", {}, f"{NOTHING}？"),
        ("{place}？", {"place": "<a href='x'>点\n我</a>{age}"}, "＜a href='x'＞点 我＜/a＞｛age｝？"),
        ("{place}", {"place": "长" * 50}, "长" * 39 + "…"),
        ("{ 不是 } {9}", {}, "{ 不是 } {9}"),
    ],
)
def test_earlier_answers_in_a_title(title: str, answers: dict[str, Answer], words: str) -> None:
    assert filled(ALL, title, answers) == words


def test_every_kind_reads_back_equal_from_both_files() -> None:
    for text in (KINDS, QUOTAS, KINDS.replace("consent", 'paging = "section"\nconsent')):
        questionnaire = parse(text)
        assert from_json(to_json(questionnaire)) == questionnaire == parse(to_toml(questionnaire))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "您给{place}', 'title = "您给{nowhere}', "{nowhere} 不是前面的题"),
        ('title = "您给{place}', 'title = "您给{why}', "{why} 不是前面的题"),
        ('unit = "岁"', 'unit = "岁"\nshuffle = true', "可以打乱选项"),
        ('type = "date"', 'type = "date"\nunit = "天"', "只有数字题有单位"),
        ('type = "date"', 'type = "date"\nmin = 5', "是年份"),
        ("min = 0", "min = -100", "不能小于 -90"),
        ('id = "kinds"', 'id = "kinds"\npaging = "book"', "分页（paging）请写其中之一：question（一题一页）"),
        ('id = "kinds"', 'id = "kinds"\nscreen = {}', "调查对象（[screen]）里请写"),
        (
            'id = "kinds"',
            'id = "kinds"\nscreen = {inside = "age > 18 18"}',
            "谁算调查对象（inside）第 10 个字",
        ),
        ('id = "kinds"', 'id = "kinds"\nquota = [{id = "a b", limit = 0}]', "份数（limit）请写 1 到"),
        ('id = "kinds"', 'id = "kinds"\nindicator = [{id = "i", question = "grid"}]', "例如 grid.light"),
        ('id = "kinds"', 'id = "kinds"\nindicator = [{id = "i", question = "rank"}]', "排序题不能算指标"),
    ],
)
def test_a_file_is_told_what_is_wrong(old: str, new: str, words: str) -> None:
    with pytest.raises(QuestionnaireError) as told:
        parse(KINDS.replace(old, new))
    assert words in str(told.value)
