"""What somebody proposes to teach the answers, and what a second person makes of it: the history of all that.

proposed -> approved | rejected; approved -> withdrawn | replaced (an entry, by a newer one with its key).
An approved change lies in its live table as well, from where the index takes it; a withdrawn one is taken
out of it. Nobody decides on a change of their own.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules import aliases, entry_store, lessons
from content.rules.aliases import Alias
from content.rules.changes import Change, Kind, faults, from_payload, kind_of, to_payload
from content.rules.entries import Entry
from content.rules.lessons import Lesson
from content.rules.revisions import advance, lock
from content.tables import metadata

State = Literal["proposed", "approved", "rejected", "withdrawn", "replaced"]

proposals = Table(
    "proposals",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("key", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("author", String(64), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("decided_by", String(64), nullable=False),
    Column("decided_at", BigInteger),
    Column("reason", Text, nullable=False),
    Index("proposals_state", "state", "id"),
)


class Refused(Exception):
    """The change cannot be made; `words`, for staff, say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change with its history; times are epoch seconds, `decided_by` is "" until somebody decides."""

    id: int
    kind: Kind
    change: Change
    state: State
    author: str
    proposed_at: int
    decided_by: str
    decided_at: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Approved:
    """What became of a request to approve several: those now in force, and how many were not."""

    done: tuple[Proposal, ...]
    left: int


async def propose(
    connection: AsyncConnection, changes: Sequence[Change], author: str, now: datetime
) -> tuple[int, ...]:
    """Put changes before a second person; their numbers. Refused when one cannot be as it is."""
    for change in changes:
        if words := next(faults(change), ""):
            raise Refused(words)
    rows = [
        {
            "kind": kind_of(change),
            "key": change.key if isinstance(change, Entry) else "",
            "payload": to_payload(change),
            "state": "proposed",
            "author": author,
            "proposed_at": int(now.timestamp()),
            "decided_by": "",
            "reason": "",
        }
        for change in changes
    ]
    if not rows:
        return ()
    added = await connection.execute(insert(proposals).values(rows).returning(proposals.c.id))
    return tuple(added.scalars())


async def propose_new_entries(
    connection: AsyncConnection, entries: Sequence[Entry], author: str, now: datetime
) -> int:
    """Propose those entries whose key was never proposed before; how many they were."""
    await lock(connection)
    return len(await propose(connection, await unseen(connection, entries), author, now))


async def unseen(connection: AsyncConnection, entries: Sequence[Entry]) -> list[Entry]:
    """Those of the entries whose key was never proposed."""
    known = set(await connection.scalars(select(proposals.c.key).where(proposals.c.kind == "entry")))
    return [one for one in entries if one.key not in known]


async def approve(connection: AsyncConnection, ids: Collection[int], by: str, now: datetime) -> Approved:
    """Put proposals in force that wait and are somebody else's; Refused when none of them is."""
    await lock(connection)
    c = proposals.c
    waits = (c.id.in_(ids), c.state == "proposed", c.author != by)
    done = await _move(connection, *waits, state="approved", decided_by=by, decided_at=_epoch(now))
    if not done:
        raise Refused("没有可以通过的：自己提的要由同事复核，也可能刚被别人处理过。请刷新页面再看。")
    newest = {one.change.key: one for one in done if isinstance(one.change, Entry)}
    older = (
        c.kind == "entry",
        c.state == "approved",
        c.key.in_(newest),
        c.id.not_in([one.id for one in newest.values()]),
    )
    await _move(connection, *older, state="replaced")
    await entry_store.put(
        connection, [one.change for one in newest.values() if isinstance(one.change, Entry)]
    )
    for one in done:
        if isinstance(one.change, Alias):
            await aliases.add_words(connection, one.change)
    await lessons.keep(connection, [one.change for one in done if isinstance(one.change, Lesson)])
    await advance(connection)
    return Approved(done, len(set(ids)) - len(done))


async def reject(connection: AsyncConnection, proposal: int, by: str, reason: str, now: datetime) -> Proposal:
    """Send a proposal back for good; its author may take it back the same way. Refused when it is decided."""
    c = proposals.c
    decided = {"state": "rejected", "decided_by": by, "decided_at": _epoch(now), "reason": reason}
    done = await _move(connection, c.id == proposal, c.state == "proposed", **decided)
    if not done:
        raise Refused("这一条刚被别人处理过，没有改动。请刷新页面再看。")
    return done[0]


async def withdraw(
    connection: AsyncConnection, proposal: int, by: str, reason: str, now: datetime
) -> Proposal:
    """Take an approved change out of force. Refused when it is not in force."""
    await lock(connection)
    c = proposals.c
    decided = {"state": "withdrawn", "decided_by": by, "decided_at": _epoch(now), "reason": reason}
    done = await _move(connection, c.id == proposal, c.state == "approved", **decided)
    if not done:
        raise Refused("这一条现在没有在用，没有改动。请刷新页面再看。")
    change = done[0].change
    others = [one.change for one in await listed(connection, ["approved"], kind_of(change))]
    match change:
        case Alias():
            kept = {
                word
                for other in others
                if isinstance(other, Alias) and _passage(other) == _passage(change)
                for word in other.words
            }
            await aliases.take_words(connection, change, [word for word in change.words if word not in kept])
        case Lesson():
            if change not in others:
                await lessons.forget(connection, change)
        case Entry():
            await entry_store.take(connection, [change.key])
    await advance(connection)
    return done[0]


async def relabel(connection: AsyncConnection, moved: Callable[[Change], Change | None]) -> None:
    """Follow articles into a new version of their text; what finds none there is no longer in force."""
    for one in await listed(connection, ["proposed", "approved"]):
        change = moved(one.change)
        if change is None:
            state = "withdrawn" if one.state == "approved" else "rejected"
            values: dict[str, Any] = {"state": state, "reason": "新的文本里没有这一条了。"}
        elif change != one.change:
            values = {"payload": to_payload(change)}
        else:
            continue
        await _move(connection, proposals.c.id == one.id, proposals.c.state == one.state, **values)


async def listed(
    connection: AsyncConnection, states: Collection[State], kind: Kind | None = None, limit: int | None = None
) -> tuple[Proposal, ...]:
    """Proposals in these states, the newest first."""
    query = select(proposals).where(proposals.c.state.in_(states)).order_by(proposals.c.id.desc())
    if kind is not None:
        query = query.where(proposals.c.kind == kind)
    return tuple(_proposal(row) for row in await connection.execute(query.limit(limit)))


async def get(connection: AsyncConnection, proposal: int) -> Proposal | None:
    """One proposal, None where there is none."""
    row = (await connection.execute(select(proposals).where(proposals.c.id == proposal))).first()
    return None if row is None else _proposal(row)


async def count(connection: AsyncConnection, state: State, not_by: str = "") -> int:
    """How many proposals are in a state, without those of one author."""
    c = proposals.c
    query = select(func.count()).where(c.state == state, c.author != not_by)
    return (await connection.execute(query)).scalar_one()


def _passage(alias: Alias) -> tuple[str, str, str]:
    return alias.title, alias.label, alias.place


async def _move(
    connection: AsyncConnection, *where: ColumnElement[bool], **values: Any
) -> tuple[Proposal, ...]:
    rows = await connection.execute(update(proposals).where(*where).values(**values).returning(*proposals.c))
    return tuple(sorted((_proposal(row) for row in rows), key=lambda one: one.id))


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        row.id,
        row.kind,
        from_payload(row.kind, row.payload),
        row.state,
        row.author,
        row.proposed_at,
        row.decided_by,
        row.decided_at,
        row.reason,
    )


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
