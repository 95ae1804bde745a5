"""Puts a backup into a database: checked whole before anything is touched, loaded in one transaction.

What happened after the backup was made and must not be undone by it is done again: persons stay
forgotten and closed waves stay closed, as the erasure journal tells.
"""

import base64
import hashlib
import json
import zipfile
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

import surveys.fieldbook
import surveys.progress
import surveys.store
import surveys.waves
from bot import migrate, residents
from bot.database import Database
from bot.retention.backup import BATCH, FORMAT, BackupProblem, Stored
from bot.retention.erasure import Erasure, close_in, forget_resident
from bot.retention.journal import Journal
from bot.waves import public_results
from content import activity_store, screens

Mend = Callable[[AsyncConnection, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    revision: str
    created: str
    tables: Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class Repeats:
    """What must stay done whatever is restored: forgotten persons and photographs, ended waves."""

    residents: frozenset[int] = frozenset()
    closed: frozenset[str] = frozenset()
    emptied: frozenset[str] = frozenset()
    photos: frozenset[str] = frozenset()


async def restore(
    database: Database, file: Path, journal: Journal, now: datetime, *, mend: Mend, replace: bool = False
) -> Manifest:
    """Fill the database from `file`, then do again what `journal` tells; all of it or nothing.

    `mend` puts right what no backup can hold: new secrets for open waves, sends whose fate is unknown.
    Raises BackupProblem when the file is damaged or too new, or when the database holds rows and
    `replace` does not say that they may go. The service must be stopped meanwhile.
    """
    manifest = check(file)
    repeats = read_journal(journal.file)
    try:
        async with migrate.rebuilding(database) as connection:
            await _empty(connection, manifest, replace)
            await migrate.upgrade(connection, manifest.revision)
            await _load(connection, file, manifest)
            await migrate.upgrade(connection, migrate.head())
            await mend(connection, now)
            await repeat(connection, repeats, now)
    except (migrate.NotEmpty, migrate.TooNew, migrate.Dangling) as error:
        raise BackupProblem(str(error)) from error
    except SQLAlchemyError as error:
        raise BackupProblem(
            f"the database refused the backup ({type(error).__name__}); nothing changed"
        ) from error
    await Erasure(database, journal).shred()
    return manifest


def read_journal(file: Path) -> Repeats:
    """The erasure journal: `{"resident": 7}`, `{"photo": HASH}`, `{"wave": "W", "closed": true}` or
    `"erased": true`.

    No file means that nothing was ever erased. Raises BackupProblem at a line that cannot be read: an
    erasure must not be lost in silence. A last line without its end was cut off by a crash, before
    anybody was told that it holds.
    """
    if not file.exists():
        return Repeats()
    residents, closed, emptied, photos = set[int](), set[str](), set[str](), set[str]()
    for number, line in enumerate(file.read_bytes().splitlines(keepends=True), start=1):
        if not line.endswith(b"\n"):
            break
        try:
            entry = json.loads(line)
            if "resident" in entry:
                residents.add(int(entry["resident"]))
            elif "photo" in entry:
                photos.add(str(entry["photo"]))
            elif entry.get("closed") is True:
                closed.add(str(entry["wave"]))
            elif entry.get("erased") is True:
                emptied.add(str(entry["wave"]))
            else:
                raise ValueError("neither a person, a photograph nor a wave")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BackupProblem(f"{file}, line {number}: not an entry of an erasure journal") from error
    return Repeats(frozenset(residents), frozenset(closed), frozenset(emptied), frozenset(photos))


async def repeat(connection: AsyncConnection, repeats: Repeats, now: datetime) -> None:
    """Forget, close and empty again; whatever the database does not know is already as it should be."""
    await residents.begin_periods(connection, now)
    ids = sorted(repeats.residents)
    for start in range(0, len(ids), BATCH):
        found = await residents.openids_of(connection, ids[start : start + BATCH])
        for resident, openid in found.items():
            await forget_resident(connection, resident, openid)
    hashes = sorted(repeats.photos)
    for start in range(0, len(hashes), BATCH):
        await activity_store.forget_photos(connection, hashes[start : start + BATCH])
        await screens.forget(connection, hashes[start : start + BATCH])
    for name in sorted(repeats.closed | repeats.emptied):
        wave = await surveys.waves.find_wave(connection, name)
        if wave is None:
            continue
        if name in repeats.closed:
            await close_in(connection, wave, now)
        if name in repeats.emptied:
            await surveys.store.erase_wave(connection, wave.id)
            await surveys.fieldbook.erase_wave(connection, wave.id)
            await surveys.progress.reset(connection, wave.id)
            await public_results.forget_wave(connection, wave.id)
    await public_results.close_all(connection, now)


def check(file: Path) -> Manifest:
    """Read the whole file and compare every table with the manifest; raises BackupProblem."""
    with _readable(file) as archive:
        manifest = _manifest(json.loads(archive.read("manifest.json")))
        for name, stored in manifest.tables.items():
            digest, rows = hashlib.sha256(), 0
            with archive.open(f"tables/{name}.jsonl") as member:
                for line in member:
                    digest.update(line)
                    rows += 1
            if (rows, digest.hexdigest()) != (stored.rows, stored.sha256):
                raise BackupProblem(f"{file}: table {name} is damaged; use another backup")
    return manifest


def _manifest(given: Any) -> Manifest:
    if given["format"] != FORMAT:
        raise BackupProblem(f"the backup has format {given['format']}, this program reads format {FORMAT}")
    if given["revision"] > migrate.head():
        raise BackupProblem(
            "the backup comes from a newer version of the program: install that version first"
        )
    tables = {
        str(name): Stored(int(one["rows"]), str(one["sha256"]), tuple(one["binary"]))
        for name, one in given["tables"].items()
    }
    return Manifest(str(given["revision"]), str(given["created"]), tables)


@contextmanager
def _readable(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except OSError as error:
        raise BackupProblem(f"cannot read {file}: {error.strerror or 'damaged'}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise BackupProblem(f"{file} is damaged or no backup; use another one") from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BackupProblem(f"{file} is no backup of this program, or is damaged") from error


async def _empty(connection: AsyncConnection, manifest: Manifest, replace: bool) -> None:
    """Remove the tables of this program, their triggers and the functions behind those."""
    known = set(manifest.tables) | {"alembic_version"}
    known |= {name for metadata in migrate.metadatas() for name in metadata.tables}
    present = await connection.run_sync(_reflect)
    mine = [present.tables[name] for name in sorted(known & set(present.tables))]
    if not replace:
        for table in mine:
            if table.name == "alembic_version":
                continue
            if (await connection.execute(select(table).limit(1))).first() is not None:
                raise BackupProblem(
                    f"the database is in use (table {table.name}): `--replace` gives up what it holds"
                )
    if connection.dialect.name == "postgresql":
        for table in mine:
            functions = await connection.execute(_TRIGGER_FUNCTIONS, {"table": table.name})
            for name in functions.scalars().all():
                await connection.execute(text(f"DROP FUNCTION {name} CASCADE"))
    await connection.run_sync(lambda sync: present.drop_all(sync, tables=mine))


_TRIGGER_FUNCTIONS = text(
    "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger"
    " WHERE NOT tgisinternal AND tgrelid = quote_ident(:table)::regclass"
)


async def _load(connection: AsyncConnection, file: Path, manifest: Manifest) -> None:
    present = await connection.run_sync(_reflect)
    silenced = await _silence_triggers(connection, present)
    with _readable(file) as archive:
        if unknown := set(manifest.tables) - set(present.tables):
            raise BackupProblem(f"{file}: unknown table {sorted(unknown)[0]}")
        for table in present.sorted_tables:
            if (stored := manifest.tables.get(table.name)) is None:
                continue
            rows: list[dict[str, Any]] = []
            with archive.open(f"tables/{table.name}.jsonl") as member:
                for line in member:
                    rows.append(_decode(json.loads(line), stored))
                    if len(rows) == BATCH:
                        await connection.execute(insert(table), rows)
                        rows = []
            if rows:
                await connection.execute(insert(table), rows)
            await _continue_numbers(connection, table)
    for statement in silenced:
        await connection.exec_driver_sql(statement)


def _reflect(connection: Connection) -> MetaData:
    """The tables as they are at the backup's revision, which may be older than the declared ones."""
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON) and column.nullable:
                column.type = JSON(none_as_null=True)
    return metadata


async def _silence_triggers(connection: AsyncConnection, present: MetaData) -> list[str]:
    """Let rows in that triggers guard in daily life (the audit trail); returns what brings them back."""
    if connection.dialect.name == "postgresql":
        for name in present.tables:
            await connection.exec_driver_sql(f'ALTER TABLE "{name}" DISABLE TRIGGER USER')
        return [f'ALTER TABLE "{name}" ENABLE TRIGGER USER' for name in present.tables]
    found = await connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = {row.name: str(row.sql) for row in found}
    for name in triggers:
        await connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    return list(triggers.values())


def _decode(row: dict[str, Any], stored: Stored) -> dict[str, Any]:
    for name in stored.binary:
        if row[name] is not None:
            row[name] = base64.b64decode(row[name])
    return row


async def _continue_numbers(connection: AsyncConnection, table: Table) -> None:
    """PostgreSQL gives numbers from a sequence, which must go on after the highest one loaded."""
    key = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(key) != 1:
        return
    named = {"table": f'"{table.name}"', "column": key[0].name}
    query = text("SELECT pg_get_serial_sequence(:table, :column)")
    sequence = (await connection.execute(query, named)).scalar()
    highest = (await connection.execute(select(func.max(key[0])))).scalar() if sequence else None
    if highest is not None:
        await connection.execute(
            text("SELECT setval(CAST(:sequence AS regclass), :highest)"),
            {"sequence": sequence, "highest": highest},
        )
