"""Clocks that are set, jobs that hang, senders that fail beside others, bodies that never end."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits, outbox
from bot.batches import NotYet
from bot.chat.inbox import Handled, Inbox, People, Ticket
from bot.database import Database
from bot.heartbeat import Heartbeat
from bot.limits import Meter, Rule
from bot.outbox.entries import NewEntry
from bot.pushes.delivery import Delivery
from bot.service import SERVICE
from bot.serving import ended_in_time
from bot.web import webhook
from bot.wechat.api import Article, MassJob
from bot.wechat.errors import ApiError, Rejected
from bot.wechat.incoming import Incoming
from tests.office import Clock
from tests.world import World

HOUR = timedelta(hours=1)


async def test_a_clock_set_back_does_not_silence_the_heart() -> None:
    beats, started, again = 0, asyncio.Event(), asyncio.Event()

    async def work() -> None:
        nonlocal beats
        beats += 1
        started.set()
        if beats > 3:
            again.set()

    heart = Heartbeat({"work": (0.01, work)}, watch=0.01)
    heart.start()
    await started.wait()
    job = heart._scheduler.get_job("work")
    heart._scheduler.modify_job("work", next_run_time=job.next_run_time + HOUR)
    await again.wait()
    await heart.stop()


async def test_a_hanging_job_does_not_keep_the_service_from_stopping() -> None:
    cut_off = asyncio.Event()

    async def hangs() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut_off.set()

    heart = Heartbeat({"send": (60.0, hangs)})
    heart.start()
    await heart.stop(patience=0)
    assert cut_off.is_set()


def test_a_stop_that_does_not_end_is_left_in_time() -> None:
    """A database that was there and said nothing kept the service from stopping, for good."""
    left = threading.Event()
    with ended_in_time(0.0, left.set) as told:
        told()
        assert left.wait()


def test_a_stop_that_ends_by_itself_is_not_left() -> None:
    left = threading.Event()
    with ended_in_time(60.0, left.set) as told:
        told()
    for timer in [one for one in threading.enumerate() if isinstance(one, threading.Timer)]:
        timer.join()
    assert not left.is_set()


async def test_no_job_begins_while_the_last_requests_are_answered() -> None:
    """One that began then, and met a locked database, made the stop take twelve seconds."""
    begun: list[str] = []

    async def work() -> None:
        begun.append("work")

    stopping = asyncio.Event()
    heart = Heartbeat({"work": (60.0, work)}, stopping=stopping)
    heart.start()
    await asyncio.gather(*heart._running.values())
    await heart._beat("work")
    await asyncio.gather(*heart._running.values())
    stopping.set()
    await heart._beat("work")
    assert not heart._running
    assert len(begun) == 2
    await heart.stop()


async def test_what_a_request_began_beside_itself_ends_with_the_service(world: World) -> None:
    """A file that was still being made went on with a database that was closed."""
    assert world.app is not None
    making: asyncio.Task[object] = asyncio.create_task(asyncio.Event().wait())
    world.app[SERVICE].under_way.add(making)
    await world.close()
    assert making.cancelled()


def test_a_clock_set_back_locks_nobody_out() -> None:
    meter, clock = Meter(Rule(times=2, seconds=60)), Clock()
    assert [meter.allows("林", clock()) for _ in range(3)] == [True, True, False]
    assert meter.allows("林", clock() - 24 * HOUR)


async def test_a_clock_set_back_locks_nobody_out_of_the_shared_limit(database: Database) -> None:
    rule, now = Rule(times=2, seconds=60), Clock()()
    async with database.transaction() as conn:
        assert [await limits.take(conn, "login", rule, now) for _ in range(3)] == [True, True, False]
        assert await limits.take(conn, "login", rule, now - 24 * HOUR)


class Fussy:
    """A platform that refuses the first message and is slow with the second."""

    def __init__(self) -> None:
        self.refused, self.sent = asyncio.Event(), 0

    async def custom_text(self, openid: str, text: str) -> None:
        """Refuse, or send once the refusal has been dealt with."""
        if text == "拒":
            raise ApiError("message/custom/send", Rejected(45015, "对方超过 48 小时没有来信。"))
        await self.refused.wait()
        self.sent += 1

    async def upload_cover(self, image: bytes) -> str:
        raise NotImplementedError

    async def add_draft(self, articles: Sequence[Article]) -> str:
        raise NotImplementedError

    async def mass_send_all(self, media_id: str, clientmsgid: str, tag: int | None = None) -> MassJob:
        raise NotImplementedError

    async def mass_status(self, msg_id: str) -> str:
        raise NotImplementedError


class Flaky(Database):
    """A database whose n-th transaction fails, as a locked or full one does."""

    fails_at = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        self.fails_at -= 1
        if self.fails_at == 0:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        async with super().transaction() as conn:
            yield conn


async def openid_of(_conn: AsyncConnection, _resident: int) -> str | None:
    return "o" * 28


async def test_a_settlement_that_fails_does_not_cut_off_the_sends_beside_it(sqlite_url: str) -> None:
    database, platform, clock = Flaky(sqlite_url), Fussy(), Clock()
    later = clock() + HOUR
    entries = [
        NewEntry(text, "custom", {"text": text}, due_at=clock(), expires_at=later, resident=1)
        for text in ("拒", "发")
    ]
    async with database.transaction() as conn:
        await outbox.add(conn, entries, clock())

    def passed(step: str) -> None:
        if step == "outbox: before call" and database.fails_at < 0:
            database.fails_at = 1

    delivery = Delivery(database, platform, clock, b"", "文明办", openid_of, steps=passed)
    sending = asyncio.create_task(delivery.send_waiting())
    while database.fails_at != 0:  # noqa: ASYNC110 - the settlement of the refused message is refused
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    platform.refused.set()
    assert await sending == 2
    assert platform.sent == 1
    async with database.snapshot() as conn:
        assert await outbox.states(conn) == {"sending": 1, "sent": 1}
    await database.close()


async def test_after_a_failure_no_later_message_of_the_same_person_goes_first(database: Database) -> None:
    tries = 0

    async def process(
        _conn: AsyncConnection, people: People, tickets: Sequence[Ticket], _now: datetime
    ) -> list[Handled]:
        nonlocal tries
        tries += 1
        if tries <= 2:  # the batch, then its first message alone: a lock that passes
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return [Handled(one.incoming.text, people[one.incoming.openid].id, None) for one in tickets]

    async def nothing(_conn: AsyncConnection, _keys: Sequence[str]) -> None: ...

    clock, ids = Clock(), iter(range(1, 100))
    inbox = Inbox(database, process, nothing, clock, lambda: next(ids))
    said = [("aunt", "第一题"), ("aunt", "第二题"), ("uncle", "第一题")]
    handling = [
        asyncio.create_task(inbox.handle(Incoming(who, "gh", 1, "text", f"{who}{words}", text=words)))
        for who, words in said
    ]
    await asyncio.sleep(0)
    inbox.start()
    replies = await asyncio.gather(*handling, return_exceptions=True)
    await inbox.stop()
    assert isinstance(replies[0], NotYet)
    assert isinstance(replies[1], NotYet)
    assert replies[2] == "第一题"


async def test_a_body_that_never_ends_is_given_up(world: World) -> None:
    assert world.app is not None
    world.app[webhook.INTAKE].body_seconds = 0.01
    port = world.config.server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /wechat?signature=x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<xml>")
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert b"408" in status
    assert await world.resident("王阿姨").say("你好")


@pytest.mark.parametrize("field", ["MsgId", "Status"])
async def test_endless_ids_and_states_of_a_finish_event_are_no_stuck_message(
    each_world: World, field: str
) -> None:
    fields = {"MsgID": "1", "Status": "send success", "TotalCount": "1", "SentCount": "1"}
    fields |= {"Status" if field == "Status" else "MsgID": "9" * 300}
    delivery = await each_world.simulator.event("MASSSENDJOBFINISH", "o" * 28, **fields)
    assert delivery.attempts[-1].status in (200, 400)
