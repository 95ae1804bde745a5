"""How often an API may be called: per Beijing day, per minute, and the ten clear_quota of a month."""

from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime

from bot.simulator.calling import DONE, Answer, Ask, Endpoint, Refused
from bot.simulator.options import SHANGHAI

CLEARS_A_MONTH = 10
MINUTE = 60.0


def beijing_day(seconds: float) -> str:
    """The Beijing day (YYYY-MM-DD) that a quota belongs to."""
    return datetime.fromtimestamp(seconds, SHANGHAI).date().isoformat()


class Quotas:
    """Counts calls per path; a refused call is counted too, as far as it got here."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self._today = ""
        self._used: Counter[str] = Counter()
        self._recent: dict[str, deque[float]] = {}
        self._daily: dict[str, int] = {}
        self._minute: dict[str, int] = {}
        self._clears: Counter[str] = Counter()
        self._endpoints: Mapping[str, Endpoint] = {}

    def limit(self, path: str, *, daily: int | None = None, minute: int | None = None) -> None:
        """Order a tighter (or wider) limit for a path than the platform's own."""
        if daily is not None:
            self._daily[path] = daily
        if minute is not None:
            self._minute[path] = minute

    def take(self, path: str, endpoint: Endpoint, now: datetime) -> None:
        """Count one call: 45009 when the day is used up, 45011 when the minute is."""
        if (today := beijing_day(now.timestamp())) != self._today:
            self._today = today
            self._used.clear()
        if self._used[path] >= self._daily.get(path, endpoint.daily):
            raise Refused(45009, "reach max api daily quota limit")
        minute = self._minute.get(path, endpoint.minute)
        if minute is not None:
            recent = self._recent.setdefault(path, deque())
            seconds = now.timestamp()
            while recent and recent[0] <= seconds - MINUTE:
                recent.popleft()
            if len(recent) >= minute:
                raise Refused(45011, "api minute-quota reach limit, must slower")
            recent.append(seconds)
        self._used[path] += 1

    def used(self, path: str) -> int:
        """Calls of the path counted today."""
        return self._used[path]

    def know(self, endpoints: Mapping[str, Endpoint]) -> None:
        """The paths of the whole platform, of which quota/get tells."""
        self._endpoints = endpoints

    def _get(self, ask: Ask) -> Answer:
        path = ask.text("cgi_path")
        endpoint = self._endpoints.get(path)
        if endpoint is None:
            raise Refused(76021, "cgi_path not found")
        day = beijing_day(ask.seconds)
        limit, used = self._daily.get(path, endpoint.daily), self._used[path] if day == self._today else 0
        return {**DONE, "quota": {"daily_limit": limit, "used": used, "remain": max(0, limit - used)}}

    def _clear(self, ask: Ask) -> Answer:
        if ask.text("appid") != self._app_id:
            raise Refused(40013, "invalid appid")
        month = beijing_day(ask.seconds)[:7]
        if self._clears[month] >= CLEARS_A_MONTH:
            raise Refused(48006, "forbid to clear quota because of reaching the limit")
        self._clears[month] += 1
        self._used.clear()
        return DONE

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        return {
            "/cgi-bin/clear_quota": Endpoint("POST", self._clear),
            "/cgi-bin/openapi/quota/get": Endpoint("POST", self._get),
        }
