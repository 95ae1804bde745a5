"""The ledger of calls: how many of each method left on a day, counted in memory, added up in the database.

Calls of all replicas stand in one row a day and method. What the platform says of its own count goes before
ours, as other systems may use the account too. A method whose day is used up is not called again that day.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, ColumnElement, Integer, String, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database, metadata
from bot.wechat.allowances import USUAL, Used, day_of, midnight
from bot.wechat.errors import ApiError, QuotaSpent

REACHED = 45009
DAYS_KEPT = 400

api_calls = Table(
    "api_calls",
    metadata,
    Column("app_id", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("path", String(80), primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("spent_at", BigInteger, nullable=False),
    Column("told_at", BigInteger, nullable=False),
    Column("told_limit", Integer, nullable=False),
    Column("told_used", Integer, nullable=False),
    Column("calls_when_told", Integer, nullable=False),
)
"""`calls` are ours. The platform was asked at `told_at` (0: never) and gave `told_limit` and `told_used`,
while ours were `calls_when_told`. At `spent_at` (0: not so far) it refused a call for the day.
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the platform says of one method today."""

    limit: int
    used: int


class Calls:
    """Told of every call that leaves this replica; `flush` adds them to the database."""

    def __init__(self, database: Database, app_id: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.app_id = app_id
        self._clock = clock
        self._new: Counter[tuple[str, str]] = Counter()
        self._spent: set[tuple[str, str]] = set()
        self._known: dict[str, Used] = {}
        self._known_day = ""

    def left(self, path: str) -> None:
        """A call went out, whatever came of it."""
        self._new[day_of(self._clock()), path] += 1

    def refused(self, path: str) -> None:
        """The platform said that the day's calls of this method are used up."""
        self._spent.add((day_of(self._clock()), path))

    def check(self, path: str) -> None:
        """Raise ApiError where a call would only be refused once more."""
        now = self._clock()
        if self._state(path, now).spent:
            raise ApiError(path, QuotaSpent(midnight(now)), REACHED)

    def today(self, path: str) -> Used:
        """What is known of a method today, this replica's newest calls included."""
        return self._state(path, self._clock())

    def _state(self, path: str, now: datetime) -> Used:
        day = day_of(now)
        found = self._known.get(path) if day == self._known_day else None
        known = found or Used(path, 0, self._usual(path))
        spent = known.spent or (day, path) in self._spent
        return Used(path, known.used + self._new[day, path], known.limit, spent)

    def _usual(self, path: str) -> int | None:
        """What the platform said yesterday holds until it says otherwise."""
        found = self._known.get(path)
        return found.limit if found else USUAL.get(path)

    async def flush(self) -> None:
        """Add what left since the last time, and learn what other replicas have used."""
        now = self._clock()
        day, new, spent = day_of(now), self._new, self._spent
        self._new, self._spent = Counter(), set()
        if new or spent:
            try:
                async with self._database.transaction() as conn:
                    await _add(conn, self.app_id, new)
                    await _mark(conn, self.app_id, spent, now)
            except BaseException:
                self._new.update(new)
                self._spent |= spent
                raise
        async with self._database.snapshot() as conn:
            found = await used_on(conn, self.app_id, now)
        self._known |= {one.path: one for one in found}
        if self._known_day != day:
            fresh = {one.path for one in found}
            self._known = {
                path: one if path in fresh else Used(path, 0, one.limit) for path, one in self._known.items()
            }
            self._known_day = day

    async def learn(self, path: str, told: Told) -> None:
        """Keep what the platform says of a method today; a day with calls left is not used up."""
        now = self._clock()
        async with self._database.transaction() as conn:
            await _add(conn, self.app_id, {(day_of(now), path): 0})
            await conn.execute(
                update(api_calls)
                .where(*_row(self.app_id, day_of(now), path))
                .values(
                    told_at=int(now.timestamp()),
                    told_limit=told.limit,
                    told_used=told.used,
                    calls_when_told=api_calls.c.calls,
                    **({"spent_at": 0} if told.used < told.limit else {}),
                )
            )
        self._spent.discard((day_of(now), path))
        if day_of(now) == self._known_day:
            self._known[path] = Used(path, told.used, told.limit)

    async def begin_anew(self) -> None:
        """The platform has let the account's calls of today begin anew: nothing is used up any more."""
        now = self._clock()
        async with self._database.transaction() as conn:
            await conn.execute(
                update(api_calls)
                .where(api_calls.c.app_id == self.app_id, api_calls.c.day == day_of(now))
                .values(spent_at=0, told_at=0)
            )
        self._spent.clear()


async def used_on(conn: AsyncConnection, app_id: str, now: datetime) -> tuple[Used, ...]:
    """Every method that was called on the day of `now`, by any replica; the most called first."""
    query = select(api_calls).where(api_calls.c.app_id == app_id, api_calls.c.day == day_of(now))
    found = []
    for row in await conn.execute(query.order_by(api_calls.c.calls.desc(), api_calls.c.path)):
        if row.told_at:
            used, limit = row.told_used + row.calls - row.calls_when_told, row.told_limit
        else:
            used, limit = row.calls, USUAL.get(row.path)
        found.append(Used(row.path, used, limit, row.spent_at > 0))
    return tuple(found)


async def to_ask(conn: AsyncConnection, app_id: str, now: datetime, seconds: int) -> Sequence[str]:
    """Methods of today of which the platform has not told since they were refused, or for so many seconds."""
    c, at = api_calls.c, int(now.timestamp())
    stale = (c.told_at < at - seconds) | (c.told_at < c.spent_at)
    of_today = (c.app_id == app_id, c.day == day_of(now), c.path.in_(USUAL) | (c.spent_at > 0), stale)
    return list((await conn.execute(select(c.path).where(*of_today).order_by(c.path))).scalars())


async def limit_of(conn: AsyncConnection, app_id: str, path: str) -> int | None:
    """A method's limit a day as the platform last gave it, or as its table has it."""
    c = api_calls.c
    query = select(c.told_limit).where(c.app_id == app_id, c.path == path, c.told_at > 0)
    found = (await conn.execute(query.order_by(c.day.desc()).limit(1))).scalar_one_or_none()
    return USUAL.get(path) if found is None else found


async def forget_before(conn: AsyncConnection, now: datetime) -> int:
    """Drop the days older than the ledger reaches back; how many rows."""
    oldest = day_of(datetime.fromtimestamp(now.timestamp() - DAYS_KEPT * 86_400, now.tzinfo))
    return (await conn.execute(delete(api_calls).where(api_calls.c.day < oldest))).rowcount


def _row(app_id: str, day: str, path: str) -> tuple[ColumnElement[bool], ...]:
    return api_calls.c.app_id == app_id, api_calls.c.day == day, api_calls.c.path == path


async def _add(conn: AsyncConnection, app_id: str, new: Mapping[tuple[str, str], int]) -> None:
    if not new:
        return
    nothing = dict.fromkeys(("spent_at", "told_at", "told_limit", "told_used", "calls_when_told"), 0)
    rows = [
        {"app_id": app_id, "day": day, "path": path[:80], "calls": times, **nothing}
        for (day, path), times in sorted(new.items())  # one order: no two replicas wait for each other
    ]
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(api_calls).values(rows)
    added = {"calls": api_calls.c.calls + statement.excluded.calls}
    await conn.execute(statement.on_conflict_do_update(index_elements=["app_id", "day", "path"], set_=added))


async def _mark(conn: AsyncConnection, app_id: str, spent: set[tuple[str, str]], now: datetime) -> None:
    if not spent:
        return
    await _add(conn, app_id, dict.fromkeys(spent, 0))
    for day, path in sorted(spent):
        await conn.execute(
            update(api_calls).where(*_row(app_id, day, path)).values(spent_at=int(now.timestamp()))
        )
