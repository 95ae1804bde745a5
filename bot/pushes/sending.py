"""Personal sends on their way: chunk after chunk, many calls at once, never faster than the office allows.

Whom the platform is called for is stored before the call and what came of it afterwards, a chunk at a time,
together with the claim of the next one. A pause is seen within a quarter of a second: calls under way end,
nobody else is called, and who was not called waits for the run to go on. After a crash everybody whose
call may have left stays unknown; nobody is called twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database
from bot.ending import cut_off
from bot.pushes import run_load, run_refusals, run_waiting, runs
from bot.pushes.run_load import Load
from bot.pushes.runs import Run
from bot.residents import Addressee
from bot.wechat.allowances import Used
from bot.wechat.errors import ApiError
from content import store
from content.campaign import State
from content.planning import Limits

log = logging.getLogger(__name__)

LANES = 32
LEASE_SECONDS = 300
"""Longer than a chunk can take: its calls in lanes of 10 s each, and the pace of a slow office."""
LOOK_SECONDS = 0.25
TRIES, TRY_APART_SECONDS = 30, 2.0
DISAGREES = 43101
"""The errcode of a notice that its reader did not agree to, or does not any more."""
SILENCES = 8
"""So many calls without an answer among the last ones let a run wait."""

Step = Literal["run: after claim", "run: before call", "run: after call", "run: after settle"]


class Platform(Protocol):
    """What personal sends ask of WeChat; every call may raise ApiError and is never repeated here."""

    async def custom_text(self, openid: str, text: str) -> None: ...

    async def notice(self, openid: str, template: str, words: Mapping[str, str], page: str) -> None: ...


class Sender:
    """The work that the heartbeat calls. Any number of replicas may run it on one database.

    `per_second` is the pace of this replica, `limits` the office's quiet hours and how often a phone may ring
    in a week; `steps` is told each step just passed; `used` says what a method's calls of today have come to.
    """

    def __init__(
        self,
        database: Database,
        platform: Platform,
        clock: Callable[[], datetime],
        per_second: float,
        limits: Limits,
        steps: Callable[[Step], None] = lambda _step: None,
        look: Callable[[float], Awaitable[None]] = asyncio.sleep,
        used: Callable[[str], Used] = lambda path: Used(path, 0, None),
    ) -> None:
        self._database = database
        self._platform = platform
        self._clock = clock
        self._apart = 1.0 / per_second
        self._limits = limits
        self._steps = steps
        self._look = look
        self._used = used
        self._next_call = 0.0
        self._loads: list[Load] = []
        self._wake = asyncio.Event()
        self._work = asyncio.Event()
        self._stopping = False

    async def run_due(self) -> int:
        """Send what may leave now, until nothing is left or everything waits; how many chunks it took."""
        now = self._clock()
        async with self._database.snapshot() as conn:
            if not await runs.has_work(conn, now):
                return 0
        self._loads.clear()
        helpers: list[asyncio.Task[None]] = []
        try:
            taken = await self._turn([], first=True)
            if not taken:
                return 0
            helpers = [asyncio.create_task(self._lane()) for _ in range(LANES)]
            helpers.append(asyncio.create_task(self._watch()))
            return taken + await self._feed(helpers)
        finally:
            await cut_off(helpers)

    def stop(self) -> None:
        """The process is going to end: call nobody else, settle what was called."""
        self._stopping = True
        for load in self._loads:
            load.halt()
        self._wake.set()

    async def _feed(self, helpers: list[asyncio.Task[None]]) -> int:
        """Settle chunks that are over and claim the next ones before the lanes run dry."""
        taken = 0
        while self._loads:
            self._wake.clear()
            over = [load for load in self._loads if load.is_over]
            if over or sum(len(load.waiting) for load in self._loads) < LANES:
                taken += await self._turn_for_sure(over)
                if over:
                    continue
            waiting = asyncio.create_task(self._wake.wait())
            done, _ = await asyncio.wait([waiting, *helpers], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            for one in done:
                one.result()
        return taken

    async def _turn_for_sure(self, over: list[Load]) -> int:
        """The same where the database may be in trouble: what was called must not be forgotten for that."""
        for _ in range(TRIES):
            try:
                return await self._turn(over)
            except (SQLAlchemyError, OSError) as error:
                log.error("personal sends could not be stored: %s", type(error).__name__)
                for load in self._loads:
                    load.halt()
                await self._look(TRY_APART_SECONDS)
        return await self._turn(over)

    async def _turn(self, over: list[Load], *, first: bool = False) -> int:
        """One transaction: what these chunks came to, runs that end by it, and the next chunk."""
        now = self._clock()
        async with self._database.transaction() as conn:
            for load in over:
                await run_load.settle(conn, load, now)
            lost = await runs.expire(conn, now) if first else 0
            load_now = None
            if not self._stopping and len(self._loads) - len(over) < 2:
                under_way = sum(len(load.waiting) + load.under_way for load in self._loads)
                await run_waiting.keep_quiet(conn, self._limits.quiet, now)
                await run_waiting.keep_calls(conn, self._used, under_way, now)
                chunk = await runs.claim(conn, now, LEASE_SECONDS)
                if chunk is not None:
                    load_now = await run_load.claim(conn, chunk, self._limits.most_a_week, now)
            for ended in await runs.end(conn, now):
                await _tell_campaign(conn, ended, now)
        if lost:
            log.warning("nobody knows whether %d personal messages left", lost)
        for load in over:
            self._loads.remove(load)
            self._steps("run: after settle")
        if load_now is None:
            return 0
        self._loads.append(load_now)
        self._steps("run: after claim")
        self._work.set()
        if load_now.is_over:
            self._wake.set()
        return 1

    async def _lane(self) -> None:
        while True:
            load = next((one for one in self._loads if one.waiting), None)
            if load is None:
                self._work.clear()
                self._wake.set()
                await self._work.wait()
                continue
            person = load.waiting.popleft()
            load.under_way += 1
            await self._pace()
            if load.halted:
                load.unasked.append(person.id)
            else:
                await self._call(load, person)
            load.under_way -= 1
            if load.is_over or len(load.waiting) == 0:
                self._wake.set()

    async def _pace(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next_call = max(self._next_call + self._apart, now)
        if (early := self._next_call - now) > 0.001:
            await asyncio.sleep(early)

    async def _call(self, load: Load, person: Addressee) -> None:
        run = load.chunk.run
        self._steps("run: before call")
        try:
            await self._send(run, person)
        except ApiError as error:
            log.warning("run %d: %s", run.id, error)
            self._refused(load, person, error)
        else:
            load.silences = 0
            load.outcomes["sent"].append(person.id)
        self._steps("run: after call")

    async def _send(self, run: Run, person: Addressee) -> None:
        if run.channel == "notice":
            said = run.payload
            await self._platform.notice(person.openid, said["template"], said["words"], said["page"])
        else:
            await self._platform.custom_text(person.openid, run.payload["text"])

    def _refused(self, load: Load, person: Addressee, error: ApiError) -> None:
        now, setbacks = self._clock(), load.chunk.run.setbacks
        refusal = run_refusals.after(error.outcome, setbacks, now)
        load.silences = load.silences + 1 if refusal.outcome == "unknown" else 0
        if load.silences >= SILENCES:
            refusal = run_refusals.after_silence(setbacks, now)
        if error.code == DISAGREES:
            load.disagreeing.append(person.id)
        match refusal.outcome:
            case "gone" | "closed" | "failed" | "unknown" as outcome:
                load.outcomes[outcome].append(person.id)
            case _:
                load.unasked.append(person.id)
        if refusal.words:
            load.trouble = load.trouble or refusal
            load.halt()

    async def _watch(self) -> None:
        """See within a moment that a run was paused, stopped or told to wait by another replica."""
        while True:
            await self._look(LOOK_SECONDS)
            ids = {load.chunk.run.id for load in self._loads}
            if not ids:
                continue
            try:
                async with self._database.snapshot() as conn:
                    found = await runs.states(conn, sorted(ids))
            except (SQLAlchemyError, OSError) as error:
                log.error("nobody knows whether a run is paused: %s", type(error).__name__)
                found = {}
            now = self._clock().timestamp()
            for load in self._loads:
                state, again_at = found.get(load.chunk.run.id, ("stopped", 0))
                if (state != "running" or again_at > now) and not load.halted:
                    load.halt()
                    self._wake.set()


async def _tell_campaign(conn: AsyncConnection, run: Run, now: datetime) -> None:
    if run.campaign_id is None:
        return
    state: State = "sent" if run.sent else "unknown" if run.unknown else "failed" if run.handled else "missed"
    await store.settle(conn, run.campaign_id, state, run.counts, now)
