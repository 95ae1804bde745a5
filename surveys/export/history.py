"""A wave beside the earlier ones of its questionnaire: how far each rate moved, and if that may be chance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.comparisons import between_waves
from surveys.drawn import Sampled
from surveys.estimated import compared
from surveys.rates import Tally
from surveys.results import count_wave, sampled_wave, steps_of
from surveys.shelf import Shelf
from surveys.significance import benjamini_hochberg, holm
from surveys.waves import Wave, list_waves

MOST = 6
"""Earlier waves."""


@dataclass(frozen=True, slots=True)
class Change:
    """One rate now and in an earlier wave; `interval` and `p` as in `surveys.comparisons`."""

    wave: str
    kind: str
    sample: str
    indicator: str
    rate: float
    n: int
    before: float
    n_before: int
    difference: float
    interval: tuple[float, float]
    p: float
    holm: float = 1.0
    hochberg: float = 1.0
    weighted: "Gap | None" = None

    @property
    def told(self) -> "Gap":
        """The figures to go by: the weighted ones where there are some."""
        return self.weighted or Gap(self.rate, self.before, self.difference, self.interval, self.p, self.holm)


@dataclass(frozen=True, slots=True)
class Gap:
    """Two rates and how far they are apart; of weighted ones by the designs of both waves."""

    rate: float
    before: float
    difference: float
    interval: tuple[float, float]
    p: float
    holm: float = 1.0


async def earlier_waves(conn: AsyncConnection, wave: Wave) -> list[Wave]:
    """The latest waves of its questionnaire that opened before it, the newest first."""
    earlier = [
        one
        for one in await list_waves(conn)
        if one.questionnaire == wave.questionnaire and (one.opens_at, one.id) < (wave.opens_at, wave.id)
    ]
    return sorted(earlier, key=lambda one: (one.opens_at, one.id), reverse=True)[:MOST]


async def changes_since(
    conn: AsyncConnection, wave: Wave, tally: Tally, given: Sampled
) -> tuple[Change, ...]:
    """The changes of the declared rates since the latest earlier waves, the newest first.

    Both waves are taken as independent samples; who answered in both makes the interval wider than it need
    be. p values are adjusted over all that is listed.
    """
    found: list[Change] = []
    now = _declared(tally)
    for other in await earlier_waves(conn, wave):
        shelf = Shelf()
        former = (await count_wave(conn, other, shelf=shelf, steps=await steps_of(conn, other))).whole
        before = _declared(former)
        entries = [
            entry
            for entry in between_waves(tally, former)
            if not entry["group"] and entry["indicator"] in before
        ]
        if entries:
            document = compared({"comparisons": entries}, given, await sampled_wave(conn, other, shelf))
            entries = document["comparisons"]
        for entry in entries:
            one, two = now[entry["indicator"]], before[entry["indicator"]]
            low, high = entry["interval"]
            found.append(
                Change(
                    other.name,
                    other.kind,
                    other.sample,
                    one["title"],
                    one["rate"],
                    one["denominator"],
                    two["rate"],
                    two["denominator"],
                    entry["difference"],
                    (low, high),
                    entry["p"],
                    weighted=_gap(entry.get("weighted")),
                )
            )
    adjusted, discovered = holm([one.p for one in found]), benjamini_hochberg([one.p for one in found])
    weighted = iter(holm([one.weighted.p for one in found if one.weighted is not None]))
    return tuple(
        replace(
            one,
            holm=first,
            hochberg=second,
            weighted=None if one.weighted is None else replace(one.weighted, holm=next(weighted)),
        )
        for one, first, second in zip(found, adjusted, discovered, strict=True)
    )


def _gap(figures: Mapping[str, Any] | None) -> Gap | None:
    if figures is None:
        return None
    rate, before = figures["rates"]
    low, high = figures["interval"]
    return Gap(rate, before, figures["difference"], (low, high), figures["p"])


def _declared(tally: Tally) -> Mapping[str, Mapping[str, Any]]:
    """The overall rates of the sealed rules that have a figure."""
    return {
        entry["indicator"]: entry
        for entry in tally.rates()
        if entry["declared"] and not entry["group"] and entry["rate"] is not None
    }
