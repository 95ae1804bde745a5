"""A migrated database is the declared one, on SQLite and PostgreSQL, and the history is one line."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from bot import migrate
from bot.database import Database
from tests.postgres import create_postgres_database
from tests.schema import create_tables


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    """A database without a single table."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def database_copy(
    empty: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """Another empty database of the same kind."""
    if empty.is_sqlite:
        url = f"sqlite+aiosqlite:///{tmp_path}/copy.db"
    else:
        url = await create_postgres_database(request.getfixturevalue("postgres_server"))
    opened = Database(url)
    yield opened
    await opened.close()


def differences(connection: Connection) -> list[Any]:
    """What autogenerate would still change; on SQLite it cannot read the default '' back."""
    options = {"compare_type": True, "compare_server_default": connection.dialect.name != "sqlite"}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, migrate.metadatas()))  # type: ignore[arg-type]


async def triggers(database: Database) -> set[str]:
    """The triggers in the database, with what they do."""
    kinds = {
        True: "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
        False: "SELECT pg_get_triggerdef(t.oid) || p.prosrc"
        " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT tgisinternal",
    }
    async with database.snapshot() as connection:
        return set((await connection.execute(text(kinds[database.is_sqlite]))).scalars())


async def test_a_migrated_database_has_exactly_the_declared_tables(empty: Database) -> None:
    assert await migrate.state(empty) == "empty"
    await migrate.migrate(empty)
    assert await migrate.state(empty) == "current"
    async with empty.snapshot() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_quick_way_of_the_tests_makes_the_same_schema(database: Database) -> None:
    assert await migrate.state(database) == "current"
    async with database.snapshot() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrations_make_the_triggers_too(empty: Database, database_copy: Database) -> None:
    await migrate.migrate(empty)
    await create_tables(database_copy)
    assert await triggers(empty) == await triggers(database_copy)


async def test_migrating_twice_and_at_the_same_time_changes_nothing(empty: Database) -> None:
    other = Database(empty.url.render_as_string(hide_password=False))
    try:
        assert [await migrate.state(empty), await migrate.state(other)] == ["empty", "empty"]
        assert await asyncio.gather(migrate.migrate(empty), migrate.migrate(other)) == [migrate.head()] * 2
        assert await migrate.migrate(empty) == migrate.head()
    finally:
        await other.close()


async def test_a_newer_database_is_left_alone(empty: Database) -> None:
    await create_tables(empty)
    async with empty.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await migrate.state(empty) == "ahead"
    with pytest.raises(migrate.TooNew, match="9999"):
        await migrate.migrate(empty)


async def test_an_older_database_is_behind(empty: Database) -> None:
    await create_tables(empty)
    async with empty.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert await migrate.state(empty) == "behind"


async def test_a_strangers_database_is_left_alone(empty: Database) -> None:
    async with empty.transaction() as connection:
        await connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    with pytest.raises(migrate.NotEmpty):
        await migrate.migrate(empty)


def test_the_history_is_one_numbered_line_without_a_way_back() -> None:
    files = sorted((migrate.MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert files, "the first revision has not been written"
    before = None
    for position, file in enumerate(files, start=1):
        source = file.read_text(encoding="utf-8")
        assert file.name.startswith(f"{position:04d}_")
        assert f'\nrevision = "{position:04d}"\n' in source
        assert f"\ndown_revision = {before}\n" in source
        assert "please adjust" not in source
        assert not re.search(r"^(from|import) (bot|surveys|content)", source, re.M)
        before = f'"{position:04d}"'
        assert "downgrade" not in source


def test_the_developers_command_wants_words() -> None:
    assert migrate.main([]) == 2


async def test_a_rebuilding_that_is_cut_off_says_so_and_keeps_the_keys_enforced(sqlite_url: str) -> None:
    """Ctrl-C during a restore ended in "no active connection", said of the one that it had closed."""
    opened = Database(sqlite_url)

    async def rebuild() -> None:
        async with migrate.rebuilding(opened) as connection:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await connection.execute(text("SELECT 1"))

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(rebuild())
    async with opened.transaction() as connection:
        assert (await connection.execute(text("PRAGMA foreign_keys"))).scalar_one() == 1
    await opened.close()
