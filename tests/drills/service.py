"""The service in a process of its own that may be told where to die.

It is forked from a warm interpreter, so that a thousand starts do not cost a thousand imports.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from ctypes import c_double
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web
from sqlalchemy import Connection, event

from bot.app import Surroundings, china_now, open_app
from bot.config import Config
from bot.service import SERVICE
from bot.serving import serve_until_stopped
from content.rules.words import fold

fold("文明")  # reads the character tables here, once, and not in every forked process

PAGE_WRITES = ("INSERT INTO drafts", "INSERT INTO interviews")


@dataclass(frozen=True, slots=True)
class Orders:
    """What to serve, where to log, and to die when `step` is passed for the `count`-th time ("": never)."""

    config: Config
    log: Path
    step: str = ""
    count: int = 1


class Fuse:
    """Ends this very process, as a power cut would, at the ordered point."""

    def __init__(self, step: str, count: int) -> None:
        self._step = step
        self._left = count

    def __call__(self, name: str) -> None:
        if name == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def serve(orders: Orders, ahead: c_double) -> None:
    """Serve until killed or stopped; `ahead` is how many seconds the drill's clock is before the real one."""
    logging.basicConfig(
        filename=orders.log,
        level=logging.WARNING,
        force=True,
        format=f"%(asctime)s {os.getpid()} %(levelname)s %(name)s %(message)s",
    )
    fuse = Fuse(orders.step, orders.count)

    async def work() -> None:
        async with open_app(orders.config, Surroundings(clock=clock(ahead), step=fuse)) as app:
            watch_pages(app, fuse)
            await serve_until_stopped(app)

    asyncio.run(work())


def clock(ahead: c_double) -> Callable[[], datetime]:
    """The real time, set forward as the drill says."""
    return lambda: china_now() + timedelta(seconds=ahead.value)


def watch_pages(app: web.Application, fuse: Fuse) -> None:
    """Name the points of an answer given on the page: the product calls no step there, but they show."""
    engine = app[SERVICE].database.writer.sync_engine

    @event.listens_for(engine, "after_cursor_execute")
    def wrote(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        task = asyncio.current_task()
        if task is not None and task.get_name() != "inbox" and statement.startswith(PAGE_WRITES):
            connection.info["page"] = True
            fuse("page: after write")

    @event.listens_for(engine, "commit")
    def commits(connection: Connection) -> None:
        if connection.info.pop("page", False):
            fuse("page: before commit")

    @event.listens_for(engine, "rollback")
    def takes_back(connection: Connection) -> None:
        connection.info.pop("page", None)

    async def answers(request: web.Request, _response: web.StreamResponse) -> None:
        if request.method == "POST" and request.path.startswith(("/q/", "/office/field/")):
            fuse("page: after commit")

    app.on_response_prepare.append(answers)
