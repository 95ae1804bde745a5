"""Notices to colleagues, by e-mail or by the group robot: ordered in the outbox, sent, tried again, shown.

Unlike a push to residents a notice may arrive twice without harm, so an abandoned one is simply sent again.
A notice about a text that has moved on is dropped instead.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.config import Config
from bot.database import Database
from bot.office import staff_contacts
from bot.office.mail import Letter, Mailbox, NotSent
from bot.outbox.entries import Entry, NewEntry
from bot.wechat import robot

log = logging.getLogger(__name__)

Way = Literal["mail", "robot"]
BATCH = 10
LEASE_SECONDS = 120
PAUSES = (60, 300, 900, 1800)
"""Seconds before the second, third … try; the last goes on until the notice is out of date."""
NO_ADDRESS = "这位同事没有留邮箱，或者已经去掉。"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a colleague (`staff_id`), or the office's group, is to be told; dropped once out of date."""

    key: str
    way: Way
    subject: str
    text: str
    until: datetime
    staff_id: int = 0


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways that the office has configured."""

    mailbox: Mailbox | None
    robot_url: str = field(repr=False)
    office: str

    @classmethod
    def of(cls, config: Config) -> "Channels":
        """As configured."""
        campaigns = config.campaigns
        return cls(Mailbox.of(campaigns), campaigns.robot_url.get_secret_value(), config.office.name)

    @property
    def ways(self) -> tuple[Way, ...]:
        """The configured ones."""
        ways: dict[Way, bool] = {"mail": self.mailbox is not None, "robot": bool(self.robot_url)}
        return tuple(way for way, has in ways.items() if has)

    def notices(
        self, key: str, subject: str, text: str, until: datetime, readers: Iterable[int]
    ) -> list[Notice]:
        """The same words by every configured way: once to the group, and to each of these colleagues."""
        found = [Notice(f"{key}-robot", "robot", subject, text, until)] if "robot" in self.ways else []
        if "mail" in self.ways:
            found += [Notice(f"{key}-{one}", "mail", subject, text, until, one) for one in readers]
        return found

    async def send(self, entry: Entry, email: str, now: datetime) -> None:
        """One notice on its way; raises NotSent."""
        subject, text = str(entry.payload["subject"]), str(entry.payload["text"])
        if entry.payload["way"] == "robot" and self.robot_url:
            await robot.say(self.robot_url, text)
        elif entry.payload["way"] == "mail" and self.mailbox is not None:
            if not email:
                raise NotSent(NO_ADDRESS, again=False)
            await self.mailbox.send(Letter(entry.key, email, subject, text), self.office, now)
        else:
            raise NotSent("这种提醒方式已经不用了。", again=False)


async def order(conn: AsyncConnection, notices: Sequence[Notice], now: datetime) -> int:
    """Put notices into the outbox; one whose key exists is left as it is. How many were new."""
    entries = [
        NewEntry(
            key=one.key,
            kind="notice",
            payload={"way": one.way, "staff": one.staff_id, "subject": one.subject, "text": one.text},
            due_at=now,
            expires_at=one.until,
        )
        for one in notices
    ]
    return await outbox.add(conn, entries, now)


class Ordering(ABC):
    """Work that the heartbeat calls: what is in place is ordered, each key once, and leaves by the outbox."""

    def __init__(
        self, database: Database, config: Config, channels: Channels, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._config = config
        self._channels = channels
        self._clock = clock

    async def order_due(self) -> int:
        """Order what is in place now; how many notices are new."""
        now = self._clock()
        wanted = await self._wanted(now)
        if not wanted:
            return 0
        async with self._database.transaction() as conn:
            return await order(conn, wanted, now)

    @abstractmethod
    async def _wanted(self, now: datetime) -> list[Notice]:
        """What is in place now, ordered already or not."""


class Notices:
    """The work that the heartbeat calls; any number of replicas may run it. `is_stale` says of a key whether
    what it tells of is over.
    """

    def __init__(
        self,
        database: Database,
        channels: Channels,
        clock: Callable[[], datetime],
        is_stale: Callable[[AsyncConnection, str], Awaitable[bool]],
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._is_stale = is_stale

    async def send_waiting(self) -> int:
        """Send what waits; returns how many notices this replica took."""
        now = self._clock()
        async with self._database.snapshot() as conn:
            if not await outbox.has_work(conn, now, ("notice",)):
                return 0
        async with self._database.transaction() as conn:
            await outbox.expire(conn, now, ("notice",))
            claimed = await outbox.claim(conn, now, BATCH, LEASE_SECONDS, ("notice",))
            stale = {entry.id for entry in claimed if await self._is_stale(conn, entry.key)}
            for entry in claimed:
                if entry.id in stale:
                    await outbox.settle(conn, entry.id, entry.attempt, "stopped", "", now)
            emails = await staff_contacts.emails(conn, {entry.payload["staff"] for entry in claimed})
        for entry in claimed:
            if entry.id not in stale:
                await self._send(entry, emails.get(entry.payload["staff"], ""))
        return len(claimed)

    async def _send(self, entry: Entry, email: str) -> None:
        problem = None
        try:
            await self._channels.send(entry, email, self._clock())
        except NotSent as error:
            log.warning("notice %d did not leave", entry.id, extra={"again": error.again})
            problem = error
        now = self._clock()
        async with self._database.transaction() as conn:
            if problem is None:
                await outbox.settle(conn, entry.id, entry.attempt, "sent", "", now)
            elif problem.again:
                pause = timedelta(seconds=PAUSES[min(entry.attempt, len(PAUSES)) - 1])
                words, again_at = problem.words, now + pause
                await outbox.release(conn, entry.id, entry.attempt, again_at, words, uncalled=True)
            else:
                await outbox.settle(conn, entry.id, entry.attempt, "failed", problem.words, now)
