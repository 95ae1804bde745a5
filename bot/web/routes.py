"""Routes with the roles that may use them: a route without roles cannot be written."""

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.config import ROLES

if TYPE_CHECKING:
    from bot.web.visit import Visit

Handler = Callable[["Visit"], Awaitable[web.StreamResponse]]

PUBLIC = frozenset({"public"})
STAFF: frozenset[str] = frozenset(ROLES)
KILOBYTE, MEGABYTE = 1024, 1024 * 1024
FORM_BYTES = 256 * KILOBYTE
_PLACE = re.compile(r"\{[^{}:]*:?((?:[^{}]|\{[^{}]*\})*)\}")
"""A part of a path that varies: `{name}` or `{name:pattern}`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route of a desk. `limit` is the most bytes of its body; `rail` the entry that it belongs to."""

    method: str
    path: str
    roles: frozenset[str]
    handler: Handler
    limit: int
    rail: str

    def allows(self, roles: frozenset[str]) -> bool:
        """Whether somebody with these roles may use it."""
        return self.roles == PUBLIC or bool(self.roles & roles)

    def leads_to(self, address: str) -> bool:
        """Whether a link to this address ends here."""
        path = address.partition("?")[0]
        if "{" not in self.path:
            return self.path == path
        parts = _PLACE.split(self.path)
        pattern = "".join(
            f"(?:{part or '[^/]+'})" if number % 2 else re.escape(part) for number, part in enumerate(parts)
        )
        return re.fullmatch(pattern, path) is not None


ROUTES = web.AppKey("routes", list[Route])


class Routes:
    """The routes of one desk; `rail` is its entry in the left rail, which leads to its first page."""

    def __init__(self, rail: str = "") -> None:
        self.rail = rail
        self.declared: list[Route] = []

    def get(self, path: str, *, roles: Collection[str]) -> Callable[[Handler], Handler]:
        """A page. It changes nothing."""
        return self._add("GET", path, roles, FORM_BYTES)

    def post(
        self, path: str, *, roles: Collection[str], limit: int = FORM_BYTES
    ) -> Callable[[Handler], Handler]:
        """An act: it carries the form token, and ends in `visit.see_other`."""
        return self._add("POST", path, roles, limit)

    def _add(
        self, method: str, path: str, roles: Collection[str], limit: int
    ) -> Callable[[Handler], Handler]:
        allowed = frozenset(roles)
        if allowed != PUBLIC and not (allowed and allowed <= STAFF):
            raise ValueError(f"{method} {path}: roles must be PUBLIC or some of {', '.join(ROLES)}")

        def declare(handler: Handler) -> Handler:
            self.declared.append(Route(method, path, allowed, handler, limit, self.rail))
            return handler

        return declare
