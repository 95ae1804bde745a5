"""A number that rises with every change of the rules, by which other replicas notice it."""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from content.tables import metadata

rules_revision = Table(
    "rules_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
)


async def revision(connection: AsyncConnection) -> int:
    """Compare it with the one an index was built from to know whether the index is still up to date."""
    return await connection.scalar(select(rules_revision.c.number)) or 0


async def lock(connection: AsyncConnection) -> None:
    """Wait for other changes of the rules and make them wait, until this transaction ends."""
    await connection.execute(_set(connection, rules_revision.c.number))


async def advance(connection: AsyncConnection) -> None:
    """Tell everyone that the rules changed, once this transaction ends."""
    await connection.execute(_set(connection, rules_revision.c.number + 1))


def _set(connection: AsyncConnection, number: Any) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = dialect.insert(rules_revision).values(id=1, number=0)
    return row.on_conflict_do_update(index_elements=["id"], set_={"number": number})
