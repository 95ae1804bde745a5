"""A started application on its address until a signal: drain, then stop."""

import asyncio
import logging
import signal

from aiohttp import web

from bot import outbox
from bot.metrics import make_metrics_app
from bot.service import SERVICE, Service

log = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0


async def serve_until_stopped(app: web.Application) -> None:
    """Serve on the configured address, metrics on theirs, until SIGTERM or SIGINT; exits within seconds."""
    service = app[SERVICE]
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    runners = [await start(app, service.config.server.host, service.config.server.port)]
    if service.config.server.metrics_port:
        metrics = make_metrics_app(service.metrics, lambda: _outbox_states(service))
        server = service.config.server
        runners.append(await start(metrics, server.metrics_host, server.metrics_port))
    log.info("serving", extra={"port": service.config.server.port})
    try:
        await stopped.wait()
    finally:
        for runner in runners:
            await runner.cleanup()


async def start(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Start an application on an address; no access log, because addresses hold signatures."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS)
    try:
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner


async def _outbox_states(service: Service) -> dict[str, int]:
    async with service.database.snapshot() as connection:
        return await outbox.states(connection)
