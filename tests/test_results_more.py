"""What stands under the rates of a wave."""

from dataclasses import replace

from bot.web.results_more import Past, needs, trends
from surveys.coding import code
from surveys.questionnaire import Answer
from surveys.results import Counted
from surveys.suppression import hidden_words
from surveys.terms import Place, Terms, seal
from surveys.waves import Wave
from tests.attack import QUESTIONS, declared
from tests.exporting import interview


def wave(frame: tuple[Place, ...]) -> Wave:
    sealed = seal(QUESTIONS, 1, Terms(sample="probability", frame=frame), None, None)
    return replace(declared(5), sample="probability", sealed=sealed)


def test_only_townships_of_the_frame_lack_interviews_and_a_hidden_one_is_told_no_number() -> None:
    towns = ["东镇"] * 72 + ["西镇"] * 40 + ["南镇"] * 3 + ["外县"] * 30
    answers = {"age": "1", "home": "1", "one": "1"}
    people = [
        interview(answers, f"r{number}", id=number + 1, township=town) for number, town in enumerate(towns)
    ]

    def listed(frame: tuple[Place, ...]) -> dict[str, int | None]:
        held = wave(frame)
        counted = Counted(held, QUESTIONS, "township")
        counted.count(code(QUESTIONS, people))
        return {one.township: one.n for one in needs(counted.whole.rates(), held)}

    frame = tuple(Place(town, "一村", 900) for town in ("东镇", "西镇", "南镇"))
    assert listed(()) == {"东镇": 72, "外县": None, "南镇": None, "西镇": 40}
    assert listed(frame) == {"东镇": 72, "南镇": None, "西镇": 40}


def test_a_wave_that_asked_with_other_words_says_so_in_the_trend() -> None:
    held = wave(())
    answers: dict[str, Answer] = {"age": "1", "home": "1", "one": "1"}
    people = [interview(answers, f"r{number}", id=number + 1) for number in range(9)]
    counted = Counted(held, QUESTIONS, None)
    counted.count(code(QUESTIONS, people))
    rates = counted.whole.rates()
    asked = {name for one in QUESTIONS.indicators for name in one.asks}

    def named(changed: set[str]) -> set[str]:
        before = replace(
            QUESTIONS,
            questions=tuple(
                replace(one, title=f"{one.title}？") if one.id in changed else one
                for one in QUESTIONS.questions
            ),
        )
        past = [
            Past(replace(held, name="前"), before, rates),
            Past(replace(held, id=2, name="后"), QUESTIONS, rates),
        ]
        return {point.name for one in trends(QUESTIONS, past) for point in one.points}

    assert named(asked) == {"前（题目改过，不能直接比）", "后"}
    assert named({one.id for one in QUESTIONS.questions} - asked) == {"前", "后"}


def test_a_group_kept_back_for_anothers_sake_reads_like_one_of_a_few() -> None:
    assert hidden_words() == "样本过少，不显示"
    assert "推算" in hidden_words("township")
