"""留言: what residents asked and the rules did not answer; equal questions together, the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import messages
from bot.messages import Asked
from bot.service import Service
from bot.web.guard import Routes, Visit
from bot.web.today_desk import Card
from content.autoreply import fold

routes = Routes(rail="留言")
DESK = "/office/messages"
READERS = frozenset({"editor", "reviewer", "approver"})
DAYS_SHOWN = 30
DAYS_UNTIL_LATE = 2
OUTCOMES = {"unknown": "没有答上来", "handed_over": "已请居民找人办理"}


@dataclass(frozen=True, slots=True)
class Group:
    """One question in its first wording, how often it came, and since when it waits (epoch seconds)."""

    text: str
    times: int
    first_at: int
    last_at: int
    outcome: str


def groups(asked: Sequence[Asked]) -> list[Group]:
    """Equal questions as one, whatever their punctuation and width; the oldest first."""
    found: dict[tuple[str, str], Group] = {}
    for one in sorted(asked, key=lambda asked: asked.at):
        key = (fold(one.text), one.outcome)
        known = found.get(key)
        if known is None:
            found[key] = Group(one.text, 1, one.at, one.at, OUTCOMES.get(one.outcome, one.outcome))
        else:
            found[key] = Group(known.text, known.times + 1, known.first_at, one.at, known.outcome)
    return list(found.values())


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The questions of the last 30 days that wait for the office."""
    async with visit.service.database.snapshot() as conn:
        asked = await messages.waiting(conn, _since(visit.now))
        outcomes = await messages.outcomes(conn, _since(visit.now))
    return visit.page(
        "messages.html",
        groups=groups(asked),
        total=sum(outcomes.values()),
        answered=outcomes.get("answered", 0),
        days=DAYS_SHOWN,
    )


async def card(conn: AsyncConnection, _service: Service, now: datetime) -> Card | None:
    """How many questions wait, and for how long."""
    asked = await messages.waiting(conn, _since(now))
    if not asked:
        return Card("没有答上来的留言", "0 条", "最近 30 天的问题都有答复。", "good", READERS, DESK)
    age = now - datetime.fromtimestamp(min(one.at for one in asked), now.tzinfo)
    late = age >= timedelta(days=DAYS_UNTIL_LATE)
    words = f"最早的一条等了 {age.days} 天。" if age.days else "都是今天的。"
    return Card("没有答上来的留言", f"{len(asked)} 条", words, "waiting" if late else "calm", READERS, DESK)


def _since(now: datetime) -> int:
    return int((now - timedelta(days=DAYS_SHOWN)).timestamp())
