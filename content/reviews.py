"""The history of campaigns: who did what to which frozen text, and those texts.

Rows are added, never changed. A remark at a passage is open until somebody says that it has been dealt with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.campaign import Content, Signature
from content.festivals import SHANGHAI
from content.tables import insert_new, metadata

Act = Literal["create", "edit", "submit", "approve", "reject", "comment", "resolve", "stop"]

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
    Column("place", String(16), nullable=False, server_default=""),
    Column("passage", Text, nullable=False, server_default=""),
    Column("about", BigInteger, nullable=False, server_default="0"),
)

campaign_versions = Table(
    "campaign_versions",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("content_hash", String(64), primary_key=True),
    Column("content", JSON, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Review:
    """One line of a campaign's history; `level` is 0 where nothing is signed.

    A remark may have a `place` (see content.passages) and the `passage` it is about; "resolve" names in
    `about` the remark that was dealt with. `id` is 0 until it is stored.
    """

    act: Act
    level: int
    person: str
    content_hash: str
    comment: str
    done_at: datetime
    place: str = ""
    passage: str = ""
    about: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """A text as it was once put before the reviewers: the canonical form that its hash was taken of."""

    content_hash: str
    content: Mapping[str, Any]
    kept_at: datetime


def open_remarks(history: Sequence[Review]) -> tuple[Review, ...]:
    """Remarks at a passage that nobody has said to have dealt with, oldest first."""
    resolved = {line.about for line in history if line.act == "resolve"}
    return tuple(line for line in history if line.act == "comment" and line.place and line.id not in resolved)


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
            place=review.place,
            passage=review.passage,
            about=review.about,
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
            row.place,
            row.passage,
            row.about,
            row.id,
        )
        for row in rows
    )


async def keep_version(conn: AsyncConnection, campaign_id: int, content: Content, now: datetime) -> None:
    """Keep the text that reviewers are going to sign, once."""
    row = {
        "campaign_id": campaign_id,
        "content_hash": content.hash,
        "content": content.canonical,
        "kept_at": int(now.timestamp()),
    }
    await insert_new(conn, campaign_versions, [row], ["campaign_id", "content_hash"])


async def versions(conn: AsyncConnection, campaign_id: int) -> tuple[Version, ...]:
    """Every text of a campaign that was submitted, oldest first."""
    rows = await conn.execute(
        select(campaign_versions)
        .where(campaign_versions.c.campaign_id == campaign_id)
        .order_by(campaign_versions.c.kept_at, campaign_versions.c.content_hash)
    )
    return tuple(
        Version(row.content_hash, row.content, datetime.fromtimestamp(row.kept_at, SHANGHAI)) for row in rows
    )


async def images(conn: AsyncConnection) -> set[str]:
    """The hashes of all pictures in texts that were ever put before reviewers."""
    found: set[str] = set()
    result = await conn.stream(select(campaign_versions.c.content))
    async for (content,) in result:
        found |= {content.get("cover", ""), *(one["sha256"] for one in content.get("pictures", ()))}
    return found - {""}


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
