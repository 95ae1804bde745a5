"""The parts of the running service, built once in app.py and handed to every request."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from bot.config import Config
from bot.database import Database
from bot.metrics import Metrics
from bot.waves.public_results import OpenResults
from surveys.shelf import Shelf

if TYPE_CHECKING:
    from bot.chat.live import LiveContent
    from bot.chat.turns import Turns
    from bot.wechat.api import Platform


def new_id() -> int:
    """A random key that fits a signed 64-bit column and is never 0."""
    return secrets.randbits(62) + 1


@dataclass(frozen=True, slots=True)
class Service:
    """What a handler may use; nothing here is global.

    `platform` is None until an account is connected; `live` and `turns` are None only where pages are
    served without the chat. `columns` keeps the interviews of the waves that were looked at last.
    """

    config: Config
    database: Database
    clock: Callable[[], datetime]
    metrics: Metrics = field(default_factory=Metrics)
    columns: Shelf = field(default_factory=Shelf)
    open_results: OpenResults = field(default_factory=OpenResults)
    platform: "Platform | None" = None
    live: "LiveContent | None" = None
    turns: "Turns | None" = None
    new_id: Callable[[], int] = new_id
    under_way: set[asyncio.Task[object]] = field(default_factory=set)
    """Work that a request has begun and does not wait for; cut off, it is begun anew from the database."""


SERVICE = web.AppKey("service", Service)
