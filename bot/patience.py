"""Waiting for what many may wait for, so long and no longer, with one timer for all who wait.

`asyncio.timeout` and `asyncio.shield` around each would set and drop a timer for every message.
"""

import asyncio
from typing import TypeVar

Given = TypeVar("Given")


class Patience:
    """How long each waits, in seconds, the same for all; used inside one running loop."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadlines: dict[asyncio.Future[None], float] = {}
        """Who waits, and until when by the loop's clock: the first to come is the first to give up."""
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, work: asyncio.Future[Given]) -> Given:
        """What `work` gives or raises, or TimeoutError; whoever goes away meanwhile cancels nothing."""
        if not work.done():
            loop = asyncio.get_running_loop()
            turn = loop.create_future()

            def wake(_: asyncio.Future[Given]) -> None:
                if not turn.done():
                    turn.set_result(None)

            work.add_done_callback(wake)
            self._deadlines[turn] = loop.time() + self._seconds
            if self._timer is None:
                self._timer = loop.call_later(self._seconds, self._give_up, loop)
            try:
                await turn
            finally:
                del self._deadlines[turn]
        return work.result()

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send away those whose time is over, and come again for the next."""
        self._timer = None
        now = loop.time()
        for turn, deadline in self._deadlines.items():
            if deadline > now:
                self._timer = loop.call_at(deadline, self._give_up, loop)
                return
            if not turn.done():
                turn.set_exception(TimeoutError())
