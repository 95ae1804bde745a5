"""Plain-language entries: their file format, and what must hold for all that are shipped."""

import re
from pathlib import Path

import pytest

from content.rules.entries import Entry, Source, read_entries, shipped_entries
from content.rules.words import fold, grams
from tests.drills import entries as drill
from tests.drills.entries import read_laws, unproven

NUMBERS = frozenset(
    {"110", "119", "120", "122", "12345", "12356", "12123", "12315", "12369", "12338", "12355"}
)
REPEALED = frozenset({"中华人民共和国噪声污染防治法", "中华人民共和国固体废物污染环境防治法"})
"""They went into the 生态环境法典, in force since 15 August 2026."""
LEGAL = re.compile("应当|不得|禁止|法律|拘留|吊销|罚款|有权")
AMOUNT = re.compile(r"[一二三四五六七八九十百千万\d]+元(?:以上[一二三四五六七八九十百千万\d]+万?元)?以下")
"""Words of a legal claim, which must name its article; an amount is written as the law writes it."""


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
    keys = [entry.key for entry in shipped_entries()]
    questions = [grams(fold(question)) for entry in shipped_entries() for question in entry.questions]
    assert len(set(keys)) == len(keys) >= 80
    assert len({tuple(question) for question in questions}) == len(questions)


@pytest.mark.parametrize("entry", shipped_entries(), ids=lambda entry: entry.key)
def test_an_answer_is_short_plain_and_proven(entry: Entry) -> None:
    assert 3 <= len(entry.questions) <= 8
    assert all(2 <= len(question) <= 24 for question in entry.questions)
    assert len(entry.answer) <= 200
    assert not set("!！~～…\n") & set(entry.answer)
    assert "你" not in entry.answer
    assert "治安管理处罚法" not in entry.answer + "".join(source.law for source in entry.sources)
    assert not REPEALED & {source.law for source in entry.sources}
    assert set(re.findall(r"\d{3,}(?![元\d]| 米)", entry.answer)) <= NUMBERS
    assert bool(entry.sources) or not LEGAL.search(entry.answer)
    held = "\n".join(words for source in entry.sources for words in source.holds)
    for amount in AMOUNT.findall(entry.answer):
        assert amount in held
    for source in entry.sources:
        assert source.holds
        assert all(2 <= len(words) <= 14 for words in source.holds)


def test_a_claim_fails_without_its_law_article_or_words() -> None:
    entry = Entry("a", "t", ("q",), "x", (Source("甲法", "第一条", ("不得", "罚款")),))
    right = {"甲法": {"第一条": "不得乱扔，违反的处罚款。"}}
    assert list(unproven([entry], right)) == []
    for laws, missing in (
        ({}, "甲法"),
        ({"甲法": {"第二条": "不得"}}, "第一条"),
        ({"甲法": {"第一条": "不得乱扔。"}}, "罚款"),
    ):
        (line,) = unproven([entry], laws)
        assert line.startswith("a: ")
        assert missing in line


def test_the_drill_reads_a_folder_and_fails_where_the_laws_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.md").write_text("甲法\n\n第一条 不得乱扔。\n第二条 自公布之日起施行。", encoding="utf-8")
    assert read_laws(tmp_path)["甲法"]["第一条"] == "不得乱扔。"
    assert drill.main([str(tmp_path)]) == 1
    assert "1 laws, 2 articles" in capsys.readouterr().out
