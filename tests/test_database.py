"""The engines: PostgreSQL's connections may die while nobody uses them, SQLite's have a thread each."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot import database as engine
from bot.database import Database


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
