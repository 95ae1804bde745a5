"""Who opens a web page in WeChat: the silent authorisation `snsapi_base` (微信网页授权).

Only verified service accounts have it. The code that comes back works once, for five minutes; the openid
behind it is real also for people who do not follow the account. Since July 2022 WeChat may answer with a
virtual identity in its snapshot mode (`is_snapshotuser` = 1), which must never be counted as a person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from bot.config import Account
from bot.wechat.errors import ApiError, Unknown, outcome_of, request_id
from bot.wechat.transport import Transport

CALL = "/sns/oauth2/access_token"
STALE_CODES = frozenset({40029, 40163, 42003})
"""The code is invalid, used or too old: asking WeChat anew helps."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever opened the page; `virtual` where WeChat gave an invented identity."""

    openid: str
    virtual: bool


def has_web_identity(account: Account | None) -> bool:
    """Whether WeChat tells this account who opens a page."""
    return account is not None and account.kind == "service" and account.verified


def authorize_url(account: Account, back: str, state: str) -> str:
    """Where the browser is sent; it comes back to `back` with a code and with `state`, letters and digits."""
    asked = {
        "appid": account.app_id,
        "redirect_uri": back,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": state,
    }
    return f"{account.oauth_base}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"


class WebIdentity:
    """Exchanges codes. The secret travels in this one call and is never logged."""

    def __init__(self, transport: Transport, account: Account, clock: Callable[[], datetime]) -> None:
        self._transport = transport
        self._account = account
        self._clock = clock

    async def visitor(self, code: str) -> Visitor:
        """The person behind a code. Raises ApiError; with a code of STALE_CODES the page may start over."""
        asked = {
            "appid": self._account.app_id,
            "secret": self._account.secret.get_secret_value(),
            "code": code,
            "grant_type": "authorization_code",
        }
        answer = await self._transport.exchange(CALL, "GET", self._account.api_base + CALL, asked)
        if isinstance(answer, bytes):
            raise ApiError(CALL, Unknown())
        refused = answer.get("errcode", 0)
        if isinstance(refused, int) and refused:
            outcome = outcome_of(refused, answer, self._clock(), self._account.kind)
            raise ApiError(CALL, outcome, refused, request_id(answer))
        openid = answer.get("openid")
        if not isinstance(openid, str) or not 1 <= len(openid) <= 64:
            raise ApiError(CALL, Unknown())
        return Visitor(openid, virtual=answer.get("is_snapshotuser") in (1, "1", True))
