"""A platform on the loopback that answers what the test told it to, and remembers what it was asked."""

import json
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.database import Database
from bot.wechat.api import Platform, connect
from bot.wechat.calls import Calls
from bot.wechat.client import WeChatApi
from bot.wechat.token import TokenStore, platform_tokens
from bot.wechat.transport import Transport
from tests.wechat_samples import NOW, account

STABLE_TOKEN = "/cgi-bin/stable_token"
Answer = Mapping[str, object] | tuple[int, str, str] | str
"""A JSON object, or (status, body, content type), or "reset": the connection breaks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `fields` are the parts of a multipart body as (name, file name, type, bytes)."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    fields: tuple[tuple[str, str, str, bytes], ...] = ()

    @property
    def json(self) -> dict[str, object]:
        read = json.loads(self.body)
        assert isinstance(read, dict)
        return read


class Clock:
    """Time that passes when somebody pauses."""

    def __init__(self) -> None:
        self.now = NOW
        self.pauses: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True)
class FakePlatform:
    """`answers[path]` is a queue; when it is empty, `usual` is answered. Tokens are T1, T2, …"""

    base: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, deque[Answer]] = field(default_factory=dict)
    refuses: Callable[[str], bool] = lambda token: False
    usual: Answer = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    lifetime: int = 7200
    issued: int = 0

    def will(self, path: str, *answers: Answer) -> None:
        self.answers.setdefault(path, deque()).extend(answers)

    def calls(self, path: str | None = None) -> list[Asked]:
        """The requests for `path`, or all but those for a token."""
        return [one for one in self.asked if (one.path == path if path else one.path != STABLE_TOKEN)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await _asked(request))
        path = self.asked[-1].path
        if waiting := self.answers.get(path):
            answer = waiting.popleft()
        elif path == STABLE_TOKEN:
            self.issued += self.asked[-1].json["force_refresh"] is True or not self.issued
            answer = {"access_token": f"T{self.issued}", "expires_in": self.lifetime}
        elif self.refuses(request.query.get("access_token", "")):
            answer = {"errcode": 40001, "errmsg": "invalid credential"}
        else:
            answer = self.usual
        if answer == "reset":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(answer, tuple):
            status, text, content_type = answer
            location = {"Location": f"{self.base}/elsewhere"} if status == 302 else {}
            return web.Response(status=status, text=text, content_type=content_type, headers=location)
        return web.json_response(answer)


async def _asked(request: web.Request) -> Asked:
    query = dict(request.query)
    path = request.path.removeprefix("/proxy")
    if request.content_type != "multipart/form-data":
        return Asked(request.method, path, query, await request.read())
    parts = []
    for name, value in (await request.post()).items():
        assert isinstance(value, web.FileField)
        parts.append((name, value.filename, value.content_type, value.file.read()))
    return Asked(request.method, path, query, b"", tuple(parts))


@asynccontextmanager
async def fake_platform() -> AsyncIterator[FakePlatform]:
    platform = FakePlatform()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", platform.handle)
    async with TestServer(app) as server:
        platform.base = str(server.make_url("/proxy"))
        yield platform


class World:
    """One replica of the service on one fake platform, with a database of its own."""

    def __init__(self, fake: FakePlatform, database: Database) -> None:
        self.fake = fake
        self.clock = Clock()
        self._database = database

    @asynccontextmanager
    async def platform(self, api_base: str = "") -> AsyncIterator[Platform]:
        configured = account(api_base=api_base or self.fake.base)
        pause, rng = self.clock.pause, random.Random(1)
        async with connect(configured, self._database, self.clock, pause, rng, "one") as platform:
            yield platform

    def api(self, session: ClientSession) -> WeChatApi:
        configured = account(api_base=self.fake.base)
        transport = Transport(session)
        tokens = TokenStore(transport, configured, self._database, self.clock, self.clock.pause, "two")
        calls = Calls(self._database, configured.app_id, self.clock)
        return WeChatApi(transport, tokens, configured, self.clock, self.clock.pause, random.Random(1), calls)


@asynccontextmanager
async def world_in(folder: Path) -> AsyncIterator[World]:
    database = Database(f"sqlite+aiosqlite:///{folder}/test.db")
    try:
        async with database.transaction() as conn:
            await conn.run_sync(platform_tokens.create)
        async with fake_platform() as fake:
            yield World(fake, database)
    finally:
        await database.close()
