"""Part of a wave as somebody asks to see it: one township, one channel, those who chose an answer.

A part is shown beside the whole, and beside what is left when one wish fewer is made. So every combination
of the wishes and their opposites must hold nobody or enough interviews (`gives_away`): whatever is
added to or taken from the views of the same wishes is then a sum of such groups.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import steps
from surveys.columns import Block, Columns, Mask
from surveys.comparisons import between_waves
from surveys.counting import Where, among, both, in_frame, labelled, parts_by_question
from surveys.document import document, judged
from surveys.groupings import GROUPING
from surveys.notes import outside_note, population_note
from surveys.questionnaire import Questionnaire
from surveys.rates import Tally
from surveys.results import kept, questionnaire_of
from surveys.shelf import Shelf
from surveys.subsets import Rates, beside
from surveys.suppression import is_small
from surveys.waves import Wave
from surveys.weighted import Margins, WeightingRefused, attach, sampled

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown; "" where it does not matter. `doubtful`: with the interviews that have a mark.

    `question` and `code` are an answer that must have been chosen.
    """

    township: str = ""
    channel: str = ""
    question: str = ""
    code: str = ""
    doubtful: bool = True

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Wish()


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Part of a wave, counted, beside the whole. `small`: it is empty, or would give somebody away."""

    wave: Wave
    questionnaire: Questionnaire
    columns: Columns
    where: Where
    tally: Tally
    whole: Tally
    small: bool

    def rates(self) -> list[dict[str, Any]]:
        """The rates of the part, without those that must stay back."""
        if self.tally is self.whole:
            return self.tally.rates()
        if self.small:
            groups = {None, *self.tally.sizes(0)} if self.questionnaire.indicators else {None}
            return self.tally.rates([groups for _ in self.questionnaire.indicators])
        return beside(self.whole, self.tally)[0]

    def weighted(self, margins: Margins) -> list[dict[str, Any]]:
        """The same with `weighted` filled in. Raises WeightingRefused."""
        rates = self.rates()
        these = kept(self.columns, self.wave)
        everybody = sampled(self.columns, self.questionnaire, these, self.wave.terms)
        attach(rates, everybody, margins, None if self.tally is self.whole else self.where)
        return rates


async def view(
    conn: AsyncConnection, wave: Wave, wish: Wish, by: str | None = None, shelf: Shelf | None = None
) -> View:
    """The part of the wave that is wished for; ValueError where the wave has no such question or group."""
    questionnaire = await questionnaire_of(conn, wave)
    columns = await (shelf or Shelf()).columns(conn, wave, questionnaire)
    if wave.state == "open" and (step := (await steps.load(conn, wave.id)).get(by or steps.OVERALL)):
        columns = columns.until(step.upto)
    return await asyncio.to_thread(_count, wave, questionnaire, columns, wish, by)


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
    note = population_note(wave, whole.complete, whole.partial) + outside_note(whole.outside, whole.unknown)
    changes: list[dict[str, Any]] = []
    if before is not None:
        former = await view(conn, before, wish, by, shelf)
        changes = _both_shown(between_waves(found.tally, former.tally), found.rates(), former.rates())
    made = document(wave.name, note, found.tally)
    made |= {"rates": found.rates(), "comparisons": changes, "against_the_rest": []}
    return judged(made, wave.terms) | {"small": found.small}


async def weighted_rates(
    conn: AsyncConnection, wave: Wave, wish: Wish, by: str | None, shelf: Shelf | None = None
) -> tuple[list[dict[str, Any]], str]:
    """The rates weighted by the sealed counts of the population, or [] and the words why not."""
    if not wave.terms.margins:
        return [], "开始调查时没有封存人口数，不能加权。"
    found = await view(conn, wave, wish, by, shelf)
    try:
        return await asyncio.to_thread(found.weighted, wave.terms.margins), ""
    except WeightingRefused as refused:
        return [], str(refused)


@dataclass(frozen=True, slots=True)
class Since:
    """What came in since a day: interviews `old` and `new`; the overall rates until then, of them, of all.

    `new` is None, and there are no rates, where either are so few that a subtraction would show them.
    """

    old: int
    new: int | None
    then: Rates
    fresh: Rates
    now: Rates


async def since(
    conn: AsyncConnection, wave: Wave, wish: Wish, day: date, shelf: Shelf | None = None
) -> Since:
    """The wave until the end of `day` (Asia/Shanghai) beside what came in after it."""
    found = await view(conn, wave, wish, None, shelf)
    return await asyncio.to_thread(_since, found, (day - EPOCH).days)


def criteria(wish: Wish, columns: Columns, questionnaire: Questionnaire) -> list[Where]:
    """One condition for each thing that is wished for; ValueError for a question that has no groups."""
    found = []
    if wish.township:
        found.append(among(columns, "township", wish.township.__eq__))
    if wish.channel:
        found.append(among(columns, "channel", wish.channel.__eq__))
    if wish.question:
        found.append(_chose(wish, columns, questionnaire))
    if not wish.doubtful:
        found.append(among(columns, "flags", "".__eq__))
    return found


def gives_away(columns: Columns, inside: Where, wished: Sequence[Where], least: int) -> bool:
    """Whether some combination of the wishes and their opposites holds somebody, but too few."""
    sizes = np.zeros(2 ** len(wished), dtype=np.int64)
    for block in columns.blocks:
        codes = np.zeros(len(block), dtype=np.int64)
        for place, one in enumerate(wished):
            codes |= one(block).astype(np.int64) << place
        sizes += np.bincount(codes[inside(block)], minlength=sizes.size)
    return bool(((sizes > 0) & (sizes < least)).any())


def _count(wave: Wave, questionnaire: Questionnaire, columns: Columns, wish: Wish, by: str | None) -> View:
    wished = criteria(wish, columns, questionnaire)
    these = kept(columns, wave)
    whole = _tally(wave, questionnaire, columns, by, these)
    whole.partial += len(columns) - sum(labelled(columns, "status", these).values())
    where = these
    for one in wished:
        where = both(where, one)
    part = _tally(wave, questionnaire, columns, by, where) if wished else whole
    small = not part.complete + part.partial or gives_away(
        columns, both(these, in_frame(columns)), wished, wave.terms.least
    )
    return View(wave, questionnaire, columns, where, part, whole, bool(wished) and small)


def _since(found: View, day: int) -> Since:
    questionnaire, columns = found.questionnaire, found.columns

    def until(block: Block) -> Mask:
        return found.where(block) & (block.days <= day)

    then = _tally(found.wave, questionnaire, columns, None, until)
    fresh = found.tally.without(then)
    old, new = then.complete + then.partial, fresh.complete + fresh.partial
    least = found.wave.terms.least
    if found.small or is_small(new, least) or is_small(old, least):
        return Since(0, None, [], [], [])
    before, after = beside(found.tally, then)
    return Since(old, new, before, after, found.rates())


def _tally(like: Wave, questionnaire: Questionnaire, columns: Columns, by: str | None, where: Where) -> Tally:
    tally = Tally(questionnaire, by, like.terms.least, like.terms.headline)
    tally.count(columns, where)
    return tally


def _chose(wish: Wish, columns: Columns, questionnaire: Questionnaire) -> Where:
    question = questionnaire.question(wish.question)
    if question is None or question.type not in GROUPING:
        raise ValueError(f"没有“{wish.question}”这道选择题。")
    for part in parts_by_question(question, columns):
        if wish.code in part.labels:
            place, reading = part.labels.index(wish.code), part.reading
            return lambda block: np.asarray(reading.codes(block) == place)
    return lambda block: np.zeros(len(block), dtype=np.bool_)


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
