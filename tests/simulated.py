"""A simulator with a small account server behind it, for the tests of the simulator itself."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from random import Random
from typing import Any
from xml.etree import ElementTree

from aiohttp import ClientSession, FormData, web
from aiohttp.test_utils import TestServer
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import create_reply

from bot.simulator import Simulator, SimulatorOptions, make_simulator
from bot.simulator.options import SHANGHAI

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OPTIONS = SimulatorOptions(
    app_id="wx0123456789abcdef",
    secret="s" * 32,
    original_id="gh_0123456789ab",
    token="pamphlet",
    aes_key=AES_KEY,
    webhook_url="",
)
START = datetime(2027, 2, 5, 9, 0, tzinfo=SHANGHAI)


@dataclass
class Clock:
    """A clock that moves only when told."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        """Let time pass."""
        self.now += timedelta(**amount)


Answer = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


def elements(node: ElementTree.Element) -> dict[str, Any]:
    """The elements below a node; one that holds elements becomes a dict, the last of repeated ones wins."""
    return {child.tag: elements(child) if len(child) else child.text or "" for child in node}


@dataclass
class AccountServer:
    """What stands in for the service: opens messages with wechatpy and replies what `words` says."""

    options: SimulatorOptions
    words: Callable[[Any], object] = lambda message: (
        f"收到：{message.content}" if message.type == "text" else None
    )
    answer: Answer | None = None
    received: list[Mapping[str, Any]] = field(default_factory=list)
    queries: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """GET verification and POST messages, in the mode of the account."""
        if request.method == "GET":
            return web.Response(text=request.query["echostr"])
        body, query = await request.text(), dict(request.query)
        self.queries.append(query)
        self.bodies.append(body.encode())
        crypto = WeChatCrypto(self.options.token, self.options.aes_key, self.options.app_id)
        if self.options.mode != "plain":
            body = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        self.received.append(elements(ElementTree.fromstring(body)))
        if self.answer is not None:
            return await self.answer(request, body)
        message = parse_message(body)
        said = self.words(message)
        reply = create_reply(said, message).render() if said is not None else "success"
        if self.options.mode == "safe" and said is not None:
            reply = crypto.encrypt_message(reply, "nonce", query["timestamp"])
        return web.Response(text=reply)


@dataclass
class World:
    """Everything a test touches. `api` is api_base."""

    simulator: Simulator
    clock: Clock
    server: AccountServer
    session: ClientSession
    base: str

    @property
    def api(self) -> str:
        """api_base as the service would be configured."""
        return f"{self.base}/api"

    async def token(self) -> str:
        """An access token of stable_token."""
        order = {
            "grant_type": "client_credential",
            "appid": self.simulator.options.app_id,
            "secret": self.simulator.options.secret,
        }
        return str((await self.post("/cgi-bin/stable_token", order, token=None))["access_token"])

    async def post(self, path: str, body: Mapping[str, Any], token: str | None = "") -> dict[str, Any]:
        """POST JSON; a token is fetched unless one (or None) is given."""
        query = {} if token is None else {"access_token": token or await self.token()}
        raw = json.dumps(body, ensure_ascii=False).encode()
        async with self.session.post(f"{self.api}{path}", data=raw, params=query) as response:
            assert response.status == 200
            return dict(await response.json())

    async def get(self, path: str, token: str | None = "", **query: str) -> dict[str, Any]:
        """GET; a token is fetched unless one (or None) is given."""
        if token is not None:
            query["access_token"] = token or await self.token()
        async with self.session.get(f"{self.api}{path}", params=query) as response:
            assert response.status == 200
            return dict(await response.json())

    async def upload(self, path: str, content: bytes, **query: str) -> dict[str, Any]:
        """POST one file as `media`."""
        query["access_token"] = await self.token()
        form = FormData()
        form.add_field("media", BytesIO(content), filename="picture.png")
        async with self.session.post(f"{self.api}{path}", data=form, params=query) as response:
            return dict(await response.json())


@asynccontextmanager
async def simulated(options: SimulatorOptions = OPTIONS) -> AsyncIterator[World]:
    """A running simulator, its account server, and a session towards both."""
    clock, server = Clock(), AccountServer(options)
    service = web.Application()
    service.router.add_route("*", "/wechat", server.handle)
    simulator = make_simulator(options, clock, Random(7))
    platform = web.Application()
    platform.add_subapp("/simulator", simulator.app)
    async with TestServer(service) as behind, TestServer(platform) as front, ClientSession() as session:
        simulator.courier.webhook_url = str(behind.make_url("/wechat"))
        yield World(simulator, clock, server, session, str(front.make_url("/simulator")))
