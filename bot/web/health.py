"""/healthz: the process lives. /readyz: it can keep what it is told."""

from aiohttp import web
from sqlalchemy import text

from bot import migrate
from bot.service import SERVICE
from bot.web.guard import declare_public


def install(app: web.Application) -> None:
    """Add the two routes; both tell a machine, in English, and hold nothing about anybody."""
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    declare_public(app, "/healthz")
    declare_public(app, "/readyz")


async def alive(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """The database takes a durable write and has this version's tables; else 503 with the reason's kind."""
    database = request.app[SERVICE].database
    try:
        state = await migrate.state(database)
        if state == "current":
            async with database.transaction() as connection:
                await connection.execute(text("SELECT 1"))
    except Exception as error:
        return web.json_response({"status": "down", "why": type(error).__name__}, status=503)
    if state != "current":
        return web.json_response({"status": "down", "why": f"database is {state}"}, status=503)
    return web.json_response({"status": "ok"})
