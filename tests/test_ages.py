"""Who is too young: certain answers only, in numbers and in bands."""

import pytest

from surveys.ages import ADULTS_ONLY, TooYoung, asking_age, mixed_band, too_young
from surveys.questionnaire import Option, Question, Questionnaire

BANDS = (
    "14周岁以下",
    "14到17岁",
    "16－17 岁",
    "未满18岁",
    "18-65岁",
    "66岁及以上",
    "不想说",
    "10-15岁",
    "18岁及以下",
    "18岁以下",
)


def asked(kind: str, title: str = "您的年龄是？") -> Questionnaire:
    """One question about age."""
    options = tuple(Option(str(number), label) for number, label in enumerate(BANDS))
    question = Question("age", kind, title, options if kind == "single" else (), min=0, max=120)  # type: ignore[arg-type]
    return Questionnaire("q", "问卷", (question,))


@pytest.mark.parametrize(
    ("kind", "answer", "without", "with_minors"),
    [
        ("number", "13", "child", "child"),
        ("number", "14", "minor", ""),
        ("number", "17", "minor", ""),
        ("number", "18", "", ""),
        ("number", "", "", ""),
        ("single", "0", "child", "child"),
        ("single", "1", "minor", ""),
        ("single", "2", "minor", ""),
        ("single", "3", "minor", ""),
        ("single", "4", "", ""),
        ("single", "5", "", ""),
        ("single", "6", "", ""),
        ("single", "7", "minor", ""),
        ("single", "8", "", ""),
        ("single", "9", "minor", ""),
        ("single", "99", "", ""),
    ],
)
def test_only_a_certain_answer_declines(
    kind: str, answer: str, without: TooYoung, with_minors: TooYoung
) -> None:
    assert too_young(asking_age(asked(kind)), {"age": answer}, minors=False) == without
    assert too_young(asking_age(asked(kind)), {"age": answer}, minors=True) == with_minors


def test_other_numbers_are_no_ages() -> None:
    assert too_young(asking_age(asked("number", "您家有几口人？")), {"age": "3"}, minors=False) == ""
    assert too_young(asking_age(asked("number")), {"age": None}, minors=False) == ""


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (BANDS, "未满18岁"),
        (("未满14岁", "14到17岁", "18岁及以上"), ""),
        (("18岁及以下", "19岁及以上"), ""),
        (("满意", "不满意"), ""),
    ],
)
def test_a_band_that_mixes_children_with_minors_is_found(labels: tuple[str, ...], found: str) -> None:
    options = tuple(Option(str(number), label) for number, label in enumerate(labels))
    asks_age = Question("age", "single", "您的年龄是？", options)
    assert mixed_band(Questionnaire("q", "问卷", (asks_age,))) == found


@pytest.mark.parametrize("words", ["请年满 18 周岁的居民填写。", "面向18岁及以上的居民", "只请成年人来填"])
def test_words_that_ask_adults_only_are_known(words: str) -> None:
    assert ADULTS_ONLY.search(words)


@pytest.mark.parametrize("words", ["未满18岁请先问过家长", "请未成年人的家长来填", "大约 18 道题"])
def test_words_that_leave_the_age_open_are_no_such_words(words: str) -> None:
    assert not ADULTS_ONLY.search(words)
