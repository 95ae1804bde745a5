"""Backup and restore: both databases into both, nothing secret inside, nothing half done."""

import errno
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Float, Integer, LargeBinary, Table, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

import bot.residents
import surveys.waves
from bot import migrate
from bot.database import Database
from bot.office import audit
from bot.retention.backup import COLUMNS_LEFT_OUT, TABLES_LEFT_OUT, BackupProblem, backup, written_whole
from bot.retention.journal import Journal
from bot.retention.restore import Repeats, check, read_journal, restore
from tests.postgres import create_postgres_database
from tests.schema import new_sqlite

NOW = datetime(2027, 2, 6, 9, 30, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))
SECRET = b"wave-secret-canary-0123456789abc"
TRICKY = "王阿姨 \"'\\ \u2028 🙂 =1+1"
SECOND = 1_800_000_123


def tables() -> list[Table]:
    """Every declared table."""
    return [table for metadata in migrate.metadatas() for table in metadata.sorted_tables]


def example(column: Any, position: int) -> Any:
    """A value that this column can hold, with everything that a text format could break."""
    if isinstance(column.type, LargeBinary):
        return SECRET
    if isinstance(column.type, JSON):
        return {"q1": ["1", None, TRICKY], "n": 3}
    if isinstance(column.type, Boolean):
        return position == 0
    if isinstance(column.type, Integer):
        return SECOND + position
    if isinstance(column.type, Float):
        return position + 0.25
    length = getattr(column.type, "length", None)
    return f"{position}{TRICKY}"[:length] if length is None or length >= 16 else str(position)


async def fill(database: Database) -> None:
    """Two rows in every table, and a few that mean something."""
    async with database.transaction() as connection:
        for table in tables():
            if table.name.startswith("audit"):
                continue
            rows = [{one.name: example(one, position) for one in table.columns} for position in (0, 1)]
            for row in rows[1:]:
                row.update({one.name: None for one in table.columns if one.nullable})
            await connection.execute(insert(table), rows)
        await connection.execute(
            update(surveys.waves.waves).values(header='{"number":"甲1"}', sealed='{"population":"居民"}')
        )
        await connection.execute(
            update(surveys.waves.waves)
            .values(state="open", name="春季"[:2], questionnaire="gone")
            .where(surveys.waves.waves.c.id == SECOND)
        )
        for position in range(3):
            await audit.write(
                connection, NOW + timedelta(days=position), "甲", "发布", "规范", {"n": position}
            )


async def rows_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    """What a backup must bring back, table by table."""
    found = {}
    async with database.snapshot() as connection:
        for table in tables():
            if table.name in TABLES_LEFT_OUT:
                continue
            rows = [
                {name: value for name, value in row.items() if (table.name, name) not in COLUMNS_LEFT_OUT}
                for row in (await connection.execute(select(table))).mappings()
            ]
            found[table.name] = sorted(rows, key=lambda row: json.dumps(row, default=str, sort_keys=True))
    return found


async def leave(_connection: AsyncConnection, _now: datetime) -> None:
    """Nothing to put right."""


async def put_back(database: Database, file: Path, **given: Any) -> None:
    """Restore beside an empty journal, with nothing to mend."""
    journal = Journal(file.parent / "journal.jsonl")
    await restore(database, file, journal, NOW, **({"mend": leave} | given))


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with something in every table."""
    await fill(database)
    return database


@pytest.fixture(params=["sqlite", "postgresql"])
async def target(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database to restore into."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path}/target.db"
    else:
        url = await create_postgres_database(request.getfixturevalue("postgres_server"))
    opened = Database(url)
    yield opened
    await opened.close()


async def test_what_comes_back_is_what_was_there(filled: Database, target: Database, tmp_path: Path) -> None:
    held = await backup(filled, tmp_path / "b.zip", NOW)
    await put_back(target, tmp_path / "b.zip")
    before, after = await rows_of(filled), await rows_of(target)
    for row in before["interviews"]:
        for name in ("started_at", "submitted_at"):
            moment = datetime.fromtimestamp(row[name], NOW.tzinfo)
            row[name] = int(moment.replace(hour=0, minute=0, second=0).timestamp())
    assert after == before
    assert {name: one.rows for name, one in held.items()} == {name: len(rows) for name, rows in after.items()}
    assert await migrate.state(target) == "current"


async def test_a_restored_database_goes_on(filled: Database, target: Database, tmp_path: Path) -> None:
    await backup(filled, tmp_path / "b.zip", NOW)
    await put_back(target, tmp_path / "b.zip")
    async with target.transaction() as connection:
        assert await audit.verify(connection) is None
        await audit.write(connection, NOW, "乙", "登录")
        found = (await connection.execute(select(surveys.waves.waves))).mappings().first()
        assert found is not None
        new = {name: value for name, value in found.items() if name != "id"} | {"name": "new"}
        key = (await connection.execute(insert(surveys.waves.waves).values(new))).inserted_primary_key
        assert key is not None
        assert key[0] > SECOND
    with pytest.raises(Exception, match="append-only"):
        async with target.transaction() as connection:
            await connection.execute(delete(audit.audit))


async def test_a_second_restore_replaces_only_when_told(filled: Database, tmp_path: Path) -> None:
    await backup(filled, tmp_path / "b.zip", NOW)
    async with filled.transaction() as connection:
        await audit.write(connection, NOW, "乙", "登录")
    before = await rows_of(filled)
    with pytest.raises(BackupProblem, match="in use"):
        await put_back(filled, tmp_path / "b.zip")
    assert await rows_of(filled) == before
    await put_back(filled, tmp_path / "b.zip", replace=True)
    assert len((await rows_of(filled))["audit"]) == len(before["audit"]) - 1


async def test_nothing_that_must_not_be_kept_is_inside(filled: Database, tmp_path: Path) -> None:
    await backup(filled, tmp_path / "b.zip", NOW)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert not {f"tables/{name}.jsonl" for name in TABLES_LEFT_OUT} & set(members)
    everything = b"".join(members.values())
    assert SECRET not in everything
    waves = [json.loads(line) for line in members["tables/waves.jsonl"].splitlines()]
    assert all("secret" not in row for row in waves)
    interviews = [json.loads(line) for line in members["tables/interviews.jsonl"].splitlines()]
    assert interviews
    assert all("id" not in row for row in interviews)
    assert all((row["submitted_at"] + 8 * 3600) % 86_400 == 0 for row in interviews)
    keys = [(row["wave_id"], row["respondent"]) for row in interviews]
    assert keys == sorted(keys)
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0


def test_what_is_left_out_exists() -> None:
    declared = {table.name: set(table.columns.keys()) for table in tables()}
    assert set(TABLES_LEFT_OUT) <= set(declared)
    for name, column in COLUMNS_LEFT_OUT:
        assert column in declared[name]


async def test_the_journal_is_repeated(filled: Database, tmp_path: Path) -> None:
    await backup(filled, tmp_path / "b.zip", NOW)
    journal = tmp_path / "journal.jsonl"
    written = Journal(journal)
    written.write({"resident": SECOND}, NOW)
    written.write({"wave": "春季", "closed": True}, NOW)
    written.write({"wave": "never restored", "erased": True}, NOW)
    with journal.open("ab") as stream:
        stream.write(b'{"resident": 9')
    mended = []

    async def mend(connection: AsyncConnection, now: datetime) -> None:
        mended.append((await surveys.waves.find_wave(connection, "春季"), now))

    await put_back(filled, tmp_path / "b.zip", replace=True, mend=mend)
    assert mended[0][0] is not None
    assert mended[0][0].state == "open"
    async with filled.snapshot() as connection:
        wave = await surveys.waves.find_wave(connection, "春季")
        assert wave is not None
        assert (wave.state, wave.secret) == ("closed", None)
        left = (await connection.execute(select(bot.residents.table.residents.c.id))).scalars().all()
        assert left == [SECOND + 1]


def test_no_journal_means_nothing_to_repeat(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "absent") == Repeats()


@pytest.mark.parametrize(
    "line", ["{}", "7", "nonsense", '{"wave": "x"}', '{"resident": "y"}', '{"closed": true}']
)
def test_an_erasure_is_never_lost_in_silence(tmp_path: Path, line: str) -> None:
    (tmp_path / "j").write_text(f'{{"resident": 1}}\n{line}\n')
    with pytest.raises(BackupProblem, match="line 2"):
        read_journal(tmp_path / "j")


@pytest.fixture
async def sqlite_file(tmp_path: Path) -> AsyncIterator[tuple[Database, Path]]:
    """A filled SQLite database and its backup."""
    opened = await new_sqlite(tmp_path / "s.db")
    await fill(opened)
    await backup(opened, tmp_path / "good.zip", NOW)
    yield opened, tmp_path / "good.zip"
    await opened.close()


def rewritten(file: Path, **changed: Any) -> Path:
    """The same backup with other words in its manifest, or without one."""
    other = file.with_name("other.zip")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as goal:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                content = json.dumps(json.loads(content) | changed).encode()
            goal.writestr(name, content)
    return other


async def test_another_format_or_a_newer_program_is_refused(sqlite_file: tuple[Database, Path]) -> None:
    database, good = sqlite_file
    before = await rows_of(database)
    for changed, words in (
        ({"format": 2}, "format 2"),
        ({"revision": "9999"}, "newer"),
        ({"tables": 3}, "no backup"),
    ):
        with pytest.raises(BackupProblem, match=words):
            await put_back(database, rewritten(good, **changed), replace=True)
    assert await rows_of(database) == before


async def test_a_table_that_does_not_match_its_hash_is_refused(sqlite_file: tuple[Database, Path]) -> None:
    database, good = sqlite_file
    with zipfile.ZipFile(good) as archive:
        stated = json.loads(archive.read("manifest.json"))["tables"]
    stated["residents"]["rows"] += 1
    with pytest.raises(BackupProblem, match="residents is damaged"):
        await put_back(database, rewritten(good, tables=stated), replace=True)


async def test_damage_anywhere_is_noticed_before_anything_is_touched(
    sqlite_file: tuple[Database, Path],
) -> None:
    database, good = sqlite_file
    before = await rows_of(database)
    content = good.read_bytes()
    broken = good.with_name("broken.zip")
    step = max(1, len(content) // 40)
    refused = 0
    for position in range(0, len(content), step):
        broken.write_bytes(content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :])
        try:
            check(broken)
        except BackupProblem:
            refused += 1
        broken.write_bytes(content[:position])
        with pytest.raises(BackupProblem):
            check(broken)
    assert refused > 20
    with pytest.raises(BackupProblem):
        await put_back(database, good.with_name("absent.zip"), replace=True)
    assert await rows_of(database) == before


async def test_a_backup_of_another_revision_wants_a_migration(sqlite_file: tuple[Database, Path]) -> None:
    database, good = sqlite_file
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(BackupProblem, match="civility migrate"):
        await backup(database, good, NOW)


async def test_an_error_while_mending_leaves_everything_as_it_was(sqlite_file: tuple[Database, Path]) -> None:
    database, good = sqlite_file
    before = await rows_of(database)

    async def fail(_connection: AsyncConnection, _now: datetime) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await put_back(database, good, replace=True, mend=fail)
    assert await rows_of(database) == before


async def test_a_full_disk_leaves_the_old_backup_and_no_half_file(sqlite_file: tuple[Database, Path]) -> None:
    database, good = sqlite_file
    before = good.read_bytes()

    def fill_the_disk() -> None:
        with written_whole(good) as stream:
            stream.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(BackupProblem, match="disk is full"):
        fill_the_disk()
    assert good.read_bytes() == before
    assert sorted(one.name for one in good.parent.glob("*zip*")) == ["good.zip"]
    with pytest.raises(BackupProblem, match="cannot write"):
        await backup(database, good.parent / "absent" / "b.zip", NOW)
