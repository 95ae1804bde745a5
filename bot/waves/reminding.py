"""One reminder to those who began a questionnaire and have not finished it, sent by a person's decision.

Only inside WeChat's window: within 48 hours of a message of theirs the account may write to them. Never to
who finished, paused or muted, never twice: the outbox keeps the key. The key is made of the wave's secret,
so that a closed wave cannot be joined to persons through it.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox, residents
from bot.outbox import reminders_of
from bot.outbox.entries import NewEntry
from bot.residents import Reachable, respondent_key
from bot.wording import tap
from surveys import store
from surveys.waves import Wave

WINDOW = timedelta(hours=47)
"""An hour of the platform's 48 is kept back for slow sends."""
QUIET = timedelta(hours=2)
"""So long nobody is reminded who has just been answering."""


@dataclass(frozen=True, slots=True)
class Reminders:
    """Who would be reminded now, and how many have been already."""

    waiting: tuple[Reachable, ...]
    sent: int


async def candidates(conn: AsyncConnection, wave: Wave, now: datetime) -> Reminders:
    """Everybody who may be reminded of this open wave at this moment."""
    if wave.secret is None:
        return Reminders((), 0)
    begun = await store.unfinished(conn, wave.id, int((now - QUIET).timestamp()))
    known = await outbox.keys_beginning(conn, reminders_of(wave.id))
    waiting = []
    if begun:
        since = int((now - WINDOW).timestamp())
        for person in await residents.reachable(conn, since):
            if respondent_key(person.openid, wave.secret) in begun and _key(wave, person.id) not in known:
                waiting.append(person)
    return Reminders(tuple(waiting), len(known))


async def remind(conn: AsyncConnection, wave: Wave, title: str, now: datetime) -> int:
    """Put the reminders into the outbox; how many were new."""
    entries = [
        NewEntry(
            key=_key(wave, person.id),
            kind="custom",
            payload={"text": _words(title)},
            due_at=now,
            expires_at=datetime.fromtimestamp(person.last_message_at, now.tzinfo) + WINDOW,
            resident=person.id,
        )
        for person in (await candidates(conn, wave, now)).waiting
    ]
    return await outbox.add(conn, entries, now)


def _words(title: str) -> str:
    return (
        f"您有一份《{title}》还没有答完，前面的回答都在。想接着答，请点 {tap('继续答题')}。\n"
        "不想答了，不用理会，我们不会再提醒。"
    )


def _key(wave: Wave, resident: int) -> str:
    secret = wave.secret or b""
    return (
        reminders_of(wave.id)
        + hmac.new(secret, f"remind:{resident}".encode(), hashlib.sha256).hexdigest()[:32]
    )
