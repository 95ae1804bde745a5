"""What the office may teach the answers: words for a passage, a question for an article, a new entry."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Literal, assert_never

from content.checks import personal_data
from content.rules.aliases import Alias
from content.rules.entries import Entry
from content.rules.entry_store import from_row, to_row
from content.rules.lessons import Lesson
from content.rules.words import grams

Kind = Literal["alias", "question", "entry"]
Change = Alias | Lesson | Entry

MOST_WORDS = 20
LONGEST_WORD = 20
LONGEST_QUESTION = 200
MOST_QUESTIONS = 20
LONGEST_ANSWER = 400
"""Characters: with the laws it names an answer fits WeChat's 2,048 bytes."""


def kind_of(change: Change) -> Kind:
    """Which of the three it is."""
    match change:
        case Alias():
            return "alias"
        case Lesson():
            return "question"
        case Entry():
            return "entry"
    assert_never(change)


def faults(change: Change) -> Iterator[str]:
    """What must be put right before anybody may propose it, a sentence each, in words for staff."""
    match change:
        case Alias():
            if not 0 < len(change.words) <= MOST_WORDS:
                yield f"请写 1 到 {MOST_WORDS} 个词。"
            bad = [word for word in change.words if not grams(word) or len(word) > LONGEST_WORD]
            if bad:
                yield f"“{bad[0][:20]}”不能用作别名：每个词最多 {LONGEST_WORD} 个字，不能只有标点。"
            written = "\n".join(change.words)
        case Lesson():
            yield from _question_faults((change.question,))
            written = change.question
        case Entry():
            if len(change.questions) > MOST_QUESTIONS:
                yield f"问法最多 {MOST_QUESTIONS} 个。"
            yield from _question_faults(change.questions)
            if not 0 < len(change.answer) <= LONGEST_ANSWER:
                yield f"回答要有 1 到 {LONGEST_ANSWER} 个字。"
            if not 0 < len(change.topic) <= 40:
                yield "请写一个主题，最多 40 个字。"
            written = "\n".join((*change.questions, change.answer))
        case _:
            assert_never(change)
    yield from personal_data(unicodedata.normalize("NFKC", written))


def _question_faults(questions: tuple[str, ...]) -> Iterator[str]:
    if not questions:
        yield "请至少写一个居民会怎么问。"
    for question in questions:
        if not grams(question) or len(question) > LONGEST_QUESTION:
            yield f"“{question[:20]}”不能用作问法：最多 {LONGEST_QUESTION} 个字，不能只有标点。"


def to_payload(change: Change) -> dict[str, Any]:
    """As JSON, for keeping."""
    match change:
        case Alias():
            where = {"title": change.title, "label": change.label, "place": change.place}
            return {**where, "words": list(change.words)}
        case Lesson():
            return {"question": change.question, "title": change.title, "label": change.label}
        case Entry():
            return to_row(change)
    assert_never(change)


def from_payload(kind: str, payload: Mapping[str, Any]) -> Change:
    """The way back."""
    match kind:
        case "alias":
            return Alias(payload["title"], payload["label"], payload["place"], tuple(payload["words"]))
        case "question":
            return Lesson(payload["question"], payload["title"], payload["label"])
        case "entry":
            return from_row(payload)
    raise ValueError(f"no kind of change: {kind!r}")
