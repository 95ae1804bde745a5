"""The engines: PostgreSQL's connections may die while nobody uses them, SQLite's have a thread each."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot import database as engine
from bot.database import CLOSE_LOOK_SECONDS, WAL_AGAIN_SECONDS, Closed, Database
from bot.one_hop import open_whole


async def test_a_connection_that_died_while_it_lay_idle_is_replaced(
    postgres_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = Database(postgres_model), Database(postgres_model)
    try:
        async with ours.transaction() as conn:
            first = (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with theirs.transaction() as conn:
            await conn.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
        monkeypatch.setattr(engine, "IDLE_SECONDS", 0.0)
        async with ours.transaction() as conn:
            assert (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one() != first
    finally:
        await ours.close()
        await theirs.close()


async def plan_of_a_writer(database: Database, statement: str) -> str:
    async with database.transaction() as conn:
        return "\n".join((await conn.execute(text(f"EXPLAIN ANALYZE {statement}"))).scalars())


async def test_a_writer_plans_for_a_full_table_while_it_is_still_empty(postgres_model: str) -> None:
    database = Database(postgres_model)
    try:
        async with database.writer.connect() as conn:
            alone = await conn.execution_options(isolation_level="AUTOCOMMIT")
            await alone.exec_driver_sql("VACUUM ANALYZE residents")
        plan = await plan_of_a_writer(
            database, "SELECT id FROM residents WHERE openid = ANY (ARRAY['one', 'two'])"
        )
        assert "Index" in plan
        assert "Seq Scan" not in plan
    finally:
        await database.close()


async def test_a_writer_compiles_nothing_that_no_index_helps(postgres_model: str) -> None:
    """Over 2,000 rows that took 63 ms at each use, and 0.6 without."""
    database = Database(postgres_model)
    try:
        plan = await plan_of_a_writer(database, "SELECT muted, count(*) FROM residents GROUP BY muted")
        assert "Seq Scan" in plan
        assert "JIT" not in plan
    finally:
        await database.close()


async def test_on_sqlite_rows_counts_and_refusals_come_back_from_the_thread(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/one.db")
    rows = [{"n": number} for number in range(3)]
    try:
        async with database.transaction() as conn:
            await conn.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
            assert (await conn.execute(text("INSERT INTO numbers VALUES (:n)"), rows)).rowcount == 3
        async with database.transaction() as conn:
            with pytest.raises(IntegrityError):
                await conn.execute(text("INSERT INTO numbers VALUES (1)"))
        async with database.snapshot() as conn:
            found = await conn.execute(text("SELECT n FROM numbers ORDER BY n"))
            assert (list(found.keys()), found.scalars().all()) == (["n"], [0, 1, 2])
            assert (await conn.execute(text("SELECT n FROM numbers WHERE n > 9"))).first() is None
            async with conn.stream(text("SELECT n FROM numbers")) as streamed:
                assert len([row async for row in streamed]) == 3
    finally:
        await database.close()


async def test_a_new_file_is_turned_to_wal_while_somebody_else_has_it_locked(tmp_path: Path) -> None:
    """Two that began at once were told that the database is locked."""
    file = tmp_path / "new.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE theirs (id INTEGER)")
    database = Database(f"sqlite+aiosqlite:///{file}")

    async def use() -> str:
        async with database.transaction() as conn:
            return str((await conn.execute(text("PRAGMA journal_mode"))).scalar_one())

    using = asyncio.create_task(use())
    done, _waiting = await asyncio.wait({using}, timeout=WAL_AGAIN_SECONDS * 3)
    assert not done
    other.execute("COMMIT")
    other.close()
    assert await using == "wal"
    await database.close()


async def test_closing_waits_for_what_is_under_way_and_lets_nothing_begin(database: Database) -> None:
    """A straggler's connection went back to a pool that nobody had any more, and was never ended."""
    drivers: list[Any] = []
    using, end = asyncio.Event(), asyncio.Event()

    async def straggle() -> None:
        async with database.snapshot() as conn:
            drivers.append((await conn.get_raw_connection()).driver_connection)
            using.set()
            await end.wait()

    straggler = asyncio.create_task(straggle())
    await using.wait()
    closing = asyncio.create_task(database.close())
    done, _waiting = await asyncio.wait({closing}, timeout=CLOSE_LOOK_SECONDS * 3)
    assert not done
    for way in (database.transaction, database.snapshot):
        with pytest.raises(Closed):
            async with way():
                pass
    end.set()
    await asyncio.gather(straggler, closing)
    assert drivers[0]._connection is None if database.is_sqlite else drivers[0].is_closed()


async def test_work_that_never_ends_does_not_keep_the_database_from_closing(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engine, "CLOSE_LOOKS", 0)
    async with database.snapshot() as conn:
        driver: Any = (await conn.get_raw_connection()).driver_connection
        await database.close()
        await conn.invalidate()
    assert "had not ended" in caplog.text
    assert driver._connection is None if database.is_sqlite else driver.is_closed()


async def test_who_is_cut_off_while_a_file_is_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    opening = asyncio.create_task(open_whole(tmp_path / "new.db"))
    while set(threading.enumerate()) == before:  # noqa: ASYNC110 - it takes the loop a turn or two
        await asyncio.sleep(0)
    assert not opening.done()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    for thread in set(threading.enumerate()) - before:
        thread.join()
