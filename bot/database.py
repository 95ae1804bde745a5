"""The engine, its durability settings, and the two ways in: transaction() and snapshot().

SQLite: WAL, synchronous=FULL (an acknowledged answer survives a power cut), BEGIN IMMEDIATE for
writers so that two of them queue instead of failing on an upgrade, and a second engine for readers
so that they never wait behind a writer. PostgreSQL: READ COMMITTED for writers, which find rows by
index; REPEATABLE READ for snapshots. Both through the same code.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import MetaData, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, QueuePool

from bot.one_hop import OneHopConnection, open_whole

log = logging.getLogger(__name__)

metadata = MetaData()

SQLITE_BUSY_MS = 10_000
WAL_AGAIN_SECONDS = 0.01
CLOSE_LOOKS, CLOSE_LOOK_SECONDS = 200, 0.01
CONNECT_SECONDS = 5
IDLE_SECONDS = 1.0
"""A connection to PostgreSQL last used so long ago is asked whether it is still there, before it is used."""
BY_INDEX = {"enable_seqscan": "off", "jit": "off"}
"""The plan of a prepared statement is kept. One that was made while a table was nearly empty would read all
of it each time until the statistics are renewed; a full evening comes sooner. What no index helps is then
reckoned so dear that it would be compiled to machine code at each use, which takes longer than to run it.
"""
_USED_AT = "used at"
# SQLite keeps saying these on a connection even after the disk is well again.
LASTING = ("readonly database", "disk I/O error")


class Closed(Exception):
    """The database was closed: whoever asks should have ended before."""


class Database:
    """One database: `transaction()` for writing, `snapshot()` for reading one consistent state."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE", size=1, is_writer=True)
            self._reader = _sqlite_engine(url, begin="BEGIN", size=4)
        else:
            self._writer = _postgres_engine(url, "READ COMMITTED", BY_INDEX)
            self._reader = _postgres_engine(url, "REPEATABLE READ", {})
        self._closed = False

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None on PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    def make_file(self) -> None:
        """A new SQLite file for this account alone: openids will stand in it; its -wal has the same mode."""
        if self.file is not None and not self.file.exists():
            self.file.touch(mode=0o600)

    @property
    def writer(self) -> AsyncEngine:
        """The writing engine, for migrations and maintenance that must run outside a transaction."""
        return self._writer

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction: committed when the block ends, rolled back when it raises."""
        self._require_open()
        async with self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A consistent, read-only view; whatever is written through it is rolled back."""
        self._require_open()
        async with self._reader.connect() as connection, connection.begin() as reading:
            yield connection
            await reading.rollback()

    async def close(self) -> None:
        """Begin nothing more, wait some seconds for what is under way, and end every connection."""
        self._closed = True
        for _ in range(CLOSE_LOOKS):
            if not self._in_use():
                break
            await asyncio.sleep(CLOSE_LOOK_SECONDS)
        if in_use := self._in_use():
            log.warning("the database was closed under work that had not ended", extra={"in_use": in_use})
        await self._writer.dispose()
        await self._reader.dispose()

    def _in_use(self) -> int:
        """Connections that would go back to a pool that nobody has any more."""
        pools = [engine.pool for engine in (self._writer, self._reader)]
        return sum(pool.checkedout() for pool in pools if isinstance(pool, QueuePool))

    def _require_open(self) -> None:
        if self._closed:
            raise Closed("the database was closed")


def insert_ignoring(connection: AsyncConnection, table: Table, keys: Sequence[str]) -> Any:
    """An INSERT that leaves a row alone whose unique `keys` exist; `.returning()` tells which were new."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing(index_elements=keys)
    return postgresql.insert(table).on_conflict_do_nothing(index_elements=keys)


def _postgres_engine(url: str, isolation_level: IsolationLevel, settings: dict[str, str]) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=8,  # none beside them: it would be opened and closed again at each use
        max_overflow=0,
        hide_parameters=True,
        isolation_level=isolation_level,
        connect_args={"timeout": CONNECT_SECONDS, "server_settings": settings},
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def ask_whether_it_lives(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        """Three round trips, which a connection that was used a moment ago is spared."""
        now = asyncio.get_running_loop().time()
        used_at, record.info[_USED_AT] = record.info.get(_USED_AT, now), now
        if now - used_at < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except (engine.dialect.loaded_dbapi.Error, OSError) as error:
            raise DisconnectionError from error

    return engine


def _sqlite_engine(url: str, begin: str, size: int, is_writer: bool = False) -> AsyncEngine:
    """Only the writer turns a new file to WAL."""
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=60,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect_in_one_hop(dialect: Any, _record: Any, arguments: Any, options: Any) -> OneHopConnection:
        made = dialect.loaded_dbapi.connect(*arguments, async_creator_fn=open_whole, **options)
        return OneHopConnection(made.dbapi, made._connection)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
        if is_writer:
            connection.run_async(_turn_to_wal)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "handle_error")
    def open_again(context: ExceptionContext) -> None:
        if any(words in str(context.original_exception) for words in LASTING):
            context.is_disconnect = True

    @event.listens_for(engine.sync_engine, "begin")
    def begin_explicitly(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


async def _turn_to_wal(connection: aiosqlite.Connection) -> None:
    """SQLite does not wait by itself when two processes turn the same new file: one is refused at once."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SQLITE_BUSY_MS / 1000
    while True:
        try:
            await (await connection.execute("PRAGMA journal_mode=WAL")).close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > deadline:
                raise
        await asyncio.sleep(WAL_AGAIN_SECONDS)
