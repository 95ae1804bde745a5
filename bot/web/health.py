"""/healthz: the process lives. /readyz: it can keep what it is told."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web
from sqlalchemy import text

from bot import migrate
from bot.database import Database
from bot.ending import cut_off
from bot.service import SERVICE
from bot.web.guard import declare_public

READY_SECONDS = 3.0
"""Whoever asks /readyz gives up within five seconds; a locked database may take longer than that to fail."""

PROBE = web.AppKey("probe", dict[str, asyncio.Task[str]])


def install(app: web.Application) -> None:
    """Add the two routes; both tell a machine, in English, and hold nothing about anybody."""
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app[PROBE] = {}
    app.cleanup_ctx.append(_end_probe)
    declare_public(app, "/healthz")
    declare_public(app, "/readyz")


async def alive(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """The database takes a durable write and has this version's tables; else 503 with the reason's kind.

    Everybody who asks meanwhile waits for the same write: a database in trouble is not asked twice at once.
    """
    probe, database = request.app[PROBE], request.app[SERVICE].database
    asking = probe.get("write")
    if asking is None or asking.done():
        asking = probe["write"] = asyncio.get_running_loop().create_task(_why_not(database), name="probe")
    await asyncio.wait([asking], timeout=READY_SECONDS)
    why = asking.result() if asking.done() else "the database does not answer"
    if why:
        return web.json_response({"status": "down", "why": why}, status=503)
    return web.json_response({"status": "ok"})


async def _why_not(database: Database) -> str:
    """What keeps the database from being used, "" when nothing does."""
    try:
        if (state := await migrate.state(database)) != "current":
            return f"database is {state}"
        async with database.transaction() as connection:
            # Written back as it was: a full disk and a read-only one let nothing else be noticed.
            await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
    except Exception as error:
        return type(error).__name__
    return ""


async def _end_probe(app: web.Application) -> AsyncIterator[None]:
    yield
    await cut_off(app[PROBE].values())
