"""How fast the columns catch up with many new interviews in a service that takes answers meanwhile."""

import asyncio
import json
import sys
import time
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession, ClientTimeout, web

from bot.app import china_now
from bot.database import Database
from bot.service import SERVICE
from bot.web.guard import declare_public
from surveys import native, waves
from tests.bench import asked, lanes, load, served, stocked
from tests.bench.postgres import durable_postgres

LOOK = "/bench/columns"
MOST_SECONDS = 5.0
STORED = 100_000
PER_SECOND = 300
HEAD = ("first look", "catching up", "processor", "next look", "p50", "p99", "lost")
BEFORE = 0.5
"""Seconds of answers before the look."""
PEOPLE = 2 * lanes.LANES


def serve(url: str, port: int, parent: Connection) -> None:
    """The service as it runs, with an address of the bench's own that looks at the wave."""
    served.serve_with(url, port, parent, _add_look)


def _add_look(app: web.Application) -> None:
    app.router.add_get(LOOK, _look)
    declare_public(app, LOOK)


async def _look(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    questionnaire = native.parse(asked.questionnaire_text())
    began = time.perf_counter()
    async with service.database.snapshot() as conn:
        (wave,) = await waves.list_waves(conn)
        found = await service.columns.columns(conn, wave, questionnaire)
    return web.json_response({"seconds": time.perf_counter() - began, "interviews": len(found)})


async def measure(new: int) -> bool:
    """Print a line a database; whether each caught up in time and no answer was lost."""
    met = []
    print(f"{STORED:,} interviews are known, {new:,} come at once, {PER_SECOND} answers/s come meanwhile")
    print("p50 and p99 of the answers in milliseconds: alone / meanwhile")
    print(f"{'':<12}" + "".join(f"{name:>16}" for name in HEAD))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="civility-bench-")))
        urls = {"SQLite": f"sqlite+aiosqlite:///{folder}/rates.db"}
        if (running := stack.enter_context(durable_postgres())) is not None:
            urls["PostgreSQL"] = running[0]
        for name, url in urls.items():
            await stocked.prepare(url, 2 * PEOPLE, STORED)
            met.append(await _measured(name, stack.enter_context(served.served(serve, url)), url, new))
    return all(met)


async def _measured(name: str, server: served.Served, url: str, new: int) -> bool:
    port, pages = server.port, lanes.Page()
    async with ClientSession(timeout=ClientTimeout(600)) as session:
        first, _ = await _seconds(session, port)
        alone = await load.run(port, pages.lanes(0, PEOPLE), PER_SECOND)
        database = Database(url)
        try:
            async with database.transaction() as conn:
                (wave,) = await waves.list_waves(conn)
                moment = int(china_now().timestamp())
                await stocked.fill(conn, wave.id, wave.version, moment, new)
        finally:
            await database.close()
        answering = asyncio.create_task(load.run(port, pages.lanes(PEOPLE, PEOPLE), PER_SECOND))
        await asyncio.sleep(BEFORE)
        before = server.processor
        caught, known = await _seconds(session, port)
        worked = server.processor - before
        beside = await answering
        after, total = await _seconds(session, port)
    step = lanes.LANES / PER_SECOND
    first_of, last_of = int(BEFORE / step), int((BEFORE + caught) / step) + 2
    meanwhile = load.Run(tuple(lane[first_of:last_of] for lane in beside.answers), caught)
    wrong = sum(answer.status not in (200, 303) for answer in (*alone.flat, *beside.flat))
    lost = STORED + new + 2 * PEOPLE - total + wrong
    cells = [f"{seconds:.2f} s" for seconds in (first, caught, worked, after)]
    for share in (0.5, 0.99):
        cells.append(" / ".join(f"{_percentile(run, share):.0f}" for run in (alone, meanwhile)))
    print(f"{name:<12}" + "".join(f"{cell:>16}" for cell in (*cells, str(lost))))
    if known < STORED + new:
        print(f"only {known} interviews were seen", file=sys.stderr)
    return caught < MOST_SECONDS and lost == 0 and known >= STORED + new


async def _seconds(session: ClientSession, port: int) -> tuple[float, int]:
    async with session.get(f"http://127.0.0.1:{port}{LOOK}") as answer:
        told = json.loads(await answer.read())
    return float(told["seconds"]), int(told["interviews"])


def _percentile(run: load.Run, share: float) -> float:
    latencies = sorted(answer.seconds for answer in run.flat)
    return 1_000 * latencies[min(int(share * len(latencies)), len(latencies) - 1)]
