"""What a change of the office's teaching would do to the questions that residents asked last."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.inquiries import messages
from bot.service import Service
from content.rules import answer as answering
from content.rules.changes import Change
from content.rules.material import load_material
from content.rules.replay import Ask, Difference, replay, with_changes
from content.rules.search import Index

LAST = 500
"""So many past questions, each wording once, are asked again."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How many past questions were asked again, and those that would be answered differently."""

    asked: int
    differences: tuple[Difference, ...]


async def rehearse(service: Service, changes: Sequence[Change], now: datetime) -> Rehearsal:
    """Ask the last questions of the answers as they are and as they would be; beside the event loop."""
    live = service.live
    if live is None:
        return Rehearsal(0, ())
    async with service.database.snapshot() as conn:
        material = await load_material(conn, now.date())
        texts = await messages.distinct_texts(conn, LAST)
    office, gates, before = live.office, live.gates, live.index

    def asking(index: Index) -> Ask:
        return lambda text: answering.answer(text, index, office, gates=gates)

    def work() -> list[Difference]:
        changed = replace(with_changes(material, changes).index(), calibration=before.calibration)
        return replay(texts, asking(before), asking(changed))

    return Rehearsal(len(texts), tuple(await asyncio.to_thread(work)))
