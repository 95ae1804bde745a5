"""The columns of waves as they stand in the database, kept between one look and the next.

A look reads what came since: the interviews behind the last one read, and those that were touched
(`surveys.touches`). Decoding is done in a thread, part by part, so that answers keep coming in meanwhile
(`surveys.decoding`).
A shelf belongs to one database; every replica has its own, and each look is checked against the database.
"""

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import steps, store, touches
from surveys.coding import Coder, Given, Listed, Rows
from surveys.columns import BLOCK, Block, Columns, merged
from surveys.decoding import FEW, Lines, Undecodable
from surveys.questionnaire import Questionnaire
from surveys.waves import Wave

log = logging.getLogger(__name__)

PART = 5_000
"""Interviews that are read at once."""
MOST_BYTES = 256 * 2**20
"""Memory of all waves together, some four million interviews of 20 questions; the oldest looks go first."""
OVERLAP = 10_000
"""Interviews behind the last one that are counted again: on PostgreSQL one with a smaller number may become
visible after one with a larger. Whatever takes longer than so many answers has to touch the whole wave."""


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What was read of a wave: up to this interview, and to this number of its touches."""

    coder: Coder
    blocks: tuple[Block, ...] = ()
    corrected: frozenset[int] = frozenset()
    """Interviews in whose place a later revision counts."""
    upto: int = 0
    number: int = 0

    @property
    def bytes(self) -> int:
        return sum(block.bytes for block in self.blocks)


class Shelf:
    """Keeps the columns of the waves that were looked at last."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._locks: dict[int, asyncio.Lock] = {}

    @property
    def bytes(self) -> int:
        """Memory of everything that is kept."""
        return sum(one.bytes for one in self._held.values())

    def wants(self, wave: Wave) -> bool:
        """Whether to read a wave beforehand: nobody has looked at it yet, and it would push out no other."""
        return wave.id not in self._locks and self.bytes < self._most // 2

    async def columns(
        self, conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire, *, whole: bool = False
    ) -> Columns:
        """The interviews of a wave as `conn` sees them, or newer; of an open one what may be shown.

        With `whole` also those that came after the overall step (`surveys.steps`).
        """
        found = await self._whole(conn, wave, questionnaire)
        step = await steps.overall(conn, wave.id) if wave.state == "open" and not whole else None
        return found if step is None else found.until(step)

    async def _whole(self, conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire) -> Columns:
        async with self._locks.setdefault(wave.id, asyncio.Lock()):
            touched = await touches.state(conn, wave.id)
            held = self._held.get(wave.id)
            if held is None or held.number < touched.anew:
                held = _Held(Coder(questionnaire), number=touched.anew)
            if held.number <= touched.number:  # else `conn` looks at the past of what is held
                held = await _refreshed(conn, wave.id, held, touched.number)
            self._held[wave.id] = held
            self._held.move_to_end(wave.id)
            while self._held and self.bytes > self._most:
                self._held.popitem(last=False)
            return held.coder.columns(held.blocks)


async def _refreshed(conn: AsyncConnection, wave_id: int, held: _Held, number: int) -> _Held:
    """With what came since. What was held stays as it is: whoever counts is not disturbed."""
    again = await _late(conn, wave_id, held)
    if number > held.number:
        again |= {one for one in await touches.since(conn, wave_id, held.number) if one <= held.upto}
    blocks, upto = list(_without(held.blocks, again)), held.upto
    corrected: set[int] = set()
    for start in range(0, len(again), PART):
        rows = await store.raw_among(conn, wave_id, sorted(again)[start : start + PART])
        await _add(held.coder, blocks, rows)
        corrected |= await store.corrected(conn, wave_id, [row.respondent for row in rows])
    while rows := await store.raw_after(conn, wave_id, upto, PART):
        upto = rows[-1].id
        await _add(held.coder, blocks, rows)
        corrected |= await store.corrected(
            conn, wave_id, [row.respondent for row in rows if row.revision > 1]
        )
    kept = tuple(_without(blocks, corrected))
    return _Held(held.coder, kept, (held.corrected - again) | corrected, upto, number)


async def _add(coder: Coder, blocks: list[Block], rows: Sequence[store.Raw]) -> None:
    """Code these rows behind the others."""
    if rows:
        fresh = await asyncio.to_thread(_coded, coder, rows)
        tail = [blocks.pop()] if blocks and len(blocks[-1]) + len(rows) <= BLOCK else []
        blocks.append(await asyncio.to_thread(merged, [*tail, fresh]))


def _coded(coder: Coder, rows: Sequence[store.Raw]) -> Block:
    """The rows, decoded and coded."""
    return coder.block_of(Rows.stored(rows, given_answers(coder, [row[store.ANSWERS] for row in rows])))


def given_answers(coder: Coder, stored: Sequence[str]) -> Given:
    """Stored answers, decoded for the coder."""
    if len(stored) > FEW:
        try:
            return Lines(stored, coder.one, coder.several)
        except Undecodable:
            log.warning("answers of another kind than their questions are read one by one")
    return Listed(json.loads(f"[{','.join(stored)}]"))


async def _late(conn: AsyncConnection, wave_id: int, held: _Held) -> set[int]:
    """The interviews among the last that are here and not there, or there and not here."""
    low = held.upto - OVERLAP
    known = {one for block in held.blocks for one in block.ids[block.ids > low].tolist()}
    known.update(one for one in held.corrected if one > low)
    if await store.count_between(conn, wave_id, low, held.upto) == len(known):
        return set()
    return known ^ await store.numbers_between(conn, wave_id, low, held.upto)


def _without(blocks: Sequence[Block], gone: Collection[int]) -> Sequence[Block]:
    """The blocks without these interviews."""
    if not gone:
        return blocks
    numbers = np.fromiter(gone, dtype=np.int64, count=len(gone))
    found = []
    for block in blocks:
        away = np.isin(block.ids, numbers)
        found.append(block.only(~away) if away.any() else block)
    return [block for block in found if len(block)]
