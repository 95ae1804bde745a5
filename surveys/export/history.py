"""A wave beside the earlier ones of its questionnaire: how far each rate moved, and if that may be chance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.comparisons import between_waves
from surveys.rates import Tally
from surveys.results import count_wave
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


async def changes_since(conn: AsyncConnection, wave: Wave, tally: Tally) -> tuple[Change, ...]:
    """The changes of the declared rates since the latest earlier waves, the newest first.

    Both waves are taken as independent samples; who answered in both makes the interval wider than it need
    be. p values are adjusted over all that is listed.
    """
    earlier = [
        one
        for one in await list_waves(conn)
        if one.questionnaire == wave.questionnaire and (one.opens_at, one.id) < (wave.opens_at, wave.id)
    ]
    earlier.sort(key=lambda one: (one.opens_at, one.id), reverse=True)
    found: list[Change] = []
    now = _declared(tally)
    for other in earlier[:MOST]:
        former = (await count_wave(conn, other)).whole
        before = _declared(former)
        for entry in between_waves(tally, former):
            if entry["group"] or entry["indicator"] not in before:
                continue
            one, two = now[entry["indicator"]], before[entry["indicator"]]
            low, high = entry["interval"]
            found.append(
                Change(
                    other.name,
                    other.kind,
                    other.sample,
                    one["title"] or one["indicator"],
                    one["rate"],
                    one["denominator"],
                    two["rate"],
                    two["denominator"],
                    entry["difference"],
                    (low, high),
                    entry["p"],
                )
            )
    adjusted, discovered = holm([one.p for one in found]), benjamini_hochberg([one.p for one in found])
    return tuple(
        replace(one, holm=first, hochberg=second)
        for one, first, second in zip(found, adjusted, discovered, strict=True)
    )


def _declared(tally: Tally) -> Mapping[str, Mapping[str, Any]]:
    """The overall rates of the sealed rules that have a figure."""
    return {
        entry["indicator"]: entry
        for entry in tally.rates()
        if entry["declared"] and not entry["group"] and entry["rate"] is not None
    }
