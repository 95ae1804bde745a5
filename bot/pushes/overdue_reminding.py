"""Tells the office, once and where it looks outside the desks, that the account is silent for too long, or
that residents have waited too long for an answer.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.inquiries import handling
from bot.inquiries.messages import Asked
from bot.office import staff, staff_contacts
from bot.office.notices import Notice, Ordering
from bot.pushes import ledger
from bot.quiet import quiet_hours
from content import store
from content.overdue import ANSWERED_WITHIN, is_late, silence
from content.text import EACH_ALONE

SILENT, UNANSWERED = "silent-", "unanswered-"
READERS = frozenset({"editor", "reviewer", "approver"})
KEPT_TRYING = timedelta(days=1)


class OverdueReminding(Ordering):
    """A silence is told once. Messages are told at most once a day, and only when others have become late."""

    async def _wanted(self, now: datetime) -> list[Notice]:
        if not self._channels.ways or quiet_hours(self._config.campaigns).covers(now):
            return []
        async with self._database.snapshot() as conn:
            told = [one for one in (await self._silence(conn, now), await self._late(conn, now)) if one]
            readers = [one.id for one in await staff.everybody(conn) if one.active and one.roles & READERS]
            emails = await staff_contacts.emails(conn, readers) if told else {}
        until, mailed = now + KEPT_TRYING, sorted(emails)
        return [notice for one in told for notice in self._channels.notices(*one, until, mailed)]

    async def _silence(self, conn: AsyncConnection, now: datetime) -> tuple[str, str, str] | None:
        last = await ledger.last_push(conn)
        if last is None:
            return None
        found = silence(last.at, await approved(conn), now)
        if not found.is_too_long:
            return None
        subject = f"公众号 {found.days} 天没有推送了"
        key = f"{SILENT}{int(last.at.timestamp())}"
        return key, subject, f"{subject}。{found.words}\n{self._address('/office/campaigns')}"

    async def _late(self, conn: AsyncConnection, now: datetime) -> tuple[str, str, str] | None:
        found = [one for one in await handling.waiting(conn, now) if is_late(_moment(one, now), now)]
        told = [key.split("-")[1:3] for key in await outbox.keys_beginning(conn, UNANSWERED)]
        newest, today = max((one.id for one in found), default=0), f"{now:%Y%m%d}"
        if newest <= max((int(number) for _, number in told), default=0):
            return None
        if today in (day for day, _ in told):
            return None
        subject = f"有 {len(found)} 条居民留言等了 {ANSWERED_WITHIN.days} 天以上"
        text = f"{subject}，检查时会看有没有答复，请先处理。\n{self._address('/office/messages')}"
        return f"{UNANSWERED}{today}-{newest}", subject, text

    def _address(self, path: str) -> str:
        return f"{self._config.server.public_url}{path}"


async def approved(conn: AsyncConnection) -> list[datetime]:
    """When pushes will go out to the account's followers or its page by themselves."""
    coming = await store.list_campaigns(conn, ("approved", "due"))
    return [one.content.due_at for one in coming if one.content.way not in EACH_ALONE]


async def is_over(conn: AsyncConnection, key: str) -> bool:
    """Whether something has gone out since the silence that a reminder's key names; else never."""
    if not key.startswith(SILENT):
        return False
    last = await ledger.last_push(conn)
    return last is None or int(last.at.timestamp()) > int(key.split("-")[1])


def _moment(asked: Asked, now: datetime) -> datetime:
    return datetime.fromtimestamp(asked.at, now.tzinfo)
