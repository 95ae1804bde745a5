"""The page 今天: what waits for whom. Other desks tell it through cards."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.service import Service
from bot.web.doors import TODAY
from bot.web.guard import STAFF, Routes, Visit

log = logging.getLogger(__name__)
routes = Routes(rail="今天")


@dataclass(frozen=True, slots=True)
class Card:
    """One thing to know today.

    `state`: "waiting" or "loss" asks somebody to act, "good" and "calm" only inform. `roles`
    are those whom it concerns. `path` is where the act is done; its link shows to those who may open it.
    """

    title: str
    figure: str
    words: str
    state: Literal["waiting", "loss", "good", "calm"]
    roles: frozenset[str] = STAFF
    path: str = ""
    step: str = "去看看"


@dataclass(frozen=True, slots=True)
class FirstStep:
    """What an office does that has just begun: shown to those who may open `path`, until it is done."""

    words: str
    path: str
    step: str


Provider = Callable[[AsyncConnection, Service, datetime], Awaitable[Card | FirstStep | None]]
CARDS = web.AppKey("cards", Sequence[Provider])


@routes.get(TODAY, roles=STAFF)
async def show_today(visit: Visit) -> web.StreamResponse:
    """Cards of all desks for this person, those that ask for something first."""
    told = [await _ask(provider, visit) for provider in visit.request.config_dict[CARDS]]
    cards = [card for card in told if isinstance(card, Card) and card.roles & visit.staff.roles]
    steps = [step for step in told if isinstance(step, FirstStep) and visit.may_open(step.path)]
    return visit.page(
        "today.html",
        waiting=[card for card in cards if card.state in ("loss", "waiting")],
        quiet=[card for card in cards if card.state in ("good", "calm")],
        first=next(iter(steps), None),
    )


async def _ask(provider: Provider, visit: Visit) -> Card | FirstStep | None:
    """One desk's card, in a snapshot of its own: a desk in trouble must not take the first page with it."""
    try:
        async with visit.service.database.snapshot() as conn:
            return await provider(conn, visit.service, visit.now)
    except Exception as error:
        log.error("a card of today failed", exc_info=error)
        return Card("有一项读不出来", "—", "其他各项不受影响。请稍后刷新；还是这样，请告诉维护人员。", "loss")
