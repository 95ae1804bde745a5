"""GET and POST /wechat: where the platform knocks. The query is never logged: it can sign messages."""

import asyncio
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.account import connection
from bot.batches import NotYet, Overloaded
from bot.chat.inbox import Inbox
from bot.config import Account
from bot.database import Database
from bot.metrics import Metrics
from bot.web.guard import declare_public
from bot.wechat import callback, replies
from bot.wechat.callback import BODY_LIMIT
from bot.wechat.incoming import Refused

PATH = "/wechat"
BODY_SECONDS = 5.0
"""WeChat itself waits no longer for the whole exchange."""


@dataclass(slots=True)
class Intake:
    """What the webhook needs: the account, the queue behind it, and what is noted for the connection desk."""

    account: Account
    inbox: Inbox
    database: Database
    metrics: Metrics
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    heard: str = field(default="")
    """How the last message came that was noted for the connection desk: "safe", "compatible" or "plain"."""
    body_seconds: float = BODY_SECONDS


INTAKE = web.AppKey("intake", Intake)


def install(app: web.Application, intake: Intake) -> None:
    """Add the two routes."""
    app[INTAKE] = intake
    app.router.add_get(PATH, verify, allow_head=False)
    app.router.add_post(PATH, receive)
    declare_public(app, PATH)


async def verify(request: web.Request) -> web.Response:
    """The console's check of the address: the echo, if the signature is ours."""
    intake = request.app[INTAKE]
    now = intake.clock()
    echo = callback.verify(request.query, now, intake.account)
    if isinstance(echo, Refused):
        return _refuse(intake, echo)
    async with intake.database.transaction() as conn:
        await connection.note(conn, intake.account.app_id, connection.VERIFIED, now)
    return web.Response(text=echo)


async def receive(request: web.Request) -> web.Response:
    """A message or an event: the reply leaves only after everything that it promises is stored."""
    intake = request.app[INTAKE]
    started = time.perf_counter()
    try:
        body = await _body(request, intake.body_seconds)
    except TimeoutError:
        return _refuse(intake, Refused(408, "slow"))
    except web.HTTPRequestEntityTooLarge:
        return _refuse(intake, Refused(413, "too_large"))
    except (web.RequestPayloadError, HttpProcessingError, zlib.error, ConnectionError):
        return _refuse(intake, Refused(400, "body"))
    incoming = callback.read(request.query, body, intake.clock(), intake.account)
    if isinstance(incoming, Refused):
        if incoming.mode:
            await _hear(intake, incoming.mode)
        return _refuse(intake, incoming)
    intake.metrics.message(incoming.kind)
    try:
        reply = await intake.inbox.handle(incoming)
    except (Overloaded, NotYet) as error:
        outcome = "overloaded" if isinstance(error, Overloaded) else "not_yet"
        intake.metrics.reply(outcome, time.perf_counter() - started)
        return web.Response(status=503)
    await _hear(intake, intake.account.mode)
    rendered = replies.render(reply, incoming, intake.account, intake.clock(), intake.random)
    silent = rendered == b"success"
    intake.metrics.reply("silent" if silent else "answered", time.perf_counter() - started)
    return web.Response(body=rendered, content_type="text/plain" if silent else "application/xml")


async def _body(request: web.Request, seconds: float) -> bytes:
    """At most BODY_LIMIT bytes, counted after decompression; TimeoutError when they take too long."""
    declared = request.content_length or 0
    if declared > BODY_LIMIT:
        raise web.HTTPRequestEntityTooLarge(BODY_LIMIT, declared)
    content = request.content
    if content.is_eof():  # it came with its head, as nearly all do
        body = content.read_nowait()
    else:
        parts = bytearray()
        async with asyncio.timeout(seconds):
            while len(parts) <= BODY_LIMIT and (part := await content.readany()):
                parts += part
        body = bytes(parts)
    if len(body) > BODY_LIMIT:
        raise web.HTTPRequestEntityTooLarge(BODY_LIMIT, len(body))
    return body


async def _hear(intake: Intake, mode: str) -> None:
    """Note for the connection desk how messages come, once until it changes."""
    if mode == intake.heard:
        return
    intake.heard = mode
    async with intake.database.transaction() as conn:
        await connection.note(conn, intake.account.app_id, connection.MESSAGE, intake.clock(), mode)


def _refuse(intake: Intake, refused: Refused) -> web.Response:
    intake.metrics.refused(refused.reason)
    return web.Response(status=refused.status)
