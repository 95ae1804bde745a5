"""The office's own words for the check before review: added, changed, or switched off."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.tables import metadata
from content.wording import Word, shipped, together

LONGEST_WORD, LONGEST_ADVICE, MOST = 20, 200, 500

campaign_words = Table(
    "campaign_words",
    metadata,
    Column("word", String(LONGEST_WORD), primary_key=True),
    Column("advice", String(LONGEST_ADVICE), nullable=False),
    Column("weight", String(8), nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)


async def own(conn: AsyncConnection) -> tuple[Word, ...]:
    """What the office has set, by word."""
    columns = (campaign_words.c.word, campaign_words.c.advice, campaign_words.c.weight)
    rows = await conn.execute(select(*columns).order_by(campaign_words.c.word))
    return tuple(Word(*row) for row in rows)


async def in_use(conn: AsyncConnection) -> tuple[Word, ...]:
    """The library's words with the office's own over them."""
    return together(await own(conn))


async def put(conn: AsyncConnection, word: Word, by: str, now: datetime) -> None:
    """Set a word, in place of what was set for it before."""
    await conn.execute(delete(campaign_words).where(campaign_words.c.word == word.word))
    row = {
        "word": word.word,
        "advice": word.advice,
        "weight": word.weight,
        "changed_by": by,
        "changed_at": int(now.timestamp()),
    }
    await conn.execute(insert(campaign_words).values(row))


async def remove(conn: AsyncConnection, word: str, by: str, now: datetime) -> None:
    """Look for a word no more: one of the office's own goes, one of the library is switched off."""
    known = next((one for one in shipped() if one.word == word), None)
    if known is None:
        await conn.execute(delete(campaign_words).where(campaign_words.c.word == word))
    else:
        await put(conn, Word(word, known.advice, "off"), by, now)
