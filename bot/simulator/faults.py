"""Trouble to order: which calls of which path go wrong, how, and how often."""

import asyncio
from dataclasses import dataclass

KINDS = (
    "http500",
    "http429",
    "html502",
    "reset",
    "hang",
    "truncated",
    "reset_after",
    "hang_after",
    "token_refused",
    "token_refused_forever",
    "token_revoked",
    "stale_token",
)
"""`errcode:N` besides.

`reset`, `hang`: the call has no effect. `truncated`, `reset_after`, `hang_after`: it has its effect, but
the caller never learns it. `token_refused_forever` is not used up. `token_revoked`: all tokens are taken away
just before the call. `stale_token`: the token calls hand out a token that does not work.
"""


@dataclass(slots=True)
class Fault:
    """One order: applies to calls of `path` ("*": all) after `skip` of them, `times` times."""

    path: str
    kind: str
    times: int
    skip: int


class Faults:
    """The orders still open; the first that applies to a call is used."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._released = asyncio.Event()

    def add(self, path: str, kind: str, times: int = 1, skip: int = 0) -> None:
        """Order trouble. `path` as the platform names it ("/cgi-bin/draft/add") or "*"."""
        if kind not in KINDS and not (kind.startswith("errcode:") and kind[8:].lstrip("-").isdigit()):
            raise ValueError(f"unknown fault: {kind}")
        self._orders.append(Fault(path, kind, times, skip))

    def clear(self) -> None:
        """Withdraw every order and let hanging calls go."""
        self._orders.clear()
        self._released.set()
        self._released = asyncio.Event()

    async def hang(self) -> None:
        """Answer nothing until `clear` (the simulator calls it when it stops)."""
        await self._released.wait()

    def take(self, path: str) -> str | None:
        """The kind of trouble that this call gets, or None."""
        for fault in self._orders:
            if fault.path not in (path, "*"):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.kind != "token_refused_forever":
                fault.times -= 1
                if fault.times == 0:
                    self._orders.remove(fault)
            return fault.kind
        return None
