"""Signing from a phone without signing in: a link for one person and one text, and a number only they know.

Whoever makes or forwards a link cannot use it: the number is set by its owner, signed in, and is shown to
nobody. A link serves once, for the text whose hash it holds; it dies with time or wrong tries, and wrong
tries also rest the number itself, so that fresh links give no fresh guesses.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import BigInteger, Column, Integer, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from bot.office import lockout
from bot.problems import Problem

LIFETIME = timedelta(hours=48)
TRIES = 5
SHORTEST_NUMBER, LONGEST_NUMBER = 6, 8
RUN = "01234567890123456789"

approval_numbers = Table(
    "approval_numbers",
    metadata,
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number_hash", String(200), nullable=False),
    Column("failed", Integer, nullable=False),
    Column("failed_at", BigInteger, nullable=False),
    Column("locked_until_at", BigInteger, nullable=False),
    Column("set_at", BigInteger, nullable=False),
)

approval_links = Table(
    "approval_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("campaign_id", BigInteger, nullable=False, index=True),
    Column("level", Integer, nullable=False),
    Column("staff_id", BigInteger, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class ApprovalLink:
    """What a link is for. Times are epoch seconds; `used_at` is None until it has served."""

    token_hash: str
    campaign_id: int
    level: int
    staff_id: int
    content_hash: str
    made_by: str
    made_at: int
    expires_at: int
    tries: int
    used_at: int | None

    def is_open(self, now: datetime) -> bool:
        """Whether it may still be tried."""
        return self.used_at is None and self.tries < TRIES and now.timestamp() < self.expires_at


def check_number(number: str) -> None:
    """Raise a Problem that says what a new number lacks."""
    if not (number.isascii() and number.isdecimal()) or not SHORTEST_NUMBER <= len(number) <= LONGEST_NUMBER:
        raise Problem(f"审核码是 {SHORTEST_NUMBER} 到 {LONGEST_NUMBER} 位数字，请重新输。")
    if len(set(number)) < 3 or number in RUN or number in RUN[::-1]:
        raise Problem("这个审核码太好猜，请换一个，不要用连号、重复的数字。")


async def set_number(conn: AsyncConnection, staff_id: int, encoded: str, now: datetime) -> None:
    """The person's own number, as a hash; earlier wrong tries are forgotten."""
    await conn.execute(delete(approval_numbers).where(approval_numbers.c.staff_id == staff_id))
    row = {"staff_id": staff_id, "number_hash": encoded, "set_at": _epoch(now), **lockout.CLEAR._asdict()}
    await conn.execute(insert(approval_numbers).values(row))


async def have_number(conn: AsyncConnection, staff_ids: Collection[int]) -> set[int]:
    """Those of these persons who have set their number."""
    query = select(approval_numbers.c.staff_id).where(approval_numbers.c.staff_id.in_(staff_ids))
    return set((await conn.execute(query)).scalars())


async def forget_number(conn: AsyncConnection, staff_id: int) -> None:
    """The account was reset or given up: whoever has it next sets a number of their own."""
    await conn.execute(delete(approval_numbers).where(approval_numbers.c.staff_id == staff_id))
    await conn.execute(
        delete(approval_links).where(
            approval_links.c.staff_id == staff_id, approval_links.c.used_at.is_(None)
        )
    )


async def make_link(
    conn: AsyncConnection,
    token: str,
    *,
    campaign_id: int,
    level: int,
    staff_id: int,
    content_hash: str,
    latest: datetime,
    by: str,
    now: datetime,
) -> datetime:
    """A link for one person, until 48 hours from now or `latest`; until when. Their earlier one for the
    campaign dies, if it has not served.
    """
    await conn.execute(
        delete(approval_links).where(
            approval_links.c.campaign_id == campaign_id,
            approval_links.c.staff_id == staff_id,
            approval_links.c.used_at.is_(None),
        )
    )
    until = min(now + LIFETIME, latest)
    row = {
        "token_hash": _hash(token),
        "campaign_id": campaign_id,
        "level": level,
        "staff_id": staff_id,
        "content_hash": content_hash,
        "made_by": by,
        "made_at": _epoch(now),
        "expires_at": _epoch(until),
        "tries": 0,
    }
    await conn.execute(insert(approval_links).values(row))
    return until


async def find_link(conn: AsyncConnection, token: str) -> ApprovalLink | None:
    """The link of a token, whatever became of it."""
    query = select(approval_links).where(approval_links.c.token_hash == _hash(token))
    row = (await conn.execute(query)).first()
    return ApprovalLink(*row) if row else None


async def claim_try(conn: AsyncConnection, link: ApprovalLink, now: datetime) -> str | None:
    """Count a try before its outcome is known; the hash to compare with, None while none is allowed."""
    counted = await conn.execute(
        update(approval_links)
        .where(
            approval_links.c.token_hash == link.token_hash,
            approval_links.c.used_at.is_(None),
            approval_links.c.tries < TRIES,
            approval_links.c.expires_at > _epoch(now),
        )
        .values(tries=approval_links.c.tries + 1)
    )
    held = approval_numbers.c
    row = (
        await conn.execute(
            select(held.failed, held.failed_at, held.locked_until_at, held.number_hash)
            .where(held.staff_id == link.staff_id)
            .with_for_update()
        )
    ).first()
    if counted.rowcount != 1 or row is None:
        return None
    after = lockout.attempt(lockout.Tries(*row[:3]), _epoch(now))
    if after is None:
        return None
    await _set_tries(conn, link.staff_id, after)
    return str(row.number_hash)


async def use(conn: AsyncConnection, link: ApprovalLink, now: datetime) -> bool:
    """The number was right and the act is done in this transaction; False when the link has served before."""
    used = await conn.execute(
        update(approval_links)
        .where(approval_links.c.token_hash == link.token_hash, approval_links.c.used_at.is_(None))
        .values(used_at=_epoch(now))
    )
    await _set_tries(conn, link.staff_id, lockout.CLEAR)
    return used.rowcount == 1


async def forget_links(conn: AsyncConnection, before: datetime) -> int:
    """Delete links that ran out before a moment; how many. What was signed stands in the history."""
    gone = await conn.execute(delete(approval_links).where(approval_links.c.expires_at < _epoch(before)))
    return gone.rowcount


async def _set_tries(conn: AsyncConnection, staff_id: int, tries: lockout.Tries) -> None:
    await conn.execute(
        update(approval_numbers).where(approval_numbers.c.staff_id == staff_id).values(tries._asdict())
    )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
