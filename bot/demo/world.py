"""Service and simulator on one port with sample content, in a folder of their own."""

import json
import random
import secrets
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import SecretStr

from bot import migrate
from bot.account import connection
from bot.account.connection_steps import DOMAINS, EARLIER
from bot.app import Surroundings, open_app
from bot.config import Account, Campaigns, Config, DatabaseSection, Office, Privacy, Role, Server
from bot.database import Database
from bot.office import audit, passwords, staff, townships
from bot.service import SERVICE, Service
from bot.serving import start
from bot.simulator import Simulator, SimulatorOptions, make_simulator
from bot.web.guard import declare_public
from content import acts, autoreply, autoreply_store, festivals
from content.campaign import Content
from content.rules import proposals, reading
from content.rules import store as rules_store
from content.rules.entries import shipped_entries
from content.templates import from_template, templates
from surveys import fieldbook, native, publishing, waves
from surveys.fieldbook import Task
from surveys.terms import Place, Terms

OFFICE, HOTLINE, AREA = "青禾县文明办", "12345", "云溪市"
WAVE = "演示调查"
LATENESS_MINUTES = 120
FRAME = (
    Place("城关镇", "东街社区", 4200, 60),
    Place("城关镇", "西街社区", 3800, 60),
    Place("青石镇", "青石村", 1900, 40),
    Place("青石镇", "河湾村", 1500, 40),
)
"""Invented communities, so that returns and posters can be seen."""
PASSWORD = "demo-yunxi-2027"  # noqa: S105 - printed on the terminal, for a service on loopback only

INTERVIEWER = "fangyuan"
CONTACT = "lianluo"
PEOPLE: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("bianji", "周编辑", ("editor", "analyst")),
    ("fushen", "吴科长", ("reviewer",)),
    ("zhongshen", "林主任", ("approver",)),
    ("guanli", "管理员", ("admin",)),
    ("shenji", "审计员", ("auditor",)),
    (INTERVIEWER, "小王", ("interviewer",)),
    (CONTACT, "小李", ("contact",)),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """The running demonstration."""

    app: web.Application
    simulator: Simulator
    config: Config
    base: str


@asynccontextmanager
async def running(folder: Path, port: int, surroundings: Surroundings | None = None) -> AsyncIterator[Demo]:
    """Serve the demonstration from `folder` on 127.0.0.1:`port`; it is filled while nobody works there.

    Raises ValueError when what the folder holds cannot be read.
    """
    around = surroundings or Surroundings()
    base = f"http://127.0.0.1:{port}"
    config = _config(folder, base, port)
    database = Database(config.database.url)
    try:
        database.make_file()
        await migrate.migrate(database)
        await _fill(database, around)
    finally:
        await database.close()
    async with open_app(config, around) as app:
        simulator = make_simulator(_options(config), around.clock, random.SystemRandom())
        app.add_subapp("/simulator", simulator.app)
        declare_public(app, "/simulator")
        app.router.add_get("/", _to_phone)
        declare_public(app, "/")
        runner = await start(app, "127.0.0.1", port)
        try:
            await _connect(app[SERVICE], simulator)
            yield Demo(app, simulator, config, base)
        finally:
            await runner.cleanup()


async def _connect(service: Service, simulator: Simulator) -> None:
    """What an administrator does once at a real account: verify us, register the domain, publish the menu.

    The simulated platform remembers nothing, so it is done at every start.
    """
    account, platform = service.config.account, service.platform
    if account is None or platform is None:
        raise LookupError("the demonstration has an account")
    now = service.clock()
    await simulator.courier.verify()
    async with service.database.transaction() as conn:
        await connection.note(conn, account.app_id, EARLIER, now, "none")
        host = urlsplit(service.config.server.public_url).hostname or ""
        await connection.note(conn, account.app_id, DOMAINS, now, host)
        live = await autoreply_store.current(conn)
    if live is not None:
        await connection.publish_menu(service.database, platform, account.app_id, live, now)


async def _to_phone(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/simulator")


def _config(folder: Path, base: str, port: int) -> Config:
    """A config of its own: neither config.toml nor the environment reaches the demonstration."""
    folder.mkdir(parents=True, exist_ok=True)
    return Config(
        office=Office(
            name=OFFICE,
            hotline=HOTLINE,
            area=AREA,
            record_number="演示网站，未备案",
            greeting="",
        ),
        account=Account.model_validate(
            {
                **_account(folder / "account.json"),
                "api_base": f"{base}/simulator/api",
                "oauth_base": f"{base}/simulator/oauth",
            }
        ),
        server=Server(host="127.0.0.1", port=port, public_url=base),
        database=DatabaseSection(url=f"sqlite+aiosqlite:///{folder / 'civility.db'}"),
        privacy=Privacy(erasure_journal=str(folder / "erasures.jsonl")),
        campaigns=Campaigns(quiet_from="00:00", quiet_until="00:00"),
    )


def _account(file: Path) -> dict[str, object]:
    """The invented account, the same at every start: its keys are made once and kept beside the database."""
    if not file.exists():
        letters = string.ascii_letters + string.digits
        made = {
            "app_id": "wx" + secrets.token_hex(8),
            "original_id": "gh_" + secrets.token_hex(6),
            "secret": secrets.token_hex(16),
            "token": secrets.token_hex(12),
            "aes_keys": ["".join(secrets.choice(letters) for _ in range(43))],
        }
        half = file.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(json.dumps(made), encoding="utf-8")
        half.replace(file)
    kept: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
    return kept


def _options(config: Config) -> SimulatorOptions:
    account = config.account
    if account is None:
        raise LookupError("the demonstration has an account")

    def plain(secret: SecretStr) -> str:
        return secret.get_secret_value()

    return SimulatorOptions(
        app_id=account.app_id,
        secret=plain(account.secret),
        original_id=account.original_id,
        token=plain(account.token),
        aes_key=plain(account.aes_keys[0]),
        webhook_url=f"{config.server.public_url}/wechat",
        account_name="文明青禾",
    )


async def _fill(database: Database, around: Surroundings) -> None:
    """Sample staff, rules, replies, a questionnaire with an open wave, and a festival push to review.

    All or nothing, and only while nobody works there: a first start that was cut off is made up for.
    """
    async with database.snapshot() as conn:
        if await staff.everybody(conn):
            return
    now = around.clock()
    hashed = await passwords.Passwords().hash(PASSWORD)
    library = files("content").joinpath("library")
    questionnaire = native.parse(files("surveys").joinpath("library", "civility.toml").read_text("utf-8"))
    async with database.transaction() as conn:
        for name, display, roles in PEOPLE:
            await staff.add(
                conn,
                name=name,
                display=display,
                roles=roles,
                password_hash=hashed,
                must_change=False,
                by=audit.COMMAND_LINE,
                now=now,
            )
        texts = sorted(library.joinpath("rules").iterdir(), key=lambda entry: entry.name)
        await rules_store.import_documents(
            conn,
            [parsed for text in texts for parsed in reading.read_documents(text.read_bytes(), text.name)],
            now,
        )
        await proposals.propose_new_entries(conn, shipped_entries(), "bianji", now)
        waiting = await proposals.listed(conn, ["proposed"])
        await proposals.approve(conn, [one.id for one in waiting], "fushen", now)
        version = await autoreply_store.save_draft(
            conn, autoreply.starter(OFFICE, HOTLINE), "bianji", int(now.timestamp())
        )
        await autoreply_store.publish(conn, version, "bianji", int(now.timestamp()))
        made = await publishing.publish(conn, questionnaire, by="bianji", now=now)
        wave = await waves.open_wave(
            conn,
            questionnaire,
            made.version,
            WAVE,
            now=now,
            secret=around.random_bytes(32),
            terms=Terms(population="关注公众号的居民（演示）", frame=FRAME, topics=("文明养犬",)),
        )
        interviewer = await staff.by_name(conn, INTERVIEWER)
        if interviewer is not None:
            await fieldbook.assign(
                conn,
                Task(wave.id, interviewer.id, "城关镇", "东街社区", "household", 20, "社区居委会门口", 5),
            )
        contact = await staff.by_name(conn, CONTACT)
        if contact is not None:
            await townships.give(conn, contact.id, ["城关镇"], now)
        await acts.create(
            conn,
            next_festival(now),
            author="bianji",
            levels=2,
            now=now,
        )


def next_festival(now: datetime) -> Content:
    """The text of the next festival that has one, due on its usual day."""
    for year in (now.year, now.year + 1):
        for day in festivals.days(year):
            if day.name in templates() and day.date - timedelta(days=day.lead_days) > now.date():
                return from_template(day.name, year, OFFICE, LATENESS_MINUTES)
    raise LookupError("a year without festivals")
