"""Ending work that was begun beside the one who ends: cut off, and waited for."""

import asyncio
from collections.abc import Iterable


async def cut_off(tasks: Iterable[asyncio.Task[object]]) -> None:
    """Cancel those that have not ended, and wait until each has; what they raise concerns nobody any more."""
    ending = tuple(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
