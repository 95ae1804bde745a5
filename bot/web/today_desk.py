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


Told = Card | FirstStep | None
Provider = Callable[[AsyncConnection, Service, datetime], Awaitable[Told]]
OwnProvider = Callable[[AsyncConnection, Visit], Awaitable[Told]]
CARDS = web.AppKey("cards", Sequence[Provider])
OWN_CARDS = web.AppKey("own_cards", Sequence[OwnProvider])
"""What only the person who looks is told, such as the own open tasks."""


@routes.get(TODAY, roles=STAFF)
async def show_today(visit: Visit) -> web.StreamResponse:
    """Cards of all desks for this person, those that ask for something first."""
    app = visit.request.config_dict
    own, common = app[OWN_CARDS], app[CARDS]
    told = [await _ask(provider, visit) for provider in (*own, *map(_for_all, common))]
    cards = [card for card in told if isinstance(card, Card) and card.roles & visit.staff.roles]
    steps = [step for step in told if isinstance(step, FirstStep) and visit.may_open(step.path)]
    return visit.page(
        "today.html",
        waiting=[card for card in cards if card.state in ("loss", "waiting")],
        quiet=[card for card in cards if card.state in ("good", "calm")],
        first=next(iter(steps), None),
    )


def _for_all(provider: Provider) -> OwnProvider:
    """A desk that tells everybody the same."""
    return lambda conn, visit: provider(conn, visit.service, visit.now)


async def _ask(provider: OwnProvider, visit: Visit) -> Told:
    """One desk's card, in a snapshot of its own: a desk in trouble must not take the first page with it."""
    try:
        async with visit.service.database.snapshot() as conn:
            return await provider(conn, visit)
    except Exception as error:
        log.error("a card of today failed", exc_info=error)
        return Card("有一项读不出来", "—", "其他各项不受影响。请稍后刷新；还是这样，请告诉维护人员。", "loss")
