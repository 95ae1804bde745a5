"""The ledger of mass sends: what the house has asked for, and what somebody made in the console.

No second table can drift from the truth: a send is booked by its outbox row before the platform is asked, and
settled by the same row; a job that the platform reports and no row of ours names was made in its console.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.outbox import platform_jobs
from content import ledger
from content.festivals import SHANGHAI
from content.ledger import AccountKind, Use


async def mass_uses(
    conn: AsyncConnection, start: datetime, end: datetime, but_campaign: int | None = None
) -> tuple[Use, ...]:
    """The mass sends of a span: under way, made or unclear; those of the console count for everybody.

    Failed, missed and stopped ones use nothing. `but_campaign` leaves one campaign's own sends out.
    """
    ours = await outbox.mass_sends(conn, start, end, but_campaign)
    console = await platform_jobs.strangers(conn, outbox.job_numbers(), start, end)
    return (
        *(Use("mass", datetime.fromtimestamp(at, SHANGHAI), audience) for at, audience in ours),
        *(Use("mass", datetime.fromtimestamp(at, SHANGHAI)) for at in console),
    )


async def objection(
    conn: AsyncConnection, kind: AccountKind, audience: str, at: datetime, campaign: int
) -> str:
    """Why the campaign's push would exceed what the platform grants, in words; "" when it fits."""
    start, end = month_around(at)
    uses = await mass_uses(conn, start, end, campaign)
    return ledger.mass_objection(uses, Use("mass", at, audience), kind)


@dataclass(frozen=True, slots=True)
class LastPush:
    """The last push that went out; `title` is "" for one made in the platform's console."""

    at: datetime
    title: str


async def last_push(conn: AsyncConnection) -> LastPush | None:
    """Our own or the console's, mass send or publication, whichever was later; None when none is known."""
    ours = await outbox.last_push(conn)
    console = await platform_jobs.last_stranger(conn, outbox.job_numbers())
    at, title = max(ours or (0, ""), (console or 0, ""))
    return LastPush(datetime.fromtimestamp(at, SHANGHAI), title) if at else None


def month_around(at: datetime) -> tuple[datetime, datetime]:
    """The first moment of the calendar month of `at` and of the next one, Asia/Shanghai."""
    start = at.astimezone(SHANGHAI).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)
