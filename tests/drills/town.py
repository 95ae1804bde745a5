"""A town that answers a questionnaire: what an attacker finds, and the truth that he does not have."""

import csv
import io
import logging
import random
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import aiohttp
from aiohttp import web
from sqlalchemy import select, text

from bot import logs, migrate, outbox, residents
from bot.app import Surroundings, open_app
from bot.config import Logging
from bot.office import audit
from bot.outbox.entries import NewEntry
from bot.retention.backup import backup
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.serving import start
from bot.simulator.residents import Resident
from content.rules import parsing
from content.rules import store as rules_store
from surveys import native, publishing, waves
from surveys.export.files import write_wave
from surveys.waves import Wave
from tests.world import QUESTIONNAIRE, RULES, World

WAVE = "第一季度"
QUESTIONS = ("遛狗要牵绳吗", "高空抛物有什么规定", "图书馆几点关门", "不清理狗粪罚多少", "谢谢")
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
ADDRESS = re.compile(r'href="([^"]+/q/[^"]+)"')
QUIET_DAY = 1
LATE_REPLIES = 5
PAGES = ("waves", "interviews", "drafts", "inbox")


@dataclass(slots=True)
class Citizen:
    """Somebody of the town and what really happened; `mark` stands in the free text of the own answers."""

    phone: Resident
    plan: str
    day: int
    mark: str
    begun_at: int = 0
    finished_at: int = 0


@dataclass(slots=True)
class Loot:
    """Everything in the attacker's hands, by name; `tables` is the database after the wave was closed."""

    files: dict[str, bytes] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def rows_of(self, name: str) -> list[dict[str, str]]:
        """The rows of an export."""
        return list(csv.DictReader(io.StringIO(self.files[name].decode("utf-8-sig"))))


class Town(World):
    """The world of the tests with production's randomness."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        super().__init__(url, folder)
        self.folder = folder
        self.rng = random.Random(seed)
        self.log = StringIO()
        self.secret = secrets.token_bytes(32)
        self.citizens: list[Citizen] = []
        self.backed_up_at = 0
        self.loot = Loot()
        self._context: Any = None

    async def open(self, app_config: object = None, port: int = 0) -> web.Application:
        """Start the service; nothing falls due by itself."""
        self._context = open_app(self.config, Surroundings(clock=self.clock, beats=False))
        app: web.Application = await self._context.__aenter__()
        self._running.append((await start(app, "127.0.0.1", self.config.server.port), self._context))
        self.app = app
        return app

    async def prepare(self) -> Wave:
        """Rules in force and a wave open."""
        questionnaire = native.parse(QUESTIONNAIRE)
        async with self.database.transaction() as connection:
            await rules_store.import_documents(connection, [parsing.parse(RULES)], self.clock())
            made = await publishing.publish(connection, questionnaire, by="周", now=self.clock())
            wave = await waves.open_wave(
                connection, questionnaire, made.version, WAVE, now=self.clock(), secret=self.secret
            )
            await audit.write(connection, self.clock(), "周", "开启调查", WAVE, {})
        await self.beat("content")
        return wave

    def settle(self, answering: int, others: int) -> None:
        """Who lives here and what each is going to do on which day."""
        for number in range(answering + others):
            plan = "asks" if number >= answering else self.rng.choice(("chat", "chat", "page"))
            if number % 23 == 7 and plan == "chat":
                plan = "stops half-way"
            day = QUIET_DAY if number in (0, 1) else self.rng.choice((0, 0, 2, 2, 3))
            if plan == "asks" and number % 9 == 0:
                day = QUIET_DAY
            self.citizens.append(
                Citizen(self.resident(f"居民{number}"), plan, day, f"{self.rng.getrandbits(60):015x}")
            )
        self.rng.shuffle(self.citizens)

    async def spend_days(self, wave: Wave) -> None:
        """Four days; towards the end of the last a backup and an export, then a few more answers."""
        opening = self.clock()
        for day in range(4):
            self.clock.now = opening + timedelta(days=day)
            today = [one for one in self.citizens if one.day == day]
            late = [one for one in today if one.plan == "chat"][-8:] if day == 3 else []
            await self._mingle([one for one in today if one not in late])
            if late:
                await self._look(wave, "before")
                self.backed_up_at = int(self.clock().timestamp())
                await self._mingle(late)
        await self._send_late(wave)

    async def _mingle(self, people: list[Citizen]) -> None:
        """Up to twelve at a time, whoever is next doing one more thing."""
        waiting = [self._life(one) for one in people]
        active: list[AsyncIterator[None]] = []
        while waiting or active:
            while waiting and len(active) < 12:
                active.append(waiting.pop())
            one = self.rng.choice(active)
            try:
                await anext(one)
            except StopAsyncIteration:
                active.remove(one)
            self.clock.passes(seconds=self.rng.randint(3, 60))

    async def _life(self, one: Citizen) -> AsyncIterator[None]:
        await one.phone.follow()
        yield
        for _ in range(self.rng.randrange(3)):
            await one.phone.say(self.rng.choice(QUESTIONS))
            yield
        if one.plan != "asks":
            invitation = str(await one.phone.say("问卷"))
            yield
            one.begun_at = int(self.clock().timestamp())
            steps = self._page(one, invitation) if one.plan == "page" else self._chat(one)
            async for _ in steps:
                yield
        if self.rng.random() < 0.3:
            await one.phone.say(self.rng.choice(QUESTIONS))

    async def _chat(self, one: Citizen) -> AsyncIterator[None]:
        await one.phone.say("同意")
        yield
        await one.phone.say(self.rng.choice("123"))
        yield
        if one.plan == "stops half-way":
            return
        await one.phone.say(self.rng.choice("123"))
        yield
        await one.phone.say(f"建议{one.mark}")
        one.finished_at = int(self.clock().timestamp())
        yield

    async def _page(self, one: Citizen, invitation: str) -> AsyncIterator[None]:
        found = ADDRESS.search(invitation)
        if found is None:
            raise LookupError("the invitation has no link")
        address = self.base + urlsplit(found[1]).path
        forms: list[dict[str, str]] = [
            {"step": "begin"},
            {"step": "next", "question": "know", "answer": self.rng.choice("123")},
            {"step": "next", "question": "content", "answer": self.rng.choice("1239")},
            {"step": "next", "question": "words", "answer": f"建议{one.mark}"},
        ]
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            for form in forms:
                async with browser.get(address) as response:
                    token = TOKEN.search(await response.text())
                if token is None:
                    raise LookupError("the page has no form")
                async with browser.post(address, data=form | {"form_token": token[1]}) as response:
                    response.raise_for_status()
                yield
        one.finished_at = int(self.clock().timestamp())

    async def _send_late(self, wave: Wave) -> None:
        """Replies that missed their delivery wait in the outbox, where `late_replies` puts them."""
        async with self.database.transaction() as connection:
            for one in [one for one in self.citizens if one.finished_at][:LATE_REPLIES]:
                person = await residents.find(connection, one.phone.openid)
                if person is None:
                    raise LookupError(one.phone.name)
                entry = NewEntry(
                    key=f"late-{secrets.token_hex(24)}",
                    kind="custom",
                    payload={"text": "您的回答已经保存。"},
                    due_at=self.clock.now.fromtimestamp(one.finished_at, self.clock.now.tzinfo),
                    expires_at=self.clock() + timedelta(hours=47),
                    resident=person.id,
                )
                await outbox.add(connection, [entry], self.clock())

    async def close_wave(self, wave: Wave) -> None:
        """End the wave and take everything that lies about."""
        self.clock.passes(minutes=20)
        journal = Journal(Path(self.config.privacy.erasure_journal))
        await Erasure(self.database, journal).close_wave(WAVE, self.clock())
        await self._look(wave, "after")
        self.loot.files["journal"] = journal.file.read_bytes()
        self.loot.files["log"] = self.log.getvalue().encode()
        async with self.database.snapshot() as connection:
            for metadata in migrate.metadatas():
                for table in metadata.tables.values():
                    rows = await connection.execute(select(table))
                    self.loot.tables[table.name] = [dict(row) for row in rows.mappings()]
        if self.database.file is None:
            await self._read_pages()
        else:
            self.loot.files |= _with_log(self.database.file)

    async def _read_pages(self) -> None:
        """PostgreSQL's own files of the tables that a closed wave was in, dead rows and all."""
        async with self.database.writer.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("CHECKPOINT"))
            for table in PAGES:
                query = text(f"SELECT pg_read_binary_file(pg_relation_filepath('{table}'))")
                self.loot.files[f"pages of {table}"] = (await connection.execute(query)).scalar_one()

    async def _look(self, wave: Wave, when: str) -> None:
        """A backup and an export."""
        file = self.folder / f"{when}.zip"
        await backup(self.database, file, self.clock())
        with ZipFile(file) as archive:
            for name in archive.namelist():
                self.loot.files[f"backup {when}/{name}"] = archive.read(name)
        out = BytesIO()
        async with self.database.snapshot() as connection:
            await write_wave(connection, wave, "csv", out)
        self.loot.files[f"export {when}"] = out.getvalue()


def _with_log(file: Path) -> dict[str, bytes]:
    """SQLite's file and the two beside it, which may be missing."""
    found = {suffix: Path(f"{file}{suffix}") for suffix in ("", "-wal", "-shm")}
    return {f"database{suffix}": one.read_bytes() if one.exists() else b"" for suffix, one in found.items()}


@asynccontextmanager
async def inhabited(url: str, folder: Path, seed: int) -> AsyncIterator[Town]:
    """A town with its service running on a migrated database, its log at DEBUG."""
    town = Town(url, folder, seed)
    _, handler = logs.configure(Logging(level="DEBUG"), logs.secrets_of(town.config), town.log)
    await migrate.migrate(town.database)
    platform = web.Application()
    platform.add_subapp("/simulator", town.simulator.app)
    runner = await start(platform, "127.0.0.1", town._platform)
    try:
        await town.open()
        yield town
    finally:
        await town.close()
        await runner.cleanup()
        await town.database.close()
        logging.getLogger().removeHandler(handler)
