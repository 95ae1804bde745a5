"""PURE: what stands under the rates of a wave: earlier waves, the last week, what is missing to ±5 points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from bot.web import charts
from bot.web.figure_words import Figure, around, detail_words, figure
from surveys.differences import Difference, differences
from surveys.indicator import Indicator
from surveys.questionnaire import Questionnaire
from surveys.recent import Since
from surveys.rule_words import indicator_title
from surveys.sizing import interviews_needed
from surveys.waves import Wave

HALF_WIDTH = 0.05
MOST_WAVES = 8
"""As many waves as a trend shows, the latest."""


@dataclass(frozen=True, slots=True)
class Point:
    """One wave of a trend."""

    name: str
    drawn: Markup | None
    rate: str
    detail: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One indicator over the waves, the oldest first."""

    title: str
    target: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What a township lacks: `more` interviews to ±5 points, None where what it has is not shown."""

    township: str
    n: int | None
    half_width: float | None
    more: int | None


@dataclass(frozen=True, slots=True)
class Past:
    """A wave of the same kind, its questionnaire as it was, and its rates."""

    wave: Wave
    questionnaire: Questionnaire
    rates: Sequence[Mapping[str, Any]]


def trends(questionnaire: Questionnaire, waves: Sequence[Past]) -> list[Trend]:
    """The declared rates of the indicators over waves that counted them alike, two at least.

    A wave that asked with other words, options or conditions says so beside its name.
    """
    before = {
        one.wave.id: []
        if one.questionnaire == questionnaire
        else differences(one.questionnaire, questionnaire)
        for one in waves
    }
    found = []
    for indicator in questionnaire.indicators:
        points = [
            _point(indicator, one.wave.name + _broken(indicator, before[one.wave.id]), entry)
            for one in waves
            if any(_alike(indicator, other) for other in one.questionnaire.indicators)
            for entry in one.rates
            if entry["indicator"] == indicator.id and entry["declared"] and not entry["group"]
        ]
        if len(points) > 1:
            aim = "" if indicator.target is None else f"{indicator.target:.0%}"
            found.append(Trend(indicator_title(questionnaire, indicator), aim, tuple(points[-MOST_WAVES:])))
    return found


def past_waves(wave: Wave, known: Sequence[Wave]) -> list[Wave]:
    """The waves of a trend that ends with `wave`: of one questionnaire, kind and sample, the oldest first."""
    same = [
        one
        for one in known
        if (one.questionnaire, one.kind, one.sample) == (wave.questionnaire, wave.kind, wave.sample)
        and one.opens_at <= wave.opens_at
    ]
    return sorted(same, key=lambda one: (one.opens_at, one.id))[-MOST_WAVES:]


def changed(questionnaire: Questionnaire, found: Since) -> list[tuple[str, Figure, Figure, Figure]]:
    """(indicator, until then, what came in since, now)."""
    sides = [
        {one["indicator"]: one for one in rates if one["declared"] and not one["group"]}
        for rates in (found.then, found.fresh, found.now)
    ]
    return [
        (
            indicator_title(questionnaire, indicator),
            figure(indicator, sides[0][indicator.id], part=True),
            figure(indicator, sides[1][indicator.id], part=True),
            figure(indicator, sides[2][indicator.id], part=True),
        )
        for indicator in questionnaire.indicators
        if all(indicator.id in side for side in sides)
    ]


def needs(rates: Sequence[Mapping[str, Any]], wave: Wave) -> list[Need]:
    """For each township, by the indicator that is known least, how many interviews are still missing.

    Where the wave has a frame, its townships only: nobody is wanted from elsewhere.
    """
    people: dict[str, int] = {}
    if wave.sample == "probability":
        for place in wave.terms.frame:
            people[place.township] = people.get(place.township, 0) + place.population
    by_town: dict[str, list[Mapping[str, Any]]] = {}
    for entry in rates:
        town = entry["group"].get("township")
        if entry["declared"] and town and (not wave.terms.frame or town in wave.terms.communities()):
            by_town.setdefault(town, []).append(entry)
    return [_need(town, entries, people.get(town)) for town, entries in by_town.items()]


def _need(town: str, entries: Sequence[Mapping[str, Any]], people: int | None) -> Need:
    known = [one for one in entries if not one["suppressed"] and one["rate"] is not None]
    if not known:
        return Need(town, None, None, None)
    missing = [
        interviews_needed(one["rate"], HALF_WIDTH, population=people) - one["denominator"] for one in known
    ]
    widest = max((one["interval"][1] - one["interval"][0]) / 2 for one in known)
    return Need(town, max(one["n"] for one in known), widest, 0 if widest <= HALF_WIDTH else max(1, *missing))


def _alike(one: Indicator, other: Indicator) -> bool:
    return (one.id, one.basis, one.dont_know_rule) == (other.id, other.basis, other.dont_know_rule)


def _broken(indicator: Indicator, changes: Sequence[Difference]) -> str:
    asked = {"", *(name.partition(".")[0] for name in indicator.asks)}
    breaks = any(one.breaks and one.question.partition(".")[0] in asked for one in changes)
    return "（题目改过，不能直接比）" if breaks else ""


def _point(indicator: Indicator, name: str, entry: Mapping[str, Any]) -> Point:
    shown = figure(indicator, entry)
    detail = detail_words(entry, shown)
    if entry["rate"] is None:
        return Point(name, None, shown.rate, "")
    mark = charts.Mark(entry["rate"], *around(entry))
    drawn = charts.strip([mark], f"{name}：{shown.rate}（{detail}）", indicator.target)
    return Point(name, drawn, shown.rate, detail)
