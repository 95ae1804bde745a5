"""A campaign as a form: what stands in the fields, what a person typed, and what a new draft holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.problems import Problem
from bot.web.visit import Form
from content.audience import EVERYBODY
from content.campaign import WAYS, Content
from content.festivals import LAST_YEAR, NAMES, SHANGHAI, Day, Tone, days
from content.templates import SENT_AT, from_template, templates

TONES: Mapping[Tone, str] = {"plain": "平实", "festive": "喜庆", "solemn": "庄重"}
BLANK_AHEAD = timedelta(days=7)
LATEST_MINUTES = 1440
YEARS_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Fields:
    """The form as text, so that what cannot be read stands in it again."""

    title: str
    digest: str
    body: str
    source: str
    festival: str
    tone: str
    day: str
    time: str
    lateness: str
    audience: str = EVERYBODY
    way: str = "mass"


@dataclass(frozen=True, slots=True)
class Offer:
    """A festival to come that has a ready text; `due_at` is when its push would go out."""

    day: Day
    due_at: datetime


def fields_of(content: Content) -> Fields:
    """A campaign's content as the form shows it."""
    due = content.due_at.astimezone(SHANGHAI)
    return Fields(
        title=content.title,
        digest=content.digest,
        body=content.body,
        source=content.source,
        festival=content.festival,
        tone=content.tone,
        day=due.date().isoformat(),
        time=f"{due:%H:%M:%S}" if due.second else f"{due:%H:%M}",
        lateness=str(content.lateness_minutes),
        audience=content.audience,
        way=content.way,
    )


def typed(form: Form) -> Fields:
    """What the person sent."""
    return Fields(
        title=form.text("title", 500),
        digest=form.text("digest", 1000),
        body=form.text("body"),
        source=form.text("source", 500),
        festival=form.text("festival", 32),
        tone=form.text("tone", 16),
        day=form.text("day", 16),
        time=form.text("time", 16),
        lateness=form.text("lateness", 8),
        audience=form.text("audience", 80),
        way=form.text("way", 8) or "mass",
    )


def content_of(fields: Fields, now: datetime) -> Content:
    """The content that the fields describe; Problem when one cannot be read. The checks judge the rest."""
    tone = next((known for known in TONES if known == fields.tone), None)
    if tone is None:
        raise Problem("请选择语气。")
    way = next((known for known in WAYS if known == fields.way), None)
    if way is None:
        raise Problem("请选择怎么发。")
    if fields.festival and fields.festival not in NAMES:
        raise Problem(f"节日表里没有“{fields.festival}”，请重新选择。")
    lateness = int(fields.lateness) if fields.lateness.isascii() and fields.lateness.isdecimal() else 0
    if not 5 <= lateness <= LATEST_MINUTES:
        raise Problem(f"“最多晚发”请写 5 到 {LATEST_MINUTES} 之间的整数，单位是分钟。")
    return Content(
        title=fields.title,
        body=fields.body,
        digest=fields.digest,
        source=fields.source,
        festival=fields.festival,
        tone=tone,
        due_at=_due(fields, now),
        lateness_minutes=lateness,
        audience=fields.audience,
        way=way,
    )


def keeping(before: Content, typed: Content) -> Content:
    """What was typed with the pictures there were; the platform's draft goes out only with its own words."""
    typed = replace(typed, cover=before.cover, pictures=before.pictures)
    words = (before.title, before.body, before.digest)
    if words == (typed.title, typed.body, typed.digest):
        typed = replace(typed, taken=before.taken, taken_hash=before.taken_hash)
    return typed


def _due(fields: Fields, now: datetime) -> datetime:
    try:
        day = date.fromisoformat(fields.day)
        at = time.fromisoformat(fields.time)
    except ValueError as error:
        raise Problem("请把发送的日期和时间都填好，例如 2027-01-30 和 10:00。") from error
    if not now.year - 1 <= day.year <= min(now.year + YEARS_AHEAD, LAST_YEAR):
        raise Problem(f"发送日期写成了 {day.year} 年，请核对年份。")
    return datetime.combine(day, at.replace(microsecond=0, tzinfo=None), SHANGHAI)


def offers(now: datetime) -> tuple[Offer, ...]:
    """The festivals of this year and the next that are still to come and have a ready text."""
    found: dict[tuple[int, str], Day] = {}
    for year in (now.year, now.year + 1):
        for day in days(year):
            found.setdefault((year, day.name), day)
    return tuple(
        Offer(day, due_at(day, now))
        for day in found.values()
        if day.date >= now.date() and day.name in templates()
    )


def due_at(day: Day, now: datetime) -> datetime:
    """The usual moment before a festival; once that has passed, tomorrow or, on the day, an hour on."""
    usual = datetime.combine(day.date - timedelta(days=day.lead_days), SENT_AT, SHANGHAI)
    tomorrow = datetime.combine(now.date() + timedelta(days=1), SENT_AT, SHANGHAI)
    today = (now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    return next((due for due in (usual, tomorrow, today) if now < due and due.date() <= day.date), usual)


def from_festival(name: str, year: int, source: str, lateness_minutes: int, now: datetime) -> Content:
    """The ready text of a festival that `offers` holds; Problem for any other."""
    for offer in offers(now):
        if offer.day.name == name and offer.day.date.year == year:
            return replace(from_template(name, year, source, lateness_minutes), due_at=offer.due_at)
    raise Problem("没有这个节日的模板，或者这个节日已经过去。请重新选择。")


def blank(source: str, lateness_minutes: int, now: datetime) -> Content:
    """An empty sheet, due in a week until somebody says otherwise."""
    due = datetime.combine(now.date() + BLANK_AHEAD, SENT_AT, SHANGHAI)
    return Content(
        title="",
        body="",
        digest="",
        source=source,
        festival="",
        tone="plain",
        due_at=due,
        lateness_minutes=lateness_minutes,
    )
