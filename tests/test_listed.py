"""Many values as one parameter, on SQLite and PostgreSQL."""

from collections.abc import Collection
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, MetaData, String, Table, event, insert, select, text

from bot.database import Database
from surveys.listed import one_of

people = Table(
    "listed_people",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(64), nullable=False, unique=True),
)
BY_ID = select(people.c.name).where(one_of(people.c.id, "ids")).order_by(people.c.id)
BY_NAME = select(people.c.id).where(one_of(people.c.name, "names")).order_by(people.c.id)
NAMES = {1: "甲", 2**62: 'a","b', 3: "', '", 4: "]"}


@pytest.mark.parametrize("ids", [(), (1,), (1, 2**62), {3, 4, 5}, range(1, 500)])
async def test_they_are_found_whatever_they_are(database: Database, ids: Collection[int]) -> None:
    async with database.transaction() as conn:
        await conn.run_sync(people.metadata.create_all)
        await conn.execute(insert(people), [{"id": one, "name": name} for one, name in NAMES.items()])
        wanted = [NAMES[one] for one in sorted(NAMES) if one in ids]
        assert (await conn.execute(BY_ID, {"ids": ids})).scalars().all() == wanted
        found = (await conn.execute(BY_NAME, {"names": wanted})).scalars().all()
        assert found == [one for one in sorted(NAMES) if one in ids]
        await conn.rollback()


async def test_the_statement_is_the_same_for_any_number_and_uses_the_index(database: Database) -> None:
    said: list[tuple[str, Any]] = []
    async with database.transaction() as conn:
        await conn.run_sync(people.metadata.create_all)

        @event.listens_for(conn.sync_connection, "before_cursor_execute")
        def remember(_c: Any, _cursor: Any, words: str, given: Any, *_rest: Any) -> None:
            said.append((words, given))

        for names in ([], ["甲"], ["甲", "乙", "丙"]):
            await conn.execute(BY_NAME, {"names": names})
        assert len({words for words, _ in said}) == 1
        if not database.is_sqlite:
            await conn.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plan = (await conn.exec_driver_sql(f"{explain} {said[2][0]}", said[2][1])).all()
        assert "name=?" in str(plan) if database.is_sqlite else "Index Cond" in str(plan)
        await conn.rollback()
