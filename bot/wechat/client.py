"""wechatpy's API methods over aiohttp: its method bodies build the requests, this sends them.

Nearly every method of wechatpy ends in `return self._client.post(…)`; as `_request` is a coroutine
function here, the method returns an awaitable. No requests session, no threads.
"""

import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wechatpy.client import WeChatClient

from bot.config import Account
from bot.wechat.calls import REACHED, Calls
from bot.wechat.errors import (
    BUSY,
    SHORTLY,
    TOO_FAST,
    ApiError,
    Retry,
    TokenRefused,
    Unknown,
    outcome_of,
    request_id,
)
from bot.wechat.token import CALL as TOKEN_CALL
from bot.wechat.token import TokenStore
from bot.wechat.transport import Transport, Upload

TRIES = 3
_FIRST_PAUSE_SECONDS = 1.0
_OFFICIAL = "https://api.weixin.qq.com"

_READS = frozenset(
    {
        "message/mass/get",
        "openapi/quota/get",
        "user/info/batchget",
        "freepublish/get",
        "draft/get",
        "draft/batchget",
        "/datacube/getarticletotal",
        "/datacube/getarticletotaldetail",
        "/datacube/getusersummary",
    }
)
"""POSTs that change nothing: a lost answer means no more than asking again."""

_REPEATABLE = _READS | {"menu/create", "draft/add", "material/add_material"}
"""POSTs that may be made twice; at worst a spare draft or picture stays behind unseen."""

_REPEATABLE_WITH_KEY = frozenset({"message/mass/sendall", "message/mass/send"})
"""The platform makes these once for one `clientmsgid`."""


@dataclass(frozen=True, slots=True)
class _Request:
    """One call, ready to be made. `path` is the platform's own, whatever base the account configures."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes | None
    upload: Upload | None
    reads: bool
    repeatable: bool

    def may_repeat(self, error: ApiError) -> bool:
        """Whether making the call once more cannot do anything twice, and could help."""
        if error.call == TOKEN_CALL:
            return error.outcome == Retry(SHORTLY)
        return self.repeatable and error.code in (BUSY, TOO_FAST)

    def told(self, error: ApiError) -> ApiError:
        """The error with what it means for this very call."""
        outcome = error.outcome
        if error.call != TOKEN_CALL:
            if error.code == BUSY and not self.repeatable:
                outcome = Unknown()
            if isinstance(outcome, Unknown) and self.reads:
                outcome = Retry(SHORTLY)
        return ApiError(error.call, outcome, error.code, error.rid)


class WeChatApi(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """The method families of wechatpy (`api.draft.add(…)`), each call awaited. Raises ApiError.

    A call is made once more for a refused token, and up to TRIES times when the platform is busy or
    the minute's limit is reached, the latter only where repeating cannot send anything twice.
    `pause` waits so many seconds; `rng` spreads the waits of replicas; `calls` keeps count.
    """

    def __init__(
        self,
        transport: Transport,
        tokens: TokenStore,
        account: Account,
        clock: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]],
        rng: random.Random,
        calls: Calls,
    ) -> None:
        # Not super().__init__(): it opens a requests session.
        self.appid = account.app_id
        self.timeout = None
        self._transport = transport
        self._tokens = tokens
        self._account = account
        self._clock = clock
        self._pause = pause
        self._rng = rng
        self._calls = calls

    @property
    def access_token(self) -> str:
        """Read by a few method bodies of wechatpy; `_request` puts the real one in its place."""
        return ""

    async def _request(
        self,
        method: str,
        url_or_endpoint: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: object = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        api_base_url: str = _OFFICIAL + "/cgi-bin/",
        result_processor: Callable[[Any], Any] | None = None,
    ) -> Any:
        official = url_or_endpoint if "://" in url_or_endpoint else api_base_url + url_or_endpoint
        if not official.startswith(_OFFICIAL + "/"):
            raise ValueError("not an address of the platform's API")
        path = official.removeprefix(_OFFICIAL)
        name = path.removeprefix("/cgi-bin/")
        reads = method == "get" or name in _READS
        keyed = name in _REPEATABLE_WITH_KEY and isinstance(data, dict) and "clientmsgid" in data
        uploads = [Upload(field, *file) for field, file in (files or {}).items()]
        request = _Request(
            method=method.upper(),
            path=path,
            query={key: str(value) for key, value in (params or {}).items() if value is not None},
            body=json.dumps(data, ensure_ascii=False).encode() if isinstance(data, dict) else None,
            upload=uploads[0] if uploads else None,
            reads=reads,
            repeatable=reads or keyed or name in _REPEATABLE,
        )
        answer = await self._make(request)
        return result_processor(answer) if result_processor else answer

    async def _make(self, request: _Request) -> dict[str, Any] | bytes:
        attempt = 1
        while True:
            try:
                return await self._make_signed_in(request)
            except ApiError as error:
                if attempt == TRIES or not request.may_repeat(error):
                    raise request.told(error) from None
            await self._pause(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * self._rng.uniform(0.5, 1.5))
            attempt += 1

    async def _make_signed_in(self, request: _Request) -> dict[str, Any] | bytes:
        """A refused call had no effect; it is made once more with a token that is not the refused one."""
        token = await self._tokens.get()
        try:
            return await self._exchange(request, token)
        except ApiError as error:
            if not isinstance(error.outcome, TokenRefused):
                raise
        return await self._exchange(request, await self._tokens.get(token))

    async def _exchange(self, request: _Request, token: str) -> dict[str, Any] | bytes:
        """One request and its answer; an errcode other than 0 is raised.

        What the platform would only refuse, because the day's calls are used up, is not asked.
        """
        self._calls.check(request.path)
        answer = await self._transport.exchange(
            request.path,
            request.method,
            self._account.api_base + request.path,
            {**request.query, "access_token": token},
            request.body,
            request.upload,
        )
        if isinstance(answer, bytes):
            return answer
        code = answer.get("errcode", 0)
        if not isinstance(code, int):
            raise ApiError(request.path, Unknown())
        if code == REACHED:
            self._calls.refused(request.path)
        if code:
            outcome = outcome_of(code, answer, self._clock(), self._account.kind)
            raise ApiError(request.path, outcome, code, request_id(answer))
        return answer
