"""A delivery has its effect once, and a redelivery gets the stored reply.

All messages that arrive while one transaction commits are served together by the next one. The rows
of their senders are locked first (SQLite: the whole database), then the stored keys are read, so a
redelivery on another replica waits for the first one to commit and finds its reply. A reply leaves
only after the commit. Nothing that was typed is stored here: a redelivery needs the reply alone.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BigInteger, Column, String, Table, Text, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.database import Database, metadata
from bot.residents import Resident
from bot.wechat.incoming import Incoming

log = logging.getLogger(__name__)

inbox = Table(
    "inbox",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("resident", BigInteger),
    Column("wave_id", BigInteger),
    Column("reply", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

WAITING_LIMIT = 2_000
BATCH_LIMIT = 256
PATIENCE_SECONDS = 4.5
STOP_SECONDS = 1.0
"""When it is stopped the webhook has been drained: nobody waits for a reply any more."""


class Overloaded(Exception):
    """Too many messages wait; nothing was stored, so WeChat must deliver this one again."""


class NotYet(Exception):
    """The reply is not ready in time; WeChat's next delivery of the message will find it."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one message: the reply, and whose and which wave's row it is."""

    reply: str
    resident: int | None
    wave_id: int | None


@dataclass(slots=True, eq=False)
class Ticket:
    """One message in work; every delivery of it waits on the same future."""

    incoming: Incoming
    taken_at: datetime
    reply: asyncio.Future[str]
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
        self._tickets: dict[str, Ticket] = {}
        self._queue: deque[Ticket] = deque()
        self._arrival = asyncio.Event()
        self._closing = False
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many messages are queued or in work."""
        return len(self._tickets)

    def start(self) -> None:
        """Begin to serve; called once inside the running loop."""
        self._worker = asyncio.create_task(self._serve(), name="inbox")

    async def stop(self, patience: float = STOP_SECONDS) -> None:
        """Finish what was taken in, refuse the rest; what the database does not take within so many
        seconds was acknowledged to nobody and is given up.
        """
        self._closing = True
        self._arrival.set()
        if self._worker is None:
            return
        await asyncio.wait([self._worker], timeout=patience)
        if not self._worker.done():
            self._worker.cancel()
            log.warning("stopped with messages waiting", extra={"waiting": self.waiting})
        await asyncio.gather(self._worker, return_exceptions=True)
        for ticket in list(self._tickets.values()):
            self._finish(ticket, NotYet())

    async def handle(self, incoming: Incoming) -> str:
        """The reply to a message, stored before this returns; "" means that nothing is to be said.

        Raises Overloaded or NotYet, after both of which WeChat must deliver the message again.
        """
        ticket = self._tickets.get(incoming.key)
        if ticket is None:
            if self._closing or len(self._queue) >= WAITING_LIMIT:
                raise Overloaded
            ticket = Ticket(incoming, self._clock(), asyncio.get_running_loop().create_future())
            self._tickets[incoming.key] = ticket
            self._queue.append(ticket)
            self._arrival.set()
        ticket.deliveries_waiting += 1
        try:
            return await asyncio.wait_for(asyncio.shield(ticket.reply), PATIENCE_SECONDS)
        except TimeoutError:
            raise NotYet from None
        finally:
            ticket.deliveries_waiting -= 1

    async def _serve(self) -> None:
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._arrival.clear()
                await self._arrival.wait()
                continue
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_LIMIT))]
            await self._serve_batch(batch)

    async def _serve_batch(self, batch: list[Ticket]) -> None:
        try:
            replies = await self._commit(batch)
        except Exception as error:
            if len(batch) > 1:
                log.warning(
                    "batch failed, trying each alone", extra={"size": len(batch), "why": _kind(error)}
                )
                await self._serve_singly(batch)
                return
            log.error("message failed", extra={"why": _kind(error)})
            self._finish(batch[0], error)
            return
        for ticket, reply in zip(batch, replies, strict=True):
            self._finish(ticket, reply)

    async def _serve_singly(self, batch: Sequence[Ticket]) -> None:
        """Each in its own transaction; after a failure the same sender's later ones wait for WeChat's next
        delivery, because an answer that overtakes another lands under the wrong question.
        """
        failed: set[str] = set()
        for ticket in batch:
            if ticket.incoming.openid in failed:
                self._finish(ticket, NotYet())
                continue
            await self._serve_batch([ticket])
            if ticket.reply.exception() is not None:
                failed.add(ticket.incoming.openid)

    def _finish(self, ticket: Ticket, result: str | Exception) -> None:
        del self._tickets[ticket.incoming.key]
        if isinstance(result, str):
            ticket.reply.set_result(result)
        else:
            ticket.reply.set_exception(NotYet())
            ticket.reply.exception()  # every delivery may have gone; that is no unretrieved error

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
                rows = [
                    {
                        "key": ticket.incoming.key,
                        "resident": one.resident,
                        "wave_id": one.wave_id,
                        "reply": one.reply,
                        "received_at": int(now.timestamp()),
                    }
                    for ticket, one in zip(fresh, handled, strict=True)
                ]
                await connection.execute(insert(inbox), rows)
                replies |= {
                    ticket.incoming.key: one.reply for ticket, one in zip(fresh, handled, strict=True)
                }
            self._step("inbox: before commit")
        self._step("inbox: after commit")
        self._committed(len(batch))
        return [replies[ticket.incoming.key] for ticket in batch]


async def _stored(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    rows = await connection.execute(select(inbox.c.key, inbox.c.reply).where(inbox.c.key.in_(keys)))
    return {row.key: row.reply for row in rows}


def _kind(error: Exception) -> str:
    """The type of an error: its text could quote what a resident wrote."""
    return type(error).__name__


async def forget_before(connection: AsyncConnection, moment: int) -> int:
    """Delete rows that no redelivery can ask for any more; how many they were."""
    return (await connection.execute(delete(inbox).where(inbox.c.received_at < moment))).rowcount


async def forget_resident(connection: AsyncConnection, resident: int) -> None:
    """Delete the rows of one person."""
    await connection.execute(delete(inbox).where(inbox.c.resident == resident))


async def unlink_wave(connection: AsyncConnection, wave_id: int, now: datetime) -> None:
    """Cut the rows of a closing wave from their senders and from the minute they came in.

    The replies stay until the nightly job, because WeChat may still deliver a message again.
    """
    midnight = int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    statement = (
        update(inbox)
        .where(inbox.c.wave_id == wave_id)
        .values(resident=None, wave_id=None, received_at=midnight)
    )
    await connection.execute(statement)
