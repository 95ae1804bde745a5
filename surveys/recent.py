"""What came in lately, beside all that had come before: by days, so that two looks tell of nobody.

The day that divides the two moves on every day. What came in between two such days must be nobody or enough,
of every indicator, in the part that is shown and beside it. So only some days divide: going forward, the
first on which that holds since the last of them.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.columns import Block, Mask
from surveys.counting import Where, both, in_frame, measures
from surveys.rates import Tally
from surveys.results import kept
from surveys.shelf import Shelf
from surveys.subsets import Rates, beside
from surveys.suppression import is_small
from surveys.views import View, view
from surveys.waves import Wave
from surveys.wishes import Wish

Numbers: TypeAlias = npt.NDArray[np.int64]
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Since:
    """What came in after `day`: interviews `old` and `new`; the overall rates until then, of them, of all.

    `new` is None, and there are no rates, where either are so few that a subtraction would show them.
    """

    day: date | None
    old: int
    new: int | None
    then: Rates
    fresh: Rates
    now: Rates


async def since(
    conn: AsyncConnection, wave: Wave, wish: Wish, day: date, shelf: Shelf | None = None
) -> Since:
    """The wave until the end of `day` (Asia/Shanghai), or of a day before it, beside what came in later."""
    found = await view(conn, wave, wish, None, shelf)
    return await asyncio.to_thread(_since, found, (day - _EPOCH).days)


def _since(found: View, latest: int) -> Since:
    least = found.wave.terms.least
    day = dividing(found, latest)

    def until(block: Block) -> Mask:
        return found.where(block) & (block.days <= (-1 if day is None else day))

    then = Tally(found.questionnaire, None, least)
    then.count(found.columns, until)
    fresh = found.tally.without(then)
    old, new = then.complete + then.partial, fresh.complete + fresh.partial
    when = None if day is None else _EPOCH + timedelta(days=day)
    if found.small or is_small(new, least) or is_small(old, least):
        return Since(when, 0, None, [], [], [])
    back = found.back or [set() for _ in found.questionnaire.indicators]
    before, after = beside(found.tally, then, back)
    return Since(when, old, new, before, after, found.rates())


def dividing(found: View, latest: int) -> int | None:
    """The last day, `latest` at most, that divides without telling of a few; None if none does."""
    least = found.wave.terms.least
    everybody = both(kept(found.columns, found.wave), in_frame(found.columns))
    days: dict[int, Numbers] = {}
    for number, counted in _by_day(found, everybody):
        days[number] = days.get(number, np.zeros_like(counted)) + counted
    last, waiting = None, np.zeros(2 * len(found.questionnaire.indicators) + 2, dtype=np.int64)
    for number in sorted(day for day in days if day <= latest):
        waiting = waiting + days[number]
        if not ((waiting > 0) & (waiting < least)).any():
            last, waiting = number, np.zeros_like(waiting)
    return last


def _by_day(found: View, everybody: Where) -> Iterator[tuple[int, Numbers]]:
    """For a day: those who answered, and those whom each indicator asks, in the part and beside it."""
    measured = measures(found.questionnaire, found.columns)
    for block in found.columns.blocks:
        inside, part = everybody(block), found.where(block)
        masks = [inside]
        for one in measured:
            asks = np.array([meaning != "not_asked" for meaning in one.meanings], dtype=np.bool_)
            masks.append(inside & asks[one.reading.codes(block)])
        known, places = np.unique(block.days, return_inverse=True)
        counts = [
            np.bincount(places[side], minlength=len(known))
            for mask in masks
            for side in (mask & part, mask & ~part)
        ]
        yield from zip(known.tolist(), np.array(counts).T, strict=True)
