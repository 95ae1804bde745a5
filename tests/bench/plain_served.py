"""The handlers with one transaction a request, each served by a process of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

from aiohttp import web
from sqlalchemy.ext.asyncio import create_async_engine

from bot.app import china_now
from bot.database import Database
from bot.serving import settle_memory, start

CONNECTIONS = 16
"""To PostgreSQL: with fewer the handlers are slower, with many more hardly faster."""

Handler = Callable[[web.Request], Awaitable[web.Response]]
Making = Callable[[Database], Awaitable[Handler]]


class Pooled(Database):
    """The service's database with connections for many transactions at once, kept open."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        if not self.is_sqlite:
            self._writer = create_async_engine(
                url, pool_size=CONNECTIONS, max_overflow=0, isolation_level="READ COMMITTED"
            )


def serve(url: str, port: int, parent: Connection, path: str, making: Making) -> None:
    """Answer POST requests of `path` until the parent hangs up; garbage is collected as in the service."""
    asyncio.run(_serve(url, port, parent, path, making))


async def _serve(url: str, port: int, parent: Connection, path: str, making: Making) -> None:
    database = Pooled(url)
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
