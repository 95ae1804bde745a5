"""What the entries use of the platform's quotas, and how many are in which state."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.outbox.entries import Entry
from bot.outbox.table import FIELDS, epoch, outbox

SENDS_LOCK = 0x53454E44  # "SEND": any constant serves, as long as all replicas use the same


async def hold_sends(conn: AsyncConnection) -> None:
    """Until the transaction ends no other replica decides whether a send fits; SQLite has one writer."""
    if conn.dialect.name == "postgresql":
        await conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SENDS_LOCK})


async def mass_sends(
    conn: AsyncConnection, start: datetime, end: datetime, but_campaign: int | None
) -> tuple[tuple[int, str], ...]:
    """When a mass send of ours used quota (epoch seconds), and its audience: what failed or waits has not.

    A waiting one counts from the moment that the platform was asked.
    """
    rows = await conn.execute(
        select(outbox.c.called_at, outbox.c.payload, outbox.c.campaign_id).where(
            outbox.c.kind == "mass",
            outbox.c.called_at >= epoch(start),
            outbox.c.called_at < epoch(end),
            outbox.c.state.not_in(["failed", "missed", "stopped"]),
        )
    )
    return tuple(
        (row.called_at, row.payload.get("audience", ""))
        for row in rows
        if but_campaign is None or row.campaign_id != but_campaign
    )


@dataclass(frozen=True, slots=True)
class SentArticle:
    """A campaign's article that was sent or published. Times are epoch seconds."""

    campaign_id: int
    msg_id: str
    title: str
    called_at: int
    settled_at: int


async def sent_articles(conn: AsyncConnection, since: datetime) -> tuple[SentArticle, ...]:
    """The articles of campaigns that are known to have gone out since a moment."""
    c = outbox.c
    rows = await conn.execute(
        select(c.campaign_id, c.msg_id, c.payload, c.called_at, c.settled_at)
        .where(c.kind.in_(["mass", "publish"]), c.state == "sent", c.called_at >= epoch(since))
        .where(c.campaign_id.is_not(None))
        .order_by(c.id)
    )
    return tuple(
        SentArticle(row.campaign_id, row.msg_id, row.payload["title"], row.called_at, row.settled_at)
        for row in rows
    )


def job_numbers() -> Select[tuple[str]]:
    """The platform's numbers of our own sends and publications, to tell those made in its console apart."""
    return select(outbox.c.msg_id).where(outbox.c.kind.in_(["mass", "publish"]))


async def last_push(conn: AsyncConnection) -> tuple[int, str] | None:
    """When the platform was last given a push of ours that it took (epoch seconds), and the push's title."""
    taken = outbox.c.kind.in_(["mass", "publish"]) & outbox.c.state.in_(["accepted", "sent"])
    query = select(outbox.c.called_at, outbox.c.payload).where(taken, outbox.c.called_at.is_not(None))
    row = (await conn.execute(query.order_by(outbox.c.called_at.desc()).limit(1))).first()
    return None if row is None else (row.called_at, str(row.payload.get("title", "")))


async def of_campaign(conn: AsyncConnection, campaign_id: int) -> tuple[Entry, ...]:
    """Everything that was ordered for a campaign's push, in order."""
    query = select(*FIELDS).where(outbox.c.campaign_id == campaign_id).order_by(outbox.c.id)
    return tuple(Entry(*row) for row in await conn.execute(query))


async def states(conn: AsyncConnection) -> dict[str, int]:
    """How many entries are in each state."""
    rows = await conn.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {row[0]: row[1] for row in rows}
