"""Takes the new interviews of every wave into its counts, part by part, and marks the doubtful ones.

After a start it reads the open waves' columns as well, so that the first who looks need not wait for them.
"""

import logging
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from bot.database import Database
from surveys import progress, publishing, store, waves
from surveys.results import questionnaire_of
from surveys.shelf import Shelf

log = logging.getLogger(__name__)

PARTS = 50
"""Parts of one wave in one go: another wave, and the residents' messages, come in between."""


async def count_waves(database: Database, now: datetime, parts: int = PARTS) -> None:
    """Bring the counts of all waves up to date; what is left waits for the next call."""
    async with database.snapshot() as conn:
        done = await progress.finals(conn)
        open_ones = [wave for wave in await waves.list_waves(conn) if wave.id not in done]
        upto = {wave.id: await progress.upto(conn, wave.id) for wave in open_ones}
        newest = {wave.id: await store.newest_id(conn, wave.id) for wave in open_ones}
    for wave in open_ones:
        if wave.state == "closed" or newest[wave.id] > upto[wave.id]:
            await _count(database, wave.id, now, parts)


async def _count(database: Database, wave_id: int, now: datetime, parts: int) -> None:
    for _ in range(parts):
        try:
            async with database.transaction() as conn:
                wave = await waves.get_wave(conn, wave_id)
                if wave is None:
                    return
                found = await publishing.get_questionnaire(conn, wave.questionnaire, wave.version)
                if found is None or not await progress.advance(conn, wave, found[0], now):
                    return
        except (progress.Overtaken, IntegrityError):
            log.info("wave %d is being counted elsewhere", wave_id)
            return


async def warm(database: Database, shelf: Shelf) -> None:
    """Put the open waves that nobody has looked at since the start on the shelf, the newest first."""
    async with database.snapshot() as conn:
        found = [wave for wave in await waves.list_waves(conn) if wave.state == "open"]
    for wave in sorted(found, key=lambda one: one.id, reverse=True):
        if shelf.wants(wave):
            async with database.snapshot() as conn:
                await shelf.columns(conn, wave, await questionnaire_of(conn, wave))
