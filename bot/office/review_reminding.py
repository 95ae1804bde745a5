"""Reminds reviewers of texts that wait for them, each stage once per person and way."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import staff, staff_contacts
from bot.office.notices import Notice, Ordering
from bot.office.signing import objection
from bot.office.staff import Staff
from bot.quiet import quiet_hours
from content import store
from content.campaign import Campaign, level_name
from content.deadlines import Stage, stage
from content.festivals import in_words

PREFIX = "review-"
OPENINGS: dict[Stage, str] = {
    "new": "有新稿件等审核",
    "soon": "稿件快到发送时间了",
    "last": "稿件马上要发送了",
}


class ReviewReminding(Ordering):
    """Reminders to those who can sign."""

    async def _wanted(self, now: datetime) -> list[Notice]:
        async with self._database.snapshot() as conn:
            waiting = await store.list_campaigns(conn, ("in_review",))
            people = await staff.everybody(conn) if waiting else []
            emails = await staff_contacts.emails(conn, [person.id for person in people])
        return [one for campaign in waiting for one in self._reminders(campaign, people, emails, now)]

    def _reminders(
        self, campaign: Campaign, people: Sequence[Staff], emails: dict[int, str], now: datetime
    ) -> list[Notice]:
        rules, level = self._config.campaigns, campaign.next_level
        found = stage(campaign.updated_at, campaign.content.due_at, rules.reminder_hours, now)
        if level is None or found is None or (found != "last" and quiet_hours(rules).covers(now)):
            return []
        able = [person for person in people if person.active and not objection(campaign, person, now)]
        step, due = level_name(level, campaign.levels), campaign.content.due_at
        subject = f"{OPENINGS[found]}：《{campaign.content.title}》等{step}"
        text = (
            f"{OPENINGS[found]}：《{campaign.content.title}》等{step}，"
            f"定于{in_words(due.date())}{due:%H:%M}发送，到时没有审完就发不出去。\n"
            f"能签的同事：{'、'.join(person.display for person in able) or '没有，请管理员在“账号”里加人'}\n"
            f"{self._config.server.public_url}/office/campaigns/{campaign.id}"
        )
        key = f"{PREFIX}{campaign.id}-{campaign.revision}-{found}"
        mailed = [person.id for person in able if person.id in emails]
        return self._channels.notices(key, subject, text, due, mailed)


async def is_over(conn: AsyncConnection, key: str) -> bool:
    """Whether the text that a reminder's key names has moved on; any other notice is never over."""
    if not key.startswith(PREFIX):
        return False
    campaign_id, revision = (int(part) for part in key.removeprefix(PREFIX).split("-")[:2])
    return (await store.get(conn, campaign_id)).revision != revision
