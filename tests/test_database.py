"""The engine on PostgreSQL, whose connections may die while nobody uses them."""

import pytest
from sqlalchemy import text

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
