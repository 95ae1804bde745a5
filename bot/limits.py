"""How often a resident, an address or a staff member may do a thing.

One rule of arithmetic (GCRA, the virtual-scheduling form of a leaky bucket, ITU-T I.371) for both places it
is needed: in memory where every message passes, in the database where replicas must agree.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, String, Table, case, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata

counters = Table(
    "limits",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("free_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """`times` at once, and as many again in every `seconds`."""

    times: int
    seconds: int

    @property
    def interval(self) -> float:
        """Seconds that one use costs."""
        return self.seconds / self.times


def spend(free_at: float, now: float, rule: Rule) -> float | None:
    """When the account is clear again after one more use now, or None when the use is refused.

    No use ever leads further ahead than the rule's seconds: an account beyond them was kept by a clock
    that has been set back since, and is clear.
    """
    if free_at > now + rule.seconds:
        free_at = now
    after = max(free_at, now) + rule.interval
    return after if after - now <= rule.seconds else None


class Meter:
    """Counts in memory for one process; the least recently used of more than `size` keys is forgotten."""

    def __init__(self, rule: Rule, size: int = 10_000) -> None:
        self.rule = rule
        self.size = size
        self._free_at: OrderedDict[str, float] = OrderedDict()

    def allows(self, key: str, now: datetime) -> bool:
        """Whether `key` may do it once more; a refused try costs nothing."""
        after = spend(self._free_at.get(key, 0.0), now.timestamp(), self.rule)
        if after is None:
            return False
        self._free_at[key] = after
        self._free_at.move_to_end(key)
        if len(self._free_at) > self.size:
            self._free_at.popitem(last=False)
        return True


async def take(conn: AsyncConnection, key: str, rule: Rule, now: datetime) -> bool:
    """The same over all replicas, in one statement; the rule's interval must be whole seconds."""
    moment, step = int(now.timestamp()), int(rule.interval)
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    counts = counters.c.free_at.between(moment, moment + rule.seconds)
    after = case((counts, counters.c.free_at), else_=moment) + step
    statement = (
        insert(counters)
        .values(key=key, free_at=moment + step)
        .on_conflict_do_update(
            index_elements=["key"], set_={"free_at": after}, where=after <= moment + rule.seconds
        )
        .returning(counters.c.key)
    )
    return (await conn.execute(statement)).first() is not None


async def forget(conn: AsyncConnection, now: datetime) -> int:
    """Delete what no longer limits anybody: an address is not kept longer than it is needed."""
    result = await conn.execute(delete(counters).where(counters.c.free_at < int(now.timestamp())))
    return result.rowcount
