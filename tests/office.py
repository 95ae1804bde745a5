"""An office to walk into: its people, their browsers, and a clock that the test turns."""

import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import argon2
from aiohttp import ClientResponse, ClientSession, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.config import Config
from bot.database import Database
from bot.office import audit, staff, totp
from bot.office.passwords import Passwords
from bot.office.staff import Staff
from bot.service import SERVICE, Service
from bot.web import account_desk, audit_desk, guard, login, today_desk
from bot.web.routes import Routes
from tests.schema import new_sqlite

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
START = datetime(2027, 2, 6, 9, 0, tzinfo=SHANGHAI)
GOOD = "春风化雨 tea 27"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DESKS = (today_desk.routes, account_desk.routes, audit_desk.routes, login.routes)


class Clock:
    """The time of the office; stands still until told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **length: float) -> None:
        """Let time go by."""
        self.now += timedelta(**length)


class Browser:
    """One person's browser: keeps cookies, follows redirects, sends forms with the token of the page."""

    def __init__(self, client: TestClient | ClientSession) -> None:
        self.client = client
        self.text = ""
        self.status = 0
        self.path = ""
        self.response: ClientResponse | None = None

    async def _take(self, response: ClientResponse) -> "Browser":
        self.text, self.status = await response.text(), response.status
        self.path, self.response = response.url.path, response
        return self

    async def opens(self, path: str) -> "Browser":
        """GET, redirects followed."""
        return await self._take(await self.client.get(path))

    async def sends(
        self,
        path: str,
        fields: Mapping[str, str] | Collection[tuple[str, str]] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> "Browser":
        """POST with the form token of the page in front of the person, redirects followed."""
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        data = [("form_token", self.form_token), *pairs]
        return await self._take(await self.client.post(path, data=data, headers=headers))

    @property
    def form_token(self) -> str:
        """The token in the page's form, "" when it has none."""
        found = re.search(r'name="form_token" value="([^"]+)"', self.text)
        return found[1] if found else ""

    async def signs_in(self, name: str, password: str = GOOD) -> "Browser":
        """The login page, name and password."""
        await self.opens("/office/login")
        return await self.sends("/office/login", {"name": name, "password": password})


class Office:
    """The served application with its database, clock and people."""

    def __init__(self, app: web.Application, service: Service, clock: Clock) -> None:
        self.app = app
        self.service = service
        self.clock = clock
        self.server = TestServer(app)
        self.clients: list[TestClient] = []

    @property
    def database(self) -> Database:
        return self.service.database

    def browser(self) -> Browser:
        """A browser that nobody has used."""
        client = TestClient(self.server, cookie_jar=CookieJar(unsafe=True))
        self.clients.append(client)
        return Browser(client)

    async def person(
        self, name: str, *roles: str, password: str = GOOD, must_change: bool = False, display: str = ""
    ) -> Staff:
        """Somebody with an account."""
        encoded = await self.app[login.PASSWORDS].hash(password)
        async with self.database.transaction() as conn:
            return await staff.add(
                conn,
                name=name,
                display=display,
                roles=roles,
                password_hash=encoded,
                must_change=must_change,
                by=audit.COMMAND_LINE,
                now=self.clock(),
            )

    async def give_phone(self, person: Staff, secret: str = "JBSWY3DPEHPK3PXP") -> str:
        """Bind a second step without walking through its page."""
        async with self.database.transaction() as conn:
            await staff.set_totp(conn, person, secret, 0, now=self.clock())
        return secret

    def code(self, secret: str) -> str:
        """What the phone shows now."""
        return totp.code(secret, totp.step_of(self.clock()))

    async def signed_in(self, name: str, *roles: str) -> Browser:
        """A new person with these roles, past every door."""
        person = await self.person(name, *roles)
        browser = self.browser()
        if "admin" in roles:
            secret = await self.give_phone(person)
            await browser.signs_in(name)
            return await browser.sends("/office/code", {"code": self.code(secret)})
        return await browser.signs_in(name)

    async def actions(self) -> list[tuple[str, str, str]]:
        """The trail as (actor, action, object), oldest first."""
        async with self.database.snapshot() as conn:
            found = await audit.lines(conn, audit.Wanted(), 500)
        return [(line.actor, line.action, line.object) for line in reversed(found)]


@asynccontextmanager
async def quick_database(folder: Path) -> AsyncIterator[Database]:
    """A fresh SQLite database with all tables."""
    opened = await new_sqlite(folder / "office.db")
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def open_office(
    database: Database,
    *,
    config: Config | None = None,
    desks: Collection[Routes] = DESKS,
    cards: Collection[today_desk.Provider] = (),
    own: Collection[today_desk.OwnProvider] = (),
) -> AsyncIterator[Office]:
    """Serve the office's door, with the desks given."""
    clock = Clock()
    app = web.Application()
    service = Service(config=config or Config(), database=database, clock=clock)
    app[SERVICE] = service
    app[login.PASSWORDS] = Passwords(QUICK)
    app[today_desk.CARDS] = tuple(cards)
    app[today_desk.OWN_CARDS] = tuple(own)
    guard.install(app, list(desks))
    office = Office(app, service, clock)
    await office.server.start_server()
    try:
        yield office
    finally:
        for client in office.clients:
            await client.session.close()
        await office.server.close()
