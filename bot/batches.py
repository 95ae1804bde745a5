"""Group commit: all that arrives while one transaction commits is served together by the next one."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

WAITING_LIMIT = 2_000
BATCH_LIMIT = 256
BREATH_SECONDS, QUIET_BREATHS, MOST_BREATHS = 0.001, 2, 8
STOP_SECONDS = 1.0
"""When it is stopped the doors have been drained: nobody waits for an answer any more."""

Asked = TypeVar("Asked")
Given = TypeVar("Given")


class Overloaded(Exception):
    """Too many wait; nothing was stored, so it must be asked again."""


class NotYet(Exception):
    """Nothing was stored, or nobody knows yet whether it was; it must be asked again."""


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Asked, Given]):
    asked: Asked
    given: asyncio.Future[Given]


class Batches(Generic[Asked, Given]):
    """A queue before one transaction.

    `commit` serves a batch in one transaction and returns what each is given, in order. If it raises, each is
    tried alone, and a poisoned one fails alone; the later ones of the same `person` then fail with NotYet,
    because an answer that overtakes another lands under the wrong question.
    """

    def __init__(
        self,
        name: str,
        commit: Callable[[Sequence[Asked]], Awaitable[Sequence[Given]]],
        person: Callable[[Asked], Hashable],
    ) -> None:
        self._name = name
        self._commit = commit
        self._person = person
        self._queue: deque[_Waiting[Asked, Given]] = deque()
        self._serving: Sequence[_Waiting[Asked, Given]] = ()
        self._arrival = asyncio.Event()
        self._closing = False
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many are queued or in work."""
        return len(self._queue) + len(self._serving)

    def start(self) -> None:
        """Begin to serve; called once inside the running loop."""
        self._worker = asyncio.create_task(self._serve(), name=self._name)

    async def stop(self, patience: float = STOP_SECONDS) -> None:
        """Finish what was taken in, refuse the rest; what the database does not take within so many
        seconds was acknowledged to nobody and is given up.
        """
        self._closing = True
        self._arrival.set()
        if self._worker is None:
            return
        await asyncio.wait([self._worker], timeout=patience)
        if not self._worker.done():
            self._worker.cancel()
            log.warning("%s stopped with some waiting", self._name, extra={"waiting": self.waiting})
        await asyncio.gather(self._worker, return_exceptions=True)
        for one in (*self._serving, *self._queue):
            _finish(one, NotYet())
        self._serving = ()
        self._queue.clear()

    def put(self, asked: Asked) -> asyncio.Future[Given]:
        """What it will be given, once that is durable. Raises Overloaded; the future may hold any error."""
        if self._closing or len(self._queue) >= WAITING_LIMIT:
            raise Overloaded
        given: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(asked, given))
        self._arrival.set()
        return given

    async def _serve(self) -> None:
        recent: deque[set[Hashable]] = deque(maxlen=2)
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._arrival.clear()
                await self._arrival.wait()
                continue
            await self._gather(len(set().union(*recent)))
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_LIMIT))]
            self._serving = batch
            await self._serve_batch(batch)
            self._serving = ()
            recent.append({self._person(one.asked) for one in batch})

    async def _gather(self, company: int) -> None:
        """Let those in who come together: a transaction costs nearly the same for one as for sixty.

        `company` were served by the last two, and many of them are about to ask on: they are waited for a few
        milliseconds, as long as one follows the other. Who comes alone does not wait.
        """
        quiet = 0
        for _ in range(MOST_BREATHS if company > 1 else 0):
            before = len(self._queue)
            if before >= company or quiet == QUIET_BREATHS:
                return
            await asyncio.sleep(BREATH_SECONDS)
            quiet = quiet + 1 if len(self._queue) == before else 0

    async def _serve_batch(self, batch: Sequence[_Waiting[Asked, Given]]) -> None:
        try:
            given = await self._commit([one.asked for one in batch])
        except Exception as error:
            # The type alone: the text of an error could quote what somebody wrote.
            why = type(error).__name__
            if len(batch) > 1:
                log.warning(
                    "%s: batch failed, trying each alone",
                    self._name,
                    extra={"size": len(batch), "why": why},
                )
                await self._serve_singly(batch)
                return
            log.error("%s: one failed", self._name, extra={"why": why})
            _finish(batch[0], error)
            return
        for one, result in zip(batch, given, strict=True):
            if not one.given.done():
                one.given.set_result(result)

    async def _serve_singly(self, batch: Sequence[_Waiting[Asked, Given]]) -> None:
        failed: set[Hashable] = set()
        for one in batch:
            person = self._person(one.asked)
            if person in failed:
                _finish(one, NotYet())
                continue
            await self._serve_batch([one])
            if one.given.done() and not one.given.cancelled() and one.given.exception() is not None:
                failed.add(person)


def _finish(one: "_Waiting[Asked, Given]", error: Exception) -> None:
    if not one.given.done():
        one.given.set_exception(error)
        one.given.exception()  # everybody who asked may have gone; that is no unretrieved error
