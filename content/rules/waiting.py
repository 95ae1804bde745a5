"""PURE. Texts that were published and are not in force yet: nothing in them is quoted before their day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from content.rules.answer import Answer
from content.rules.citing import names_of
from content.rules.document import Document
from content.rules.listing import Listed
from content.rules.words import fold

NOT_YET = "not_in_force"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text of which no version is in force, and its first day."""

    title: str
    since: date


def waiting_texts(listed: Iterable[Listed]) -> tuple[Waiting, ...]:
    """The works whose first version is still to come, out of all stored texts."""
    texts = list(listed)
    running = {one.work for one in texts if one.state == "in_force"}
    return tuple(
        Waiting(one.title, one.effective)
        for one in texts
        if one.state == "waiting" and one.effective is not None and one.work not in running
    )


def put_off(found: Answer, waiting: Sequence[Waiting]) -> Answer:
    """The answer, or, where the message names a text that is not in force yet, the day from which it is."""
    if found.outcome not in ("answered", "choices", "unknown"):
        return found
    folded = fold(found.question)
    named = next((one for one in waiting if _title(one.title) in folded), None)
    if named is None:
        return found
    day = f"{named.since.year}年{named.since.month}月{named.since.day}日"
    words = f"《{named.title}》尚未施行，自{day}起施行。在那以前，它的条文还不能作为依据。"
    return replace(
        found,
        outcome="unknown",
        reply=words,
        citations=(),
        choices=(),
        follow_ups=(),
        topic=None,
        entry="",
        gate=NOT_YET,
    )


def _title(title: str) -> str:
    return next(iter(names_of(Document(title, (), ()))), fold(title))
