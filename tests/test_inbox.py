"""The queue before the transaction: a full one, a poisoned batch, a decision that breaks."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.batches import WAITING_LIMIT, NotYet, Overloaded
from bot.chat import inbox as inboxes
from bot.chat.inbox import Handled, Inbox, People, Ticket
from bot.chat.live import LiveContent
from bot.chat.situation import Answered
from bot.chat.turns import Turns
from bot.config import Office, Privacy
from bot.database import Database
from bot.inquiries import letters
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.retention.shredding import Shredder
from bot.wechat.incoming import Incoming
from content.rules.topic import Topic
from tests.office import START, Clock

CLOCK = Clock()


def message(text: str, openid: str = "o" * 28) -> Incoming:
    """A text that somebody sent."""
    moment = int(CLOCK().timestamp())
    return Incoming(openid, "gh_1", moment, "text", f"{openid}-{text}".ljust(64, ".")[-64:], text=text)


async def stored(database: Database) -> int:
    """How many messages had an effect."""
    async with database.snapshot() as conn:
        return int((await conn.execute(select(func.count()).select_from(inboxes.inbox))).scalar_one())


def ids() -> object:
    """Keys for residents, in order."""
    counter = iter(range(1, 1_000_000))
    return lambda: next(counter)


async def echo(
    conn: AsyncConnection, people: People, tickets: Sequence[Ticket], now: datetime
) -> list[Handled]:
    """Replies with the message; breaks on a poisoned one."""
    if any("毒" in ticket.incoming.text for ticket in tickets):
        raise ZeroDivisionError
    return [Handled(ticket.incoming.text, people[ticket.incoming.openid].id, None) for ticket in tickets]


async def nothing(conn: AsyncConnection, keys: Sequence[str]) -> None:
    """A repetition that changes nothing."""


def inbox_of(database: Database, process: object = echo) -> Inbox:
    """An inbox that is not started yet."""
    return Inbox(database, process, nothing, CLOCK, ids())  # type: ignore[arg-type]


async def test_a_poisoned_message_fails_alone(database: Database) -> None:
    inbox = inbox_of(database)
    texts = ("一", "毒", "三")
    handling = [asyncio.create_task(inbox.handle(message(text, f"o{text}"))) for text in texts]
    await asyncio.sleep(0)
    inbox.start()
    replies = await asyncio.gather(*handling, return_exceptions=True)
    await inbox.stop()
    assert [replies[0], replies[2]] == ["一", "三"]
    assert isinstance(replies[1], NotYet)
    assert await stored(database) == 2


async def test_a_full_queue_refuses_and_stores_nothing(database: Database) -> None:
    inbox = inbox_of(database)
    waiting = [
        asyncio.create_task(inbox.handle(message(str(number), f"o{number}")))
        for number in range(WAITING_LIMIT)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await inbox.handle(message("one too many"))
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await stored(database) == 0


async def test_a_stopping_inbox_finishes_what_it_took_and_takes_no_more(database: Database) -> None:
    inbox = inbox_of(database)
    taken = asyncio.create_task(inbox.handle(message("再见")))
    await asyncio.sleep(0)
    inbox.start()
    await inbox.stop()
    assert await taken == "再见"
    with pytest.raises(Overloaded):
        await inbox.handle(message("还在吗"))


async def test_a_hung_up_delivery_drops_no_message(database: Database) -> None:
    inbox = inbox_of(database)
    first = asyncio.create_task(inbox.handle(message("在")))
    await asyncio.sleep(0)
    first.cancel()
    inbox.start()
    assert await inbox.handle(message("在")) == "在"
    await inbox.stop()
    assert await stored(database) == 1


class Fragile(LiveContent):
    """Content on which one question breaks."""

    def answer(self, text: str, topic: Topic | None = None, home: str = "") -> Answered:
        """Fails like a bug would."""
        if "坏" in text:
            raise ZeroDivisionError
        return Answered("好", "small_talk")


def turns_of(database: Database, tmp_path: Path) -> Turns:
    """The service's own decisions on that content; the account sends no customer-service messages."""
    office = Office(hotline="12345")
    return Turns(
        office,
        Fragile(office),
        "http://127.0.0.1",
        lambda: "t",
        sends_customer_messages=False,
        erasure=Erasure(database, Journal(tmp_path / "erasures.jsonl")),
        shredder=Shredder(database),
        privacy=Privacy(),
    )


async def test_a_decision_that_breaks_leaves_its_sender_with_a_word(
    database: Database, tmp_path: Path
) -> None:
    inbox = inbox_of(database, turns_of(database, tmp_path).process)
    texts = ("你在做什么呀", "这是坏的", "他在做什么呀")
    handling = [asyncio.create_task(inbox.handle(message(text, f"o{text}"))) for text in texts]
    await asyncio.sleep(0)
    inbox.start()
    replies = await asyncio.gather(*handling)
    await inbox.stop()
    assert replies[0] == replies[2] == "好"
    assert "12345" in replies[1]
    assert await stored(database) == 3


async def test_a_letter_is_not_spent_on_a_reply_that_nobody_waits_for(
    database: Database, tmp_path: Path
) -> None:
    inbox = inbox_of(database, turns_of(database, tmp_path).process)
    inbox.start()
    assert await inbox.handle(message("你在做什么呀")) == "好"
    async with database.transaction() as conn:
        (person,) = (await conn.execute(select(residents.table.residents.c.id))).scalars()
        await letters.write(conn, person, "周一到周五。", "alice", START)
    hung_up = asyncio.create_task(inbox.handle(message("那个呢")))
    await asyncio.sleep(0)
    hung_up.cancel()
    assert await inbox.handle(message("还有呢")) == "周一到周五。\n\n好"
    assert await inbox.handle(message("再问呢")) == "好"
    assert await inbox.handle(message("那个呢")) == "好"
    await inbox.stop()


async def test_the_replies_of_a_closing_wave_tell_neither_who_came_nor_in_which_order(
    database: Database,
) -> None:
    table, early = inboxes.inbox, int(CLOCK().timestamp())
    rows = [
        {"key": key, "resident": 5, "wave_id": wave, "reply": key, "received_at": early}
        for key, wave in (("c", 1), ("x", 2), ("a", 1), ("b", 1))
    ]
    midnight = int(CLOCK().replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    async with database.transaction() as conn:
        await conn.execute(table.insert(), rows)
        await inboxes.unlink_wave(conn, 1, CLOCK())
    async with database.snapshot() as conn:
        found = [tuple(row) for row in await conn.execute(select(table).order_by(table.c.key))]
        unlinked = [(key, None, None, key, midnight) for key in "abc"]
        assert found == [*unlinked, ("x", 5, 2, "x", early)]
        if database.is_sqlite:
            numbered = await conn.execute(select(table.c.key).order_by(literal_column("rowid")))
            assert numbered.scalars().all() == ["x", "a", "b", "c"]
