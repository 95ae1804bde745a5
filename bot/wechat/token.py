"""The access token: one for all replicas, kept in the database, renewed by one of them at a time."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, select, update

from bot.config import Account
from bot.database import Database, insert_ignoring, metadata
from bot.ending import cut_off
from bot.wechat.errors import SHORTLY, ApiError, Rejected, Retry, Unknown, outcome_of, request_id
from bot.wechat.transport import Transport

platform_tokens = Table(
    "platform_tokens",
    metadata,
    Column("app_id", String(64), primary_key=True),
    Column("token", Text, nullable=False, default=""),
    Column("expires_at", BigInteger, nullable=False, default=0),
    Column("lease_owner", String(64), nullable=False, default=""),
    Column("lease_until_at", BigInteger, nullable=False, default=0),
    Column("forced_at", BigInteger, nullable=False, default=0),
    Column("refused_since_at", BigInteger, nullable=False, default=0),
    Column("refused_count", Integer, nullable=False, default=0),
)
"""`expires_at` is when the token is put away, some minutes before the platform's own end. A forced
renewal was at `forced_at`; there were `refused_count` of them in the hour from `refused_since_at`.
"""

CALL = "/cgi-bin/stable_token"

LEASE_SECONDS = 15  # longer than one exchange may take
FORCE_APART_SECONDS = 30  # the platform's own rule
FORCES_AN_HOUR = 6
_SPARE_SECONDS = 240  # inside the last five minutes, in which the old and the new token are both good
_SHORTEST_SECONDS = 30
_HOUR = 3600
_POLL_SECONDS = 0.25
_POLLS = 80  # outlast a lease whose owner died

_ALARM = (
    "微信一小时内多次拒绝了刚换的登录凭证，系统已暂停再换。"
    "请确认没有别的系统在用同一个 AppSecret，再到“连接公众号”页核对；一小时后会自动再试。"
)
_WRONG_SECRET = "AppSecret 不对。请到公众平台“基本配置”里核对；如果刚重置过，请填写新的。"  # noqa: S105


@dataclass(frozen=True, slots=True)
class _Claim:
    """This replica may fetch; `force` makes the platform end the token that it still gives."""

    force: bool


class TokenStore:
    """Gives the token to use. `owner` names this replica; `pause` waits so many seconds."""

    def __init__(
        self,
        transport: Transport,
        account: Account,
        database: Database,
        clock: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]],
        owner: str,
    ) -> None:
        self._transport = transport
        self._account = account
        self._database = database
        self._clock = clock
        self._pause = pause
        self._owner = owner
        self._token = ""
        self._expires_at = 0
        self._flight: asyncio.Task[str] | None = None

    async def get(self, refused: str | None = None) -> str:
        """A token to call with. `refused` is the very token that the platform has just refused.

        Raises ApiError: Retry when another renewal is too recent, Rejected when a person must act.
        """
        while True:
            if self._token and self._token != refused and self._expires_at > self._seconds():
                return self._token
            flight = self._flight
            mine = flight is None
            if flight is None:
                flight = self._flight = asyncio.create_task(self._renew(refused))
                flight.add_done_callback(self._landed)
            token = await asyncio.shield(flight)
            if mine or token != refused:
                return token

    async def close(self) -> None:
        """End a renewal that is under way; whoever waits for it is cut off."""
        if self._flight is not None:
            await cut_off([self._flight])

    def _landed(self, flight: asyncio.Task[str]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # whoever waited has it; when all of them left, nobody needs it

    def _seconds(self) -> int:
        return int(self._clock().timestamp())

    async def _renew(self, refused: str | None) -> str:
        for _ in range(_POLLS):
            found = await self._adopt_or_claim(refused)
            if isinstance(found, _Claim):
                return await self._fetch(found.force)
            if found is not None:
                return found
            await self._pause(_POLL_SECONDS)
        raise ApiError(CALL, Retry(float(LEASE_SECONDS)))

    async def _adopt_or_claim(self, refused: str | None) -> str | _Claim | None:
        """The token of the row, the right to fetch one, or None while another replica fetches."""
        table = platform_tokens
        now = self._seconds()
        own_row = table.c.app_id == self._account.app_id
        async with self._database.transaction() as conn:
            await conn.execute(insert_ignoring(conn, table, ["app_id"]).values(app_id=self._account.app_id))
            row = (await conn.execute(select(table).where(own_row))).one()
            if row.token and row.token != refused and row.expires_at > now:
                self._token, self._expires_at = row.token, row.expires_at
                return self._token
            force = row.token == refused and row.expires_at > now
            values: dict[str, int | str] = {
                "lease_owner": self._owner,
                "lease_until_at": now + LEASE_SECONDS,
            }
            if force and row.lease_until_at <= now:
                values |= _count_force(row.forced_at, row.refused_since_at, row.refused_count, now)
            unchanged = (table.c.lease_until_at <= now, table.c.token == row.token)
            claimed = await conn.execute(update(table).where(own_row, *unchanged).values(values))
            return _Claim(force) if claimed.rowcount == 1 else None

    async def _fetch(self, force: bool) -> str:
        try:
            token, lifetime = await self._ask(force)
        except ApiError:
            await self._release({})
            raise
        self._token = token
        self._expires_at = self._seconds() + max(_SHORTEST_SECONDS, lifetime - _SPARE_SECONDS)
        await self._release({"token": token, "expires_at": self._expires_at})
        return token

    async def _release(self, values: dict[str, int | str]) -> None:
        """Give the lease back with what it brought; a replica whose lease ran out changes nothing."""
        table = platform_tokens
        async with self._database.transaction() as conn:
            await conn.execute(
                update(table)
                .where(table.c.app_id == self._account.app_id, table.c.lease_owner == self._owner)
                .values(lease_owner="", lease_until_at=0, **values)
            )

    async def _ask(self, force: bool) -> tuple[str, int]:
        """The platform's token and its lifetime in seconds."""
        body = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret.get_secret_value(),
            "force_refresh": force,
        }
        answer = await self._post(json.dumps(body).encode())
        code = answer.get("errcode", 0)
        if isinstance(code, int) and code:
            outcome = (
                Rejected(code, _WRONG_SECRET)
                if code == 40001
                else outcome_of(code, answer, self._clock(), self._account.kind)
            )
            raise ApiError(CALL, outcome, code, request_id(answer))
        token, lifetime = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lifetime, int):
            raise ApiError(CALL, Retry(SHORTLY))
        return token, lifetime

    async def _post(self, body: bytes) -> dict[str, object]:
        """Asking again harms nothing, so that a lost answer is a Retry and never an Unknown: the call
        that wanted the token has not left.
        """
        try:
            answer = await self._transport.exchange(CALL, "POST", self._account.api_base + CALL, {}, body)
        except ApiError as error:
            if not isinstance(error.outcome, Unknown):
                raise
        else:
            if isinstance(answer, dict):
                return answer
        raise ApiError(CALL, Retry(SHORTLY))


def _count_force(forced_at: int, since: int, count: int, now: int) -> dict[str, int | str]:
    """The counters after one more forced renewal; ApiError when it is too early or one too many."""
    if now - since >= _HOUR:
        since, count = now, 0
    if count >= FORCES_AN_HOUR:
        raise ApiError(CALL, Rejected(40001, _ALARM), 40001)
    if now - forced_at < FORCE_APART_SECONDS:
        raise ApiError(CALL, Retry(float(forced_at + FORCE_APART_SECONDS - now)))
    return {"forced_at": now, "refused_since_at": since, "refused_count": count + 1}
