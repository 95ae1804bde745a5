"""The tables that the sources declare, and a quick way to create them all."""

import asyncio
import importlib
import re
import tempfile
from functools import cache
from pathlib import Path

import asyncpg
from sqlalchemy import MetaData, make_url, text

from bot import migrate
from bot.database import Database

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "surveys", "content")
TABLE = re.compile(r"\bTable\(\s*\"(\w+)\"")


@cache
def sources() -> list[Path]:
    """Every Python file of the three packages."""
    return sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def module_name(file: Path) -> str:
    """`surveys/quotas.py` -> `surveys.quotas`."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def declared_tables() -> dict[str, list[Path]]:
    """Table name -> the files that declare it (one, or the architecture test fails)."""
    found: dict[str, list[Path]] = {}
    for file in sources():
        for name in TABLE.findall(file.read_text(encoding="utf-8")):
            found.setdefault(name, []).append(file)
    return found


@cache
def metadatas() -> list[MetaData]:
    """The MetaData of whatever modules declare a table, found in the sources."""
    found: list[MetaData] = []
    for files in declared_tables().values():
        module = importlib.import_module(module_name(files[0]))
        for value in vars(module).values():
            if isinstance(value, MetaData) and value not in found and value.tables:
                found.append(value)
    return found


async def create_tables(database: Database) -> None:
    """CREATE TABLE for everything declared, marked as the newest revision: quicker than the migrations."""
    async with database.transaction() as connection:
        for meta in metadatas():
            await connection.run_sync(meta.create_all)
        await connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        await connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": migrate.head()})


_models: list[bytes] = []


async def sqlite_model() -> bytes:
    """The file of an SQLite database with all tables and no rows, made once a process."""
    if not _models:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.db"
            database = Database(f"sqlite+aiosqlite:///{file}")
            await create_tables(database)
            await database.close()
            _models.append(file.read_bytes())
    return _models[0]


async def new_sqlite(file: Path) -> Database:
    """A fresh SQLite database with all tables."""
    await asyncio.to_thread(file.write_bytes, await sqlite_model())
    return Database(f"sqlite+aiosqlite:///{file}")


EMPTYING = """
DO $$
DECLARE
  filled text;
BEGIN
  SET LOCAL session_replication_role = replica;
  SELECT string_agg(quote_ident(relname), ', ') INTO filled FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
      AND pg_relation_size(oid) > 0;
  IF filled <> '' THEN EXECUTE 'TRUNCATE ' || filled || ' CASCADE'; END IF;
  PERFORM setval(quote_ident(sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""


class Emptying:
    """Takes every row out of a PostgreSQL database and starts its numbers anew, over a connection that stays.

    As a replica would: the audit trail's triggers refuse it to everybody else. A test that changed the
    tables themselves leaves them to be made again. A table without a page has had no row since the last time.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection | None = None

    def __call__(self) -> None:
        """Empty it, after a test that has closed what it opened."""
        self._loop.run_until_complete(self._empty())

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._loop.run_until_complete(self._connection.close())
        self._loop.close()

    async def _empty(self) -> None:
        if self._connection is None or self._connection.is_closed():
            plain = make_url(self._url).set(drivername="postgresql")
            self._connection = await asyncpg.connect(plain.render_as_string(False))
        connection = self._connection
        known = await connection.fetchval("SELECT to_regclass('alembic_version')")
        if known and await connection.fetchval("SELECT version_num FROM alembic_version") == migrate.head():
            await connection.execute(EMPTYING)
            return
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        database = Database(self._url)
        await create_tables(database)
        await database.close()
