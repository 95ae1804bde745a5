"""Moves the steps in which an open wave is shown: decided in a snapshot, kept before anybody sees more."""

import asyncio
from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import steps
from surveys.columns import Columns
from surveys.questionnaire import Questionnaire
from surveys.results import Counted, questionnaire_of
from surveys.shelf import Shelf
from surveys.steps import OVERALL, Step, Steps
from surveys.waves import Wave


async def due(conn: AsyncConnection, wave: Wave, breakdowns: Iterable[str | None], shelf: Shelf) -> Steps:
    """What `steps.keep` has to note before these breakdowns are shown; {} where they stay as they are.

    ValueError if there is nothing of that name to group by.
    """
    if wave.state != "open":
        return {}
    questionnaire = await questionnaire_of(conn, wave)
    kept = await steps.load(conn, wave.id)
    columns = await shelf.columns(conn, wave, questionnaire, whole=True)
    newest = max((int(block.ids.max()) for block in columns.blocks if len(block)), default=0)
    return await asyncio.to_thread(moved, wave, questionnaire, kept, columns, newest, list(breakdowns))


def moved(
    wave: Wave,
    questionnaire: Questionnaire,
    kept: Steps,
    columns: Columns,
    newest: int,
    breakdowns: list[str | None],
) -> Steps:
    """The steps that change when these breakdowns are shown; `columns` end with the interview `newest`."""
    found: dict[str, Step] = {}
    least = wave.terms.least
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
    return found
