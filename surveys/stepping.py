"""Moves the steps in which an open wave is shown: decided in a snapshot, kept before anybody sees more."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import steps
from surveys.columns import Columns
from surveys.questionnaire import Questionnaire
from surveys.results import Counted, questionnaire_of
from surveys.shelf import Shelf
from surveys.steps import OVERALL, Step, Steps
from surveys.views import level, name_of, seen, taken_from
from surveys.waves import Wave
from surveys.wishes import Wish

Part: TypeAlias = tuple[Wish, str | None]
"""A part of a wave as somebody wishes it, and what it is split by."""


async def due(
    conn: AsyncConnection,
    wave: Wave,
    breakdowns: Iterable[str | None],
    shelf: Shelf,
    parts: Sequence[Part] = (),
) -> Steps:
    """What `steps.keep` has to note before these are shown; {} where they stay as they are.

    ValueError if there is nothing of that name to group by.
    """
    if wave.state != "open":
        return {}
    questionnaire = await questionnaire_of(conn, wave)
    kept = await steps.load(conn, wave.id)
    columns = await shelf.columns(conn, wave, questionnaire, whole=True)
    newest = max((int(block.ids.max()) for block in columns.blocks if len(block)), default=0)
    return await asyncio.to_thread(
        moved, wave, questionnaire, kept, columns, newest, list(breakdowns), list(parts)
    )


def moved(
    wave: Wave,
    questionnaire: Questionnaire,
    kept: Steps,
    columns: Columns,
    newest: int,
    breakdowns: list[str | None],
    parts: Sequence[Part] = (),
) -> Steps:
    """The steps that change when these breakdowns and parts are shown; `columns` end with `newest`."""
    found: dict[str, Step] = {}
    unsettled: set[str] = set()
    least = wave.terms.least
    breakdowns = [*breakdowns, *(name for wish, by in parts for name in (by, *wish.groups) if name)]
    for by in dict.fromkeys([None, *breakdowns]):
        candidate = newest if by is None else (found.get(OVERALL) or kept[OVERALL]).upto
        name = by or OVERALL
        before = kept.get(name)
        counted = Counted(wave, questionnaire, by)
        counted.count(columns.until(candidate))
        now = counted.whole_sizes()
        if before is None or (before.upto != candidate and steps.may_follow(before.sizes, now, least)):
            found[name] = Step(candidate, now, before.revision if before else 0)
        elif before.upto != candidate:
            counted = Counted(wave, questionnaire, by)
            counted.count(columns.until(before.upto))
        for part, sizes in counted.part_sizes().items():
            step = kept.get(f"{name}|{part}")
            if step is None or (step.sizes != sizes and steps.may_follow(step.sizes, sizes, least)):
                found[f"{name}|{part}"] = Step(candidate, sizes, step.revision if step else 0)
            elif step.sizes != sizes and part == "flags":
                unsettled.add(name)
    for wish, by in parts:
        if not wish.everything and (wish.doubtful or unsettled.isdisjoint(taken_from(wish, by))):
            found |= _moved_part(wave, questionnaire, {**kept, **found}, columns, wish, by)
    return found


def _moved_part(
    wave: Wave, questionnaire: Questionnaire, known: Steps, columns: Columns, wish: Wish, by: str | None
) -> Steps:
    """The step of a part, where it changes; a part that is too small to be shown has none."""
    name, upto = name_of(wish, by), level(known, wish, by)
    before = known.get(name)
    if upto is None or (before is not None and before.upto == upto):
        return {}
    view = seen(wave, questionnaire, columns.until(upto), wish, by)
    if view.small:
        return {}
    sizes = steps.sizes_of(dict(zip(("in", "out"), view.both(), strict=True)))
    if before is not None and not steps.may_follow(before.sizes, sizes, wave.terms.least):
        return {}
    return {name: Step(upto, sizes, before.revision if before else 0)}
