"""The half hour in which the account's administrator must confirm a mass send: shown, and reminded of.

No interface of the platform tells whether a send waits for that; the administrator has said whether the
console asks for it, and until the finish event comes a send that was taken may be waiting.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.account import connection
from bot.account.connection_steps import CONFIRMATION
from bot.config import Config
from bot.office import staff, staff_contacts
from bot.office.notices import Notice, Ordering
from bot.outbox.entries import Entry
from content.festivals import SHANGHAI

CONFIRM_WITHIN = timedelta(minutes=30)
SECOND_REMINDER = timedelta(minutes=10)
"""So long before the end whoever has not confirmed is reminded again."""
SOON_DONE = timedelta(seconds=60)
"""A send that needs no confirmation has usually ended by then."""


def confirm_until(entry: Entry) -> datetime:
    """When a send that was taken fails unless the administrator has confirmed it."""
    return datetime.fromtimestamp(entry.called_at or 0, SHANGHAI) + CONFIRM_WITHIN


async def is_asked_for(conn: AsyncConnection, config: Config, now: datetime) -> bool:
    """Whether the console asks for a confirmation, as far as anybody has said; not known counts as yes."""
    if config.account is None:
        return False
    fact = (await connection.facts(conn, config.account.app_id, now)).get(CONFIRMATION)
    return fact is None or fact.detail == "on"


async def waiting(conn: AsyncConnection, config: Config, now: datetime) -> tuple[Entry, ...]:
    """Mass sends that may wait for the administrator now."""
    taken = await outbox.with_platform(conn)
    open_still = [one for one in taken if one.kind == "mass" and confirm_until(one) > now]
    return tuple(open_still) if open_still and await is_asked_for(conn, config, now) else ()


class Confirming(Ordering):
    """Reminders to the administrator, the first and the last."""

    async def _wanted(self, now: datetime) -> list[Notice]:
        if not self._channels.ways:
            return []
        async with self._database.snapshot() as conn:
            found = await waiting(conn, self._config, now)
            late = [
                one for one in found if now.timestamp() - (one.called_at or 0) > SOON_DONE.total_seconds()
            ]
            admins = [one for one in await staff.everybody(conn) if one.active and "admin" in one.roles]
            emails = await staff_contacts.emails(conn, [one.id for one in admins]) if late else {}
        return [notice for entry in late for notice in self._reminders(entry, emails, now)]

    def _reminders(self, entry: Entry, emails: dict[int, str], now: datetime) -> list[Notice]:
        until = confirm_until(entry)
        stage = "last" if until - now <= SECOND_REMINDER else "first"
        subject = f"请确认群发：《{entry.payload.get('title', '')}》"
        text = f"{subject}\n管理员请在手机微信上点“确认”，{until:%H:%M} 以前没有确认就发不出去。"
        key = f"confirm-{entry.id}-{stage}"
        return self._channels.notices(key, subject, text, until, emails)
