"""The plan of a year: what is written, the festivals that want a push, the office's own days, their quota.

Everything is read here and decided in content.planning and content.collisions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.config import Config
from bot.outbox import platform_jobs
from bot.pushes import segments, subscriptions, windows
from bot.quiet import quiet_hours
from bot.wechat import allowances, calls
from content import collisions, event_store, events, festivals, holidays, planning, store
from content.audience import EVERYBODY, Audience
from content.campaign import Campaign, State
from content.collisions import Collision
from content.festivals import SHANGHAI, Day
from content.holidays import Arrangement
from content.ledger import Use
from content.planning import Account, Limits, Push, Step, Usage
from content.templates import SENT_AT
from content.text import EACH_ALONE

SETTLED: frozenset[State] = frozenset({"approved", "due", "sending", "sent", "unknown"})
"""States in which a campaign's push is certain enough to count as made."""
GONE: frozenset[State] = frozenset({"failed", "missed", "stopped"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A day of the calendar: a festival, or one of the office's own (`event` is its id)."""

    date: date
    name: str
    tone: festivals.Tone
    theme: str
    lead_days: int
    ours: bool
    provisional: bool
    wish: events.Wish
    audience: str
    event: int = 0


@dataclass(frozen=True, slots=True)
class YearPlan:
    """What the desk and `civility campaign plan` show of a year."""

    year: int
    entries: tuple[Entry, ...]
    campaigns: tuple[Campaign, ...]
    steps: tuple[Step, ...]
    usages: tuple[Usage, ...]
    collisions: tuple[Collision, ...]
    rests: Arrangement | None
    console: int

    def of(self, key: str) -> Campaign | None:
        """The campaign behind a step; None where none is written yet."""
        return next((one for one in self.campaigns if campaign_key(one) == key), None)

    def step(self, campaign: Campaign) -> Step | None:
        """The step of a campaign; None for one of another year, or that is over."""
        return next((one for one in self.steps if one.push.key == campaign_key(campaign)), None)


def campaign_key(campaign: Campaign) -> str:
    """The key of a campaign's push in a plan."""
    return f"c{campaign.id}"


def account_of(config: Config) -> Account:
    """What the configured account may do; an office without one plans for a verified service account."""
    account = config.account
    return Account(account.kind, account.verified) if account else Account("service", verified=True)


def limits_of(config: Config) -> Limits:
    """The office's own rules for pushes."""
    quiet = quiet_hours(config.campaigns)
    return Limits(quiet, config.campaigns.most_a_week)


def calendar_of(year: int, own: Sequence[events.Event]) -> tuple[Entry, ...]:
    """Festivals and the office's own days of a year, the earliest first."""
    found = [_festival(day) for day in festivals.days(year)]
    found += [
        Entry(
            day,
            event.name,
            event.tone,
            event.theme,
            event.lead_days,
            False,
            False,
            event.wish,
            event.audience,
            event.id,
        )
        for event in own
        for day in events.dates(event.rule, year)
    ]
    return tuple(sorted(found, key=lambda entry: (entry.date, entry.event)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a plan is made of, as the database has it: `console` are sends made outside, by their time."""

    year: int
    own: tuple[events.Event, ...]
    campaigns: tuple[Campaign, ...]
    audiences: Mapping[str, Audience]
    console: tuple[Use, ...]
    account: Account


async def load(conn: AsyncConnection, config: Config, year: int, now: datetime) -> YearPlan:
    """The plan of a year as things stand. Raises ValueError outside the calendar, holidays.Unreadable."""
    return build(await read(conn, config, year, now), config, now)


async def read(conn: AsyncConnection, config: Config, year: int, now: datetime) -> Facts:
    """What the plan of a year needs to know; ValueError outside the calendar."""
    festivals.days(year)
    start, end = (datetime(one, 1, 1, tzinfo=SHANGHAI) for one in (year, year + 1))
    own = tuple(kept.event for kept in await event_store.everything(conn))
    # A push of December may be for a festival of the year after.
    written = await store.between(conn, start - timedelta(days=31), end + timedelta(days=31))
    sent = await platform_jobs.strangers(conn, outbox.job_numbers(), start, end)
    console = tuple(Use("mass", datetime.fromtimestamp(at, SHANGHAI)) for at in sent)
    template = await subscriptions.in_use(conn)
    audiences = await segments.audiences(conn, subscriptions.takers(template) if template else None)
    audiences = await windows.opened(conn, audiences, now)
    account = await _account(conn, config, notices=template is not None)
    return Facts(year, own, written, audiences, console, account)


def build(facts: Facts, config: Config, now: datetime, *, clashes: bool = True) -> YearPlan:
    """The plan that these facts make; without `clashes` nobody looks for them, which is most of the work.

    Raises holidays.Unreadable for a holiday file that is wrong.
    """
    year, account, limits = facts.year, facts.account, limits_of(config)
    entries = calendar_of(year, facts.own)
    pushes = [
        *_written(facts.campaigns, facts.audiences),
        *_suggested(entries, facts.campaigns, facts.audiences, now),
    ]
    steps = planning.plan(pushes, facts.console, account, limits, now)
    shown = tuple(step for step in steps if step.at.year == year)
    ahead = [step for step in shown if step.at >= now]
    days = festivals.days(year)
    return YearPlan(
        year,
        entries,
        facts.campaigns,
        shown,
        tuple(planning.usage(shown, facts.console, account, year, month) for month in range(1, 13)),
        collisions.collisions(ahead, facts.console, account, limits, days, now) if clashes else (),
        holidays.arrangement(year, Path(config.campaigns.holidays)),
        len(facts.console),
    )


async def _account(conn: AsyncConnection, config: Config, *, notices: bool) -> Account:
    """What the account may do and the calls a day that it is granted. `notices`: it has a template."""
    account, app_id = account_of(config), config.account.app_id if config.account else ""
    customs = await calls.limit_of(conn, app_id, allowances.CUSTOM)
    bizsends = await calls.limit_of(conn, app_id, allowances.NOTICE)
    return replace(
        account,
        notices=notices and account.kind == "service" and account.verified,
        customs_a_day=account.customs_a_day if customs is None else customs,
        notices_a_day=account.notices_a_day if bizsends is None else bizsends,
    )


def _festival(day: Day) -> Entry:
    # A lesser day is content with the account's page: four mass sends a month are soon gone.
    wish: events.Wish = "mass" if day.ours or day.lead_days else "publish"
    return Entry(
        day.date,
        day.name,
        day.tone,
        day.theme,
        day.lead_days,
        day.ours,
        day.provisional,
        wish,
        EVERYBODY,
    )


def _audience(known: Mapping[str, Audience], key: str) -> Audience:
    """A segment that is gone has nobody in it."""
    return known.get(key, Audience(key))


def _written(campaigns: Sequence[Campaign], audiences: Mapping[str, Audience]) -> list[Push]:
    found = []
    for one in campaigns:
        if one.state in GONE:
            continue
        about = festivals.nearest(one.content.festival, one.content.due_at.date())
        found.append(
            Push(
                campaign_key(one),
                one.content.title or "（还没有标题）",
                one.content.due_at.astimezone(SHANGHAI),
                _audience(audiences, one.content.audience),
                one.content.tone,
                wish="publish" if one.content.way == "publish" else "mass",
                rank=0,
                day=about.date if about else None,
                made=one.content.way if one.state in SETTLED or one.content.way in EACH_ALONE else None,
            )
        )
    return found


def _suggested(
    entries: Sequence[Entry], campaigns: Sequence[Campaign], audiences: Mapping[str, Audience], now: datetime
) -> list[Push]:
    """A push for every day to come that has no campaign yet."""
    begun = {
        (one.content.festival, about.date)
        for one in campaigns
        if (about := festivals.nearest(one.content.festival, one.content.due_at.date())) is not None
    }
    found = []
    for entry in entries:
        at = datetime.combine(entry.date - timedelta(days=entry.lead_days), SENT_AT, SHANGHAI)
        if entry.date < now.date() or (entry.name, entry.date) in begun:
            continue
        rank = 1 if entry.ours else 2 if entry.wish == "mass" else 3
        found.append(
            Push(
                f"{entry.name} {entry.date.isoformat()}",
                entry.name,
                at,
                _audience(audiences, entry.audience),
                entry.tone,
                purpose="reminder" if entry.wish == "remind" else "campaign",
                wish="publish" if entry.wish == "remind" else entry.wish,
                rank=rank,
                day=entry.date,
            )
        )
    return found
