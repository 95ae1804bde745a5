"""Part of a wave as somebody asks to see it, counted: one township, one channel, those who chose an answer.

What of it stays back is decided by `surveys.wishes`. Of an open wave a part that is taken from one breakdown
is shown as its own step says: it moves on when enough new interviews are in it and beside it. A part that
is taken from several is shown as the wave stood at one of its moments (`surveys.moments`).
"""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import steps
from surveys.columns import Columns
from surveys.comparisons import between_waves
from surveys.counting import Where, both, in_frame, labelled
from surveys.document import document, judged
from surveys.estimated import compared
from surveys.groupings import is_whole
from surveys.moments import moments
from surveys.notes import MOMENT_NOTE, outside_note, population_note, steps_note
from surveys.questionnaire import Questionnaire
from surveys.rates import Tally
from surveys.results import kept, questionnaire_of
from surveys.shelf import Shelf
from surveys.steps import Steps
from surveys.subsets import Rates, beside
from surveys.waves import Wave
from surveys.weighted import Sampled, WeightingRefused, attach, has_design, sampled
from surveys.wishes import Hidden, Wish, criteria, stays_back

_Shown: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
"""An indicator and a group of it."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Part of a wave, counted, beside the whole; `back` is what stays back of each indicator."""

    wave: Wave
    questionnaire: Questionnaire
    columns: Columns
    where: Where
    tally: Tally
    whole: Tally
    back: Hidden

    @property
    def small(self) -> bool:
        """Whether it is empty, or would give somebody away whatever was asked."""
        empty = not self.tally.complete + self.tally.partial
        hidden = bool(self.back) and all(None in one for one in self.back)
        return self.tally is not self.whole and (empty or hidden)

    def rates(self) -> Rates:
        """The rates of the part, without those that must stay back."""
        return self.tally.rates() if self.tally is self.whole else self.both()[0]

    def both(self) -> tuple[Rates, Rates]:
        """The same, and the rates of everybody else."""
        return beside(self.whole, self.tally, self.back)

    def shown(self) -> set[_Shown]:
        """What has figures."""
        return {
            (entry["indicator"], tuple(entry["group"].items()))
            for entry in self.rates()
            if not entry["suppressed"]
        }

    def weighted(self) -> Rates:
        """The same with `weighted` filled in, where margins were sealed or interviews brought a design.

        Raises WeightingRefused.
        """
        rates, margins, everybody = self.rates(), self.wave.terms.margins, self.everybody()
        if everybody.weights().size and (margins or has_design(everybody)):
            attach(rates, everybody, margins, self.within)
        return rates

    def everybody(self) -> Sampled:
        """All who are weighted, of whom the part is some."""
        return sampled(self.columns, self.questionnaire, kept(self.columns, self.wave), self.wave.terms)

    @property
    def within(self) -> Where | None:
        """Who of them is in the part; None where all are."""
        return None if self.tally is self.whole else self.where


async def view(
    conn: AsyncConnection, wave: Wave, wish: Wish, by: str | None = None, shelf: Shelf | None = None
) -> View:
    """The part of the wave that is wished for; ValueError where the wave has no such question or group."""
    questionnaire = await questionnaire_of(conn, wave)
    columns = await (shelf or Shelf()).columns(conn, wave, questionnaire)
    if wave.state != "open":
        return await asyncio.to_thread(seen, wave, questionnaire, columns, wish, by)
    known = await steps.load(conn, wave.id)
    return await asyncio.to_thread(seen_open, wave, questionnaire, columns, known, wish, by)


def name_of(wish: Wish, by: str | None) -> str:
    """What the step of a part is kept under."""
    digest = hashlib.sha256(json.dumps([by, *astuple(wish)]).encode())
    return f"~{digest.hexdigest()[:32]}"


def level(known: Steps, wish: Wish, by: str | None) -> int | None:
    """The interview up to which all that a part is taken from is shown; None where they differ."""
    found = {known[name].upto for name in taken_from(wish, by) if name in known}
    return found.pop() if len(found) == 1 else None


def needs(wish: Wish, by: str | None) -> set[str]:
    """The steps that must stand where a part of several breakdowns is shown: theirs and those of their parts.

    The pooled channels are a sum of single ones, and the interviews without the doubtful a part of all.
    """
    names = taken_from(wish, by)
    parts = (["flags"] if not wish.doubtful else []) + (["headline"] if "channel" in names else [])
    return {*names, *(f"{name}|{part}" for name in names for part in parts)}


def taken_from(wish: Wish, by: str | None) -> list[str]:
    """The breakdowns whose groups make a part."""
    return list(dict.fromkeys(name for name in (by, *wish.groups) if name)) or [steps.OVERALL]


async def wished_rates(
    conn: AsyncConnection,
    wave: Wave,
    wish: Wish,
    by: str | None = None,
    before: Wave | None = None,
    shelf: Shelf | None = None,
) -> dict[str, Any]:
    """The document of `survey rates` for part of a wave, with `before` the differences to the same part."""
    found = await view(conn, wave, wish, by, shelf)
    whole = found.whole
    came_by = labelled(found.columns, "channel", kept(found.columns, wave))
    note = population_note(wave, whole.complete, whole.partial, came_by)
    note += outside_note(whole.outside, whole.unknown)
    if wave.state == "open":
        note += steps_note(wave.terms.least) + (MOMENT_NOTE if len(taken_from(wish, by)) > 1 else "")
    changes: list[dict[str, Any]] = []
    if before is not None:
        former = await view(conn, before, wish, by, shelf)
        changes = _both_shown(between_waves(found.tally, former.tally), found.rates(), former.rates())
        changes = await asyncio.to_thread(_compared, changes, found, former)
    made = document(wave.name, note, found.tally)
    made |= {
        "rates": found.rates(),
        "comparisons": changes,
        "against_the_rest": [],
        "weighting_refused": None,
    }
    try:
        made["rates"] = await asyncio.to_thread(found.weighted)
    except WeightingRefused as refused:
        made["weighting_refused"] = str(refused)
    return judged(made, wave.terms) | {"small": found.small}


def _compared(changes: list[dict[str, Any]], now: View, before: View) -> list[dict[str, Any]]:
    """The differences with those of the weighted rates beside them, where one of the waves has a design."""
    if not changes:
        return []
    within = (now.within, before.within)
    told = compared({"comparisons": changes}, now.everybody(), before.everybody(), within)
    return list(told["comparisons"])


def seen_open(
    wave: Wave, questionnaire: Questionnaire, columns: Columns, known: Steps, wish: Wish, by: str | None
) -> View:
    """The part of an open wave as it may be shown; empty where it may not be shown yet.

    Of several breakdowns: the latest moment that shows all that an earlier one showed. Communities and
    questions of several choices are not shown within a part then: their groups move on one by one.
    """
    if wish.everything or len(taken_from(wish, by)) == 1:
        step = known.get((by or steps.OVERALL) if wish.everything else name_of(wish, by))
        if step is not None or not wish.everything:
            columns = columns.until(step.upto if step else 0)
        return seen(wave, questionnaire, columns, wish, by)
    past = moments(known) if by is None or is_whole(questionnaire, columns, by) else []
    found = seen(wave, questionnaire, columns.until(0), wish, by)
    wanted, shown = needs(wish, by), set[_Shown]()
    for number, moment in enumerate(past):
        if wanted <= moment.standing:
            upto = [one.upto for one in past[: number + 1]]
            later = seen(wave, questionnaire, columns.until(moment.upto), wish, by, upto)
            if not later.small and shown <= (more := later.shown()):
                found, shown = later, more
    return found


def seen(
    wave: Wave,
    questionnaire: Questionnaire,
    columns: Columns,
    wish: Wish,
    by: str | None,
    upto: Sequence[int] = (),
) -> View:
    """The part of these interviews; ValueError where there is no such question or group.

    `upto`: the moments of an open wave, the last interview of each.
    """
    wished = criteria(wish, columns, questionnaire)
    these, least = kept(columns, wave), wave.terms.least
    whole = _tally(wave, questionnaire, columns, by, these)
    whole.partial += len(columns) - sum(labelled(columns, "status", these).values())
    if not wished:
        return View(wave, questionnaire, columns, these, whole, whole, ())
    where = these
    for one in wished:
        where = both(where, one)
    alone = {name: _tally(wave, questionnaire, columns, name, these).hidden() for name in wish.groups}
    inside = both(these, in_frame(columns))
    back = stays_back(wish, by, columns, questionnaire, inside, alone, least, upto)
    return View(
        wave, questionnaire, columns, where, _tally(wave, questionnaire, columns, by, where), whole, back
    )


def _tally(like: Wave, questionnaire: Questionnaire, columns: Columns, by: str | None, where: Where) -> Tally:
    tally = Tally(questionnaire, by, like.terms.least, like.terms.headline)
    tally.count(columns, where)
    return tally


def _both_shown(changes: list[dict[str, Any]], now: Rates, before: Rates) -> list[dict[str, Any]]:
    """The changes between rates that are shown on both sides."""
    sides = [
        {(one["indicator"], tuple(one["group"].items())) for one in rates if not one["suppressed"]}
        for rates in (now, before)
    ]
    return [
        one
        for one in changes
        if all((one["indicator"], tuple(one["group"].items())) in side for side in sides)
    ]
