"""A database that is locked, full or read-only: nothing is acknowledged unstored, and it heals by itself."""

import asyncio
import errno
import json
import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from bot.app import JOBS
from bot.chat.inbox import Inbox
from bot.database import Database
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.retention.shredding import Shredder
from bot.service import SERVICE
from bot.web import health
from tests.office import Clock
from tests.world import QUESTIONNAIRE, World


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Another process writes to the SQLite file and does not come to an end."""
    holder = sqlite3.connect(str(world.database.file), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


async def ready(world: World) -> tuple[int, str]:
    """What /readyz says."""
    async with ClientSession() as http, http.get(f"{world.base}/readyz") as response:
        return response.status, str((await response.json()).get("why", ""))


def engine_of(world: World) -> Database:
    """The database as the service holds it."""
    assert world.app is not None
    return world.app[SERVICE].database


async def test_ready_answers_in_time_when_the_database_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "READY_SECONDS", 0.01)
    with locked(world):
        for answer in await asyncio.gather(ready(world), ready(world)):
            assert answer == (503, "the database does not answer")
    monkeypatch.undo()
    assert await ready(world) == (200, "")


async def test_a_full_disk_stores_nothing_says_so_and_heals(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    database = engine_of(world)

    async def allow(pages: int) -> None:
        async with database.writer.connect() as conn:
            await conn.execute(text(f"PRAGMA max_page_count={pages}"))

    async with database.snapshot() as conn:
        used = (await conn.execute(text("PRAGMA page_count"))).scalar_one()
    await allow(used)
    said = 0
    while await aunt.say("图书馆几点关门" * 40 + str(said), tries=1) is not None:
        said += 1
    assert aunt.last.attempts[0].status == 503
    refused = aunt.last
    async with database.snapshot() as conn:
        kept = (await conn.execute(text("SELECT count(*) FROM inbox"))).scalar_one()
    assert kept == said + 2
    await allow(1_000_000)
    assert "第 1 题" in str(await aunt.redeliver(refused))
    assert await ready(world) == (200, "")


async def test_a_read_only_disk_is_noticed_and_its_connection_opened_again(world: World) -> None:
    aunt = world.resident("王阿姨")
    await aunt.say("你好")
    database = engine_of(world)
    async with database.transaction() as conn:
        await conn.execute(text("PRAGMA query_only=ON"))
    assert await aunt.say("谢谢", tries=1) is None
    assert aunt.last.attempts[0].status == 503
    assert await aunt.redeliver() is not None
    assert await ready(world) == (200, "")


async def test_ready_really_writes(world: World) -> None:
    database = engine_of(world)
    async with database.transaction() as conn:
        await conn.execute(
            text("CREATE TRIGGER stuck BEFORE UPDATE ON alembic_version BEGIN SELECT RAISE(ABORT, 'x'); END")
        )
    status, _why = await ready(world)
    assert status == 503
    async with database.transaction() as conn:
        await conn.execute(text("DROP TRIGGER stuck"))
    assert await ready(world) == (200, "")


async def test_a_page_says_that_nothing_was_stored(world: World) -> None:
    database = engine_of(world)
    async with database.transaction() as conn:
        await conn.execute(text("ALTER TABLE questionnaire_links RENAME TO gone"))
    async with ClientSession() as http, http.get(f"{world.base}/q/abc") as response:
        assert response.status == 503
        assert "没有保存" in await response.text()


async def test_stopping_does_not_wait_for_a_lock_to_go(world: World) -> None:
    box = world.inbox
    assert isinstance(box, Inbox)
    aunt = world.resident("王阿姨")
    with locked(world):
        saying = asyncio.create_task(aunt.say("你好", tries=1))
        while not box.waiting:  # noqa: ASYNC110 - the message is on its way through HTTP
            await asyncio.sleep(0)
        await box.stop(patience=0)
        assert await saying is None
    assert aunt.last.attempts[0].status == 503
    assert box.waiting == 0


async def test_one_wave_that_cannot_be_closed_does_not_keep_the_others_open(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await world.has_wave("一"), await world.has_wave("二", QUESTIONNAIRE)
    async with world.database.transaction() as conn:
        await conn.execute(text("UPDATE waves SET closes_at = opens_at + 1"))
        await conn.execute(
            text(
                f"CREATE TRIGGER stuck BEFORE UPDATE ON waves WHEN old.id = {second.id} "
                "BEGIN SELECT RAISE(ABORT, 'x'); END"
            )
        )
    world.clock.passes(minutes=1)
    assert world.app is not None
    await world.app[JOBS]["waves"]()
    async with world.database.snapshot() as conn:
        rows = await conn.execute(text("SELECT id, secret IS NULL FROM waves ORDER BY id"))
        assert [tuple(row) for row in rows] == [(first.id, 1), (second.id, 0)]
    assert f"wave {second.id} was not closed" in caplog.text


async def test_a_wave_is_closed_although_the_file_cannot_be_rewritten(world: World) -> None:
    wave = await world.has_wave()
    journal = Journal(Path(world.config.privacy.erasure_journal))

    class UnluckyShredder(Shredder):
        async def _rewrite(self) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    class Unlucky(Erasure):
        async def shred(self) -> None:
            await UnluckyShredder(self.database).shred()

    closed = await Unlucky(world.database, journal).close_wave(wave.name, world.clock())
    assert closed.name == wave.name
    assert [entry["wave"] for entry in journal.entries()] == [wave.name]


def test_a_journal_line_cut_short_by_a_full_disk_spoils_no_other(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "erasures.jsonl")
    now = Clock()()
    journal.write({"resident": 1}, now)
    size = journal.file.stat().st_size
    # The kernel writes what fits and then refuses, as on a full disk.
    earlier = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            journal.write({"resident": 2}, now)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, earlier)
    assert journal.file.stat().st_size == size + 10
    journal.write({"resident": 3}, now)
    assert [entry["resident"] for entry in journal.entries()] == [1, 3]
    assert all(json.loads(line) for line in journal.file.read_text().splitlines()[2:])
