"""SQLite's connection, with one hop to its thread for each statement.

By itself the adapter hops to the thread and back to make a cursor, to execute, to fetch and to close: four
times the waking of two threads for what takes microseconds. Here the thread does all of it in one go.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import aiosqlite
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
)
from sqlalchemy.util import immutabledict

Ran = tuple[sqlite3.Cursor, Sequence[Any]]


class OneHopCursor(AsyncAdapt_aiosqlite_cursor):
    """What was executed has been fetched and closed; the cursor still tells columns, rows and last id."""

    __slots__ = ()

    def __init__(self, adapt_connection: AsyncAdapt_dbapi_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._soft_closed_memoized = immutabledict()
        self._rows = deque()

    def close(self) -> None:
        """Only the rows are left to be given up."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        return

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._run(_execute, operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._run(_execute_many, operation, seq_of_parameters)

    async def _run(self, work: Callable[..., Ran], operation: Any, parameters: Any) -> None:
        connection: Any = self._connection
        self._cursor, rows = await connection._execute(work, connection._conn, operation, parameters)
        self._rows = deque(rows)


class OneHopConnection(AsyncAdapt_aiosqlite_connection):
    """Hands out such cursors; gives back to the pool what is in no transaction without a hop."""

    __slots__ = ()
    _cursor_cls = OneHopCursor

    def rollback(self) -> None:
        """Nothing, where the transaction has ended already."""
        connection: Any = self._connection
        if connection._connection and connection.in_transaction:
            super().rollback()


async def open_whole(*arguments: Any, **options: Any) -> aiosqlite.Connection:
    """A connection. Cut off half open its thread would outlive the loop: so it is opened, and then closed."""
    connection = aiosqlite.connect(*arguments, **options)
    connection._thread.daemon = True
    opening = asyncio.ensure_future(connection)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await (await opening).close()
        raise


def _execute(connection: sqlite3.Connection, operation: str, parameters: Any) -> Ran:
    cursor = connection.execute(operation, parameters)
    rows = cursor.fetchall() if cursor.description else ()
    cursor.close()
    return cursor, rows


def _execute_many(connection: sqlite3.Connection, operation: str, parameters: Any) -> Ran:
    cursor = connection.executemany(operation, parameters)
    cursor.close()
    return cursor, ()
