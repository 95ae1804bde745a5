"""Residents' questions as the message desk shows them: alike ones together, with why they wait."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.inquiries.handling import Handling
from bot.inquiries.messages import Asked
from content.rules.grouping import alike

REASONS = {"unknown": "没有答上来", "handed_over": "已请居民找人办理"}


@dataclass(frozen=True, slots=True)
class Group:
    """Questions handled as one, oldest first; `held` is the row they share once somebody took them."""

    asked: tuple[Asked, ...]
    held: Handling | None = None

    @property
    def id(self) -> int:
        """The number of the first one, by which the group is opened."""
        return self.asked[0].id

    @property
    def text(self) -> str:
        """The question in its first wording."""
        return self.asked[0].text

    @property
    def urgent(self) -> bool:
        """Whether somebody may be in danger."""
        return any(one.urgent for one in self.asked)

    @property
    def residents(self) -> int:
        """How many people asked."""
        return len({one.resident for one in self.asked})

    @property
    def reason(self) -> str:
        """Why it is here, in the office's words."""
        return reason(next((one for one in self.asked if one.urgent), self.asked[0]))


def reason(one: Asked) -> str:
    """Why a question is here."""
    if one.urgent:
        return "可能有危险"
    return "居民说没解决" if one.helpful is False else REASONS.get(one.outcome, one.outcome)


def waiting_groups(asked: Sequence[Asked]) -> list[Group]:
    """Questions that nobody has taken: urgent groups first, else the one that waits longest."""
    in_order = sorted(asked, key=lambda one: (one.at, one.id))
    found = [Group(tuple(in_order[at] for at in group)) for group in alike([_words(one) for one in in_order])]
    return sorted(found, key=lambda group: not group.urgent)


def _words(one: Asked) -> str:
    """What tells it from others: a message without words is like no other."""
    return one.text or f"{one.id}"


def handled_groups(asked: Iterable[Asked], rows: Sequence[Handling]) -> list[Group]:
    """Questions that somebody took or settled, by the act that did it, the last act first."""
    known: Mapping[int, Asked] = {one.id: one for one in asked}
    acts: dict[tuple[str, int], list[Handling]] = {}
    for row in rows:
        if row.message_id in known:
            acts.setdefault((row.person, row.at), []).append(row)
    return [
        Group(tuple(sorted((known[row.message_id] for row in act), key=lambda one: (one.at, one.id))), act[0])
        for act in acts.values()
    ]
