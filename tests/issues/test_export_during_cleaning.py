"""The hourly cleaning met a long export: messages waited ten seconds for SQLite's log file to be emptied."""

import asyncio
from pathlib import Path

from sqlalchemy import text

from bot.config import Privacy
from bot.database import SQLITE_BUSY_MS
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from tests.office import START
from tests.world import World


async def test_messages_are_answered_while_the_cleaning_meets_an_open_reader(
    world: World, tmp_path: Path
) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    cleaning = Erasure(world.database, Journal(tmp_path / "journal.jsonl"))
    async with world.database.snapshot() as reading:
        await reading.execute(text("SELECT count(*) FROM articles"))
        await aunt.say("高空抛物")
        nightly = asyncio.create_task(cleaning.nightly(Privacy(), START))
        await aunt.say("遛狗", tries=1)
        assert aunt.last.attempts[0].status == 200
        await nightly
    async with world.database.writer.connect() as connection:
        assert (await connection.execute(text("PRAGMA busy_timeout"))).scalar_one() == SQLITE_BUSY_MS
