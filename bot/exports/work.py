"""Makes the files that were asked for, waves and packs of evidence: in a thread of its own, so that residents
are answered meanwhile.

The file grows as one without a name, which a crash leaves no trace of, and is then moved piece by piece into
the database; only the last step makes it a file that anybody can have.
"""

import asyncio
import errno
import hashlib
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.exc import DBAPIError

from bot import exports
from bot.database import Database
from bot.exports import Job
from bot.filing.pack import ABOUT, About, write_pack
from bot.office import audit
from bot.problems import Problem
from bot.waves.looking import look_at_all
from bot.waves.teaching import told_of
from surveys import waves
from surveys.export.files import write_joined, write_wave
from surveys.export.history import earlier_waves
from surveys.shelf import Shelf

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
PIECE = 512 * 1024
DISK_FULL = "服务器的磁盘满了，这份文件没有做成，也没有留下半份。请维护人员腾出空间后再导出一次。"
FAILED = "这份文件没有做成，答卷都在。请再导出一次；还是不行，请告诉维护人员。"
WAVE_GONE = "这次调查已经不在了，没有可以导出的。"


class Stopped(Exception):
    """Nobody waits for this file any more, or somebody else makes it."""


@dataclass(slots=True)
class Progress:
    """What the maker and the one who watches it tell each other."""

    done: int = 0
    total: int = 0
    stopped: bool = False

    def seen(self, done: int, total: int) -> None:
        """So many steps of so many are done; raises Stopped when they are for nothing."""
        if self.stopped:
            raise Stopped
        self.done, self.total = done, total


@dataclass(frozen=True, slots=True)
class Made:
    """A whole file that nobody has yet: interviews or files in it, bytes, SHA-256 in hex, what it is of."""

    rows: int
    size: int
    sha256: str
    object: str


@dataclass(frozen=True, slots=True)
class ExportWork:
    """The work on one replica; `folder` is on a disk with room for the largest file."""

    database: Database
    clock: Callable[[], datetime]
    folder: Path
    about: About = ABOUT

    async def run_due(self) -> int:
        """Make all files that wait; how many were taken on."""
        taken = 0
        while await self._any() and await self.run(None):
            taken += 1
        return taken

    async def _any(self) -> bool:
        async with self.database.snapshot() as conn:
            return await exports.waits(conn, self.clock())

    async def run(self, number: int | None) -> bool:
        """Make the next file, or that of the job `number`; False when there is nothing to do."""
        async with self.database.transaction() as conn:
            job = await exports.claim(conn, self.clock(), number)
        if job is None:
            return False
        try:
            await self._make(job)
        except Stopped:
            log.info("an export was stopped", extra={"job": job.id})
        except asyncio.CancelledError:
            async with self.database.transaction() as conn:
                await exports.give_back(conn, job)
            raise
        except Exception as error:
            log.error("an export failed: %s", type(error).__name__, extra={"job": job.id})
            async with self.database.transaction() as conn:
                await exports.fail(conn, job, words_of(error))
        return True

    async def _make(self, job: Job) -> None:
        progress = Progress()
        with tempfile.TemporaryFile(dir=self.folder) as out:
            url = self.database.url.render_as_string(hide_password=False)
            making = asyncio.create_task(
                asyncio.to_thread(_make_file, url, job, self.about, out, self.clock(), progress),
                name="export",
            )
            try:
                await self._watch(job, making, progress)
            finally:
                progress.stopped = True
                await asyncio.wait({making})  # the thread writes into `out` as long as it runs
            await self._keep(job, out, making.result())

    async def _watch(self, job: Job, making: "asyncio.Task[Made]", progress: Progress) -> None:
        """Tell everybody how far it is until it is made; stop it when the job is somebody else's."""
        while True:
            done, _ = await asyncio.wait({making}, timeout=BEAT_SECONDS)
            if done:
                return
            async with self.database.transaction() as conn:
                total = progress.total if job.format == "zip" else None
                if not await exports.beat(conn, job, progress.done, self.clock(), total):
                    raise Stopped

    async def _keep(self, job: Job, out: BinaryIO, made: Made) -> None:
        out.seek(0)
        number = 0
        while content := await asyncio.to_thread(out.read, PIECE):
            async with self.database.transaction() as conn:
                if not await exports.add_piece(conn, job, number, content, self.clock()):
                    raise Stopped
            number += 1
        async with self.database.transaction() as conn:
            now = self.clock()
            if not await exports.finish(
                conn, job, rows=made.rows, size=made.size, sha256=made.sha256, now=now
            ):
                raise Stopped
            if job.format == "zip":
                detail: dict[str, object] = {"文件": made.rows, "SHA256": made.sha256}
                await audit.write(conn, now, job.asked_by, "做材料包", made.object, detail)
                return
            detail = {"格式": job.format, "文字": job.texts, "份数": made.rows, "SHA256": made.sha256}
            detail |= {"连同以前各次": True} if job.earlier else {}
            await audit.write(conn, now, job.asked_by, "导出答卷", made.object, detail)


def _make_file(url: str, job: Job, about: About, out: BinaryIO, now: datetime, progress: Progress) -> Made:
    """In the thread: a loop and a reader of its own."""

    async def work() -> tuple[int, str]:
        database = Database(url)
        try:
            if job.format == "zip":
                return await write_pack(database, job.subject, about, out, now, progress.seen)
            async with database.snapshot() as conn:
                wave = await waves.get_wave(conn, job.wave_id)
            if wave is None:
                raise Problem(WAVE_GONE)
            await look_at_all(database, wave.name, Shelf())
            async with database.snapshot() as conn:
                wave = await waves.get_wave(conn, job.wave_id)
                if wave is None:
                    raise Problem(WAVE_GONE)
                told = await told_of(conn, wave, now)
                if job.earlier:
                    before = [(one, await told_of(conn, one, now)) for one in await earlier_waves(conn, wave)]
                    members = [*reversed(before), (wave, told)]
                    written = await write_joined(
                        conn, members, job.format, out, texts=job.texts, seen=progress.seen
                    )
                else:
                    written = await write_wave(
                        conn, wave, job.format, out, texts=job.texts, told=told, seen=progress.seen
                    )
                return written.rows, wave.name
        finally:
            await database.close()

    rows, object = asyncio.run(work())
    digest = hashlib.sha256()
    out.seek(0)
    while content := out.read(PIECE):
        digest.update(content)
    return Made(rows, out.tell(), digest.hexdigest(), object)


def words_of(error: Exception) -> str:
    """What whoever asked for the file is told of an error."""
    if isinstance(error, Problem):
        return error.words
    if isinstance(error, ValueError):
        return str(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    full = full or (isinstance(error, DBAPIError) and "full" in str(error.orig).lower())
    return DISK_FULL if full else FAILED
