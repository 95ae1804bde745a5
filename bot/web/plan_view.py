"""What the plan's pages show of a day, of a state, and of the week to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pushes import year_plan
from bot.pushes.year_plan import Entry, YearPlan
from bot.service import Service
from bot.web.campaign_turns import READERS
from bot.web.today_desk import Card, Provider
from content import holidays
from content.campaign import State
from content.festivals import in_words
from content.planning import CHANNEL_WORDS, Step, Usage

PLAN = "/office/plan"
BOARD: tuple[tuple[str, frozenset[State]], ...] = (
    ("草稿", frozenset({"draft"})),
    ("审核中", frozenset({"in_review"})),
    ("等待发送", frozenset({"approved", "due", "sending"})),
    ("已发送", frozenset({"sent"})),
    ("要处理", frozenset({"failed", "missed", "unknown"})),
)
AHEAD = timedelta(days=14)
REST_WORDS = {"holiday": "休", "workday": "班", "weekend": "", "": "", "unknown": ""}


@dataclass(frozen=True, slots=True)
class Cell:
    """A day on the month's sheet. `rest`: 休 or 班 on days that the State Council named."""

    day: date
    rest: str
    rest_name: str
    entries: tuple[Entry, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the year's page; one that is over and had nothing is folded away."""

    usage: Usage
    steps: tuple[Step, ...]
    is_past_and_empty: bool


def months(plan: YearPlan, today: date) -> tuple[Month, ...]:
    """The twelve months with their pushes."""
    found = []
    for usage in plan.usages:
        steps = tuple(step for step in plan.steps if step.at.month == usage.month)
        is_past = (plan.year, usage.month) < (today.year, today.month)
        found.append(Month(usage, steps, is_past and not steps))
    return tuple(found)


def cells(plan: YearPlan, days: Sequence[date]) -> tuple[Cell, ...]:
    """The days with what is on them; those of a neighbouring year come without pushes."""
    found = []
    for day in days:
        rest = holidays.rest(day, plan.rests)
        name = plan.rests.name(day) if plan.rests else ""
        entries = tuple(entry for entry in plan.entries if entry.date == day)
        steps = tuple(step for step in plan.steps if step.at.date() == day)
        found.append(Cell(day, REST_WORDS[rest], name, entries, steps))
    return tuple(found)


async def day_plan(conn: AsyncConnection, service: Service, now: datetime) -> Card | None:
    """The plan of the day: what it is, what goes out, and the next day that needs a text."""
    plan = await _plain(conn, service, now.year, now)
    ahead = now + AHEAD
    after = plan if ahead.year == now.year else await _plain(conn, service, ahead.year, now)
    today = [step for step in plan.steps if step.at.date() == now.date() and _is_named(plan, step)]
    named = "、".join(entry.name for entry in plan.entries if entry.date == now.date())
    coming = [*plan.steps, *(after.steps if after is not plan else ())]
    ideas = [step for step in coming if plan.of(step.push.key) is None and step.push.wish == "mass"]
    soon = [step for step in ideas if now < step.at <= ahead]
    words = f"{in_words(now.date())}" + (f"，{named}。" if named else "。")
    words += "；".join(
        f"{step.at:%H:%M} {CHANNEL_WORDS[step.channel]}《{step.push.title}》" for step in today
    )
    words += "。" if today else "今天没有要发的。"
    if soon:
        names = "、".join(f"{step.push.title}（{step.at.month}月{step.at.day}日）" for step in soon[:3])
        words += f"两周内该动笔的：{names}。"
    usage = plan.usages[now.month - 1]
    words += f"本月群发 {usage.mass}/{usage.limit}。"
    return Card(
        "当天的安排", f"{len(today)} 篇", words, "waiting" if soon else "calm", READERS, PLAN, "看全年计划"
    )


def _is_named(plan: YearPlan, step: Step) -> bool:
    """An idea, or a campaign that has a title."""
    campaign = plan.of(step.push.key)
    return campaign is None or bool(campaign.content.title)


async def _plain(conn: AsyncConnection, service: Service, year: int, now: datetime) -> YearPlan:
    return year_plan.build(
        await year_plan.read(conn, service.config, year, now), service.config, now, clashes=False
    )


CARDS: tuple[Provider, ...] = (day_plan,)
