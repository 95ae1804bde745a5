"""PURE. Which stored text is in force on a day: of each work one version, unless it ended or was replaced."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

State = Literal["in_force", "waiting", "expired", "superseded", "withdrawn"]
STATES: Mapping[State, str] = {
    "in_force": "现行有效",
    "waiting": "尚未施行",
    "expired": "已失效",
    "superseded": "已被新的文本取代",
    "withdrawn": "已撤下",
}


@dataclass(frozen=True, slots=True)
class Version:
    """What decides about a text: `effective` None means since it was imported, `expires` None without end.

    `superseded_by` is the work that takes its place as soon as that one is in force, "" for none.
    """

    id: int
    work: str
    number: int
    effective: date | None
    expires: date | None = None
    superseded_by: str = ""
    live: bool = True


def states(versions: Sequence[Version], day: date) -> dict[int, State]:
    """The state of each version on that day, by its id."""
    found: dict[int, State] = {}
    running: dict[str, list[Version]] = {}
    for one in versions:
        if not one.live:
            found[one.id] = "withdrawn"
        elif one.effective is not None and one.effective > day:
            found[one.id] = "waiting"
        else:
            running.setdefault(one.work, []).append(one)
    current = {work: _newest(group) for work, group in running.items()}
    begun = {work for work, one in current.items() if not _ended(one, day)}
    for work, group in running.items():
        for one in group:
            if one.id != current[work].id:
                found[one.id] = "superseded"
            elif _ended(one, day):
                found[one.id] = "expired"
            elif one.superseded_by != work and one.superseded_by in begun:
                found[one.id] = "superseded"
            else:
                found[one.id] = "in_force"
    return found


def in_force(versions: Sequence[Version], day: date) -> frozenset[int]:
    """The ids of the texts that may be quoted on that day."""
    return frozenset(id for id, state in states(versions, day).items() if state == "in_force")


def _newest(group: Iterable[Version]) -> Version:
    """Where every version has its date, the last to come into force; else the last to be imported."""
    known = list(group)
    if all(one.effective for one in known):
        return max(known, key=lambda one: (one.effective or date.min, one.number))
    return max(known, key=lambda one: one.number)


def _ended(one: Version, day: date) -> bool:
    return one.expires is not None and one.expires < day
