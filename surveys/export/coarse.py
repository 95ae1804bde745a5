"""What an exported row says of where and when: never a place or a day that hardly anybody shares.

A place with fewer than LEAST interviews joins the next smallest ones of its kind, so that a row alone does
not say who answered it, and so that the rest cannot be had by taking the others away.
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass, replace

from surveys.days import DAY, SHANGHAI_OFFSET, merge_days
from surveys.rates import LEAST
from surveys.store import Interview

OTHER_TOWNSHIPS, OTHER_COMMUNITIES = "其余乡镇街道", "其余社区村"

Place = tuple[str, str]
"""(township, community); "" where the interview has none."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """For every place and day of a wave, the one to write in its stead."""

    places: Mapping[Place, Place]
    days: Mapping[int, int]

    def of(self, interview: Interview) -> Interview:
        """The same answers, further from the person."""
        township, community = self.places[interview.township, interview.community]
        moment = self.days[civil_day(interview.submitted_at)] * DAY - SHANGHAI_OFFSET
        return replace(
            interview, township=township, community=community, started_at=moment, submitted_at=moment
        )

    async def stream(self, interviews: AsyncIterable[Interview]) -> AsyncIterator[Interview]:
        """Interview after interview, coarsened."""
        async for interview in interviews:
            yield self.of(interview)


def civil_day(moment: int) -> int:
    """The number of the civil day in Asia/Shanghai."""
    return (moment + SHANGHAI_OFFSET) // DAY


def coarsen(places: Mapping[Place, int], days: Mapping[int, int], opening: int) -> Coarse:
    """From interviews a place and a day to a rule; `opening` is the wave's first day."""
    townships: dict[str, int] = {}
    for (township, _), size in places.items():
        townships[township] = townships.get(township, 0) + size
    few = _joined(townships)
    written: dict[Place, Place] = {}
    for township in townships:
        inside = {community: size for (own, community), size in places.items() if own == township}
        alike = set(inside) if township in few else _joined(inside)
        for community in inside:
            written[township, community] = (
                OTHER_TOWNSHIPS if township in few else township,
                OTHER_COMMUNITIES if community in alike and community else community,
            )
    return Coarse(written, merge_days(days, opening))


def _joined(sizes: Mapping[str, int]) -> set[str]:
    """The names that become one, LEAST interviews at least or all there are; no name joins nothing."""
    named = sorted((size, name) for name, size in sizes.items() if name)
    joined = {name for size, name in named if size < LEAST}
    gathered = sum(size for size, _ in named if size < LEAST)
    for size, name in named:
        if 0 < gathered < LEAST and name not in joined:
            joined.add(name)
            gathered += size
    return joined
