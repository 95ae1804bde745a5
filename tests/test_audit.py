"""The trail: written with the act, chained, sealed against everybody, cut only with an anchor."""

import asyncio
import hashlib
import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database
from bot.office import audit
from bot.office.audit import Wanted
from tests.office import START

LATER = START + timedelta(days=200)


async def three_lines(conn: AsyncConnection) -> None:
    await audit.write(conn, START, "王芳", "新增账号", "alice", {"角色": ["editor"]})
    await audit.write(conn, START + timedelta(days=1), "shen", "登录", "shen")
    await audit.write(
        conn, START + timedelta(days=100), audit.COMMAND_LINE, "导入规范", "50%_\\的", {"条": 3}
    )


async def test_the_chain_covers_every_field_and_the_line_before(database: Database) -> None:
    async with database.transaction() as conn:
        await three_lines(conn)
        rows = (await conn.execute(text("SELECT * FROM audit ORDER BY id"))).mappings().all()
    previous = "0" * 64
    for number, row in enumerate(rows, 1):
        detail = json.loads(row["detail"]) if isinstance(row["detail"], str) else row["detail"]
        covered = [row[key] for key in ("id", "happened_at", "actor", "action", "object")]
        plain = json.dumps(
            [*covered, detail, previous], ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        assert (row["id"], row["previous"]) == (number, previous)
        assert row["hash"] == hashlib.sha256(plain.encode()).hexdigest()
        previous = row["hash"]
    async with database.snapshot() as conn:
        assert await audit.verify(conn) is None


async def test_an_act_that_fails_leaves_no_line(database: Database) -> None:
    async def failing() -> None:
        async with database.transaction() as conn:
            await three_lines(conn)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await failing()
    async with database.snapshot() as conn:
        assert await audit.count(conn) == 0
        assert await audit.verify(conn) is None


async def test_parallel_writers_make_one_chain(database: Database) -> None:
    async def one(number: int) -> int:
        async with database.transaction() as conn:
            return await audit.write(conn, START, "a", "b", str(number))

    assert sorted(await asyncio.gather(*(one(number) for number in range(12)))) == list(range(1, 13))
    async with database.snapshot() as conn:
        assert await audit.verify(conn) is None


FORBIDDEN = [
    "UPDATE audit SET actor = 'nobody' WHERE id = 2",
    "DELETE FROM audit WHERE id = 2",
    "DELETE FROM audit",
    "UPDATE audit_anchors SET upto_id = 3",
    "DELETE FROM audit_anchors",
    "INSERT INTO audit_anchors VALUES (2, 'made up', 4000000000)",
    "INSERT INTO audit_anchors VALUES (99, 'made up', 4000000000)",
    "INSERT INTO audit_anchors SELECT id, hash, happened_at + 15811199 FROM audit WHERE id = 3",
]


async def sealed_at_one(conn: AsyncConnection) -> None:
    """Three lines, of which the first has been cut away."""
    await three_lines(conn)
    await audit.seal(conn, START + timedelta(hours=1), LATER)


async def test_the_database_itself_refuses_to_alter_the_trail(database: Database) -> None:
    async with database.transaction() as conn:
        await sealed_at_one(conn)
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.transaction() as conn:
                await conn.execute(text(statement))
    async with database.snapshot() as conn:
        assert await audit.verify(conn) is None


async def test_neither_replace_nor_truncate_is_a_way_around(database: Database) -> None:
    way = (
        "INSERT OR REPLACE INTO audit "
        "SELECT id, happened_at, 'nobody', action, object, detail, previous, hash FROM audit WHERE id = 2"
        if database.is_sqlite
        else "TRUNCATE audit"
    )
    async with database.transaction() as conn:
        await three_lines(conn)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as conn:
            await conn.execute(text(way))


TAMPERING = [
    ("UPDATE audit SET actor = 'nobody' WHERE id = 2", 2),
    ("DELETE FROM audit WHERE id = 2", 2),
    ("DELETE FROM audit WHERE id = 1", 1),
    ("UPDATE audit SET hash = previous WHERE id = 3", 3),
    ("UPDATE audit SET happened_at = happened_at + 1 WHERE id = 1", 1),
]


async def test_who_gets_around_the_triggers_is_found_by_the_chain(database: Database) -> None:
    async with database.transaction() as conn:
        await three_lines(conn)
        if database.is_sqlite:
            await conn.execute(text("DROP TRIGGER audit_no_update"))
            await conn.execute(text("DROP TRIGGER audit_no_delete"))
        else:
            await conn.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        for change, broken in TAMPERING:
            before = await conn.begin_nested()
            await conn.execute(text(change))
            assert await audit.verify(conn) == broken
            await before.rollback()
            assert await audit.verify(conn) is None


async def test_a_sealed_cut_lets_old_lines_go_and_the_chain_goes_on(database: Database) -> None:
    async with database.transaction() as conn:
        await three_lines(conn)
        with pytest.raises(ValueError, match="six months"):
            await audit.seal(conn, LATER - timedelta(days=182), LATER)
        assert await audit.seal(conn, START + timedelta(days=2), LATER) == 2
        assert await audit.seal(conn, START + timedelta(days=2), LATER) == 0
        assert await audit.verify(conn) is None
        left = await audit.lines(conn, Wanted(), 10)
        assert [(line.id, line.action) for line in left] == [(4, "到期清理操作记录"), (3, "导入规范")]
        assert await audit.seal(conn, LATER + timedelta(days=1), LATER + timedelta(days=365)) == 1
        assert await audit.verify(conn) is None
        assert [line.id for line in await audit.lines(conn, Wanted(), 10)] == [5, 4]


async def test_the_newest_line_always_stays(database: Database) -> None:
    async with database.transaction() as conn:
        await audit.write(conn, START, "a", "b")
        assert await audit.seal(conn, START + timedelta(days=1), LATER) == 0


async def test_looking_for_lines(database: Database) -> None:
    async with database.transaction() as conn:
        await three_lines(conn)

        async def found(**wanted: object) -> list[int]:
            return [line.id for line in await audit.lines(conn, Wanted(**wanted), 10)]  # type: ignore[arg-type]

        assert await found() == [3, 2, 1]
        assert await found(actor="王") == [1]
        assert await found(action="登录") == [2]
        assert await found(object="%_\\") == [3]
        assert await found(object="%%") == []
        assert await found(since=int(START.timestamp()) + 1) == [3, 2]
        assert await found(until=int(START.timestamp()) + 1) == [1]
        assert await found(before=3) == [2, 1]
