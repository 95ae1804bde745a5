"""The house that the drills shake: a simulated WeChat that survives, services that do not, one database."""

import asyncio
import multiprocessing
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ctypes import c_double
from dataclasses import replace
from datetime import datetime, time, timedelta
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox, residents
from bot.config import Account, Config, DatabaseSection, Office, Privacy, Server
from bot.database import Database
from bot.office import audit, staff
from bot.office.passwords import Passwords
from bot.outbox.entries import NewEntry
from bot.serving import start
from bot.simulator import Simulator, SimulatorOptions, make_simulator
from bot.simulator.mass_jobs import Job
from content import acts
from content.campaign import Content
from content.checks import Quiet
from content.rules import parsing
from content.rules import store as rules_store
from surveys import fieldbook, native, publishing, waves
from surveys.fieldbook import Task
from surveys.questionnaire import Questionnaire
from surveys.waves import Wave
from tests.drills import service
from tests.drills.service import Orders
from tests.office import GOOD, QUICK
from tests.schema import create_tables
from tests.world import AES_KEY, QUESTIONNAIRE, RULES, free_port

INTERVIEWER = "fangyuan"
LEASE_IS_OVER = 200.0
POLL_IS_DUE = 700.0
UNLIMITED = 10**9
NEVER_QUIET = Quiet(time(0), time(0))
LIMITED_CALLS = (
    "stable_token",
    "material/add_material",
    "draft/add",
    "message/mass/sendall",
    "message/mass/get",
)


class Uncounted(list[Job]):
    """Mass sends that use up no quota of day or month: a drill makes more of them than an office may."""

    def append(self, job: Job) -> None:
        """Take a job in."""
        job.to_all = False
        super().append(job)


def forks() -> ForkServerContext:
    """Where the services come from: an interpreter that has imported everything and started nothing."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a forked process must not miss threads
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.drills.service"])
    return context


class Replica:
    """One service process at a time on one address; `dead` is set whenever none is running."""

    def __init__(self, context: ForkServerContext, orders: Orders, ahead: c_double) -> None:
        self._context = context
        self._orders = orders
        self._ahead = ahead
        self._process: ForkServerProcess | None = None
        self.dead = asyncio.Event()
        self.dead.set()

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._orders.config.server.port}"

    def start(self, step: str = "", count: int = 1) -> None:
        """A new process, which dies at the step's `count`-th time."""
        orders = replace(self._orders, step=step, count=count)
        process = self._context.Process(target=service.serve, args=(orders, self._ahead))
        process.start()
        self._process = process
        self.dead.clear()
        asyncio.get_running_loop().add_reader(process.sentinel, self._ended)

    def _ended(self) -> None:
        if self._process is not None:
            asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self.dead.set()

    async def is_up(self) -> bool:
        """Wait until it takes connections; False when it died before."""
        while not self.dead.is_set():
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._orders.config.server.port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            return True
        return False

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._process is not None and not self.dead.is_set():
            self._process.kill()

    async def ended(self) -> int | None:
        """Wait for its end; the exit code, -9 after a SIGKILL."""
        await self.dead.wait()
        if self._process is None:
            return None
        self._process.join()
        return self._process.exitcode

    async def stop(self) -> int | None:
        """SIGTERM, then its end."""
        if self._process is not None and not self.dead.is_set():
            self._process.terminate()
        return await self.ended()


class House:
    """Everything a drill needs; made by `running`."""

    def __init__(self, url: str, folder: Path, seed: int, replicas: int) -> None:
        context = forks()
        self.url = url
        self.log = folder / "service.log"
        self.rng = random.Random(seed)
        self.ahead: c_double = context.RawValue("d", 0.0)
        self.clock: Callable[[], datetime] = service.clock(self.ahead)
        self.platform_port = free_port()
        ports = [free_port() for _ in range(replicas)]
        base = f"http://127.0.0.1:{ports[0]}"
        self.options = SimulatorOptions(
            app_id="wx0123456789abcdef",
            secret="s" * 32,
            original_id="gh_0123456789ab",
            token="pamphlet",
            aes_key=AES_KEY,
            webhook_url=f"{base}/wechat",
        )
        self.simulator: Simulator = make_simulator(self.options, self.clock, random.Random(seed + 1))
        self.simulator.mass.jobs = Uncounted()
        for path in LIMITED_CALLS:
            self.simulator.quotas.limit(f"/cgi-bin/{path}", daily=UNLIMITED, minute=UNLIMITED)
        self.config = Config(
            office=Office(name="清溪市文明办", hotline="12345", area="清溪市"),
            account=Account.model_validate(
                {
                    "app_id": self.options.app_id,
                    "original_id": self.options.original_id,
                    "secret": self.options.secret,
                    "token": self.options.token,
                    "aes_keys": [AES_KEY],
                    "api_base": f"http://127.0.0.1:{self.platform_port}/simulator/api",
                }
            ),
            server=Server(port=ports[0], public_url=base),
            database=DatabaseSection(url=url),
            privacy=Privacy(erasure_journal=str(folder / "erasures.jsonl")),
        )
        self.replicas = [
            Replica(
                context,
                Orders(
                    self.config.model_copy(
                        update={"server": self.config.server.model_copy(update={"port": port})}
                    ),
                    self.log,
                ),
                self.ahead,
            )
            for port in ports
        ]
        self.questionnaire: Questionnaire = native.parse(QUESTIONNAIRE)
        self.campaigns = 0
        self.customs: dict[str, str] = {}
        """The customer-service messages that were ordered, by outbox key: the service forgets their words."""

    def now(self) -> int:
        """The drill's clock in seconds."""
        return int(self.clock().timestamp())

    def forward(self, seconds: float) -> None:
        """Let time pass for services and platform alike."""
        self.ahead.value += seconds

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database, for a moment: a connection left open would keep a dead service's log alive."""
        opened = Database(self.url)
        try:
            yield opened
        finally:
            await opened.close()

    async def furnish(self) -> Wave:
        """Tables, a regulation and an open wave."""
        async with self.database() as database:
            await create_tables(database)
            async with database.transaction() as conn:
                await rules_store.import_documents(conn, [parsing.parse(RULES)], self.clock())
                made = await publishing.publish(conn, self.questionnaire, by="周", now=self.clock())
                wave = await waves.open_wave(
                    conn, self.questionnaire, made.version, "演练", now=self.clock(), secret=b"k" * 32
                )
                await self._interviewer(conn, wave)
        return wave

    async def _interviewer(self, conn: AsyncConnection, wave: Wave) -> None:
        """Somebody who interviews in one community without end."""
        person = await staff.add(
            conn,
            name=INTERVIEWER,
            display="",
            roles=["interviewer"],
            password_hash=await Passwords(QUICK).hash(GOOD),
            must_change=False,
            by="drill",
            now=self.clock(),
        )
        task = Task(wave.id, person.id, "", "东街社区", "household", 1_000_000, "大门", 5)
        await fieldbook.assign(conn, task)

    async def push_falls_due(self) -> None:
        """A campaign that two others approved, due this second."""
        self.campaigns += 1
        now = self.clock()
        content = Content(
            title=f"文明出行提示第{self.campaigns}期",
            body="过马路请走斑马线。\n开车请礼让行人。",
            digest="文明出行",
            source="清溪市文明办",
            festival="",
            tone="plain",
            due_at=now,
            lateness_minutes=120,
        )
        before = now - timedelta(hours=1)
        async with self.database() as database, database.transaction() as conn:
            made = await acts.create(conn, content, "周", 2, before)
            made = await acts.submit(conn, made.id, "周", NEVER_QUIET, before)
            for level, person in ((1, "吴"), (2, "林")):
                made = await acts.sign(conn, made.id, level, person, "approve", "", made.content_hash, before)
            await audit.write(conn, now, "林", "终审通过", f"稿件{made.id}")

    async def custom_is_ordered(self, openid: str) -> None:
        """A customer-service message to somebody who has written within 48 hours."""
        number = len(self.customs) + 1
        key, words = f"drill-{number}", f"这是给您的第{number}条答复。"
        self.customs[key] = words
        now = self.clock()
        async with self.database() as database, database.transaction() as conn:
            resident = await residents.find(conn, openid)
            if resident is None:
                raise LookupError("nobody with that openid has written")
            entry = NewEntry(
                key=key,
                kind="custom",
                payload={"text": words},
                due_at=now,
                expires_at=now + timedelta(hours=1),
                resident=resident.id,
            )
            await outbox.add(conn, [entry], now)


@asynccontextmanager
async def running(url: str, folder: Path, seed: int, replicas: int = 1) -> AsyncIterator[House]:
    """A house with its platform on a port; no service runs yet."""
    house = House(url, folder, seed, replicas)
    platform = web.Application()
    platform.add_subapp("/simulator", house.simulator.app)
    runner = await start(platform, "127.0.0.1", house.platform_port)
    try:
        yield house
    finally:
        for replica in house.replicas:
            replica.kill()
            await replica.ended()
        await runner.cleanup()
