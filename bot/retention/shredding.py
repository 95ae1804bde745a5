"""Makes the database's files forget what its tables have forgotten."""

import logging
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.database import SQLITE_BUSY_MS, Database

log = logging.getLogger(__name__)

SHREDDED = (
    "waves",
    "interviews",
    "wave_progress",
    "export_pieces",
    "touched_interviews",
    "panel_members",
    "drafts",
    "field_contacts",
    "field_visits",
    "inbox",
    "questionnaire_links",
    "messages",
    "recordings",
    "message_handling",
    "letters",
    "outbox",
    "run_people",
    "segment_members",
    "notice_consents",
    "staff_phones",
    "residents",
)
SHRED_PATIENCE = "3s"
"""How long a table is waited for: behind that wait stand the residents' messages."""

EMPTYING_MS = 500
REWRITTEN_AT_ONCE = 64 * 1024 * 1024
"""Bytes of an SQLite file that are written anew within a second or so; a larger one waits for the night."""

COMMITTED_AFTER = timedelta(seconds=5)
"""A transaction that has noted a person as forgotten is over by then."""


@dataclass(slots=True)
class Shredder:
    """Rewrites one database. `note` and `when_due` are for erasures by chat, which cannot wait themselves."""

    database: Database
    _noted_at: datetime | None = field(default=None, init=False)

    def note(self, now: datetime) -> None:
        """Somebody is being forgotten in a transaction that commits soon."""
        self._noted_at = now

    async def when_due(self, now: datetime) -> bool:
        """Shred what was noted, if it must have committed by now; whether anything was done."""
        if self._noted_at is None or now - self._noted_at < COMMITTED_AFTER:
            return False
        self._noted_at = None
        if await self._is_small():
            await self.shred()
        else:
            await self.empty_log()
        return True

    async def shred(self) -> None:
        """Make the files forget as well: both databases write them anew, without the dead rows.

        A plain VACUUM of PostgreSQL is not enough: it leaves their bytes in the pages, a wave's secret too.
        What was forgotten is committed already, so that a failure here is no failure of that: deleted
        content is overwritten with zeros in any case, and the hourly job empties the log file.
        """
        try:
            await self._rewrite()
            await self.empty_log()
        except (DBAPIError, sqlite3.Error) as error:
            log.error("the database files were not rewritten: %s", type(error).__name__)

    async def empty_log(self) -> None:
        """SQLite's log file keeps what was overwritten in the database until it is emptied.

        It waits but a moment for readers, such as a long export: behind it wait the residents' messages.
        """
        if not self.database.is_sqlite:
            return
        async with self.database.writer.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.execute(f"PRAGMA busy_timeout={EMPTYING_MS}")
            try:
                async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                    busy, *_ = await cursor.fetchone()
            finally:
                await driver.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
            if busy:
                log.warning("a reader kept the log file from being emptied; the hourly job tries again")

    async def _is_small(self) -> bool:
        """PostgreSQL rewrites under locks that stop everybody: that is for the night."""
        if not self.database.is_sqlite:
            return False
        async with self.database.snapshot() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            size = (await connection.exec_driver_sql("PRAGMA page_size")).scalar_one()
        return bool(pages * size <= REWRITTEN_AT_ONCE)

    async def _rewrite(self) -> None:
        async with self.database.writer.connect() as connection:
            if self.database.is_sqlite:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await driver.execute("VACUUM")
                return
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(f"SET lock_timeout = '{SHRED_PATIENCE}'"))
            for table in SHREDDED:
                try:
                    await connection.execute(text(f"VACUUM FULL {table}"))
                except DBAPIError:
                    log.warning("a table was in use and keeps its dead rows", extra={"table": table})
            await connection.execute(text("RESET lock_timeout"))
