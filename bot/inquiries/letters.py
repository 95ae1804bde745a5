"""What the office writes back to a resident, kept until it has reached them.

Within the platform's window it goes as a customer-service message through the outbox; else, and whenever
that failed, it goes with the reply to the resident's next message, in the transaction that stores that
reply. What nobody can know (`unknown`) is not sent again by itself: a person settles it among the sends.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox, residents
from bot.database import metadata
from bot.outbox.entries import NewEntry
from bot.wording import REPLY_BYTES
from surveys.listed import one_of

Fate = Literal["kept", "leaving", "unknown", "sent", "given"]

LONGEST = 300
"""Characters: with the question before it there is still room for the reply to another message."""
QUOTED = 30
WINDOW = timedelta(hours=47)
"""The platform allows 48 hours after a resident's message; an hour is kept back for slow sends."""
QUOTA = 5
"""So many customer-service messages may follow a resident's message."""

_NO_LINKS = str.maketrans("", "", "<>")
"""The chat makes links of what stands in angle brackets; a question is quoted as mere words."""

letters = Table(
    "letters",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("resident", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(64), nullable=False),
    Column("written_at", BigInteger, nullable=False),
    Column("outbox_key", String(64), nullable=False),
    Column("given_at", BigInteger),
    Index("letters_resident", "resident"),
)
_WAITING = (
    select(letters)
    .where(one_of(letters.c.resident, "people"), letters.c.given_at.is_(None))
    .order_by(letters.c.id)
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One answer as it goes out; `given_at` (epoch seconds) is when it left with a reply."""

    id: int
    resident: int
    text: str
    author: str
    written_at: int
    outbox_key: str
    given_at: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """Where a letter is, and since when (epoch seconds; 0 while it is under way)."""

    fate: Fate
    at: int = 0


def worded(question: str, answer: str, office: str) -> str:
    """The answer as the resident reads it: whose it is, and to which question."""
    quoted = " ".join(question.translate(_NO_LINKS).split())
    if len(quoted) > QUOTED:
        quoted = quoted[:QUOTED] + "…"
    return f"您问过“{quoted}”，{office}答复您：\n{answer}"


def open_until(last_message_at: int | None) -> int:
    """Until when (epoch seconds) a customer-service message may go out."""
    return 0 if last_message_at is None else last_message_at + int(WINDOW.total_seconds())


async def write(connection: AsyncConnection, resident: int, text: str, author: str, now: datetime) -> int:
    """Keep an answer for one resident; its number."""
    added = await connection.execute(
        insert(letters)
        .values(resident=resident, text=text, author=author, written_at=int(now.timestamp()), outbox_key="")
        .returning(letters.c.id)
    )
    return int(added.scalar_one())


async def send(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> list[int]:
    """Order kept letters as customer-service messages where window and quota allow it; those ordered."""
    if not ids:
        return []
    rows = await connection.execute(select(letters).where(letters.c.id.in_(ids)).order_by(letters.c.id))
    found = [Letter(*row) for row in rows]
    seen = await residents.last_messages(connection, {one.resident for one in found})
    since = {resident: at for resident, at in seen.items() if open_until(at) > now.timestamp()}
    spent = await outbox.custom_since(connection, since)
    ordered = []
    for one in found:
        if one.resident not in since or spent.get(one.resident, 0) >= QUOTA:
            continue
        spent[one.resident] = spent.get(one.resident, 0) + 1
        ordered.append(one)
    for one in ordered:
        await _order(connection, one, since[one.resident], now)
    return [one.id for one in ordered]


async def _order(connection: AsyncConnection, letter: Letter, last_message_at: int, now: datetime) -> None:
    key = f"{outbox.LETTER}{letter.id}-{int(now.timestamp())}"
    entry = NewEntry(
        key=key,
        kind="custom",
        payload={"text": letter.text},
        due_at=now,
        expires_at=now + timedelta(seconds=open_until(last_message_at) - now.timestamp()),
        resident=letter.resident,
    )
    await outbox.add(connection, [entry], now)
    await connection.execute(update(letters).where(letters.c.id == letter.id).values(outbox_key=key))


async def owed(connection: AsyncConnection, people: Collection[int]) -> dict[int, list[Letter]]:
    """What waits for each of these residents' next message, oldest first."""
    found = [Letter(*row) for row in await connection.execute(_WAITING, {"people": people})]
    states = await statuses(connection, found) if found else {}
    waiting: dict[int, list[Letter]] = {}
    for one in found:
        if states[one.id].fate == "kept":
            waiting.setdefault(one.resident, []).append(one)
    return waiting


def beside(reply: str, waiting: Sequence[Letter]) -> tuple[str, list[Letter]]:
    """The reply with as many letters before it as the platform shows, and which they are."""
    taken: list[Letter] = []
    whole = reply
    for letter in waiting:
        longer = "\n\n".join([*(one.text for one in taken), letter.text, reply])
        if len(longer.encode()) > REPLY_BYTES:
            break
        taken.append(letter)
        whole = longer
    return whole, taken


async def give(connection: AsyncConnection, given: Sequence[Letter], now: datetime) -> None:
    """Note that letters leave with a reply that is stored in this transaction."""
    if given:
        c = letters.c
        await connection.execute(
            update(letters)
            .where(c.id.in_([one.id for one in given]), c.given_at.is_(None))
            .values(given_at=int(now.timestamp()))
        )


async def get(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Letter]:
    """Letters by number."""
    rows = await connection.execute(select(letters).where(letters.c.id.in_(ids)))
    return {row.id: Letter(*row) for row in rows}


async def kept(connection: AsyncConnection) -> list[Letter]:
    """Letters that wait for their resident's next message, oldest first."""
    found = await undelivered(connection)
    states = await statuses(connection, found)
    return [one for one in found if states[one.id].fate == "kept"]


async def undelivered(connection: AsyncConnection, limit: int = 200) -> list[Letter]:
    """Letters that did not leave with a reply, oldest first; `statuses` tells which were sent otherwise."""
    query = select(letters).where(letters.c.given_at.is_(None)).order_by(letters.c.id).limit(limit)
    return [Letter(*row) for row in await connection.execute(query)]


async def statuses(connection: AsyncConnection, found: Collection[Letter]) -> dict[int, Status]:
    """Where each letter is."""
    ends = await outbox.ends(connection, [one.outbox_key for one in found if one.outbox_key])
    return {one.id: _status(one, ends.get(one.outbox_key)) for one in found}


def _status(letter: Letter, sending: tuple[str, int | None] | None) -> Status:
    if letter.given_at is not None:
        return Status("given", letter.given_at)
    state, at = sending or ("missed", None)
    if state == "sent":
        return Status("sent", at or 0)
    if state in ("waiting", "sending"):
        return Status("leaving")
    return Status("unknown", at or 0) if state == "unknown" else Status("kept", letter.written_at)


async def forget_before(connection: AsyncConnection, moment: int) -> int:
    """Delete what is older than the configured period; how many it were."""
    return (await connection.execute(delete(letters).where(letters.c.written_at < moment))).rowcount


async def forget_resident(connection: AsyncConnection, resident: int) -> None:
    """Delete what was written to one person."""
    await connection.execute(delete(letters).where(letters.c.resident == resident))
