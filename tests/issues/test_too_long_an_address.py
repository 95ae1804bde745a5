"""An address of more than 8 KB, which anybody can send, wrote an error with a traceback into the log."""

import logging

import pytest
from aiohttp import ClientSession, web

from bot import serving


async def _broken(_request: web.Request) -> web.Response:
    raise RuntimeError("a defect of ours")


async def test_too_long_an_address_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    app = web.Application()
    app.router.add_get("/broken", _broken)
    runner = await serving.start(app, "127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    async with ClientSession() as session:
        answered = await session.get(f"http://{host}:{port}/office/gates?say={'x' * 9000}")
        defect = await session.get(f"http://{host}:{port}/broken")
    await runner.cleanup()
    assert (answered.status, defect.status) == (400, 500)
    long, ours = (record for record in caplog.records if record.name == "aiohttp.server")
    assert (long.levelno, long.exc_info) == (logging.WARNING, None)
    assert (ours.levelno, bool(ours.exc_info)) == (logging.ERROR, True)
