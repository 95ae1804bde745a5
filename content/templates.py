"""Ready texts for the festivals of the year: an office starts from one, changes it, and has it reviewed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType

from content.campaign import Content
from content.festivals import NAMES, SHANGHAI, WEEKDAYS, Tone, days

FOLDER = Path(__file__).parent / "library" / "festivals"
SENT_AT = time(10)


@dataclass(frozen=True, slots=True)
class Template:
    """A festival's text. `{date}` stands for the day with its year, `{day}` for the day without it."""

    festival: str
    tone: Tone
    title: str
    digest: str
    body: tuple[str, ...]


@cache
def cover() -> bytes:
    """The picture of every article, a PNG of 900 by 383 pixels; plain enough for a solemn day."""
    return (FOLDER / "cover.png").read_bytes()


@cache
def templates() -> Mapping[str, Template]:
    """The library's texts by the festival's name, in the order of the calendar."""
    found = {}
    for file in FOLDER.glob("*.toml"):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        found[table["festival"]] = Template(
            table["festival"], table["tone"], table["title"], table["digest"], tuple(table["body"])
        )
    return MappingProxyType({name: found[name] for name in NAMES if name in found})


def from_template(festival: str, year: int, source: str, lateness_minutes: int) -> Content:
    """A festival's text with that year's dates in it, to be sent as many days before as is usual.

    `source` is the office's name. Raises ValueError for a year outside the calendar, for a festival without
    a text, and for one that the year does not have.
    """
    template = templates().get(festival)
    if template is None:
        raise ValueError(f"no text for {festival!r} in the library")
    found = [day for day in days(year) if day.name == festival]
    if not found:
        raise ValueError(f"{year} has no {festival}")
    day = found[0]
    return Content(
        title=_dated(template.title, day.date),
        body="\n".join(_dated(paragraph, day.date) for paragraph in template.body),
        digest=_dated(template.digest, day.date),
        source=source,
        festival=festival,
        tone=template.tone,
        due_at=datetime.combine(day.date - timedelta(days=day.lead_days), SENT_AT, SHANGHAI),
        lateness_minutes=lateness_minutes,
    )


def _dated(text: str, day: date) -> str:
    short = f"{day.month}月{day.day}日"
    long = f"{day.year}年{short}（星期{WEEKDAYS[day.weekday()]}）"
    return text.replace("{date}", long).replace("{day}", short)
