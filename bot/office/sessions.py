"""Who is signed in: an opaque token in the person's cookie, only its hash in the database."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Column, String, Table, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 12 * 60 * 60
TOUCH_SECONDS = 60

Stage = Literal["password", "full"]

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", BigInteger, nullable=False, index=True),
    Column("stage", String(8), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("candidate", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. `stage` "password": the second step is still to come.

    `csrf` is the token of this session's forms; `candidate` a second-step secret that waits to be confirmed.
    """

    token_hash: str
    staff_id: int
    stage: Stage
    csrf: str
    address: str
    candidate: str
    created_at: int
    last_seen_at: int
    expires_at: int

    def __repr__(self) -> str:
        return f"Session(staff_id={self.staff_id}, stage={self.stage!r})"


def token_hash(token: str) -> str:
    """How a token is stored: it has 256 bits of its own, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


async def start(
    conn: AsyncConnection, *, token: str, csrf: str, staff_id: int, stage: Stage, address: str, now: datetime
) -> Session:
    """A new session; `token` and `csrf` are fresh randomness."""
    moment = int(now.timestamp())
    session = Session(
        token_hash(token), staff_id, stage, csrf, address[:64], "", moment, moment, moment + LONGEST_SECONDS
    )
    await conn.execute(
        insert(staff_sessions).values({column: getattr(session, column) for column in Session.__slots__})
    )
    return session


async def find(conn: AsyncConnection, token: str, now: datetime) -> Session | None:
    """The live session of a cookie: used within 30 min, begun within 12 h."""
    row = (
        await conn.execute(select(staff_sessions).where(staff_sessions.c.token_hash == token_hash(token)))
    ).first()
    moment = int(now.timestamp())
    if row is None or moment >= row.expires_at or moment - row.last_seen_at >= IDLE_SECONDS:
        return None
    return Session(**row._mapping)


def needs_touch(session: Session, now: datetime) -> bool:
    """Whether its last use should be noted: at most once a minute, so that reading pages seldom writes."""
    return int(now.timestamp()) - session.last_seen_at >= TOUCH_SECONDS


async def touch(conn: AsyncConnection, session: Session, now: datetime) -> None:
    """Note that the session is in use."""
    await conn.execute(
        update(staff_sessions)
        .where(staff_sessions.c.token_hash == session.token_hash)
        .values(last_seen_at=int(now.timestamp()))
    )


async def renew(conn: AsyncConnection, session: Session, *, token: str, csrf: str) -> Session | None:
    """The same session under a new token, with all steps of signing in done; None when it has just ended."""
    result = await conn.execute(
        update(staff_sessions)
        .where(staff_sessions.c.token_hash == session.token_hash)
        .values(token_hash=token_hash(token), csrf=csrf, stage="full", candidate="")
    )
    if result.rowcount != 1:
        return None
    return replace(session, token_hash=token_hash(token), csrf=csrf, stage="full", candidate="")


async def set_candidate(conn: AsyncConnection, session: Session, candidate: str) -> None:
    """Keep a second-step secret until its first code proves that the phone has it."""
    await conn.execute(
        update(staff_sessions)
        .where(staff_sessions.c.token_hash == session.token_hash)
        .values(candidate=candidate)
    )


async def close(conn: AsyncConnection, session: Session) -> None:
    """Sign out here."""
    await conn.execute(delete(staff_sessions).where(staff_sessions.c.token_hash == session.token_hash))


async def close_all(conn: AsyncConnection, staff_id: int, keeping: Session | None = None) -> int:
    """Sign a person out everywhere, or everywhere but here; how many sessions ended."""
    statement = delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id)
    if keeping is not None:
        statement = statement.where(staff_sessions.c.token_hash != keeping.token_hash)
    return (await conn.execute(statement)).rowcount


async def purge(conn: AsyncConnection, now: datetime) -> int:
    """Delete sessions that are over; part of the nightly cleaning."""
    moment = int(now.timestamp())
    over = or_(staff_sessions.c.expires_at <= moment, staff_sessions.c.last_seen_at <= moment - IDLE_SECONDS)
    return (await conn.execute(delete(staff_sessions).where(over))).rowcount
