"""A day of the office's own as a form: what stands in the fields, and what a person typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.problems import Problem
from bot.web.campaign_form import TONES
from bot.web.visit import Form
from content.audience import EVERYBODY, parts
from content.events import LEAD_LONGEST, NAME_LONGEST, Event, Wish, kind_of, read, stored

KINDS: Mapping[str, str] = {
    "fixed": "每年同一天",
    "lunar": "农历的一天",
    "nth_weekday": "某月第几个星期几",
    "weekly": "每周",
    "seasonal": "一段时间里",
}
WISHES: Mapping[Wish, str] = {
    "publish": "只发布（不占群发次数）",
    "mass": "群发（排得上时）",
    "remind": "服务提醒（只给来过信或同意接收通知的人）",
}
NUMBERS = ("month", "day", "nth", "weekday", "every", "every_days")
DEFAULTS: Mapping[str, str] = {
    "month": "1",
    "day": "1",
    "nth": "1",
    "weekday": "5",
    "every": "1",
    "first": "1月1日",
    "last": "12月31日",
    "every_days": "14",
}
_MONTH_DAY = re.compile(r"\s*(\d{1,2})\s*(?:月|-|/|\.)\s*(\d{1,2})\s*[日号]?\s*")


@dataclass(frozen=True, slots=True)
class Fields:
    """The form as text, so that what cannot be read stands in it again."""

    name: str
    kind: str
    rule: Mapping[str, str]
    tone: str
    theme: str
    lead: str
    wish: str
    audience: str


def blank(kind: str) -> Fields:
    """A new day of a kind."""
    return Fields("", kind, DEFAULTS, "plain", "", "0", "publish", EVERYBODY)


def fields_of(event: Event) -> Fields:
    """An event as the form shows it."""
    kept = stored(event.rule)
    rule = {name: str(kept[name]) for name in NUMBERS if name in kept}
    rule |= {name: "{}月{}日".format(*kept[name]) for name in ("first", "last") if name in kept}
    return Fields(
        event.name,
        kind_of(event.rule),
        {**DEFAULTS, **rule},
        event.tone,
        event.theme,
        str(event.lead_days),
        event.wish,
        event.audience,
    )


def typed(form: Form) -> Fields:
    """What the person sent."""
    rule = {name: form.text(name, 16) for name in (*NUMBERS, "first", "last")}
    return Fields(
        form.text("name", 100),
        form.text("kind", 16),
        {name: value or DEFAULTS[name] for name, value in rule.items()},
        form.text("tone", 16),
        form.text("theme", 500),
        form.text("lead", 8),
        form.text("wish", 16),
        form.text("audience", 80),
    )


def event_of(fields: Fields, event_id: int) -> Event:
    """The event that the fields describe; Problem, in words, when one cannot be read."""
    if not 0 < len(fields.name) <= NAME_LONGEST:
        raise Problem(f"名称写 1 到 {NAME_LONGEST} 个字。")
    if len(fields.theme) > 100:
        raise Problem("主题不超过 100 个字。")
    tone = next((known for known in TONES if known == fields.tone), None)
    wish = next((known for known in WISHES if known == fields.wish), None)
    if tone is None or wish is None:
        raise Problem("请选好语气和怎么发。")
    lead = int(fields.lead) if fields.lead.isascii() and fields.lead.isdecimal() else -1
    if not 0 <= lead <= LEAD_LONGEST:
        raise Problem(f"提前几天写 0 到 {LEAD_LONGEST} 之间的整数。")
    try:
        parts(fields.audience)
    except ValueError as error:
        raise Problem("请选一个发送对象。") from error
    try:
        rule = read({"kind": fields.kind, **_values(fields.rule)})
    except ValueError as error:
        raise Problem(str(error)) from error
    return Event(event_id, fields.name, rule, tone, fields.theme, lead, wish, fields.audience)


def _values(rule: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in NUMBERS:
        written = rule[name].strip()
        digits = written.removeprefix("-")
        values[name] = int(written) if digits.isascii() and digits.isdecimal() else None
    for name in ("first", "last"):
        found = _MONTH_DAY.fullmatch(rule[name])
        values[name] = (int(found[1]), int(found[2])) if found else None
    return values
