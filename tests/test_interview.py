"""Order, branches, going back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.conditions import Condition
from surveys.interview import Ask, Finished, next_step, previous, reachable
from surveys.questionnaire import Answer, Option, Question, Questionnaire

YES_NO = (Option("1", "是"), Option("2", "否"))
TREE = Questionnaire(
    "tree",
    "树",
    (
        Question("intro", "section", "先问几个小问题"),
        Question("q1", "single", "甲？", YES_NO),
        Question("only", "section", "说说细节", show_if=Condition("q1", ("1",))),
        Question("q2", "multiple", "乙？", YES_NO, show_if=Condition("q1", ("1",))),
        Question("q3", "single", "丙？", YES_NO, show_if=Condition("q2", ("2",))),
        Question("q4", "text", "丁？", required=False),
    ),
    closing="谢谢您。",
)


def asked(given: dict[str, Answer]) -> tuple[str, int, int, tuple[str, ...]]:
    step = next_step(TREE, given)
    assert isinstance(step, Ask)
    return step.question.id, step.position, step.of, step.intro


def test_questions_come_in_order_with_their_sections() -> None:
    assert asked({}) == ("q1", 1, 4, ("先问几个小问题",))
    assert asked({"q1": "1"}) == ("q2", 2, 4, ("说说细节",))
    assert asked({"q1": "1", "q2": ["1", "2"]}) == ("q3", 3, 4, ())
    assert asked({"q1": "1", "q2": ["1"]}) == ("q4", 3, 3, ())
    assert next_step(TREE, {"q1": "2", "q4": None}) == Finished("谢谢您。")


def test_a_refused_condition_closes_the_branch() -> None:
    assert asked({"q1": None}) == ("q4", 2, 2, ())
    assert asked({"q1": "1", "q2": None}) == ("q4", 3, 3, ())


def test_going_back_drops_the_last_answer_only() -> None:
    given: dict[str, Answer] = {"q4": "好", "q1": "1", "q2": ["1"]}
    assert previous(TREE, given) == {"q1": "1", "q2": ["1"]}
    assert previous(TREE, {"q1": "1"}) == {}
    assert previous(TREE, {}) == {}


def test_a_changed_answer_closes_what_hung_on_it() -> None:
    assert reachable(TREE, {"q1": "2", "q2": ["2"], "q3": "1", "q4": "x"}) == {"q1": "2", "q4": "x"}
    assert reachable(TREE, {"unknown": "1"}) == {}


answers = st.fixed_dictionaries(
    {},
    optional={
        "q1": st.sampled_from(["1", "2", None]),
        "q2": st.sampled_from([["1"], ["2"], ["1", "2"], None]),
        "q3": st.sampled_from(["1", "2", None]),
        "q4": st.none() | st.text(max_size=3),
    },
)


@settings(max_examples=100, deadline=None)
@given(answers)
def test_every_interview_ends_and_going_back_asks_the_dropped_question_again(
    given: dict[str, Answer],
) -> None:
    kept = reachable(TREE, given)
    assert reachable(TREE, kept) == kept
    back = previous(TREE, given)
    if kept:
        step = next_step(TREE, back)
        assert isinstance(step, Ask)
        if len(kept) == len([q for q in TREE.asked() if q.id in kept and q.applies(kept)]):
            assert step.question.id not in back
    steps = 0
    while isinstance(step := next_step(TREE, kept), Ask):
        assert 1 <= step.position <= step.of <= 4
        kept[step.question.id] = "1" if step.question.type != "multiple" else ["2"]
        steps += 1
        assert steps <= 4
