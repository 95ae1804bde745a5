"""What a backup cannot hold, put right after it was restored."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.pushes import runs
from surveys import waves


class Mending:
    """The `mend` of `bot.retention.restore`; `random_bytes(n)` gives n unpredictable bytes."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes

    async def __call__(self, connection: AsyncConnection, now: datetime) -> None:
        """Open waves get a new key, because backups hold none; sends under way become a person's question."""
        await waves.rekey_open(connection, lambda: self._random_bytes(32), now)
        await outbox.doubt(connection, now)
        await runs.doubt(connection)
