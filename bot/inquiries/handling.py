"""Who in the office has taken which resident's question, and how it ended.

A question without a row waits. Taking it adds a row, so of two people one wins; a question that was taken
and left lying is free again after some hours.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Select,
    String,
    Table,
    and_,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring, metadata
from bot.inquiries import messages
from bot.inquiries.messages import Asked
from bot.problems import Conflict

State = Literal["claimed", "answered", "closed"]

CLAIM_SECONDS = 4 * 3600

message_handling = Table(
    "message_handling",
    metadata,
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("resident", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("person", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("letter_id", BigInteger),
    Index("message_handling_state", "state", "at"),
    Index("message_handling_resident", "resident"),
)


@dataclass(frozen=True, slots=True)
class Handling:
    """One question's row; `at` (epoch seconds) is when it came into its state, `letter_id` the answer."""

    message_id: int
    resident: int
    state: State
    person: str
    at: int
    letter_id: int | None


async def claim(
    connection: AsyncConnection, residents_of: Mapping[int, int], person: str, now: datetime
) -> None:
    """Take questions (message -> resident) for one person, all or none; Conflict names who has one."""
    at = int(now.timestamp())
    rows = [
        {"message_id": message, "resident": resident, "state": "claimed", "person": person, "at": at}
        for message, resident in sorted(residents_of.items())  # one order: no two wait for each other
    ]
    await connection.execute(insert_ignoring(connection, message_handling, ["message_id"]).values(rows))
    c = message_handling.c
    takeable = and_(c.state == "claimed", or_(c.person == person, c.at < at - CLAIM_SECONDS))
    taken = await connection.execute(
        update(message_handling)
        .where(c.message_id.in_(residents_of), takeable)
        .values(person=person, at=at)
        .returning(c.message_id)
    )
    if missing := set(residents_of) - set(taken.scalars()):
        found = await of(connection, missing)
        holder = next(iter(found.values()))
        raise Conflict(f"{holder.person} 已经{WORDS[holder.state]}这条留言，没有重复认领。请刷新页面再看。")


async def release(connection: AsyncConnection, messages: Collection[int], person: str) -> int:
    """Give back what a person has taken; how many it were."""
    c = message_handling.c
    mine = (c.message_id.in_(messages), c.state == "claimed", c.person == person)
    return (await connection.execute(delete(message_handling).where(*mine))).rowcount


async def settle(
    connection: AsyncConnection,
    letters: Mapping[int, int | None],
    person: str,
    state: Literal["answered", "closed"],
    now: datetime,
) -> None:
    """End questions (message -> its letter) that this person holds, all or none. Raises Conflict."""
    c = message_handling.c
    for letter in dict.fromkeys(letters.values()):
        wanted = [message for message, own in letters.items() if own == letter]
        done = await connection.execute(
            update(message_handling)
            .where(c.message_id.in_(wanted), c.state == "claimed", c.person == person)
            .values(state=state, at=int(now.timestamp()), letter_id=letter)
        )
        if done.rowcount != len(wanted):
            raise Conflict("这条留言已经不在您手里（认领过期，或同事已处理），没有发出。请刷新页面再看。")


async def reopen(connection: AsyncConnection, message: int) -> bool:
    """Let a closed question wait again; False when it is not closed."""
    c = message_handling.c
    closed = (c.message_id == message, c.state == "closed")
    return (await connection.execute(delete(message_handling).where(*closed))).rowcount == 1


async def of(connection: AsyncConnection, messages: Collection[int]) -> dict[int, Handling]:
    """The rows of these questions; one that waits has none."""
    query = select(message_handling).where(message_handling.c.message_id.in_(messages))
    return {row.message_id: Handling(*row) for row in await connection.execute(query)}


async def together(connection: AsyncConnection, one: Handling) -> list[int]:
    """The questions that came into this state by the same act of the same person."""
    c = message_handling.c
    same = (c.state == one.state, c.person == one.person, c.at == one.at)
    query = select(c.message_id).where(*same).order_by(c.message_id)
    return list((await connection.execute(query)).scalars())


async def latest(
    connection: AsyncConnection, state: State, now: datetime, limit: int = 200
) -> list[Handling]:
    """The questions in a state, the newest first; of the claimed ones those not free again."""
    c = message_handling.c
    query = select(message_handling).where(c.state == state).order_by(c.at.desc(), c.message_id.desc())
    if state == "claimed":
        query = query.where(c.at >= int(now.timestamp()) - CLAIM_SECONDS)
    return [Handling(*row) for row in await connection.execute(query.limit(limit))]


async def waiting(connection: AsyncConnection, now: datetime) -> list[Asked]:
    """The questions that wait for a person now."""
    return await messages.waiting(connection, since(now), not_waiting(now))


def since(now: datetime) -> int:
    """From which moment (epoch seconds) questions are the office's to answer."""
    return int((now - timedelta(days=messages.OPEN_DAYS)).timestamp())


def not_waiting(now: datetime) -> Select[tuple[int]]:
    """The questions that do not wait, for the WHERE of a query."""
    c = message_handling.c
    lying = and_(c.state == "claimed", c.at < int(now.timestamp()) - CLAIM_SECONDS)
    return select(c.message_id).where(~lying)


async def forget_without(connection: AsyncConnection, existing: Select[tuple[int]]) -> None:
    """Delete the rows of questions that are not kept any more."""
    await connection.execute(delete(message_handling).where(message_handling.c.message_id.not_in(existing)))


async def forget_resident(connection: AsyncConnection, resident: int) -> None:
    """Delete the rows of one person's questions."""
    await connection.execute(delete(message_handling).where(message_handling.c.resident == resident))


WORDS: Mapping[State, str] = {"claimed": "认领了", "answered": "答复了", "closed": "关闭了"}
