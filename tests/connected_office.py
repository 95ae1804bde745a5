"""An office whose account lives on the simulated WeChat: desks and platform over real HTTP."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config import Config
from bot.database import Database
from bot.office.passwords import Passwords
from bot.service import SERVICE, Service
from bot.simulator import Simulator, SimulatorOptions, make_simulator
from bot.web import calls_desk, connection_desk, guard, login, notice_desk, replies_desk, today_desk
from bot.wechat import api
from tests.office import DESKS, QUICK, Clock, Office

SECRET, TOKEN, KEY = "the-app-secret", "the-callback-token", "k" * 43
CARDS = (connection_desk.card, replies_desk.card)
ROUTES = (*DESKS, replies_desk.routes, connection_desk.routes, calls_desk.routes, notice_desk.routes)


async def _no_pause(_seconds: float) -> None:
    """Waiting costs nothing here."""


@asynccontextmanager
async def connected_office(
    database: Database, *, connected: bool = True, account: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[Office, Simulator]]:
    """The office's desks beside a simulated platform.

    `options` go to SimulatorOptions, `account` lies over the section [account].
    """
    clock = Clock()
    described = {
        "app_id": "wx1234567890abcdef",
        "secret": SECRET,
        "original_id": "gh_simulated",
        "token": TOKEN,
        "aes_key": KEY,
        "webhook_url": "http://127.0.0.1:9/wechat",
    }
    simulator = make_simulator(SimulatorOptions(**(described | options)), clock, random.Random(7))
    outside = web.Application()
    outside.add_subapp("/simulator", simulator.app)
    async with TestServer(outside) as wechat:
        settings: dict[str, Any] = {"office": {"name": "清河县文明办"}}
        if connected:
            settings["account"] = {
                **{name: described[name] for name in ("app_id", "secret", "original_id", "token")},
                "aes_keys": [KEY],
                "api_base": f"http://127.0.0.1:{wechat.port}/simulator/api",
                **(account or {}),
            }
        config = Config.model_validate(settings)
        if config.account is None:
            async with _served(Service(config, database, clock), clock) as office:
                yield office, simulator
            return
        link = api.connect(config.account, database, clock, _no_pause, random.Random(7), "test")
        async with (
            link as platform,
            _served(Service(config, database, clock, platform=platform), clock) as office,
        ):
            yield office, simulator


@asynccontextmanager
async def _served(service: Service, clock: Clock) -> AsyncIterator[Office]:
    app = web.Application()
    app[SERVICE] = service
    app[login.PASSWORDS] = Passwords(QUICK)
    app[today_desk.CARDS] = CARDS
    app[today_desk.OWN_CARDS] = ()
    guard.install(app, list(ROUTES))
    office = Office(app, service, clock)
    await office.server.start_server()
    try:
        yield office
    finally:
        for client in office.clients:
            await client.session.close()
        await office.server.close()
