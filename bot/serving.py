"""A started application on its address until a signal: drain, then stop."""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot import outbox
from bot.metrics import make_metrics_app
from bot.service import SERVICE, Service

log = logging.getLogger(__name__)

DRAIN_SECONDS = 4.0
LAST_SECONDS = 9.0


class CannotListen(Exception):
    """An address that this process gets no connections on: which, and why."""


def _leave() -> None:
    log.warning("something did not end: it is left as a crash would leave it")
    logging.shutdown()
    os._exit(0)


@contextmanager
def ended_in_time(
    seconds: float = LAST_SECONDS, leave: Callable[[], None] = _leave
) -> Iterator[Callable[[], None]]:
    """Gives what begins the last seconds; if the block has not ended when they are over, the process leaves.

    A database that is there but says nothing keeps even a cancelled task waiting for it, for good.
    """
    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    try:
        yield timer.start
    finally:
        timer.cancel()


async def serve_until_stopped(app: web.Application, told: Callable[[], None] = lambda: None) -> None:
    """Serve on the configured address, metrics on theirs, until SIGTERM or SIGINT, which `told` hears of;
    then end within seconds.

    Raises CannotListen before any work is begun.
    """
    service = app[SERVICE]
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    server = service.config.server
    if server.metrics_port:
        await _require_free(server.metrics_host, server.metrics_port)
    async with AsyncExitStack() as stack:
        runner = await start(app, server.host, server.port)
        stack.push_async_callback(runner.cleanup)
        if server.metrics_port:
            metrics = make_metrics_app(service.metrics, lambda: _outbox_states(service))
            beside = await start(metrics, server.metrics_host, server.metrics_port)
            stack.push_async_callback(beside.cleanup)
        settle_memory()
        log.info("serving", extra={"port": server.port})
        await stopped.wait()
        told()


async def start(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Start an application on an address; no access log, because addresses hold signatures.

    Raises CannotListen. A taken address is found before the application starts to work: it would send
    what is due, and be cut off in the middle of it.
    """
    await _require_free(host, port)
    logging.getLogger("aiohttp.server").addFilter(_in_proportion)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS)
    try:
        await runner.setup()
        with _told_of(host, port):
            await web.TCPSite(runner, host, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner


async def _require_free(host: str, port: int) -> None:
    """Bind the address for a moment, without taking a connection on it; raises CannotListen."""
    with _told_of(host, port):
        bound = await asyncio.get_running_loop().create_server(
            asyncio.Protocol, host, port, start_serving=False
        )
        bound.close()


@contextmanager
def _told_of(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise CannotListen(f"cannot listen on {host}:{port} ({why})") from error


def settle_memory() -> None:
    """Tell the garbage collector that what was built at the start stays.

    It would look through all of it again and again, and nobody is answered meanwhile: an eighth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


def _in_proportion(record: logging.LogRecord) -> bool:
    """What a stranger sent that is no request, or too long a one, is their error: a line, no traceback."""
    if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
        record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
    return True


async def _outbox_states(service: Service) -> dict[str, int]:
    async with service.database.snapshot() as connection:
        return await outbox.states(connection)
