"""A delivery has its effect once, and a redelivery gets the stored reply.

All messages that arrive while one transaction commits are served together by the next one. The rows
of their senders are locked first (SQLite: the whole database), then the stored keys are read, so a
redelivery on another replica waits for the first one to commit and finds its reply. A reply leaves
only after the commit. Nothing that was typed is stored here: a redelivery needs the reply alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    String,
    Table,
    Text,
    delete,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.batches import STOP_SECONDS, Batches, NotYet, Overloaded
from bot.database import Database, metadata
from bot.patience import Patience
from bot.residents import Resident
from bot.wechat.incoming import Incoming
from surveys.listed import one_of

inbox = Table(
    "inbox",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("resident", BigInteger),
    Column("wave_id", BigInteger),
    Column("reply", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

_REPLIES = select(inbox.c.key, inbox.c.reply).where(one_of(inbox.c.key, "keys"))

PATIENCE_SECONDS = 4.5
"""WeChat gives up after five, and asks again."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one message: the reply, and whose and which wave's row it is."""

    reply: str
    resident: int | None
    wave_id: int | None


@dataclass(slots=True, eq=False)
class Ticket:
    """One message in work, and how many deliveries of it wait for the reply."""

    incoming: Incoming
    taken_at: datetime
    deliveries_waiting: int = field(default=0)


People = Mapping[str, Resident]
Repeated = Callable[[AsyncConnection, Sequence[str]], Awaitable[None]]
Process = Callable[[AsyncConnection, People, Sequence[Ticket], datetime], Awaitable[Sequence[Handled]]]


class Inbox:
    """The queue before the one transaction.

    `repeated` is told the keys of messages that came again; `process` decides the messages that are new,
    in order, and applies their effects on the same connection. `step` is called by name at the points where a
    crash is rehearsed, `committed` with the size of each batch.
    """

    def __init__(
        self,
        database: Database,
        process: Process,
        repeated: Repeated,
        clock: Callable[[], datetime],
        new_id: Callable[[], int],
        step: Callable[[str], None] = lambda name: None,
        committed: Callable[[int], None] = lambda messages: None,
    ) -> None:
        self._database = database
        self._process = process
        self._repeated = repeated
        self._clock = clock
        self._new_id = new_id
        self._step = step
        self._committed = committed
        self._patience = Patience(PATIENCE_SECONDS)
        self._tickets: dict[str, tuple[Ticket, asyncio.Future[str]]] = {}
        self._batches: Batches[Ticket, str] = Batches(
            "inbox", self._commit, lambda ticket: ticket.incoming.openid
        )

    @property
    def waiting(self) -> int:
        """How many messages are queued or in work."""
        return self._batches.waiting

    def start(self) -> None:
        """Begin to serve; called once inside the running loop."""
        self._batches.start()

    async def stop(self, patience: float = STOP_SECONDS) -> None:
        """Finish what was taken in, refuse the rest, within so many seconds."""
        await self._batches.stop(patience)

    async def handle(self, incoming: Incoming) -> str:
        """The reply to a message, stored before this returns; "" means that nothing is to be said.

        Raises Overloaded or NotYet, after both of which WeChat must deliver the message again.
        """
        ticket, reply = self._tickets.get(incoming.key) or self._take(incoming)
        ticket.deliveries_waiting += 1
        try:
            return await self._patience.wait(reply)
        except (Overloaded, NotYet):
            raise
        except TimeoutError:
            raise NotYet from None
        except Exception:  # the batch has logged it; WeChat's next delivery tries anew
            raise NotYet from None
        finally:
            ticket.deliveries_waiting -= 1

    def _take(self, incoming: Incoming) -> tuple[Ticket, asyncio.Future[str]]:
        ticket = Ticket(incoming, self._clock())
        taken = ticket, self._batches.put(ticket)
        self._tickets[incoming.key] = taken
        taken[1].add_done_callback(lambda _: self._tickets.pop(incoming.key))
        return taken

    async def _commit(self, batch: Sequence[Ticket]) -> list[str]:
        """Serve a batch in one transaction and return the replies in its order."""
        now = self._clock()
        self._step("inbox: before take")
        async with self._database.transaction() as connection:
            senders = {ticket.incoming.openid for ticket in batch}
            people = await residents.ensure(connection, senders, self._new_id)
            replies = await _stored(connection, [ticket.incoming.key for ticket in batch])
            if replies:
                await self._repeated(connection, list(replies))
            fresh = [ticket for ticket in batch if ticket.incoming.key not in replies]
            writing = {ticket.incoming.openid for ticket in fresh}
            await residents.remove(
                connection, [one.id for one in people.values() if one.openid not in writing and one.is_blank]
            )
            self._step("inbox: after take")
            if fresh:
                handled = await self._process(connection, people, fresh, now)
                given = {ticket.incoming.key: one for ticket, one in zip(fresh, handled, strict=True)}
                await _keep(connection, given, now)
                replies |= {key: one.reply for key, one in given.items()}
            self._step("inbox: before commit")
        self._step("inbox: after commit")
        self._committed(len(batch))
        return [replies[ticket.incoming.key] for ticket in batch]


async def _stored(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    rows = await connection.execute(_REPLIES, {"keys": keys})
    return {row.key: row.reply for row in rows}


async def _keep(connection: AsyncConnection, handled: Mapping[str, Handled], now: datetime) -> None:
    moment = int(now.timestamp())
    rows = [(key, one.resident, one.wave_id, one.reply, moment) for key, one in handled.items()]
    await connection.exec_driver_sql(_keeping(connection.dialect), rows)


@cache
def _keeping(dialect: Dialect) -> str:
    """An INSERT whose rows go to the driver as they are: no column of theirs needs to be converted."""
    return str(insert(inbox).compile(dialect=dialect))


async def forget_before(connection: AsyncConnection, moment: int) -> int:
    """Delete rows that no redelivery can ask for any more; how many they were."""
    return (await connection.execute(delete(inbox).where(inbox.c.received_at < moment))).rowcount


async def forget_resident(connection: AsyncConnection, resident: int) -> None:
    """Delete the rows of one person."""
    await connection.execute(delete(inbox).where(inbox.c.resident == resident))


async def unlink_wave(connection: AsyncConnection, wave_id: int, now: datetime) -> None:
    """Cut the rows of a closing wave from their senders and from the minute they came in.

    The replies stay until the nightly job, because WeChat may still deliver a message again. On SQLite rows
    have numbers in the order in which they came; these are written anew in the order of their keys.
    """
    midnight = int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    theirs = inbox.c.wave_id == wave_id
    if connection.dialect.name == "sqlite":
        rows = select(inbox.c.key, inbox.c.reply, literal(midnight)).where(theirs).order_by(inbox.c.key)
        renewed = insert(inbox).prefix_with("OR REPLACE")
        await connection.execute(renewed.from_select(["key", "reply", "received_at"], rows))
        return
    values = {"resident": None, "wave_id": None, "received_at": midnight}
    await connection.execute(update(inbox).where(theirs).values(values))
