"""Customer-service windows: how far an audience can be written to, and who has had all of theirs.

After a message of theirs the platform takes 5 messages to a resident within 48 hours.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.inquiries.letters import QUOTA, WINDOW
from bot.pushes import runs, segments
from content.audience import Audience
from content.festivals import SHANGHAI


async def spent(conn: AsyncConnection, wrote: Mapping[int, int]) -> dict[int, int]:
    """How many messages each resident was or will be sent since they wrote (epoch seconds)."""
    letters = await outbox.custom_since(conn, wrote)
    others = await runs.written_since(conn, wrote, "custom")
    return {one: letters.get(one, 0) + others.get(one, 0) for one in wrote}


async def opened(
    conn: AsyncConnection, audiences: Mapping[str, Audience], now: datetime
) -> dict[str, Audience]:
    """The audiences; those of whom all wrote lately also with the end of their first window and what is left
    in the fullest.
    """
    since = int((now - WINDOW).timestamp())
    writers = await segments.writers(conn, since)
    found = dict(audiences)
    for key, audience in audiences.items():
        if audience.size and writers.get(key) == audience.size:
            wrote = await segments.wrote(conn, key, since)
            until = datetime.fromtimestamp(min(wrote.values()), SHANGHAI) + WINDOW
            left = max(0, QUOTA - max((await spent(conn, wrote)).values()))
            found[key] = replace(audience, open_until=until, left=left)
    return found
