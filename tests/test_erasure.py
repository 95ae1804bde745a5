"""Whoever is erased stands in no table any more, also in tables that nobody thought of yet."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Float, Integer, LargeBinary, Table, insert, select, text

from bot import migrate
from bot.config import Privacy
from bot.database import Database
from bot.retention.erasure import NIGHT_HOUR, Erasure, forget_resident
from bot.retention.journal import Journal
from bot.retention.shredding import SHREDDED
from tests.office import START

PERSON, OTHER = 4_611_686_018_427_387_001, 4_611_686_018_427_387_002
OPENID = "oPersonWhoIsToBeForgotten000"


def about_persons() -> list[Table]:
    """Every table that names a resident by key or openid."""
    return [
        table
        for metadata in migrate.metadatas()
        for table in metadata.sorted_tables
        if {"resident", "openid"} & set(table.columns.keys())
    ]


def row(table: Table, person: int, number: int) -> dict[str, Any]:
    """A row about this person, everything else as it may be."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "resident" or (table.name == "residents" and column.name == "id"):
            values[column.name] = person
        elif column.name == "openid":
            values[column.name] = OPENID if person == PERSON else f"{number}"
        elif isinstance(column.type, LargeBinary):
            values[column.name] = b"x"
        elif isinstance(column.type, JSON):
            values[column.name] = {}
        elif isinstance(column.type, Boolean):
            values[column.name] = False
        elif isinstance(column.type, Integer | Float):
            values[column.name] = number
        else:
            values[column.name] = f"{number}"
    return values


async def test_no_table_knows_an_erased_person(database: Database) -> None:
    tables = about_persons()
    assert {"residents", "messages", "inbox", "questionnaire_links", "outbox"} <= {one.name for one in tables}
    async with database.transaction() as conn:
        for number, table in enumerate(tables, start=100):
            rows = [row(table, person, number * 10 + at) for at, person in enumerate((PERSON, OTHER))]
            await conn.execute(insert(table), rows)
        await forget_resident(conn, PERSON, OPENID)
        for table in tables:
            left = [repr(tuple(one)) for one in await conn.execute(select(table))]
            assert not [one for one in left if str(PERSON) in one or OPENID in one], table.name
            assert [one for one in left if str(OTHER) in one], table.name


def test_what_names_persons_is_written_anew_after_an_erasure() -> None:
    assert {table.name for table in about_persons()} <= set(SHREDDED)


async def test_the_night_rewrites_the_files_after_a_wave_was_emptied_and_the_process_died(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Only persons were looked for: killed before that, the rows of a wave stayed dead in the files."""
    database = Database(sqlite_url)
    erasure = Erasure(database, Journal(tmp_path / "erasures.jsonl"))
    night = START.replace(hour=NIGHT_HOUR)
    async with database.transaction() as conn:
        await conn.execute(text("CREATE TABLE filling AS SELECT hex(zeroblob(100000)) AS words"))
        await conn.execute(text("DROP TABLE filling"))
    erasure.journal.write({"wave": "第一季度", "erased": True}, night - timedelta(hours=2))
    await erasure.nightly(Privacy(), night)
    async with database.snapshot() as conn:
        assert (await conn.execute(text("PRAGMA freelist_count"))).scalar_one() == 0
    await database.close()
