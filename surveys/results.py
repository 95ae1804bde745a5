"""The results of a stored wave: its interviews as columns, counted, and the words that go with them."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import paired
from surveys.changes import changes_of
from surveys.columns import Columns
from surveys.counting import OUTSIDE, Where, among, both, in_frame, labelled, measures
from surveys.document import document, judged
from surveys.drawn import Sampled, sampled
from surveys.estimated import compared, estimated, pooled
from surveys.margins import Margins
from surveys.meanings import value_of
from surveys.notes import outside_note, population_note, steps_note
from surveys.publishing import get_questionnaire
from surveys.questionnaire import Questionnaire
from surveys.rates import Tally
from surveys.responding import response
from surveys.rule_words import rules_of
from surveys.shelf import Shelf
from surveys.steps import OVERALL, Sizes, Steps, settled, sizes_of
from surveys.steps import load as load_steps
from surveys.subsets import Rates, beside
from surveys.waves import Wave


async def questionnaire_of(conn: AsyncConnection, wave: Wave) -> Questionnaire:
    """The version that the wave asks; LookupError if it was never published."""
    found = await get_questionnaire(conn, wave.questionnaire, wave.version)
    if found is None:
        raise LookupError(f"{wave.questionnaire} version {wave.version}")
    return found[0]


class Counted:
    """A wave counted: all that feeds the rates, and the parts that are shown beside them."""

    def __init__(self, wave: Wave, questionnaire: Questionnaire, by: str | None) -> None:
        """ValueError if `by` is nothing to group by."""
        self.wave = wave
        least = wave.terms.least
        self.whole, self.doubtful, self.headline, self.pushed = (
            Tally(questionnaire, by, least, wave.terms.headline) for _ in range(4)
        )
        self.outside = Tally(questionnaire, least=least, frames=OUTSIDE)
        """Who answered though the questionnaire's screen leaves them out: thanked, and in no other rate."""
        self.marked = 0
        self.marks: Counter[str] = Counter()
        self.campaigns: Counter[int] = Counter()
        self.channels: Counter[str] = Counter()
        self.members: dict[str, dict[str, float]] = {}
        """Indicator -> number in the panel -> 1 or 0, where the answer counts."""

    def count(self, columns: Columns) -> None:
        """Count these interviews wherever they belong."""
        headline, these = self.wave.terms.headline, kept(columns, self.wave)
        self.whole.partial += len(columns) - sum(labelled(columns, "status", these).values())
        self.whole.count(columns, these, weighted=columns.weighted)
        if self.whole.outside:
            self.outside.count(columns, these)
        for flags, number in labelled(columns, "flags", these).items():
            if flags:
                self.marked += number
                self.marks.update(dict.fromkeys(flags.split("|"), number))
        self.channels.update(labelled(columns, "channel", these))
        for campaign, number in labelled(columns, "campaign", these).items():
            if campaign:
                self.campaigns[int(campaign)] += number
        if self.marked:
            self.doubtful.count(columns, both(these, part_of(self.wave, columns, "flags")))
        if self.campaigns:
            self.pushed.count(columns, both(these, part_of(self.wave, columns, "push")))
        if headline:
            self.headline.count(columns, both(these, part_of(self.wave, columns, "headline")))
        self._members(columns, these)

    def _members(self, columns: Columns, these: Where) -> None:
        """What the members of the panel answered, where it counts."""
        inside = both(both(these, in_frame(columns)), among(columns, "panel", bool))
        questionnaire = self.whole.questionnaire
        for indicator, found in zip(questionnaire.indicators, measures(questionnaire, columns), strict=True):
            worth = [value_of(meaning, indicator.dont_know_rule) for meaning in found.meanings]
            for block in columns.blocks:
                rows = np.flatnonzero(inside(block))
                panels, codes = block.facts["panel"][rows], found.reading.codes(block)[rows]
                for panel, code in zip(panels.tolist(), codes.tolist(), strict=True):
                    if (value := worth[code]) is not None:
                        self.members.setdefault(indicator.id, {})[columns.facts["panel"][panel]] = value

    def whole_sizes(self) -> Sizes:
        """The interviews in what is shown of the whole; communities also township by township."""
        found = {**sizes_of({"whole": self.whole.rates()})}
        if self.whole.by == "community":
            for place, indicator in enumerate(self.whole.questionnaire.indicators):
                for town, members in self.whole.shown_members(place).items():
                    found[f"whole:{indicator.id}:{town}"] = members
        return found

    def part_sizes(self) -> dict[str, Sizes]:
        """Of each part that is shown beside the whole: the interviews in what is shown of it.

        Communities have none: their parts would have to move on township by township.
        """
        if self.whole.by == "community":
            return {}
        return {name: sizes_of(dict(zip(("in", "out"), both, strict=True))) for name, both in self._parts()}

    def parts(self, steps: Steps | None = None) -> dict[str, Any]:
        """The keys that stand beside the rates of the whole.

        Of a wave that is shown in `steps`, a part that has moved on by too few stays back.
        """
        by = self.whole.by or OVERALL
        found = {name: settled(steps, f"{by}|{name}", *both) for name, both in self._parts()}
        pushed, others = found.get("push", ([], []))
        headline = list(self.wave.terms.headline)
        return {
            "outside": {
                "outside": self.whole.outside,
                "unknown": self.whole.unknown,
                "rates": self.outside.rates() if self.whole.outside and not steps else [],
            },
            "flags": {"marked": self.marked, "reasons": dict(self.marks.most_common())},
            "without_flagged": found["flags"][1] if self.marked else [],
            "headline": {"channels": headline, "rates": found["headline"][0]} if headline else None,
            "through_push": {
                "campaigns": {str(number): count for number, count in self.campaigns.most_common()},
                "rates": pushed,
                "others": others,
            }
            if self.campaigns
            else None,
        }

    def _parts(self) -> Iterator[tuple[str, tuple[Rates, Rates]]]:
        if self.marked:
            yield "flags", beside(self.whole, self.doubtful)
        if self.wave.terms.headline:
            yield "headline", beside(self.whole, self.headline)
        if self.campaigns:
            yield "push", beside(self.whole, self.pushed)


def kept(columns: Columns, wave: Wave) -> Where:
    """The interviews that the declared rules let into the rates."""
    exclusions = wave.terms.exclusions
    return among(columns, "status", lambda status: status not in exclusions)


def part_of(wave: Wave, columns: Columns, name: str) -> Where:
    """The interviews of a part that is shown beside the whole, by its name in `Counted.part_sizes`."""
    if name == "headline":
        return among(columns, "channel", wave.terms.headline.__contains__)
    return among(columns, "flags" if name == "flags" else "campaign", bool)


async def count_wave(
    conn: AsyncConnection,
    wave: Wave,
    by: str | None = None,
    shelf: Shelf | None = None,
    steps: Steps | None = None,
) -> Counted:
    """Count the wave, overall and by one variable; ValueError if `by` is none.

    With a shelf of this database only what is new since the last look is read. With the wave's `steps` only
    what this breakdown may show is counted.
    """
    questionnaire = await questionnaire_of(conn, wave)
    counted = Counted(wave, questionnaire, by)
    columns = await (shelf or Shelf()).columns(conn, wave, questionnaire)
    if steps and (step := steps.get(by or OVERALL)):
        columns = columns.until(step.upto)
    await asyncio.to_thread(counted.count, columns)
    return counted


async def steps_of(conn: AsyncConnection, wave: Wave) -> Steps:
    """How far an open wave is shown; {} for a closed one, which is shown whole."""
    return await load_steps(conn, wave.id) if wave.state == "open" else {}


async def wave_rates(
    conn: AsyncConnection,
    wave: Wave,
    by: str | None = None,
    before: Wave | None = None,
    shelf: Shelf | None = None,
    margins: Margins | None = None,
) -> dict[str, Any]:
    """What `survey rates` prints; with `before`, the differences to that wave.

    Weighted to `margins`, by default those that were sealed. ValueError if `by` is nothing to group by.
    """
    shelf = shelf or Shelf()
    steps = await steps_of(conn, wave)
    counted = await count_wave(conn, wave, by, shelf, steps)
    tally = counted.whole
    former = None
    if before is not None:
        former = await count_wave(conn, before, by, shelf, await steps_of(conn, before))
    earlier = None if former is None else former.whole
    note = population_note(wave, tally.complete, tally.partial, counted.channels)
    note += outside_note(tally.outside, tally.unknown)
    note += steps_note(wave.terms.least) if steps else ""
    shared = [] if former is None else panel_changes(counted, former)
    found = document(wave.name, note, tally, earlier) | counted.parts(steps) | {"panel": shared}
    chosen = wave.terms.margins if margins is None else margins
    given = await sampled_wave(conn, wave, shelf, by)
    given = replace(given, terms=replace(wave.terms, margins=chosen))
    found = await asyncio.to_thread(estimated, found, given, chosen, by, tally)
    if steps:
        found["crosstabs"] = []  # their cells would move on one by one
    if before is not None and found["comparisons"]:
        found = await asyncio.to_thread(compared, found, given, await sampled_wave(conn, before, shelf, by))
    if found["headline"] is not None:
        channels = among(given.columns, "channel", wave.terms.headline.__contains__)
        part = replace(given, where=both(given.where, channels))
        found["headline"] = await asyncio.to_thread(pooled, found["headline"], part, chosen)
    sealed = {
        "hash": wave.sealed_hash,
        "opened_at": wave.opened_at,
        "indicators": rules_of(given.questionnaire),
        "changes": [change.line() for change in await changes_of(conn, wave.id)],
    }
    return judged(found, wave.terms) | {"sealed": sealed, "response": await response(conn, wave)}


async def sampled_wave(conn: AsyncConnection, wave: Wave, shelf: Shelf, by: str | None = None) -> Sampled:
    """The interviews that estimates rest on; of an open wave as far as this breakdown may be shown."""
    questionnaire = await questionnaire_of(conn, wave)
    columns = await shelf.columns(conn, wave, questionnaire)
    if step := (await steps_of(conn, wave)).get(by or OVERALL):
        columns = columns.until(step.upto)
    return sampled(columns, questionnaire, kept(columns, wave), wave.terms)


async def published_rates(
    conn: AsyncConnection, wave: Wave, by: str | None = None, shelf: Shelf | None = None
) -> dict[str, Any]:
    """The rates as the public may see them: no cell below the sealed number, no parts, no comparison.

    ValueError if `by` is nothing to group by.
    """
    tally = Tally(await questionnaire_of(conn, wave), by, wave.terms.least_published)
    given = await sampled_wave(conn, wave, shelf or Shelf(), by)
    columns, these = given.columns, kept(given.columns, wave)
    await asyncio.to_thread(tally.count, columns, these)
    tally.partial += len(columns) - sum(labelled(columns, "status", these).values())
    note = population_note(wave, tally.complete, tally.partial, labelled(columns, "channel", these))
    note += outside_note(tally.outside, tally.unknown)
    found = document(wave.name, note, tally) | {"complete": tally.complete, "partial": tally.partial}
    found = await asyncio.to_thread(estimated, found, given, wave.terms.margins)
    del found["weighting"]  # its margins keep back what is too few inside the house, not for the public
    return judged(found, wave.terms)


def panel_changes(now: Counted, before: Counted) -> list[dict[str, Any]]:
    """The changes of the overall top-box rates, their error knowing that panel members are in both waves.

    Only where enough are in both: fewer would add nothing, and could be told apart.
    """
    found = []
    least = max(now.wave.terms.least, before.wave.terms.least)
    former = {
        indicator.id: (indicator, cell) for indicator, group, cell in before.whole.cells() if group is None
    }
    for indicator, group, cell in now.whole.cells():
        if group is not None or indicator.is_mean or indicator.id not in former:
            continue
        earlier, other = former[indicator.id]
        rule = indicator.dont_know_rule
        if (earlier.basis, earlier.dont_know_rule) != (indicator.basis, rule):
            continue
        members, others = now.members.get(indicator.id, {}), before.members.get(indicator.id, {})
        made = paired.change(
            paired.Rate(cell.sum(rule).gained, cell.sum(rule).n, members),
            paired.Rate(other.sum(rule).gained, other.sum(rule).n, others),
        )
        if made is not None and made.pairs >= least:
            found.append(
                {
                    "indicator": indicator.id,
                    "pairs": made.pairs,
                    "difference": made.difference,
                    "interval": list(made.interval),
                    "p": made.p,
                    "method": "wald with panel covariance",
                }
            )
    return found
