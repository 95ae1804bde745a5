"""Forgetting for good: a closed wave, an erased resident, an erased wave, and what the nightly job lets go.

Each is written to the journal before it is committed. `restore` repeats the journal on an old backup,
so that what was forgotten once does not come back.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audit, inbox, limits, links, messages, outbox, residents, sessions
from bot.config import Privacy
from bot.database import Database
from bot.lookup import wave_named
from bot.problems import Conflict, NotFound
from bot.residents import respondent_key
from surveys import store, waves
from surveys.waves import Wave

log = logging.getLogger(__name__)


class Journal:
    """The append-only file of what was forgotten; it names residents by their random key, never by openid."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def write(self, entry: Mapping[str, Any], now: datetime) -> None:
        """Add one line and force it to the disk; raises OSError when it cannot be kept."""
        line = json.dumps({**entry, "at": int(now.timestamp())}, ensure_ascii=False, sort_keys=True) + "\n"
        handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def entries(self) -> list[dict[str, Any]]:
        """Everything forgotten so far, oldest first."""
        if not self.file.is_file():
            return []
        return [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines() if line]


@dataclass(frozen=True, slots=True)
class Erasure:
    """The acts of forgetting on one database."""

    database: Database
    journal: Journal

    async def close_wave(self, name: str, now: datetime, by: str = audit.COMMAND_LINE) -> Wave:
        """End a wave: nobody can join its answers to persons afterwards. Raises NotFound, Conflict.

        `by` is whom the audit trail names.
        """
        async with self.database.transaction() as connection:
            wave = await wave_named(connection, name)
            if wave.state == "closed":
                raise Conflict(f"“{name}”已经结束，无需再结束一次。")
            await close_in(connection, wave, now)
            counts = (await store.counts(connection, [wave.id]))[wave.id]
            detail = {"完整": counts.complete, "未答完": counts.partial}
            await audit.write(connection, now, by, "结束调查", name, detail)
            self.journal.write({"wave": name, "closed": True}, now)
        await self.shred()
        return wave

    async def close_due_waves(self, now: datetime) -> int:
        """Close the waves whose closing time has come; how many they were."""
        async with self.database.snapshot() as connection:
            due = [
                wave
                for wave in await waves.list_waves(connection)
                if wave.state == "open" and wave.closes_at is not None and wave.closes_at <= now.timestamp()
            ]
        closed = 0
        for wave in due:
            try:
                await self.close_wave(wave.name, now, by="到期自动")
            except Conflict:
                continue  # another replica was first
            closed += 1
        return closed

    async def erase_resident(self, openid: str, now: datetime, by: str = audit.COMMAND_LINE) -> "Forgotten":
        """Remove everything that stands under a person, and the person. Raises NotFound.

        Answers in closed waves cannot be found any more, by nobody; the result counts those waves.
        """
        async with self.database.transaction() as connection:
            person = await residents.find(connection, openid)
            if person is None:
                raise NotFound("没有这位居民的记录，不需要删除。")
            await residents.lock(connection, person.id)
            forgotten = await forget_resident(connection, person.id, openid)
            await audit.write(connection, now, by, "删除居民数据", "", {"答卷行数": forgotten.interview_rows})
            self.journal.write({"resident": person.id}, now)
        await self.shred()
        return forgotten

    async def erase_wave(self, name: str, now: datetime, by: str = audit.COMMAND_LINE) -> int:
        """Remove every answer of a wave; how many rows. The wave's own record stays. Raises NotFound."""
        async with self.database.transaction() as connection:
            wave = await wave_named(connection, name)
            await inbox.unlink_wave(connection, wave.id, now)
            removed = await store.erase_wave(connection, wave.id)
            await audit.write(connection, now, by, "删除调查答卷", name, {"行数": removed})
            self.journal.write({"wave": name, "erased": True}, now)
        await self.shred()
        return removed

    async def nightly(self, privacy: Privacy, now: datetime) -> None:
        """Let go of what the configured periods no longer cover; doing it twice changes nothing."""

        def before(**span: int) -> int:
            return int((now - timedelta(**span)).timestamp())

        async with self.database.transaction() as connection:
            await inbox.forget_before(connection, before(hours=privacy.inbox_hours))
            await outbox.forget_texts(connection, now - timedelta(hours=48))
            await links.forget_before(connection, int(now.timestamp()))
            await messages.forget_before(connection, before(days=privacy.messages_days))
            await residents.forget_windows(connection, before(hours=48))
            await sessions.purge(connection, now)
            await limits.forget(connection, now)
            gone = await residents.left_before(connection, before(days=privacy.unfollowed_days))
            for resident, openid in sorted((await residents.openids_of(connection, gone)).items()):
                await residents.lock(connection, resident)
                await forget_resident(connection, resident, openid)
                self.journal.write({"resident": resident}, now)
            await audit.seal(connection, now - timedelta(days=privacy.operation_log_days), now)

    async def shred(self) -> None:
        """Make the files forget as well: SQLite rewrites them whole, PostgreSQL frees the dead rows."""
        async with self.database.writer.connect() as connection:
            if self.database.is_sqlite:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await driver.execute("VACUUM")
                async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                    busy, *_ = await cursor.fetchone()
                if busy:
                    log.warning("a reader kept the log file from being emptied; the nightly job tries again")
            else:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(
                    text("VACUUM interviews, drafts, inbox, messages, outbox, residents")
                )


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure removed: rows of open waves, and how many closed waves it cannot reach."""

    interview_rows: int
    closed_waves: int


async def close_in(connection: AsyncConnection, wave: Wave, now: datetime) -> None:
    """Close a wave and cut the inbox from it, inside the caller's transaction."""
    await store.close_wave(connection, wave, now)
    await inbox.unlink_wave(connection, wave.id, now)
    await links.forget_wave(connection, wave.id)


async def forget_resident(connection: AsyncConnection, resident: int, openid: str) -> Forgotten:
    """Remove one person's rows in every table, inside the caller's transaction."""
    removed = closed = 0
    for wave in await waves.list_waves(connection):
        if wave.secret is None:
            closed += 1
        else:
            removed += await store.erase(connection, wave.id, respondent_key(openid, wave.secret))
    await messages.forget_resident(connection, resident)
    await inbox.forget_resident(connection, resident)
    await links.forget_resident(connection, resident)
    await outbox.forget_resident(connection, resident)
    await residents.remove(connection, [resident])
    return Forgotten(removed, closed)
