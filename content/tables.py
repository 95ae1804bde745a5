"""The metadata that every table of this package is declared on, and one way to add rows to any of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

metadata = MetaData()

ROWS_AT_ONCE = 2000


async def insert_new(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> int:
    """Add the rows whose unique `keys` are not there yet; how many they were."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = 0
    for at in range(0, len(rows), ROWS_AT_ONCE):
        statement = dialect.insert(table).values([dict(row) for row in rows[at : at + ROWS_AT_ONCE]])
        added += (await connection.execute(statement.on_conflict_do_nothing(index_elements=keys))).rowcount
    return added
