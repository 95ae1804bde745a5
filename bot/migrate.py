"""Brings a database to the schema of this program: one linear, numbered history, forward only.

The way back is `civility restore` of the backup taken before the upgrade; there are no downgrades.

A developer who changed a table writes the next revision with
`python -m bot.migrate "what changes"`, reads it, and formats it with ruff.
"""

import asyncio
import importlib
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, MetaData, Table, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

State = Literal["empty", "behind", "current", "ahead"]

MIGRATIONS = Path(__file__).parent / "migrations"

TABLE_MODULES = (
    "bot.account.connection",
    "bot.chat.inbox",
    "bot.effect.clicks",
    "bot.effect.followers",
    "bot.effect.platform_figures",
    "bot.pushes.push_links",
    "bot.exports.table",
    "bot.inquiries.handling",
    "bot.inquiries.letters",
    "bot.inquiries.messages",
    "bot.inquiries.recordings",
    "bot.inquiries.sampling",
    "bot.limits",
    "bot.office.approvals",
    "bot.office.audit",
    "bot.office.sessions",
    "bot.office.staff",
    "bot.office.staff_contacts",
    "bot.office.staff_phones",
    "bot.office.townships",
    "bot.outbox.table",
    "bot.outbox.platform_jobs",
    "bot.pushes.runs.table",
    "bot.pushes.segments",
    "bot.pushes.subscriptions",
    "bot.residents.table",
    "bot.retention.tidying",
    "bot.waves.carrying",
    "bot.waves.links",
    "bot.waves.panel",
    "bot.waves.posters",
    "bot.waves.public_results",
    "bot.wechat.calls",
    "bot.wechat.token",
    "surveys.changes",
    "surveys.fieldbook",
    "surveys.progress",
    "surveys.publishing",
    "surveys.quotas",
    "surveys.steps",
    "surveys.store.table",
    "surveys.touches",
    "surveys.waves",
    "content.activity_photos",
    "content.activity_store",
    "content.autoreply_store",
    "content.event_store",
    "content.image_store",
    "content.indicator_store",
    "content.reviews",
    "content.rules.aliases",
    "content.rules.entry_store",
    "content.rules.gates_store",
    "content.rules.lessons",
    "content.rules.proposals",
    "content.rules.revisions",
    "content.rules.store",
    "content.rules.summaries",
    "content.rules.text_proposals",
    "content.screens",
    "content.store",
    "content.word_store",
)
"""Every module that declares a table; a test holds this list against the sources."""

_LOCK = 0x43495649  # "CIVI": any constant serves, as long as all replicas use the same


class NotEmpty(Exception):
    """The database holds tables that no migration of this program made."""


class TooNew(Exception):
    """The database was migrated by a newer version of this program."""


class Dangling(Exception):
    """After the change a row would point to one that does not exist; nothing was changed."""


def metadatas() -> list[MetaData]:
    """The declared tables of the three packages: one MetaData each, every module imported."""
    found: list[MetaData] = []
    for name in TABLE_MODULES:
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, Table) and value.metadata not in found:
                found.append(value.metadata)
    return found


def head() -> str:
    """The number of the newest revision in this program; "0000" where there is none."""
    return max((file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")), default="0000")


async def migrate(database: Database) -> str:
    """Bring the database to the newest revision and return its number; a second replica waits its turn.

    Raises TooNew and NotEmpty instead of touching a database that this program does not understand.
    """
    async with rebuilding(database) as connection:
        await upgrade(connection, head())
    return head()


@asynccontextmanager
async def rebuilding(database: Database) -> AsyncIterator[AsyncConnection]:
    """A write transaction in which tables may be rebuilt.

    SQLite changes a table by writing a new one and dropping the old; with foreign keys enforced the
    drop would take the rows that point to it along. So they are checked as a whole, before the commit.
    """
    if not database.is_sqlite:
        async with database.transaction() as connection:
            yield connection
        return
    async with database.writer.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None  # noqa: S101
        await driver.execute("PRAGMA foreign_keys=OFF")
        try:
            async with connection.begin():
                yield connection
                if (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first() is not None:
                    raise Dangling("a row points to another that is not there")
        finally:
            if not connection.invalidated:  # cut off, it is closed already
                await driver.execute("PRAGMA foreign_keys=ON")


async def state(database: Database) -> State:
    """Where the database stands beside this program; cheap, asked by `/readyz` and `doctor`."""
    async with database.snapshot() as connection:
        found = await revision(connection)
    if found is None:
        return "empty"
    if found == head():
        return "current"
    return "behind" if found < head() else "ahead"


async def revision(connection: AsyncConnection) -> str | None:
    """The number of the revision that the database is at, None before the first migration."""
    return await connection.run_sync(_revision)


async def upgrade(connection: AsyncConnection, target: str) -> None:
    """Bring the database to `target` inside the caller's transaction, alone among the replicas."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = await revision(connection)
    if found is not None and found > target:
        raise TooNew(f"the database is at revision {found}, newer than {target}: install the newer program")
    if found is None and await connection.run_sync(_has_tables):
        raise NotEmpty("the database has tables, but none of this program's history: give it an empty one")
    if found != target:
        await connection.run_sync(_run_alembic, target)


def _has_tables(connection: Connection) -> bool:
    return bool(inspect(connection).get_table_names())


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _run_alembic(connection: Connection, target: str) -> None:
    from alembic import command  # 1.2 s to import: only when there is something to do

    command.upgrade(_alembic(connection), target)


def _alembic(connection: Connection) -> "AlembicConfig":
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def write_revision(words: str) -> None:
    """For developers: the next numbered revision, from the difference between history and tables."""
    from alembic import command

    number = f"{int(head()) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/now.db")
        try:
            if head() != "0000":
                await migrate(database)
            async with database.transaction() as connection:
                await connection.run_sync(
                    lambda sync: command.revision(
                        _alembic(sync), message=words, autogenerate=True, rev_id=number
                    )
                )
        finally:
            await database.close()


def main(arguments: Sequence[str]) -> int:
    """`python -m bot.migrate "what changes"`."""
    if len(arguments) != 1 or not re.search(r"\w", arguments[0]):
        sys.stderr.write('usage: python -m bot.migrate "what changes"\n')
        return 2
    asyncio.run(write_revision(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
