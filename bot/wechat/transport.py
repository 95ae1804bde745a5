"""HTTP to the platform: the only outward connections of the WeChat part.

A call that certainly did not leave is told apart from one whose answer was lost; that decides whether
a send may be repeated. No error of aiohttp is chained, as those carry the address with its token.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp

from bot.wechat.errors import SHORTLY, ApiError, Outcome, Rejected, Retry, Unknown

SECONDS = 10.0
"""For one exchange, all in all."""
_CONNECT_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart request."""

    field: str
    name: str
    content: bytes
    content_type: str


def open_session(
    seconds: float = SECONDS, connector: aiohttp.BaseConnector | None = None
) -> aiohttp.ClientSession:
    """A session for `Transport`: no cookies, no proxy from the environment, one deadline for an exchange."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=seconds, connect=min(seconds, _CONNECT_SECONDS)),
    )


class Transport:
    """One exchange at a time over the session it is given; it never repeats one.

    `left` is told the name of each call that went out, whatever came of it.
    """

    def __init__(
        self, session: aiohttp.ClientSession, left: Callable[[str], None] = lambda _call: None
    ) -> None:
        self._session = session
        self._left = left

    async def exchange(
        self,
        call: str,
        method: str,
        url: str,
        params: Mapping[str, str],
        body: bytes | None = None,
        upload: Upload | None = None,
    ) -> dict[str, object] | bytes:
        """The JSON object that was answered, or the bytes of a download. `call` names it in an ApiError."""
        data: bytes | aiohttp.FormData | None = body
        if upload is not None:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field(
                upload.field, upload.content, filename=upload.name, content_type=upload.content_type
            )
        outcome: Outcome
        try:
            async with self._session.request(
                method, url, params=params, data=data, allow_redirects=False
            ) as response:
                status, kind = response.status, response.content_type
                answer = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            outcome = Retry(SHORTLY)
        except (aiohttp.ClientError, OSError):  # a TimeoutError is an OSError
            self._left(call)
            outcome = Unknown()
        else:
            self._left(call)
            return _read(call, status, kind, answer)
        raise ApiError(call, outcome)


def _read(call: str, status: int, kind: str, answer: bytes) -> dict[str, object] | bytes:
    if status == 429:
        raise ApiError(call, Retry(60.0), status)
    if status >= 500:
        raise ApiError(call, Unknown(), status)
    if status != 200:
        words = f"连接微信时被中途拦下（状态 {status}），这一步没有做。请维护人员检查网络和接口地址。"
        raise ApiError(call, Rejected(status, words), status)
    if not (kind.startswith("text/") or kind.endswith(("json", "octet-stream"))):
        return answer
    try:
        decoded = json.loads(answer.decode("utf-8", "ignore"), strict=False)
    except (ValueError, RecursionError):
        decoded = None
    if not isinstance(decoded, dict):
        raise ApiError(call, Unknown(), status)
    return decoded
