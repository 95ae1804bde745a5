"""What the office says about an article in plain language, approved; it belongs to words, not to a number.

Whatever version of a work holds those very words has the summary, under whatever number; once the words
change it is no longer shown.
"""

import hashlib
from collections.abc import Iterable, Mapping

from sqlalchemy import Column, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.rules.document import Article
from content.tables import metadata

LONGEST = 300

summaries = Table(
    "summaries",
    metadata,
    Column("work", String(200), primary_key=True),
    Column("words", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)


def words_of(article: Article) -> str:
    """A digest of the words that a summary is about."""
    return hashlib.sha256(article.text.encode()).hexdigest()


async def put(connection: AsyncConnection, work: str, words: str, text: str) -> None:
    """Put a summary in the place of the one before; "" takes it away."""
    c = summaries.c
    await connection.execute(delete(summaries).where(c.work == work, c.words == words))
    if text:
        await connection.execute(insert(summaries).values(work=work, words=words, text=text))


async def load_summaries(connection: AsyncConnection, works: Iterable[str]) -> Mapping[tuple[str, str], str]:
    """The summaries of these works by (work, digest of the words)."""
    c = summaries.c
    rows = await connection.execute(select(summaries).where(c.work.in_(sorted(set(works)))))
    return {(row.work, row.words): row.text for row in rows}
