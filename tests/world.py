"""The whole product to walk through: the service on a port, the simulated WeChat on another, one clock."""

import itertools
import random
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import ClientSession, CookieJar, web

from bot.account import connection
from bot.account.connection_steps import DOMAINS
from bot.app import JOBS, Surroundings, live_of, open_app
from bot.chat.live import LiveContent
from bot.config import Account, Campaigns, Config, DatabaseSection, Office, Privacy, Server
from bot.database import Database
from bot.office import audit, staff
from bot.office.passwords import Passwords
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.service import SERVICE
from bot.serving import start
from bot.simulator import Simulator, SimulatorOptions, make_simulator
from bot.simulator.residents import Resident
from bot.web import webhook
from content.rules import parsing
from content.rules import store as rules_store
from surveys import native, publishing, waves
from surveys.terms import Terms
from surveys.waves import Wave
from tests.office import GOOD, QUICK, Browser, Clock

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
RULES = """清溪市文明行为促进条例

第一条 为了引导文明行为，制定本条例。

第二条 本市行政区域内的文明行为促进工作适用本条例。

第三条 携带犬只外出的，应当遵守下列规定：
（一）使用牵引绳；
（二）及时清理粪便。

第四条 不得从建筑物中抛掷物品。

第五条 违反本条例第三条第一项规定的，由公安机关处五十元以上二百元以下罚款。
"""
QUESTIONNAIRE = """
id = "short"
title = "文明创建问卷"
consent = "答案没有对错，只做合计。"

[[question]]
id = "know"
type = "single"
title = "您知道本市正在创建文明城市吗？"
metric = "awareness"
options = [
  {code = "1", label = "知道", polarity = "positive"},
  {code = "2", label = "不知道", polarity = "negative"},
  {code = "3", label = "说不清", polarity = "dont_know"},
]

[[question]]
id = "content"
type = "single"
title = "您对本市的公共秩序满意吗？"
metric = "satisfaction"
options = [
  {code = "1", label = "满意", polarity = "positive"},
  {code = "2", label = "一般", polarity = "neutral"},
  {code = "3", label = "不满意", polarity = "negative"},
  {code = "9", label = "不了解", polarity = "dont_know"},
]

[[question]]
id = "words"
type = "text"
title = "您还有什么建议？"
required = false

[[indicator]]
id = "awareness"
question = "know"
rule = "top_box"

[[indicator]]
id = "satisfaction"
question = "content"
rule = "top_box"
"""


def free_port() -> int:
    """A port nobody listens on, below those that the system gives to connections: between the look and the
    use one of them, of another test, could have taken it.
    """
    while True:
        port = 11_000 + secrets.randbelow(21_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class World:
    """Service, simulator and people. `restart` is a new process as far as memory goes."""

    def __init__(self, url: str, folder: Path, mode: str = "safe") -> None:
        self.clock = Clock()
        self.database = Database(url)
        self.steps: list[str] = []
        self.on_step: Callable[[str], None] = lambda name: None
        self._ids = itertools.count(1_000)
        self._tokens = itertools.count(1)
        self._webhook, self._platform = free_port(), free_port()
        self.options = SimulatorOptions(
            app_id="wx0123456789abcdef",
            secret="s" * 32,
            original_id="gh_0123456789ab",
            token="pamphlet",
            aes_key=AES_KEY,
            mode=mode,
            webhook_url=f"http://127.0.0.1:{self._webhook}/wechat",
            ticks=False,
        )
        self.simulator: Simulator = make_simulator(self.options, self.clock, random.Random(7))
        self.config = Config(
            office=Office(name="清溪市文明办", hotline="12345", area="清溪市"),
            account=Account.model_validate(
                {
                    "app_id": self.options.app_id,
                    "original_id": self.options.original_id,
                    "secret": self.options.secret,
                    "token": self.options.token,
                    "aes_keys": [AES_KEY],
                    "mode": mode,
                    "api_base": f"http://127.0.0.1:{self._platform}/simulator/api",
                    "oauth_base": f"http://127.0.0.1:{self._platform}/simulator/oauth",
                }
            ),
            server=Server(port=self._webhook, public_url=f"http://127.0.0.1:{self._webhook}"),
            database=DatabaseSection(url=url),
            privacy=Privacy(erasure_journal=str(folder / "erasures.jsonl")),
            campaigns=Campaigns(quiet_from="23:00", quiet_until="06:00"),
        )
        self._running: list[tuple[web.AppRunner, object]] = []
        self.app: web.Application | None = None

    @property
    def base(self) -> str:
        """Where the service is."""
        return self.config.server.public_url

    def resident(self, name: str) -> Resident:
        """Somebody with a phone."""
        return self.simulator.resident(name)

    async def open(self, app_config: Config | None = None, port: int = 0) -> web.Application:
        """Start one more service on the database; its address is the webhook's unless `port` is given."""
        context = open_app(
            app_config or self.config,
            Surroundings(
                clock=self.clock,
                new_id=lambda: next(self._ids),
                new_token=lambda: f"link-{next(self._tokens)}-0123456789",
                step=self._step,
                beats=False,
            ),
        )
        app = await context.__aenter__()
        runner = await start(app, "127.0.0.1", port or self._webhook)
        self._running.append((runner, context))
        self.app = app
        return app

    def _step(self, name: str) -> None:
        self.steps.append(name)
        self.on_step(name)

    async def close(self) -> None:
        """Stop every service."""
        while self._running:
            runner, context = self._running.pop()
            await runner.cleanup()
            await context.__aexit__(None, None, None)  # type: ignore[attr-defined]

    async def restart(self) -> None:
        """A new process on the same database."""
        await self.close()
        await self.open()

    async def beat(self, *names: str) -> None:
        """Do what falls due, as the heartbeat would."""
        assert self.app is not None
        jobs = self.app[JOBS]
        for name in names or ("content", "due", "send"):
            await jobs[name]()

    @property
    def inbox(self) -> object:
        """The queue of the service opened last."""
        assert self.app is not None
        return self.app[webhook.INTAKE].inbox

    @property
    def live(self) -> LiveContent:
        """What the chat of the service opened last speaks from."""
        assert self.app is not None
        return live_of(self.app[SERVICE])

    async def has_rules(self, text: str = RULES) -> None:
        """Put a regulation in force."""
        async with self.database.transaction() as conn:
            await rules_store.import_documents(conn, [parsing.parse(text)], self.clock())
        await self.beat("content")

    @asynccontextmanager
    async def desk_of(self, name: str, *roles: str) -> AsyncIterator[Browser]:
        """The browser of a signed-in member of the staff, made where unknown."""
        assert self.app is not None
        async with self.database.snapshot() as conn:
            known = await staff.by_name(conn, name)
        if known is None:
            encoded = await Passwords(QUICK).hash(GOOD)
            async with self.database.transaction() as conn:
                await staff.add(
                    conn,
                    name=name,
                    display="",
                    roles=roles,
                    password_hash=encoded,
                    must_change=False,
                    by=audit.COMMAND_LINE,
                    now=self.clock(),
                )
        async with ClientSession(self.base, cookie_jar=CookieJar(unsafe=True)) as session:
            yield await Browser(session).signs_in(name)

    async def has_wave(
        self, name: str = "第一季度", toml: str = QUESTIONNAIRE, terms: Terms | None = None, keyword: str = ""
    ) -> Wave:
        """Publish the questionnaire and open a wave."""
        questionnaire = native.parse(toml)
        async with self.database.transaction() as conn:
            made = await publishing.publish(conn, questionnaire, by="周", now=self.clock())
            return await waves.open_wave(
                conn,
                questionnaire,
                made.version,
                name,
                now=self.clock(),
                secret=b"k" * 32,
                terms=terms,
                keyword=keyword,
            )

    async def registers_domain(self) -> None:
        """The administrator has registered our address for web pages in WeChat's console."""
        app_id = self.options.app_id
        async with self.database.transaction() as conn:
            await connection.note(conn, app_id, DOMAINS, self.clock(), "127.0.0.1")

    async def closes(self, wave: str) -> None:
        """End a wave as the office does."""
        journal = Journal(Path(self.config.privacy.erasure_journal))
        await Erasure(self.database, journal).close_wave(wave, self.clock())


@asynccontextmanager
async def running(url: str, folder: Path, mode: str = "safe") -> AsyncIterator[World]:
    """A world on a database that has its tables, its first service started."""
    world = World(url, folder, mode)
    platform = web.Application()
    platform.add_subapp("/simulator", world.simulator.app)
    runner = await start(platform, "127.0.0.1", world._platform)
    try:
        await world.open()
        yield world
    finally:
        await world.close()
        await runner.cleanup()
        await world.database.close()
