"""A year's house: one WeChat with a true clock, three services on one database whose clocks may be wrong."""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import TCPConnector, web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot import residents
from bot.app import JOBS, Surroundings, open_app
from bot.config import Account, Campaigns, Config, DatabaseSection, Office, Privacy, Server
from bot.database import Database
from bot.pushes import segments
from bot.residents import Resident
from bot.service import SERVICE
from bot.serving import start
from bot.simulator import SimulatorOptions, make_simulator
from bot.simulator.courier import Attempt, Courier
from bot.simulator.customer import open_window
from bot.simulator.wire import Envelope, Envelopes
from content.audience import key_of
from content.festivals import SHANGHAI
from tests.schema import create_tables
from tests.world import AES_KEY, free_port

YEAR = 2028
"""A leap year with a leap month."""
TOWNSHIPS = [f"第{number}镇" for number in range(1, 16)]
AT_ONCE = 1_000
EXCHANGE_SECONDS = 2.0
PLATFORM = "platform.invalid"
"""A name that only the drill's own name server knows."""
BEAT = ("due", "send", "poll", "personal")


class Killed(BaseException):
    """The service dies here, with all that it was doing."""


class Names(AbstractResolver):
    """The name server, which may be down. Connections are not kept: a kept one asks for no name."""

    def __init__(self) -> None:
        self.down = False
        self.refused = 0

    def connector(self) -> TCPConnector:
        """What a service makes its connections with."""
        return TCPConnector(resolver=self, use_dns_cache=False, force_close=True)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Everything is on this machine; while the name server is down nothing is anywhere."""
        if self.down:
            self.refused += 1
            raise OSError(None, "the name server does not answer")
        found = ResolveResult(
            hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0
        )
        return [found]

    async def close(self) -> None:
        """Nothing is open."""


class Replica:
    """One service at a time on one address, with a clock of its own and perhaps a step to die at."""

    def __init__(self, house: "YearHouse") -> None:
        self._house = house
        self.port = free_port()
        self.skew = timedelta(0)
        self.dies_at = ""
        self.app: web.Application | None = None
        self._runner: web.AppRunner | None = None

    def clock(self) -> datetime:
        """What this machine believes."""
        return self._house.now + self.skew

    def step(self, name: str) -> None:
        """A step was passed; perhaps the last one."""
        if self.dies_at and name == self.dies_at:
            self.dies_at = ""
            raise Killed

    async def open(self) -> None:
        """A new process."""
        around = Surroundings(
            clock=self.clock,
            step=self.step,
            beats=False,
            pause=lambda _seconds: asyncio.sleep(0),
            exchange_seconds=EXCHANGE_SECONDS,
            connector=self._house.names.connector,
        )
        context = open_app(self._house.config(self.port), around)
        self.app = await context.__aenter__()
        self._runner = await start(self.app, "127.0.0.1", self.port)
        self._house.opened.append((self._runner, context))

    async def die(self) -> None:
        """Its connections break, as those of a dead process do; nothing is settled, stopped or cleaned up."""
        if self.app is not None:
            await self.app[SERVICE].database.close()
        self.app = None
        self.dies_at = ""
        if self._runner is not None:
            for site in list(self._runner.sites):
                await site.stop()
        self._house.kills += 1

    async def beat(self) -> None:
        """All that falls due, at the same time; a death takes all of it along."""
        if self.app is None:
            return
        jobs = self.app[JOBS]
        try:
            async with asyncio.TaskGroup() as group:
                for name in BEAT:
                    group.create_task(self._job(name, jobs[name]))
        except* Killed:
            await self.die()

    async def _job(self, name: str, job: Callable[[], object]) -> None:
        """As the heartbeat does: a failing job is noted and runs again at the next beat."""
        try:
            await job()  # type: ignore[misc]
        except Exception as error:
            self._house.failures[f"{name}: {type(error).__name__}"] += 1


class Anywhere(Courier):
    """Delivers each event to a service that is alive, by lot."""

    def __init__(self, house: "YearHouse") -> None:
        simulator = house.simulator
        envelopes = Envelopes(house.options.aes_key, house.options.app_id, simulator.rng)
        super().__init__(house.options, envelopes, simulator.now, simulator.rng)
        self._house = house

    async def post(self, envelope: Envelope, seconds: float | None = None) -> Attempt:
        """One delivery."""
        alive = [one.port for one in self._house.replicas if one.app is not None]
        if not alive:
            return Attempt(None, 0.0, b"", "nobody is there")
        self.webhook_url = f"http://127.0.0.1:{self._house.rng.choice(alive)}/wechat"
        return await super().post(envelope, seconds)


class YearHouse:
    """Everything the year needs; made by `furnished`."""

    def __init__(self, url: str, folder: Path, seed: int, followers: int) -> None:
        self.url = url
        self.folder = folder
        self.followers = followers
        self.rng = random.Random(seed)
        self.now = datetime(YEAR, 1, 1, tzinfo=SHANGHAI)
        self.names = Names()
        self.kills = 0
        self.failures: Counter[str] = Counter()
        self.opened: list[tuple[web.AppRunner, AbstractAsyncContextManager[web.Application]]] = []
        self._platform = free_port()
        self.options = SimulatorOptions(
            app_id="wx0123456789abcdef",
            secret="s" * 32,
            original_id="gh_0123456789ab",
            token="pamphlet",
            aes_key=AES_KEY,
            webhook_url="http://127.0.0.1:1/wechat",
            confirmation=True,
        )
        self.simulator = make_simulator(self.options, lambda: self.now, random.Random(seed + 1))
        self.simulator.courier = Anywhere(self)
        self.database = Database(url)
        self.replicas = [Replica(self) for _ in range(3)]

    @property
    def platform_port(self) -> int:
        """Where the platform is."""
        return self._platform

    def config(self, port: int) -> Config:
        """One service of the three."""
        base = f"http://{PLATFORM}:{self._platform}/simulator"
        return Config(
            office=Office(name="清溪市文明办", hotline="12345", area="清溪市"),
            account=Account.model_validate(
                {
                    "app_id": self.options.app_id,
                    "original_id": self.options.original_id,
                    "secret": self.options.secret,
                    "token": self.options.token,
                    "aes_keys": [AES_KEY],
                    "api_base": f"{base}/api",
                }
            ),
            server=Server(port=port, public_url=f"http://127.0.0.1:{port}"),
            database=DatabaseSection(url=self.url),
            privacy=Privacy(erasure_journal=str(self.folder / "erasures.jsonl")),
            campaigns=Campaigns(sends_a_second=5_000, quiet_from="00:00", quiet_until="00:00", most_a_week=7),
        )

    async def furnish(self) -> None:
        """Followers in their townships, here and at the platform, and the platform's tags for them."""
        await create_tables(self.database)
        townships = {key_of("township", name): name for name in TOWNSHIPS}
        async with self.database.transaction() as conn:
            for key in townships:
                await segments.add(conn, key, "office", self.now)
            for at in range(0, self.followers, AT_ONCE):
                numbers = range(at, min(at + AT_ONCE, self.followers))
                ids = iter(range(at + 1, at + AT_ONCE + 1))
                made = await residents.ensure(
                    conn,
                    [openid(number) for number in numbers],
                    lambda ids=ids: next(ids),  # type: ignore[misc]
                )
                people = [
                    Resident(one.id, one.openid, True, home=TOWNSHIPS[number % 15])
                    for number, one in enumerate(made.values())
                ]
                await residents.save(conn, people)
        tags = {}
        for number, (key, name) in enumerate(townships.items(), start=100):
            self.simulator.followers.tags[number] = f"@{name}"
            tags[name] = number
            async with self.database.transaction() as conn:
                await segments.tagged(conn, key, number)
        async with self.database.snapshot() as conn:
            for key, name in townships.items():
                for one in await segments.openids(conn, key):
                    person = self.simulator.people.add("居民", one)
                    person.following = True
                    person.tags.add(tags[name])

    async def everybody_writes(self, key: str, most: int) -> int:
        """So many of a township have just written to the account; how many."""
        async with self.database.transaction() as conn:
            ids = (await segments.ids(conn, key))[:most]
            found = await residents.openids_of(conn, ids)
            now = int(self.now.timestamp())
            home = next(name for name in TOWNSHIPS if key == key_of("township", name))
            people = [
                Resident(one, openid, True, home=home, last_message_at=now) for one, openid in found.items()
            ]
            await residents.save(conn, people)
        for one in found.values():
            if (person := self.simulator.people.get(one)) is not None:
                open_window(person, "message", now)
        return len(ids)

    async def beat(self) -> None:
        """One moment: every service that is alive, and the platform."""
        await asyncio.gather(*(one.beat() for one in self.replicas))
        await self.simulator.tick()

    async def revive(self) -> None:
        """Start those that died."""
        for one in self.replicas:
            if one.app is None:
                await one.open()

    def quieten(self) -> None:
        """What stands in the phones is not looked at: 50,000 of them would hold it for a whole year."""
        for person in self.simulator.people:
            person.chat.clear()


def openid(number: int) -> str:
    """The openid of a follower."""
    return f"o{number:027}"


@asynccontextmanager
async def furnished(url: str, folder: Path, seed: int, followers: int) -> AsyncIterator[YearHouse]:
    """A house with its platform and three services running."""
    house = YearHouse(url, folder, seed, followers)
    platform = web.Application()
    platform.add_subapp("/simulator", house.simulator.app)
    runner = await start(platform, "127.0.0.1", house.platform_port)
    try:
        await house.furnish()
        await house.revive()
        yield house
    finally:
        house.simulator.faults.clear()
        for opened, context in house.opened:
            await opened.cleanup()
            await context.__aexit__(None, None, None)
        await runner.cleanup()
        await house.database.close()
