"""The servers that are measured, each in a process of its own."""

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from aiohttp import web

from bot.app import Surroundings, china_now, live_of, open_app
from bot.chat.conversation import decide
from bot.chat.inbox import Inbox
from bot.chat.situation import Person, World
from bot.config import Account, Config, DatabaseSection, Office, Privacy, Server
from bot.database import Database
from bot.migrate import migrate
from bot.residents import Resident
from bot.service import SERVICE
from bot.serving import settle_memory, start
from bot.simulator.options import SimulatorOptions
from bot.web.webhook import INTAKE
from bot.wechat.incoming import Incoming
from content.rules import store as rules_store
from content.rules.document import Parsed
from tests.wechat_samples import APP_ID, KEY, OFFICE, TOKEN
from tests.world import free_port

STARTING_SECONDS = 60.0

OPTIONS = SimulatorOptions(
    app_id=APP_ID,
    secret="s" * 32,
    original_id=OFFICE,
    token=TOKEN,
    aes_key=KEY,
    webhook_url="",
)
"""The account, as WeChat's side knows it."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs: its port and the id of its process."""

    port: int
    pid: int

    @property
    def memory(self) -> float:
        """Resident memory in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise ProcessLookupError(self.pid)

    @property
    def processor(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


Target = Callable[[str, int, Connection], None]


@contextmanager
def served(target: Target, url: str) -> Iterator[Served]:
    """Run `target` on a free port until the block ends; raises RuntimeError when it does not start."""
    port = free_port()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=target, args=(url, port, theirs))
    process.start()
    theirs.close()
    try:
        if not ours.poll(STARTING_SECONDS) or ours.recv() != "ready":
            raise RuntimeError(f"{target.__name__} did not start")
        if process.pid is None:
            raise RuntimeError("a started process has an id")
        yield Served(port, process.pid)
    except EOFError:
        raise RuntimeError(f"{target.__name__} did not start") from None
    finally:
        ours.close()
        process.join(10.0)
        if process.is_alive():
            process.kill()
            process.join()


async def prepare(url: str, regulations: Sequence[Parsed]) -> None:
    """A migrated database with these regulations in force."""
    database = Database(url)
    try:
        await migrate(database)
        async with database.transaction() as connection:
            await rules_store.import_documents(connection, regulations, china_now())
    finally:
        await database.close()


def stored(url: str, port: int, parent: Connection) -> None:
    """The service as it runs."""
    asyncio.run(_serve(url, port, parent, Surroundings(), lambda app: None))


def unstored(url: str, port: int, parent: Connection) -> None:
    """The same application, its inbox replaced: read, decided and rendered alike, nothing kept."""
    asyncio.run(_serve(url, port, parent, Surroundings(beats=False), _without_storage))


def without_beats(url: str, port: int, parent: Connection) -> None:
    """The service as it runs, but nothing falls due by itself: no platform is there to be called."""
    asyncio.run(_serve(url, port, parent, Surroundings(beats=False), lambda app: None))


def serve_with(url: str, port: int, parent: Connection, change: Callable[[web.Application], None]) -> None:
    """The service without anything that falls due, changed before it starts."""
    asyncio.run(_serve(url, port, parent, Surroundings(beats=False), change))


class Forgetful:
    """Decides what the inbox would, for residents whom it remembers while it runs, and stores nothing."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world
        self._people: dict[str, Person] = {}

    def start(self) -> None:
        """There is no queue to be served."""

    async def stop(self) -> None:
        """Nothing is waiting."""

    async def handle(self, incoming: Incoming) -> str:
        """The reply that the real inbox would give."""
        known = self._people.get(incoming.openid)
        person = known or Person(Resident(1, incoming.openid, following=True))
        decision = decide(incoming, person, self._world())
        self._people[incoming.openid] = decision.person
        return decision.reply


def _without_storage(app: web.Application) -> None:
    live, office = live_of(app[SERVICE]), app[SERVICE].config.office

    def world() -> World:
        return World(china_now(), office, live.texts, live.answer, live.emergency)

    app[INTAKE].inbox = cast(Inbox, Forgetful(world))
    app[INTAKE].heard = app[INTAKE].account.mode


async def _serve(
    url: str,
    port: int,
    parent: Connection,
    surroundings: Surroundings,
    change: Callable[[web.Application], None],
) -> None:
    async with open_app(config(url, port), surroundings) as app:
        change(app)
        runner = await start(app, "127.0.0.1", port)
        settle_memory()
        parent.send("ready")
        await asyncio.to_thread(parent.poll, None)
        await runner.cleanup()


def config(url: str, port: int) -> Config:
    """A service account in safe mode; the platform is not there, because most benches send nothing."""
    account = {
        "app_id": OPTIONS.app_id,
        "original_id": OPTIONS.original_id,
        "secret": OPTIONS.secret,
        "token": OPTIONS.token,
        "aes_keys": [OPTIONS.aes_key],
        "api_base": f"http://127.0.0.1:{port}/nothing",
    }
    return Config(
        office=Office(name="云溪市文明办", hotline="12345", area="云溪市"),
        account=Account.model_validate(account),
        server=Server(port=port, public_url=f"http://127.0.0.1:{port}"),
        database=DatabaseSection(url=url),
        privacy=Privacy(erasure_journal="/dev/null"),
    )


class _Patient(WSGIServer):
    """wsgiref with room in its queue for everybody who knocks at once."""

    request_queue_size = 128


class _Silent(WSGIRequestHandler):
    """Writes no access log."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def werobot(file: str, port: int, parent: Connection) -> None:
    """WeRoBot answering with what it heard, its default session storage in `file`.

    It runs under wsgiref, the server that its `run()` takes where no other one is installed.
    """
    from werobot import WeRoBot
    from werobot.session.sqlitestorage import SQLiteStorage

    robot = WeRoBot(
        token=OPTIONS.token,
        app_id=OPTIONS.app_id,
        encoding_aes_key=OPTIONS.aes_key,
        session_storage=SQLiteStorage(file),
    )
    robot.text(lambda message: message.content)
    server = make_server("127.0.0.1", port, robot.wsgi, server_class=_Patient, handler_class=_Silent)
    Thread(target=server.serve_forever, daemon=True).start()
    parent.send("ready")
    parent.poll(None)
    server.shutdown()
