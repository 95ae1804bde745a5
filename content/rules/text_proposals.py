"""Changes of the texts that one person proposes and another puts in force: the history of all that.

draft (only its author works on it) -> proposed -> approved | rejected. Nobody approves an own one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules import carrying, store, summaries
from content.rules.proposals import Refused
from content.rules.revisions import advance, lock
from content.rules.text_changes import (
    Kind,
    NewFacts,
    NewSummary,
    NewText,
    TextChange,
    Withdrawal,
    faults,
    from_payload,
    kind_of,
    name_of,
    to_payload,
)
from content.tables import metadata

State = Literal["draft", "proposed", "approved", "rejected"]

text_proposals = Table(
    "text_proposals",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("name", String(260), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("author", String(64), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("decided_by", String(64), nullable=False),
    Column("decided_at", BigInteger),
    Column("reason", Text, nullable=False),
    Index("text_proposals_state", "state", "id"),
)

DECIDED_BEFORE = "这一项刚被别人处理过，没有改动。请刷新页面再看。"


@dataclass(frozen=True, slots=True)
class Headline:
    """A proposal without what it holds; times are epoch seconds, `decided_by` "" until somebody decides."""

    id: int
    kind: Kind
    name: str
    state: State
    author: str
    proposed_at: int
    decided_by: str
    decided_at: int | None
    reason: str


async def draft(connection: AsyncConnection, change: NewText, author: str, now: datetime) -> int:
    """Keep an uploaded text for its author to look through; its number."""
    return await _add(connection, change, "draft", author, now)


async def propose(connection: AsyncConnection, change: TextChange, author: str, now: datetime) -> int:
    """Put a change before a second person; its number. Refused when it cannot be as it is."""
    if words := next(faults(change), ""):
        raise Refused(words)
    return await _add(connection, change, "proposed", author, now)


async def submit(
    connection: AsyncConnection, proposal: int, change: NewText, author: str, now: datetime
) -> None:
    """Put an own draft, as it was looked through, before a second person. Refused when it cannot be."""
    if words := next(faults(change), ""):
        raise Refused(words)
    c = text_proposals.c
    changed = await connection.execute(
        update(text_proposals)
        .where(c.id == proposal, c.state == "draft", c.author == author)
        .values(state="proposed", name=name_of(change), payload=to_payload(change), proposed_at=_epoch(now))
    )
    if changed.rowcount != 1:
        raise Refused("这份草稿已经提交或放弃，没有再提交一次。")


async def discard(connection: AsyncConnection, proposal: int, author: str) -> bool:
    """Throw an own draft away; False when there is none."""
    c = text_proposals.c
    own = (c.id == proposal, c.state == "draft", c.author == author)
    return (await connection.execute(delete(text_proposals).where(*own))).rowcount == 1


async def approve(connection: AsyncConnection, proposal: int, by: str, now: datetime) -> Headline:
    """Put somebody else's proposal in force; Refused when it is decided, one's own, or cannot be done."""
    await lock(connection)
    c = text_proposals.c
    waits = (c.id == proposal, c.state == "proposed", c.author != by)
    values = {"state": "approved", "decided_by": by, "decided_at": _epoch(now)}
    changed = await connection.execute(update(text_proposals).where(*waits).values(**values))
    if changed.rowcount != 1:
        raise Refused("没有生效：自己提的要由同事复核，也可能刚被别人处理过。请刷新页面再看。")
    found = await get(connection, proposal)
    if found is None:
        raise LookupError(f"text proposal {proposal} was there a moment ago")
    await _apply(connection, found[1], now)
    return found[0]


async def reject(connection: AsyncConnection, proposal: int, by: str, reason: str, now: datetime) -> Headline:
    """Send a proposal back; its author may take it back the same way. Refused when it is decided."""
    c = text_proposals.c
    values = {"state": "rejected", "decided_by": by, "decided_at": _epoch(now), "reason": reason}
    changed = await connection.execute(
        update(text_proposals).where(c.id == proposal, c.state == "proposed").values(**values)
    )
    found = await get(connection, proposal)
    if changed.rowcount != 1 or found is None:
        raise Refused(DECIDED_BEFORE)
    return found[0]


async def get(connection: AsyncConnection, proposal: int) -> tuple[Headline, TextChange] | None:
    """One proposal with what it holds, None where there is none."""
    row = (await connection.execute(select(text_proposals).where(text_proposals.c.id == proposal))).first()
    return None if row is None else (_headline(row), from_payload(row.kind, row.payload))


async def listed(
    connection: AsyncConnection, states: Collection[State], author: str = "", limit: int = 50
) -> tuple[Headline, ...]:
    """Proposals in these states, of one author where given, the newest first."""
    c = text_proposals.c
    columns = [column for column in c if column.name != "payload"]
    query = select(*columns).where(c.state.in_(states)).order_by(c.id.desc()).limit(limit)
    if author:
        query = query.where(c.author == author)
    return tuple(_headline(row) for row in await connection.execute(query))


async def count_waiting(connection: AsyncConnection) -> int:
    """How many wait for a second person."""
    query = select(func.count()).where(text_proposals.c.state == "proposed")
    return (await connection.execute(query)).scalar_one()


async def _add(
    connection: AsyncConnection, change: TextChange, state: State, author: str, now: datetime
) -> int:
    values: dict[str, Any] = {
        "kind": kind_of(change),
        "name": name_of(change),
        "payload": to_payload(change),
        "state": state,
        "author": author,
        "proposed_at": _epoch(now),
        "decided_by": "",
        "reason": "",
    }
    added = await connection.execute(insert(text_proposals).values(**values).returning(text_proposals.c.id))
    return int(added.scalar_one())


async def _apply(connection: AsyncConnection, change: TextChange, now: datetime) -> None:
    match change:
        case NewText():
            await store.import_documents(connection, [change.parsed], now)
        case NewFacts():
            if not await store.set_facts(connection, change.document, change.facts):
                raise Refused("这份文本已经撤下，没有改动。")
        case Withdrawal():
            if not await store.withdraw(connection, change.document):
                raise Refused("这份文本已经撤下，没有改动。")
        case NewSummary():
            await summaries.put(connection, change.work, change.words, change.text)
            await advance(connection)
    if await carrying.waits(connection, now.date()):
        await carrying.take_over(connection, now.date())


def _headline(row: Row[Any]) -> Headline:
    return Headline(
        row.id,
        row.kind,
        row.name,
        row.state,
        row.author,
        row.proposed_at,
        row.decided_by,
        row.decided_at,
        row.reason,
    )


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
