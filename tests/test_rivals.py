"""The handlers that the service is measured beside keep the promises that they are compared for."""

import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import update

from bot.database import Database
from bot.simulator.wire import Envelopes, unseal
from surveys.waves import waves
from tests.bench import plain_chat, plain_page, stocked
from tests.bench.lanes import Chat, Page
from tests.bench.plain_served import Making
from tests.bench.served import OPTIONS

Ask: TypeAlias = Callable[[bytes], Awaitable[tuple[int, bytes]]]


@asynccontextmanager
async def asked(database: Database, path: str, making: Making) -> AsyncIterator[Ask]:
    """Sends prepared requests to a handler; its status and body."""
    async with database.transaction() as connection:
        await stocked.invite(connection, people=2)
    app = web.Application()
    app.router.add_post(path, await making(database))
    async with TestClient(TestServer(app)) as client:

        async def ask(raw: bytes) -> tuple[int, bytes]:
            head, _, body = raw.partition(b"\r\n\r\n")
            headers = dict(re.findall(r"(Content-Type|Cookie): (.*)\r", head.decode() + "\r\n"))
            target = head.decode().split(" ", 2)[1]
            async with client.post(target, data=body, headers=headers, allow_redirects=False) as answer:
                return answer.status, await answer.read()

        yield ask


async def interviews(database: Database, channel: str) -> int:
    async with database.snapshot() as connection:
        return (await stocked.recorded(connection))[channel]


async def close_wave(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(update(waves).values(state="closed", secret=None))


async def test_a_plain_chat_says_the_same_words_again_and_records_once(database: Database) -> None:
    envelopes = Envelopes(OPTIONS.aes_key, OPTIONS.app_id, random.Random(1))
    async with asked(database, "/wechat", plain_chat.handler) as ask:

        async def said(raw: bytes) -> str:
            return str(unseal((await ask(raw))[1], OPTIONS, envelopes)["Content"])

        messages = list(Chat(1, "oplain").person(1))
        first = [await said(raw) for raw in messages[:3]]
        assert first[2].startswith("2/20 ")
        assert [await said(raw) for raw in messages[:3]] == first
        assert (await ask(messages[3].replace(b"msg_signature=", b"msg_signature=0")))[0] == 403
        last = [await said(raw) for raw in messages[3:]][-1]
        assert last == plain_chat.THANKS == await said(messages[-1])
        (again, *_) = Chat(2, "oplain").person(1)
        assert (await said(again), await interviews(database, plain_chat.CHANNEL)) == (first[0], 1)
        await close_wave(database)
        assert "已经结束" in await said(next(Chat(3, "oplain").person(2)))


async def test_a_plain_page_belongs_to_one_browser_and_records_once(database: Database) -> None:
    async with asked(database, "/q/{token}", plain_page.handler) as ask:
        forms = list(Page().person(1))
        assert [(await ask(raw))[0] for raw in forms[:2]] == [303, 303]
        assert (await ask(forms[2].replace(b"browser-1", b"browser-2")))[0] == 403
        assert (await ask(forms[2].replace(b"civility-door=bench", b"civility-door=other")))[0] == 403
        assert (await ask(forms[2].replace(b"answer=1", b"answer=9")))[0] == 400
        assert {(await ask(raw))[0] for raw in [forms[1], *forms[2:], forms[-1]]} == {303}
        assert await interviews(database, plain_page.CHANNEL) == 1
        await close_wave(database)
        assert (await ask(next(Page().person(0))))[0] == 404
