"""The results of a stored wave: its interviews streamed through a tally, and the words that go with them."""

from collections import Counter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import paired
from surveys.notes import outside_note, population_note
from surveys.publishing import get_questionnaire
from surveys.questionnaire import Questionnaire
from surveys.rates import LEAST, Tally, document
from surveys.sources import campaign_of
from surveys.store import Interview, stream_interviews
from surveys.subsets import beside
from surveys.waves import Wave


async def questionnaire_of(conn: AsyncConnection, wave: Wave) -> Questionnaire:
    """The version that the wave asks; LookupError if it was never published."""
    found = await get_questionnaire(conn, wave.questionnaire, wave.version)
    if found is None:
        raise LookupError(f"{wave.questionnaire} version {wave.version}")
    return found[0]


class Counted:
    """A wave counted in one pass: all that feeds the rates, and the parts that are shown beside them."""

    def __init__(self, wave: Wave, questionnaire: Questionnaire, by: str | None) -> None:
        """ValueError if `by` is nothing to group by."""
        self.wave = wave
        self.whole, self.doubtful, self.headline, self.pushed = (Tally(questionnaire, by) for _ in range(4))
        self.marked = 0
        self.marks: Counter[str] = Counter()
        self.campaigns: Counter[int] = Counter()
        self.members: dict[str, dict[str, float]] = {}
        """Indicator -> number in the panel -> 1 or 0, where the answer counts."""

    def add(self, interview: Interview) -> None:
        """Count one interview wherever it belongs."""
        terms = self.wave.terms
        if interview.status == "partial" and "partial" in terms.exclusions:
            self.whole.partial += 1
            return
        campaign = campaign_of(interview.came_from)
        tallies = [self.whole]
        if campaign is not None:
            self.campaigns[campaign] += 1
            tallies.append(self.pushed)
        if interview.flags:
            self.marked += 1
            self.marks.update(interview.flags)
            tallies.append(self.doubtful)
        if terms.headline and interview.channel in terms.headline:
            tallies.append(self.headline)
        if interview.panel and interview.frame in ("", "inside"):
            for indicator, value in self.whole.values(interview.answers):
                self.members.setdefault(indicator.id, {})[interview.panel] = value
        for tally in tallies:
            tally.add(
                interview.answers,
                status=interview.status,
                township=interview.township,
                community=interview.community,
                channel=interview.channel,
                frame=interview.frame,
            )

    def parts(self) -> dict[str, Any]:
        """The keys that stand beside the rates of the whole."""
        whole = self.whole.rates()
        headline = self.wave.terms.headline
        return {
            "flags": {"marked": self.marked, "reasons": dict(self.marks.most_common())},
            "without_flagged": beside(whole, self.whole.without(self.doubtful).rates())
            if self.marked
            else [],
            "headline": {"channels": list(headline), "rates": beside(whole, self.headline.rates())}
            if headline
            else None,
            "through_push": {
                "campaigns": {str(number): count for number, count in self.campaigns.most_common()},
                "rates": beside(whole, self.pushed.rates()),
                "others": beside(whole, self.whole.without(self.pushed).rates()),
            }
            if self.campaigns
            else None,
        }


async def count_wave(conn: AsyncConnection, wave: Wave, by: str | None = None) -> Counted:
    """Count the wave, overall and by one variable; ValueError if `by` is none."""
    counted = Counted(wave, await questionnaire_of(conn, wave), by)
    async for interview in stream_interviews(conn, wave.id):
        counted.add(interview)
    return counted


async def wave_rates(
    conn: AsyncConnection, wave: Wave, by: str | None = None, before: Wave | None = None
) -> dict[str, Any]:
    """What `survey rates` prints; with `before`, the differences to that wave."""
    counted = await count_wave(conn, wave, by)
    tally = counted.whole
    former = None if before is None else await count_wave(conn, before, by)
    earlier = None if former is None else former.whole
    note = population_note(wave, tally.complete, tally.partial) + outside_note(tally.outside, tally.unknown)
    shared = [] if former is None else panel_changes(counted, former)
    return document(wave.name, note, tally, earlier) | counted.parts() | {"panel": shared}


def panel_changes(now: Counted, before: Counted) -> list[dict[str, Any]]:
    """The changes of the overall top-box rates, their error knowing that panel members are in both waves.

    Only where at least five are in both: fewer would add nothing, and could be told apart.
    """
    found = []
    former = {
        indicator.id: (indicator, cell) for indicator, group, cell in before.whole.cells() if group is None
    }
    for indicator, group, cell in now.whole.cells():
        if group is not None or indicator.rule != "top_box" or indicator.id not in former:
            continue
        earlier, other = former[indicator.id]
        rule = indicator.dont_know_rule
        if (earlier.rule, earlier.dont_know_rule) != (indicator.rule, rule):
            continue
        members, others = now.members.get(indicator.id, {}), before.members.get(indicator.id, {})
        made = paired.change(
            paired.Rate(cell.gained, cell.denominator(rule), members),
            paired.Rate(other.gained, other.denominator(rule), others),
        )
        if made is not None and made.pairs >= LEAST:
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
