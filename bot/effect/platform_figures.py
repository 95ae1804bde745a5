"""Reads the platform's statistics once a day: who opened our articles, who began and stopped following.

Figures of a day are ready at 8 the next morning, one sending day a call, for thirty days after it. What is
read again replaces what was kept.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, and_, case, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.database import Database, insert_ignoring, metadata
from bot.effect import followers
from bot.effect.readership import Read
from bot.outbox import SentArticle, platform_jobs
from bot.wechat.errors import ApiError, Rejected
from bot.wechat.figures import ARTICLE_DAYS, MOST_DAYS, ArticleDay, FollowerDay, both
from bot.wechat.statistics import Statistics
from content.festivals import SHANGHAI

log = logging.getLogger(__name__)

READY_MINUTES = 8 * 60 + 30
"""After midnight; the platform says 8 o'clock."""
LEASE_SECONDS, AGAIN_SECONDS = 300, 3600
ASKED_AFTER = frozenset({*range(1, MOST_DAYS + 1), 14, 21, ARTICLE_DAYS})
"""Days after the sending."""
Kind = Literal["articles", "followers"]

figure_reads = Table(
    "figure_reads",
    metadata,
    Column("kind", String(9), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("asked_on", String(10), nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
)

article_reads = Table(
    "article_reads",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("targets", Integer, nullable=False),
    Column("readers", Integer, nullable=False),
    Column("reads", Integer, nullable=False),
    Column("source_readers", Integer, nullable=False),
    Column("sharers", Integer, nullable=False),
    Column("came", Integer, nullable=False, server_default="0"),
)


class Figures:
    """The work that the heartbeat calls; any number of replicas may run it."""

    def __init__(self, database: Database, statistics: Statistics, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._statistics = statistics
        self._clock = clock

    async def run_due(self) -> int:
        """Ask for what is ready and was not asked for today; how many calls were answered."""
        now = self._clock().astimezone(SHANGHAI)
        if now.hour * 60 + now.minute < READY_MINUTES:
            return 0
        today = now.date()
        async with self._database.snapshot() as conn:
            since = now - timedelta(days=ARTICLE_DAYS + 1)
            sent = await outbox.sent_articles(conn, since)
            wanted = await _unasked(conn, wanted_on(today, sent), now)
        answered = 0
        for kind, day in wanted:
            async with self._database.transaction() as conn:
                if not await _claim(conn, kind, day, now):
                    continue
            answered += await self._ask(kind, day, sent, now)
        return answered

    async def _ask(self, kind: Kind, day: str, sent: Sequence[SentArticle], now: datetime) -> bool:
        asked = date.fromisoformat(day)
        try:
            if kind == "followers":
                first = asked - timedelta(days=MOST_DAYS - 1)
                days = every_day(first, await self._statistics.follower_days(first, asked))
                async with self._database.transaction() as conn:
                    await followers.told(conn, days)
                    await _asked(conn, kind, day, now)
            else:
                told = await self._statistics.article_days(asked)
                is_new = (now.date() - asked).days <= MOST_DAYS
                articles = both(told.days, await self._totals(asked) if is_new else ())
                async with self._database.transaction() as conn:
                    known = await platform_jobs.data_ids(conn, [one.msg_id for one in sent])
                    await _keep(conn, belonging(articles, day, sent, known))
                    await _asked(conn, kind, day, now, again=told.delayed)
        except ApiError as error:
            log.warning("statistics of %s: %s", day, error)
            final = isinstance(error.outcome, Rejected)
            async with self._database.transaction() as conn:
                await _asked(conn, kind, day, now, error.outcome.message, again=not final)
            return False
        return True

    async def _totals(self, sent_on: date) -> tuple[ArticleDay, ...]:
        """What the older call still tells; without it openings and recipients are missing, and no more."""
        try:
            return await self._statistics.article_totals(sent_on)
        except ApiError as error:
            log.warning("the older statistics of %s: %s", sent_on, error)
            return ()


def wanted_on(today: date, sent: Sequence[SentArticle]) -> list[tuple[Kind, str]]:
    """What may be asked for on a day: yesterday's followers, and each of the last days with a push.

    Every day in the first week after it, then once a week, and on the last day.
    """
    found: list[tuple[Kind, str]] = [("followers", (today - timedelta(days=1)).isoformat())]
    days = {day for one in sent for day in _days_of(one)}
    asked = [day for day in sorted(days) if (today - day).days in ASKED_AFTER]
    return found + [("articles", day.isoformat()) for day in asked]


def every_day(first: date, told: Sequence[FollowerDay]) -> list[FollowerDay]:
    """A week from `first`; the platform leaves out the days on which nobody came or went."""
    known = {one.day: one for one in told}
    week = [(first + timedelta(days=number)).isoformat() for number in range(MOST_DAYS)]
    return [known.get(day, FollowerDay(day, 0, 0)) for day in week]


def belonging(
    articles: Sequence[ArticleDay], day: str, sent: Sequence[SentArticle], known: Mapping[str, str]
) -> list[Read]:
    """The figures of our campaigns among those of a sending day, told by the platform's number.

    Where that number was lost with the answer of the call, the title tells, if one alone of the day has it.
    """
    by_number = {known[one.msg_id]: one.campaign_id for one in sent if one.msg_id in known}
    nameless = [one for one in sent if one.msg_id not in known and date.fromisoformat(day) in _days_of(one)]
    titles = [one.title for one in nameless]
    by_title = {one.title: one.campaign_id for one in nameless if titles.count(one.title) == 1}
    found = {}
    for one in articles:
        campaign_id = by_number.get(one.data_id) or by_title.get(one.title)
        if campaign_id is not None and one.index == 1 and one.day:
            figures = (one.targets, one.readers, one.reads, one.source_readers, one.sharers, one.came)
            found[campaign_id, one.day] = Read(campaign_id, one.day, *figures)
    return [found[key] for key in sorted(found)]


async def of_campaigns(conn: AsyncConnection, campaign_ids: Collection[int]) -> tuple[Read, ...]:
    """What the platform told of these campaigns, by campaign and day."""
    if not campaign_ids:
        return ()
    c = article_reads.c
    query = select(article_reads).where(c.campaign_id.in_(campaign_ids)).order_by(c.campaign_id, c.day)
    return tuple(Read(*row) for row in await conn.execute(query))


async def refused(conn: AsyncConnection) -> str:
    """Why the platform told nothing of articles when it was asked last, in words; "" where it did."""
    c = figure_reads.c
    query = (
        select(c.said).where(c.kind == "articles", c.asked_on != "").order_by(c.asked_on.desc(), c.day.desc())
    )
    return (await conn.execute(query.limit(1))).scalar() or ""


def _days_of(one: SentArticle) -> set[date]:
    """The days on which the platform may count it: an administrator may confirm past midnight."""
    return {datetime.fromtimestamp(at, SHANGHAI).date() for at in (one.called_at, one.settled_at)}


def _open(now: datetime) -> Any:
    c = figure_reads.c
    return and_(c.asked_on != now.date().isoformat(), c.lease_until <= int(now.timestamp()))


async def _unasked(
    conn: AsyncConnection, wanted: Sequence[tuple[Kind, str]], now: datetime
) -> list[tuple[Kind, str]]:
    c = figure_reads.c
    known = tuple_(c.kind, c.day).in_(wanted)
    rows = await conn.execute(select(c.kind, c.day).where(known, ~_open(now)))
    taken = {(row.kind, row.day) for row in rows}
    return [one for one in wanted if one not in taken]


async def _claim(conn: AsyncConnection, kind: Kind, day: str, now: datetime) -> bool:
    row = {"kind": kind, "day": day, "asked_on": "", "lease_until": 0, "said": ""}
    await conn.execute(insert_ignoring(conn, figure_reads, ["kind", "day"]).values(row))
    mine = and_(figure_reads.c.kind == kind, figure_reads.c.day == day, _open(now))
    until = int(now.timestamp()) + LEASE_SECONDS
    return (await conn.execute(update(figure_reads).where(mine).values(lease_until=until))).rowcount == 1


async def _asked(
    conn: AsyncConnection, kind: Kind, day: str, now: datetime, said: str = "", *, again: bool = False
) -> None:
    values: dict[str, object] = {"asked_on": now.date().isoformat(), "lease_until": 0, "said": said}
    if again:
        values = {"lease_until": int(now.timestamp()) + AGAIN_SECONDS}
    mine = and_(figure_reads.c.kind == kind, figure_reads.c.day == day)
    await conn.execute(update(figure_reads).where(mine).values(values))


async def _keep(conn: AsyncConnection, reads: Sequence[Read]) -> None:
    if not reads:
        return
    rows = [{column.name: getattr(one, column.name) for column in article_reads.c} for one in reads]
    insert = (sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert)(article_reads).values(
        rows
    )
    # 0 is also what is not told any more: it covers nothing that was told before.
    told = {
        name: case((insert.excluded[name] > 0, insert.excluded[name]), else_=article_reads.c[name])
        for name in _FIGURES
    }
    await conn.execute(insert.on_conflict_do_update(index_elements=["campaign_id", "day"], set_=told))


_FIGURES = ("targets", "readers", "reads", "source_readers", "sharers", "came")
