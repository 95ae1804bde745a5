"""Delivers messages to the account's server as WeChat does: 5 s a try, three tries in all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import aiohttp

from bot.simulator.options import SimulatorOptions
from bot.simulator.replies import EXCUSE, Reply, read_reply
from bot.simulator.wire import Envelope, Envelopes, Fields, Malformed, seal, sign

TRIES = 3
BODY_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP delivery; `status` None when no answer came, `error` then says why."""

    status: int | None
    seconds: float
    body: bytes
    error: str = ""

    @property
    def worth_repeating(self) -> bool:
        """No answer in time, no connection or a server error: WeChat delivers again."""
        return self.status is None or self.status >= 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and what came of it. `problem` is empty when the server took it with 200 and sense."""

    fields: Fields
    envelope: Envelope
    attempts: tuple[Attempt, ...]
    reply: Reply | None
    problem: str

    @property
    def acknowledged(self) -> bool:
        """The server took it: its answer was 200 and either a reply or "success"."""
        return not self.problem

    @property
    def text(self) -> str | None:
        """The words of the reply; None without a text reply."""
        return self.reply.text if self.reply else None

    @property
    def excuse(self) -> str | None:
        """What the resident reads when the server failed."""
        return EXCUSE if self.problem else None


class Courier:
    """Owns the HTTP session towards the service. `webhook_url` may be set after the service has its port."""

    def __init__(
        self, options: SimulatorOptions, envelopes: Envelopes, now: Callable[[], int], rng: Random
    ) -> None:
        self._options = options
        self._envelopes = envelopes
        self._now = now
        self._rng = rng
        self._session: aiohttp.ClientSession | None = None
        self.webhook_url = options.webhook_url

    def seal(self, fields: Fields) -> Envelope:
        """The message in the account's mode, with a new timestamp, nonce and ciphertext."""
        return seal(fields, self._options, self._envelopes, self._now(), self._rng)

    async def post(self, envelope: Envelope, seconds: float | None = None) -> Attempt:
        """One delivery of exactly these bytes, given up after `seconds` (default: WeChat's 5)."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        limit = self._options.answer_seconds if seconds is None else seconds
        try:
            async with (
                asyncio.timeout(limit),
                self._open().post(
                    f"{self.webhook_url}?{envelope.query}",
                    data=envelope.body,
                    headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
                    allow_redirects=False,
                ) as response,
            ):
                body = await response.content.read(BODY_LIMIT)
                return Attempt(response.status, loop.time() - started, body)
        except TimeoutError:
            return Attempt(None, loop.time() - started, b"", "no answer in time")
        except aiohttp.ClientError as error:
            return Attempt(None, loop.time() - started, b"", f"{type(error).__name__}: {error}")

    async def deliver(
        self,
        fields: Fields,
        *,
        tries: int = TRIES,
        envelope: Envelope | None = None,
        patience: float | None = None,
    ) -> Delivery:
        """The message with WeChat's redelivery: same id and create time in a new envelope each time.

        With `envelope` given, exactly those bytes go out every time. Rubbish and 4xx are not delivered again.
        """
        attempts: list[Attempt] = []
        while True:
            sealed = envelope or self.seal(fields)
            attempts.append(await self.post(sealed, patience))
            if len(attempts) >= tries or not attempts[-1].worth_repeating:
                break
        return self.conclude(fields, sealed, attempts)

    def conclude(self, fields: Fields, envelope: Envelope, attempts: list[Attempt]) -> Delivery:
        """What the last attempt means to the resident."""
        last = attempts[-1]
        reply, problem = None, ""
        if last.status != 200:
            problem = last.error or f"HTTP {last.status}"
        else:
            try:
                reply = read_reply(last.body, fields, self._options, self._envelopes)
            except Malformed as error:
                problem = str(error)
        return Delivery(fields, envelope, tuple(attempts), reply, problem)

    async def verify(self) -> bool:
        """What pressing 提交 under 服务器配置 does: a signed GET whose echostr must come back verbatim."""
        stamp, nonce = str(self._now()), str(self._rng.randrange(10**9))
        echo = str(self._rng.randrange(10**18, 10**19))
        query = {
            "signature": sign(self._options.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "echostr": echo,
        }
        try:
            async with (
                asyncio.timeout(self._options.answer_seconds),
                self._open().get(self.webhook_url, params=query, allow_redirects=False) as response,
            ):
                return response.status == 200 and (await response.content.read(BODY_LIMIT)) == echo.encode()
        except (TimeoutError, aiohttp.ClientError):
            return False

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session

    async def close(self) -> None:
        """Drop the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
