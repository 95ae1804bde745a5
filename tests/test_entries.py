"""Plain-language entries: their file format, and what must hold for all that are shipped."""

import pytest

from content.rules.entries import read_entries, shipped_entries


def test_an_entry_names_its_law_and_the_words_that_carry_the_claim() -> None:
    (entry,) = read_entries(
        'topic = "文明餐桌"\n[[entry]]\nkey = "a"\nquestions = ["能打包吗"]\nanswer = "可以。"\n'
        '[[entry.source]]\nlaw = "某法"\narticle = "第七条"\nholds = ["打包"]\n'
    )
    assert (entry.topic, entry.answer) == ("文明餐桌", "可以。")
    assert [(source.law, source.article, source.holds) for source in entry.sources] == [
        ("某法", "第七条", ("打包",))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "topic = ",
        "entry = []",
        'topic = "t"\n[[entry]]\nkey = "a"\nquestions = ["q"]',
        'topic = "t"\n[[entry]]\nkey = "a"\nquestions = []\nanswer = "b"',
        'topic = "t"\n[[entry]]\nkey = "a"\nquestions = ["q"]\nanswer = " "',
    ],
)
def test_a_bad_entry_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="entr"):
        read_entries(text)


def test_shipped_entries_have_keys_and_questions_of_their_own() -> None:
    entries = shipped_entries()
    questions = [question for entry in entries for question in entry.questions]
    assert len({entry.key for entry in entries}) == len(entries) > 0
    assert len(set(questions)) == len(questions)
