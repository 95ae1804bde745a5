"""200,000 personal sends: beside a bare aiohttp client loop, memory, how soon a pause holds, no double."""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
from aiohttp import web

from bot import residents
from bot.app import Surroundings, china_now, open_app
from bot.config import Campaigns
from bot.database import Database
from bot.migrate import migrate
from bot.problems import Conflict
from bot.pushes import run_beginning, runs
from bot.pushes.sending import LANES
from bot.residents import Resident
from bot.serving import start
from bot.simulator import make_simulator
from bot.simulator.customer import CustomerMessage, open_window
from tests.bench import served
from tests.bench.served import OPTIONS, Served

WORDS = "明天上午九点至十一点，东街、西街停水检修，请提前储水。如有疑问，请拨打12345。"
BARE = 4_000
"""Calls of the bare loop before each slice of ours."""
SLICES = 10
LEAST_OF_BARE = 0.7
PAUSE_SECONDS = 1.0
GROWTH_MIB = 32.0
UNLIMITED = 10**9
AT_ONCE = 1_000


class Stamped(list[CustomerMessage]):
    """The messages that reached somebody, each with the moment at which it did."""

    def __init__(self) -> None:
        super().__init__()
        self.at = array("d")

    def append(self, message: CustomerMessage) -> None:
        """Take one in."""
        self.at.append(time.monotonic())
        super().append(message)


@dataclass(slots=True)
class Figures:
    """What was measured, slice by slice: calls a second, seconds until a pause held, resident MiB."""

    bare: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Our calls a second over those of the bare loop, each slice against the one before it."""
        seconds_bare = sum(weight / rate for weight, rate in zip(self.weights, self.bare, strict=True))
        seconds_ours = sum(weight / rate for weight, rate in zip(self.weights, self.ours, strict=True))
        return seconds_bare / seconds_ours


def openid(number: int) -> str:
    """The openid of a resident by number; the bare loop writes to those from 10**9 on."""
    return f"o{number:027}"


def platform(people: str, port: int, parent: Connection) -> None:
    """The simulated WeChat in a process of its own, with everybody's window open."""
    asyncio.run(_platform(int(people), port, parent))


async def _platform(people: int, port: int, parent: Connection) -> None:
    simulator = make_simulator(OPTIONS, china_now, random.Random(1))
    sent = simulator.customer.sent = Stamped()
    for path in ("stable_token", "message/custom/send"):
        simulator.quotas.limit(f"/cgi-bin/{path}", daily=UNLIMITED, minute=UNLIMITED)
    now = simulator.now()
    for number in (*range(people), *range(10**9, 10**9 + BARE)):
        person = simulator.people.add("居民", openid(number))
        person.following = True
        open_window(person, "message", now)
        if number >= 10**9:
            person.allowances["message"].left = UNLIMITED

    async def since(request: web.Request) -> web.Response:
        count = int(request.match_info["count"])
        first = sent.at[count] if count < len(sent) else 0.0
        return web.json_response([len(sent), first, sent.at[-1] if sent else 0.0])

    async def doubled(_request: web.Request) -> web.Response:
        times = Counter(one.openid for one in sent if one.openid < openid(10**9))
        return web.json_response({"people": len(times), "doubled": sum(one > 1 for one in times.values())})

    app = web.Application()
    app.router.add_get("/since/{count}", since)
    app.router.add_get("/doubled", doubled)
    app.add_subapp("/simulator", simulator.app)
    runner = await start(app, "127.0.0.1", port)
    parent.send("ready")
    await asyncio.to_thread(parent.poll, None)
    await runner.cleanup()


def service(places: str, port: int, parent: Connection) -> None:
    """The whole service as it runs, at a pace that nobody reaches."""
    asyncio.run(_service(json.loads(places), port, parent))


async def _service(places: Mapping[str, str], port: int, parent: Connection) -> None:
    config = served.config(places["database"], port)
    if config.account is None:
        raise ValueError("the bench has an account")
    account = config.account.model_copy(update={"api_base": places["api"]})
    fast = Campaigns(sends_a_second=5_000, quiet_from="00:00", quiet_until="00:00")
    changed = config.model_copy(update={"account": account, "campaigns": fast})
    async with open_app(changed, Surroundings()) as app:
        runner = await start(app, "127.0.0.1", port)
        parent.send("ready")
        await asyncio.to_thread(parent.poll, None)
        await runner.cleanup()


def main(argv: Sequence[str]) -> int:
    """Measure and print; 0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench push", description=__doc__)
    parser.add_argument("--sends", type=int, default=200_000)
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        return asyncio.run(_measure(stack, options.sends))


async def _measure(stack: ExitStack, sends: int) -> int:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="civility-bench-")))
    url = f"sqlite+aiosqlite:///{folder}/push.db"
    database = Database(url)
    try:
        await _furnish(database, sends)
        wechat = stack.enter_context(served.served(platform, str(sends)))
        base = f"http://127.0.0.1:{wechat.port}"
        places = json.dumps({"database": url, "api": f"{base}/simulator/api"})
        ours = stack.enter_context(served.served(service, places))
        print(f"{sends} personal sends, {LANES} at once; SQLite, synchronous=FULL; {folder}")
        async with aiohttp.ClientSession(base) as session:
            figures = await _slices(session, database, ours, sends)
            async with session.get("/doubled") as answer:
                reached = await answer.json()
        async with database.snapshot() as conn:
            run, tally = await runs.get(conn, 1), await runs.tally(conn, 1)
    finally:
        await database.close()
    return _report(figures, reached, run, tally, sends)


async def _furnish(database: Database, people: int) -> None:
    """Residents who have written a moment ago."""
    await migrate(database)
    now = int(china_now().timestamp())
    async with database.transaction() as conn:
        for at in range(0, people, AT_ONCE):
            numbers = range(at, min(at + AT_ONCE, people))
            ids = iter(numbers)
            made = await residents.ensure(
                conn, [openid(number) for number in numbers], partial(lambda ids: next(ids) + 1, ids)
            )
            changed = [Resident(one.id, one.openid, True, last_message_at=now) for one in made.values()]
            await residents.save(conn, changed)


async def _slices(session: aiohttp.ClientSession, database: Database, ours: Served, sends: int) -> Figures:
    """The bare loop and the run in turn, so that a busy minute of the machine meets both."""
    figures = Figures()
    token = await _token(session)
    await _bare(session, token)
    for number in range(SLICES):
        figures.bare.append(await _bare(session, token))
        before, _, _ = await _since(session, 0)
        goal = before + (sends // SLICES if number < SLICES - 1 else sends)
        async with database.transaction() as conn:
            if number == 0:
                expires = china_now() + timedelta(hours=12)
                await run_beginning.begin(conn, "bench", "", WORDS, expires, china_now())
            else:
                await runs.resume(conn, 1, "bench")
        over = await _until(session, database, goal)
        if not over:
            try:
                async with database.transaction() as conn:
                    await runs.pause(conn, 1, "bench")
            except Conflict:  # so few were left that it ended first
                over = True
            paused_at = time.monotonic()
            count = await _quiet(session)
        count, first, last = await _since(session, before)
        if not over:
            figures.pauses.append(max(0.0, last - paused_at))
        figures.ours.append((count - before - 1) / (last - first))
        figures.weights.append(count - before)
        figures.memory.append(ours.memory)
        if over:
            break
    return figures


async def _until(session: aiohttp.ClientSession, database: Database, goal: int) -> bool:
    """Wait until so many messages have arrived; True when the run is over before that."""
    while True:
        await asyncio.sleep(0.2)
        count, _, _ = await _since(session, 0)
        if count >= goal:
            return False
        async with database.snapshot() as conn:
            run = await runs.get(conn, 1)
        if run is None or run.state not in ("running", "paused"):
            return True


async def _quiet(session: aiohttp.ClientSession) -> int:
    """Wait until no message has arrived for two seconds; how many have."""
    before = -1
    while True:
        count, _, _ = await _since(session, 0)
        if count == before:
            return count
        before = count
        await asyncio.sleep(2.0)


async def _since(session: aiohttp.ClientSession, count: int) -> tuple[int, float, float]:
    async with session.get(f"/since/{count}") as answer:
        number, first, last = await answer.json()
        return number, first, last


async def _token(session: aiohttp.ClientSession) -> str:
    order = {"grant_type": "client_credential", "appid": OPTIONS.app_id, "secret": OPTIONS.secret}
    async with session.post("/simulator/api/cgi-bin/stable_token", json=order) as answer:
        return str((await answer.json())["access_token"])


async def _bare(session: aiohttp.ClientSession, token: str) -> float:
    """What one would write first: the same calls, as many at once, nothing kept; calls a second."""
    numbers = iter(range(10**9, 10**9 + BARE))

    async def lane() -> None:
        for number in numbers:
            message = {"touser": openid(number), "msgtype": "text", "text": {"content": WORDS}}
            body = json.dumps(message, ensure_ascii=False).encode()
            path = "/simulator/api/cgi-bin/message/custom/send"
            async with session.post(path, params={"access_token": token}, data=body) as answer:
                if (await answer.json(content_type=None))["errcode"] != 0:
                    raise RuntimeError("the platform refused a bare call")

    began = time.monotonic()
    await asyncio.gather(*(lane() for _ in range(LANES)))
    return BARE / (time.monotonic() - began)


def _report(
    figures: Figures,
    reached: Mapping[str, int],
    run: runs.Run | None,
    tally: Mapping[str, int],
    sends: int,
) -> int:
    grown = figures.memory[-1] - figures.memory[0]
    slowest = max(figures.pauses, default=0.0)
    spread = f"{min(figures.ours):.0f}-{max(figures.ours):.0f}"
    bare = f"{min(figures.bare):.0f}-{max(figures.bare):.0f}"
    print(f"bare loop       {sum(figures.bare) / len(figures.bare):8.0f} calls/s  ({bare})")
    print(f"personal sends  {sum(figures.ours) / len(figures.ours):8.0f} calls/s  ({spread})")
    print(f"share of the bare loop {figures.share:.2f} (at least {LEAST_OF_BARE})")
    print(
        f"memory {figures.memory[0]:.0f} MiB after the first slice, {figures.memory[-1]:.0f} MiB at the end"
    )
    print(f"{len(figures.pauses)} pauses, the last call at most {slowest:.2f} s after one")
    print(f"{reached['people']} of {sends} people reached, {reached['doubled']} twice; the run says {tally}")
    missed = []
    if figures.share < LEAST_OF_BARE:
        missed.append("slower than promised")
    if grown > GROWTH_MIB:
        missed.append(f"memory grew by {grown:.0f} MiB")
    if slowest > PAUSE_SECONDS:
        missed.append("a pause took too long")
    settled = run is not None and run.state == "done" and run.sent == sends == tally.get("sent")
    if reached != {"people": sends, "doubled": 0} or not settled:
        missed.append("not everybody exactly once")
    print("TARGET MISSED: " + "; ".join(missed) if missed else "targets met", file=sys.stderr)
    return 1 if missed else 0
