"""What a pack of evidence may be of (a push, an indicator with all below it, a year), and what belongs in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.filing import evidence
from bot.filing.evidence import Coverage, Piece
from bot.problems import NotFound
from content import indicator_store, store
from content.campaign import Refused, State
from content.indicators import LEVELS, Level, below, path_of

SIGNED: frozenset[State] = frozenset(
    {"approved", "due", "sending", "sent", "failed", "missed", "unknown", "stopped"}
)
"""Pushes of which a pack may be made: others have no approved text."""
GONE = "要做材料包的内容已经不在了，可能刚被改过。请回到原来的页面再试一次。"
NOT_SIGNED = "这篇稿件还没有通过审核，没有定稿，做不了材料包。"
_SUBJECT = re.compile(
    r"campaign:([0-9]{1,18})|year:(20[0-9]{2})|indicator:(20[0-9]{2}):(national|province):(.{1,40})"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a pack is of: its title, and the pieces that belong in; `coverages` for an indicator or a year.

    `year` is 0 unless the pack is of a whole year.
    """

    title: str
    campaigns: tuple[int, ...]
    activities: tuple[int, ...]
    waves: tuple[int, ...]
    coverages: tuple[Coverage, ...] = ()
    codes: tuple[str, ...] = ()
    year: int = 0

    @property
    def pieces(self) -> int:
        """How many pieces it holds, to tell how far it is."""
        return len(self.campaigns) + len(self.activities) + len(self.waves)


def is_subject(written: str) -> bool:
    """Whether somebody may ask for such a pack at all."""
    return _SUBJECT.fullmatch(written) is not None


async def subject_of(conn: AsyncConnection, written: str) -> Subject:
    """What "campaign:7", "year:2027" or "indicator:2027:province:1.2" holds now. NotFound, Refused."""
    found = _SUBJECT.fullmatch(written)
    if found is None:
        raise NotFound(GONE)
    if found[1]:
        campaign = await store.get(conn, int(found[1]))
        if campaign.state not in SIGNED:
            raise Refused("state", NOT_SIGNED)
        return Subject(campaign.content.title, (campaign.id,), (), ())
    if found[2]:
        return await _of_year(conn, int(found[2]))
    level: Level = "national" if found[4] == "national" else "province"
    system = await indicator_store.current(conn, int(found[3]), level)
    if system is None:
        raise NotFound(GONE)
    coverage = await evidence.coverage(conn, system)
    path = path_of(coverage.indicators, found[5])
    if not path:
        raise NotFound(GONE)
    codes = tuple(one.code for one in below(coverage.indicators, found[5]))
    pieces = [one for one in coverage.of(codes) if not one.why_not]
    title = f"{system.year}年{LEVELS[level]}指标 {path[-1].code} {path[-1].name}"
    return Subject(title, *_sorted(pieces), (coverage,), codes)


async def _of_year(conn: AsyncConnection, year: int) -> Subject:
    pieces = await evidence.pieces_in(conn, year)
    systems = [one for one in await indicator_store.systems(conn) if one.state == "current"]
    coverages = [await evidence.coverage(conn, one) for one in systems if one.year == year]
    return Subject(f"{year}年", *_sorted(pieces), tuple(coverages), (), year)


def _sorted(pieces: Sequence[Piece]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    by_day = sorted(pieces, key=lambda one: (one.day, one.ref))
    campaigns, activities, held = (
        tuple(one.ref for one in by_day if one.kind == kind) for kind in ("campaign", "activity", "wave")
    )
    return campaigns, activities, held
