"""Web page authorisation: a code that works once for five minutes, and the openid behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bot.simulator.calling import Answer, Ask, Endpoint, Refused
from bot.simulator.options import Json, SimulatorOptions
from bot.simulator.people import People
from bot.simulator.wire import NONCE_LETTERS

CODE_SECONDS = 300
SCOPES = ("snsapi_base", "snsapi_userinfo")


class Unauthorisable(Exception):
    """The authorise page shows this message instead of going on."""


@dataclass(slots=True)
class Code:
    """A code handed to a page, and whether it was exchanged."""

    openid: str
    scope: str
    until: int
    used: bool = False


class OAuth:
    """The authorise page's decision and sns/oauth2/access_token."""

    def __init__(self, options: SimulatorOptions, people: People, rng: Random) -> None:
        self._options = options
        self._people = people
        self._rng = rng
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, str] = {}

    def check(self, query: Mapping[str, str]) -> None:
        """Whether the page may ask at all; Unauthorisable with WeChat's message otherwise."""
        if query.get("appid") != self._options.app_id:
            raise Unauthorisable("AppID 参数错误 10013")
        if query.get("response_type") != "code" or query.get("scope") not in SCOPES:
            raise Unauthorisable("Scope 参数错误或没有 Scope 权限 10005")
        if self._options.kind != "service" or not self._options.verified:
            raise Unauthorisable("Scope 参数错误或没有 Scope 权限 10005")
        target = urlsplit(query.get("redirect_uri", ""))
        if target.scheme not in ("http", "https") or not target.hostname:
            raise Unauthorisable("redirect_uri 参数错误 10003")
        if self._options.oauth_domain not in (None, target.hostname):
            raise Unauthorisable("redirect_uri 域名与后台配置不一致 10003")

    def grant(self, query: Mapping[str, str], openid: str, now: int) -> str:
        """Where the browser goes next: redirect_uri with a fresh code and the state."""
        code = "".join(self._rng.choices(NONCE_LETTERS, k=32))
        self._codes[code] = Code(openid, query["scope"], now + CODE_SECONDS)
        target = urlsplit(query["redirect_uri"])
        kept = parse_qsl(target.query, keep_blank_values=True)
        given = urlencode([*kept, ("code", code), ("state", query.get("state", ""))])
        return urlunsplit(target._replace(query=given, fragment=""))

    def _exchange(self, ask: Ask) -> Answer:
        query = ask.query
        if query.get("appid") != self._options.app_id:
            raise Refused(40013, "invalid appid")
        if query.get("secret") != self._options.secret:
            raise Refused(40125, "invalid appsecret")
        if query.get("grant_type") != "authorization_code":
            raise Refused(40002, "invalid grant_type")
        code = self._codes.get(query.get("code", ""))
        if code is None:
            raise Refused(40029, "invalid code")
        if code.used:
            raise Refused(40163, "code been used")
        if code.until <= ask.seconds:
            raise Refused(42003, "oauth_code expired")
        code.used = True
        token = "".join(self._rng.choices(NONCE_LETTERS, k=89))
        self._tokens[token] = code.openid
        answer: Json = {
            "access_token": token,
            "expires_in": 7200,
            "refresh_token": "".join(self._rng.choices(NONCE_LETTERS, k=89)),
            "openid": code.openid,
            "scope": code.scope,
        }
        return {**answer, "is_snapshotuser": 1} if self._options.snapshot_oauth else answer

    def _userinfo(self, ask: Ask) -> Answer:
        openid = self._tokens.get(ask.query.get("access_token", ""))
        if openid is None:
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if openid != ask.query.get("openid"):
            raise Refused(40003, "invalid openid")
        return {"openid": openid, "nickname": self._people.known(openid).name, "sex": 0, "privilege": []}

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        return {
            "/sns/oauth2/access_token": Endpoint(
                "GET", self._exchange, 10**9, 50_000, "verified service", token=False
            ),
            "/sns/userinfo": Endpoint("GET", self._userinfo, 10**9, 50_000, "verified service", token=False),
        }
