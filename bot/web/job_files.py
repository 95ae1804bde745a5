"""Files that were asked for, as a browser meets them: begun at once if they are small, fetched by pieces."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import exports
from bot.exports import Job
from bot.exports.work import ExportWork
from bot.filing.pack import About
from bot.problems import NotFound
from bot.web.visit import Visit

PATIENCE_SECONDS = 1.5
"""Whoever waits longer for a file sees how far it is."""
REFRESH_SECONDS = 3


async def made_at_once(visit: Visit, job: Job) -> Job:
    """Begin the file here and now; the job as it is a moment later."""
    service = visit.service
    work = ExportWork(service.database, service.clock, folder_of(visit), About.of(service.config))
    making: asyncio.Task[object] = asyncio.create_task(work.run(job.id))
    service.under_way.add(making)
    making.add_done_callback(service.under_way.discard)
    await asyncio.wait({making}, timeout=PATIENCE_SECONDS)
    async with service.database.snapshot() as conn:
        return await exports.get(conn, job.id) or job


async def streamed(
    visit: Visit,
    job: Job,
    response: web.StreamResponse,
    note: Callable[[AsyncConnection], Awaitable[None]],
    gone: str,
) -> web.StreamResponse:
    """The file, piece by piece; `note` writes to the trail before its last byte is out. NotFound("gone")."""
    if job.state != "done" or job.expires_at <= visit.now.timestamp():
        raise NotFound(gone)
    response.content_length = job.size
    if visit.request.method == "HEAD":
        await response.prepare(visit.request)
        return response
    content, number = await _piece(visit, job, 0), 0
    if content is None:
        raise NotFound(gone)
    async with visit.service.database.transaction() as conn:
        await note(conn)
    await response.prepare(visit.request)
    while content is not None:
        await response.write(content)
        number += 1
        content = await _piece(visit, job, number)
    await response.write_eof()
    return response


def folder_of(visit: Visit) -> Path:
    """Where a growing file may lie: beside the journal, on the disk that the office has given the service."""
    return Path(visit.service.config.privacy.erasure_journal).parent


async def _piece(visit: Visit, job: Job, number: int) -> bytes | None:
    """Read by itself: whoever fetches slowly keeps no reader from anybody else."""
    async with visit.service.database.snapshot() as conn:
        return await exports.piece(conn, job, number)
