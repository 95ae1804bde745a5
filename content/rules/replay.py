"""Decides only: which past questions would be answered differently if the office's teaching changed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from content.rules.aliases import Alias
from content.rules.answer import Answer
from content.rules.changes import Change
from content.rules.entries import Entry
from content.rules.lessons import Lesson
from content.rules.material import Material

Ask = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a question: the outcome, and where the answer stands ("" without one)."""

    outcome: str
    where: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A question whose outcome or first citation changes."""

    question: str
    before: Verdict
    after: Verdict


def with_changes(material: Material, changes: Iterable[Change]) -> Material:
    """The material as it would be with these changes in force."""
    taught, aliases = dict(material.taught), dict(material.aliases)
    entries = {entry.key: entry for entry in material.entries}
    for change in changes:
        match change:
            case Alias():
                place = (change.title, change.label, change.place)
                aliases[place] = tuple(sorted({*aliases.get(place, ()), *change.words}))
            case Lesson():
                article = (change.title, change.label)
                taught[article] = (*taught.get(article, ()), change.question)
            case Entry():
                entries[change.key] = change
            case _:
                assert_never(change)
    ordered = tuple(entries[key] for key in sorted(entries))
    return replace(material, taught=taught, aliases=aliases, entries=ordered)


def verdict(found: Answer) -> Verdict:
    """The part of an answer that a replay compares."""
    if found.entry:
        return Verdict(found.outcome, f"问答 {found.entry}")
    where = [f"《{one.document.title}》{one.article.label}" for one in found.citations[:1]]
    return Verdict(found.outcome, "".join(where))


def replay(questions: Sequence[str], before: Ask, after: Ask) -> list[Difference]:
    """The questions that would be answered differently, in their order."""
    found = ((question, verdict(before(question)), verdict(after(question))) for question in questions)
    return [Difference(question, old, new) for question, old, new in found if old != new]
