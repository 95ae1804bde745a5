"""Access tokens: `token` kills its predecessor at once, `stable_token` keeps one value while it is valid."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from bot.simulator.calling import Answer, Ask, Endpoint, Refused
from bot.simulator.options import SimulatorOptions
from bot.simulator.quotas import beijing_day
from bot.simulator.wire import NONCE_LETTERS

LIFETIME = 7200
OVERLAP = 300
FORCED_A_DAY = 20
FORCED_APART = 30
TOKEN_LENGTH = 136


@dataclass(frozen=True, slots=True)
class Token:
    """An issued token and the second it dies."""

    value: str
    until: int


class Tokens:
    """Issues and checks tokens. The two kinds do not disturb each other (facts 2.7)."""

    def __init__(self, options: SimulatorOptions, rng: Random) -> None:
        self._options = options
        self._rng = rng
        self._classic: Token | None = None
        self._stable: list[Token] = []
        self._dead: set[str] = set()
        self._forced: dict[str, int] = {}
        self._forced_at: int | None = None
        self.issued = 0

    def check(self, value: str | None, seconds: int) -> None:
        """41001 without a token, 42001 for an aged, 40014 for no token at all, 40001 for a lost one."""
        if not value:
            raise Refused(41001, "access_token missing")
        for token in (*self._stable, *((self._classic,) if self._classic else ())):
            if token.value == value:
                if token.until <= seconds:
                    raise Refused(42001, "access_token expired")
                return
        if len(value) != TOKEN_LENGTH and value not in self._dead:
            raise Refused(40014, "invalid access_token")
        raise Refused(40001, "invalid credential, access_token is invalid or not latest")

    def revoke(self) -> None:
        """Another process took every token away."""
        self._dead.update(token.value for token in self._stable)
        self._stable.clear()
        self._classic = None

    def stale(self) -> str:
        """A token that looks right and was never valid: what a broken cache in between would hand out."""
        return self._value()

    def _value(self) -> str:
        return "".join(self._rng.choices(NONCE_LETTERS, k=TOKEN_LENGTH))

    def _issue(self, seconds: int) -> Token:
        self.issued += 1
        return Token(self._value(), seconds + LIFETIME)

    def _credentials(self, grant_type: object, app_id: object, secret: object, expected: str) -> None:
        if grant_type != expected:
            raise Refused(40002, "invalid grant_type")
        if not app_id:
            raise Refused(41002, "appid missing")
        if app_id != self._options.app_id:
            raise Refused(40013, "invalid appid")
        if not secret:
            raise Refused(41004, "appsecret missing")
        if secret != self._options.secret:
            raise Refused(40125, "invalid appsecret")

    def _token(self, ask: Ask) -> Answer:
        query = ask.query
        self._credentials(
            query.get("grant_type"), query.get("appid"), query.get("secret"), "client_credential"
        )
        self._classic = self._issue(ask.seconds)
        return {"access_token": self._classic.value, "expires_in": LIFETIME}

    def _stable_token(self, ask: Ask) -> Answer:
        body = ask.body
        self._credentials(body.get("grant_type"), body.get("appid"), body.get("secret"), "client_credential")
        now = ask.seconds
        self._stable = [token for token in self._stable if token.until > now]
        if body.get("force_refresh") is True:
            self._force(ask)
        elif not self._stable or self._stable[-1].until - now <= OVERLAP:
            self._stable = [*self._stable[-1:], self._issue(now)]
        newest = self._stable[-1]
        return {"access_token": newest.value, "expires_in": newest.until - now}

    def _force(self, ask: Ask) -> None:
        """A forced refresh kills the token in use; one less than 30 s after the last changes nothing."""
        now, today = ask.seconds, beijing_day(ask.seconds)
        if self._stable and self._forced_at is not None and now - self._forced_at < FORCED_APART:
            return
        if self._forced.get(today, 0) >= FORCED_A_DAY:
            raise Refused(45009, "reach max api daily quota limit")
        self._forced = {today: self._forced.get(today, 0) + 1}
        self._forced_at = now
        self._dead.update(token.value for token in self._stable)
        self._stable = [self._issue(now)]

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        return {
            "/cgi-bin/token": Endpoint("GET", self._token, daily=2000, token=False),
            "/cgi-bin/stable_token": Endpoint(
                "POST", self._stable_token, daily=500_000, minute=10_000, token=False
            ),
        }
