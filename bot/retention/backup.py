"""A portable backup: one zip, the same from SQLite and from PostgreSQL, that restores into either.

Inside are `tables/<name>.jsonl`, one row a line, read from one snapshot and never held in memory, and
`manifest.json`: format, schema revision, time, and rows and SHA-256 of every table. What must not
outlive its purpose in a drawer full of old backups is left out; the mappings below say what and why.
"""

import base64
import errno
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Column, LargeBinary, Table, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import migrate
from bot.database import Database

FORMAT = 1
BATCH = 500
DAY = 86_400
SHANGHAI_SECONDS = 8 * 3_600

TABLES_LEFT_OUT: Mapping[str, str] = {
    "export_jobs": "files of a day, made again in a minute",
    "export_pieces": "the files themselves: answers that an erasure could not reach in an old backup",
    "inbox": "stored replies serve redeliveries of the last day only",
    "drafts": "unfinished answers hang on a wave's secret, which no backup holds",
    "panel_members": "who belongs hangs on the panel's key, which no backup holds",
    "panel_keys": "a key that stands for persons is in no backup",
    "wave_steps": "they name interviews in the order in which they came in; the next look begins anew",
    "wave_progress": "it is counted again, and names interviews in the order in which they came in",
    "wave_touches": "columns of answers are read anew after a restore",
    "touched_interviews": "it names interviews in the order in which they came in",
    "questionnaire_links": "two days of links that would tell who was asked in which wave",
    "staff_sessions": "whoever is signed in signs in again",
    "platform_tokens": "a credential that is fetched anew",
    "recordings": "voices of residents, for the weeks that the office needs to hear them",
    "approval_numbers": "a few digits could be guessed from their hash; their owners set new ones",
    "approval_links": "two days of links to sign with",
    "limits": "how often somebody did something in the last minutes",
}

COLUMNS_LEFT_OUT: Mapping[tuple[str, str], str] = {
    ("waves", "secret"): "a closed wave must stay closed even with an old backup in hand",
    ("interviews", "id"): "the order in which answers came in would tell whose they are",
    ("residents", "last_message_at"): "beside an interview's time it would tell whose it is",
    ("residents", "answered_at"): "beside an interview's time it would tell whose it is",
    ("residents", "answered_from"): "what somebody asked about, for the ten minutes that it serves",
    ("residents", "waiting"): "what somebody asked in the middle of a questionnaire, for the days it waits",
    ("residents", "visited_at"): "beside an interview's time it would tell whose it is",
}

DAYS_ONLY: Mapping[str, tuple[str, ...]] = {"interviews": ("started_at", "submitted_at")}
"""Times that are cut down to the day in Asia/Shanghai."""


class BackupProblem(Exception):
    """A backup could not be made, read or restored; the words, for the operator, say what to do."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the manifest says of one table."""

    rows: int
    sha256: str
    binary: tuple[str, ...]


async def backup(database: Database, file: Path, now: datetime) -> Mapping[str, Stored]:
    """Write a backup to `file`, whole or not at all, readable by its owner alone; what it holds.

    Raises BackupProblem when the database is not at this program's revision or the disk is full.
    """
    async with database.snapshot() as connection:
        found = await migrate.revision(connection)
        if found != migrate.head():
            raise BackupProblem(
                "the database is not at this program's revision: run `civility migrate` first"
            )
        with written_whole(file) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            tables: dict[str, Stored] = {}
            for table in _tables():
                with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as member:
                    tables[table.name] = await _write_table(connection, table, member)
            manifest = {
                "format": FORMAT,
                "revision": found,
                "created": now.isoformat(),
                "left_out": dict(TABLES_LEFT_OUT)
                | {".".join(key): why for key, why in COLUMNS_LEFT_OUT.items()},
                "tables": {
                    name: {"rows": one.rows, "sha256": one.sha256, "binary": list(one.binary)}
                    for name, one in tables.items()
                },
            }
            archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return tables


def _tables() -> list[Table]:
    found = [table for metadata in migrate.metadatas() for table in metadata.tables.values()]
    return sorted((one for one in found if one.name not in TABLES_LEFT_OUT), key=lambda one: one.name)


async def _write_table(connection: AsyncConnection, table: Table, member: IO[bytes]) -> Stored:
    """Stream one table in the order of a key that says nothing about when a row came in."""
    columns = [one for one in table.columns if (table.name, one.name) not in COLUMNS_LEFT_OUT]
    binary = tuple(one.name for one in columns if isinstance(one.type, LargeBinary))
    days = DAYS_ONLY.get(table.name, ())
    digest, rows = hashlib.sha256(), 0
    result = await connection.stream(select(*columns).order_by(*_order(table)))
    async for part in result.mappings().partitions(BATCH):
        for row in part:
            line = _encode(dict(row), binary, days)
            digest.update(line)
            member.write(line)
            rows += 1
    return Stored(rows, digest.hexdigest(), binary)


def _order(table: Table) -> list[Column[Any]]:
    """The primary key, or the first unique key where the primary key is left out."""
    keys = [list(table.primary_key.columns)]
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys += sorted((list(one.columns) for one in unique), key=lambda key: [column.name for column in key])
    for key in keys:
        if key and not any((table.name, column.name) in COLUMNS_LEFT_OUT for column in key):
            return key
    raise BackupProblem(f"table {table.name} has no key to be read in order of")


def _encode(row: dict[str, Any], binary: tuple[str, ...], days: tuple[str, ...]) -> bytes:
    for name in binary:
        if row[name] is not None:
            row[name] = base64.b64encode(row[name]).decode("ascii")
    for name in days:
        if row[name] is not None:
            row[name] -= (row[name] + SHANGHAI_SECONDS) % DAY
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@contextmanager
def written_whole(file: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when all of it is on the disk; it may be read before that."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise BackupProblem(f"cannot write in {file.parent}: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BackupProblem(f"the disk is full: free some space beside {file} and try again") from error
        raise BackupProblem(f"cannot write {file}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
