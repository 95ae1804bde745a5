"""The handlers with one transaction a request, each served by a process of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

from aiohttp import web

from bot.app import china_now
from bot.database import Database
from bot.serving import settle_memory, start

Handler = Callable[[web.Request], Awaitable[web.Response]]
Making = Callable[[Database], Awaitable[Handler]]


def serve(url: str, port: int, parent: Connection, path: str, making: Making) -> None:
    """Answer POST requests of `path` until the parent hangs up; garbage is collected as in the service."""
    asyncio.run(_serve(url, port, parent, path, making))


async def _serve(url: str, port: int, parent: Connection, path: str, making: Making) -> None:
    database = Database(url)
    app = web.Application()
    app.router.add_post(path, await making(database))
    runner = await start(app, "127.0.0.1", port)
    settle_memory()
    parent.send("ready")
    await asyncio.to_thread(parent.poll, None)
    await runner.cleanup()
    await database.close()


def moment() -> int:
    """Now, in epoch seconds."""
    return int(china_now().timestamp())
