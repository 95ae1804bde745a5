"""The history of campaigns: who did what to which frozen text. Rows are added, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.campaign import Signature
from content.festivals import SHANGHAI
from content.tables import metadata

Act = Literal["create", "edit", "submit", "approve", "reject", "comment", "stop"]

campaign_reviews = Table(
    "campaign_reviews",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("campaign_id", BigInteger, nullable=False, index=True),
    Column("act", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("person", String(64), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("comment", Text, nullable=False),
    Column("done_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Review:
    """One line of a campaign's history; `level` is 0 where nothing is signed."""

    act: Act
    level: int
    person: str
    content_hash: str
    comment: str
    done_at: datetime


async def note(conn: AsyncConnection, campaign_id: int, review: Review) -> None:
    """Add a line to the history."""
    await conn.execute(
        insert(campaign_reviews).values(
            campaign_id=campaign_id,
            act=review.act,
            level=review.level,
            person=review.person,
            content_hash=review.content_hash,
            comment=review.comment,
            done_at=int(review.done_at.timestamp()),
        )
    )


async def history(conn: AsyncConnection, campaign_id: int) -> tuple[Review, ...]:
    """Everything people did to a campaign, oldest first."""
    rows = await conn.execute(
        select(campaign_reviews)
        .where(campaign_reviews.c.campaign_id == campaign_id)
        .order_by(campaign_reviews.c.id)
    )
    return tuple(
        Review(
            row.act,
            row.level,
            row.person,
            row.content_hash,
            row.comment,
            datetime.fromtimestamp(row.done_at, SHANGHAI),
        )
        for row in rows
    )


async def signatures(conn: AsyncConnection, campaign_ids: Sequence[int]) -> dict[int, tuple[Signature, ...]]:
    """The signatures that count: those since a campaign was last submitted, edited or sent back."""
    rows = await conn.execute(
        select(campaign_reviews)
        .where(
            campaign_reviews.c.campaign_id.in_(campaign_ids),
            campaign_reviews.c.act.in_(["submit", "edit", "reject", "approve"]),
        )
        .order_by(campaign_reviews.c.id)
    )
    found: dict[int, tuple[Signature, ...]] = {}
    for row in rows:
        if row.act == "approve":
            signed_at = datetime.fromtimestamp(row.done_at, SHANGHAI)
            signature = Signature(row.level, row.person, row.content_hash, signed_at)
            found[row.campaign_id] = (*found.get(row.campaign_id, ()), signature)
        else:
            found[row.campaign_id] = ()
    return found
