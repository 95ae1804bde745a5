"""Pieces of evidence for the evaluation, of all three kinds in one form: pushes, activities, waves.

A piece counts once it happened: a push that went out, an activity that was not withdrawn, a wave that began.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from content import activity_store, indicator_store, store
from content.activities import KINDS as ACTIVITY_KINDS
from content.activity_store import Kept, Wanted
from content.campaign import STATE_WORDS, Campaign
from content.festivals import SHANGHAI
from content.indicator_store import System
from content.indicators import Covered, Indicator, Kind, Tag, cover
from surveys import waves
from surveys.waves import Wave

AT_ONCE = 500
EVERY = 10_000_000

Key = tuple[Kind, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: what it is called, when it was, what speaks for it; `words` are what it is about.

    `why_not` says why it does not count, "" where it does.
    """

    kind: Kind
    ref: int
    title: str
    day: date
    about: str
    words: str
    why_not: str = ""

    @property
    def key(self) -> Key:
        """What a tag names it by."""
        return self.kind, self.ref


@dataclass(frozen=True, slots=True)
class Coverage:
    """A system in use with all that stands for it; `lost` are tags whose code it does not have."""

    system: System
    indicators: tuple[Indicator, ...]
    tags: tuple[Tag, ...]
    pieces: Mapping[Key, Piece]
    lost: tuple[Tag, ...]

    @property
    def covered(self) -> tuple[Covered, ...]:
        """Each indicator with what counts."""
        return cover(self.indicators, self.counted)

    @property
    def counted(self) -> tuple[Tag, ...]:
        """The tags of pieces that are there and happened."""
        return tuple(
            tag
            for tag in self.tags
            if (piece := self.pieces.get((tag.kind, tag.ref))) is not None and not piece.why_not
        )

    def of(self, codes: Collection[str]) -> tuple[Piece, ...]:
        """The pieces that stand for any of these codes, each once, by kind and day."""
        found = {(tag.kind, tag.ref) for tag in self.tags if tag.code in codes}
        pieces = [self.pieces[key] for key in found if key in self.pieces]
        return tuple(sorted(pieces, key=lambda one: (one.kind, one.day, one.ref)))


async def coverage(conn: AsyncConnection, system: System) -> Coverage:
    """A version with everything that stands for its indicators."""
    indicators = await indicator_store.tree(conn, system)
    tags = await indicator_store.tags(conn, system.year, system.level)
    known = {one.code for one in indicators}
    return Coverage(
        system,
        indicators,
        tags,
        await pieces_of(conn, {(tag.kind, tag.ref) for tag in tags}),
        tuple(tag for tag in tags if tag.code not in known),
    )


async def pieces_of(conn: AsyncConnection, keys: Collection[Key]) -> dict[Key, Piece]:
    """These pieces, as far as they are there."""
    refs: dict[Kind, list[int]] = {"campaign": [], "activity": [], "wave": []}
    for kind, ref in sorted(keys):
        refs[kind].append(ref)
    found: list[Piece] = []
    for at in range(0, len(refs["campaign"]), AT_ONCE):
        found += map(of_campaign, await store.load(conn, refs["campaign"][at : at + AT_ONCE]))
    for at in range(0, len(refs["activity"]), AT_ONCE):
        found += map(of_activity, await activity_store.load(conn, refs["activity"][at : at + AT_ONCE]))
    if refs["wave"]:
        known = {wave.id: wave for wave in await waves.list_waves(conn)}
        found += [of_wave(known[ref]) for ref in refs["wave"] if ref in known]
    return {piece.key: piece for piece in found}


async def pieces_in(conn: AsyncConnection, year: int) -> tuple[Piece, ...]:
    """Everything of a year that counts, for a person to choose from."""
    start, end = datetime(year, 1, 1, tzinfo=SHANGHAI), datetime(year + 1, 1, 1, tzinfo=SHANGHAI)
    found: Iterable[Piece] = [
        *map(of_campaign, await store.between(conn, start, end)),
        *map(of_activity, await activity_store.listed(conn, Wanted(year), EVERY)),
        *map(of_wave, await waves.list_waves(conn)),
    ]
    return tuple(one for one in found if one.day.year == year and not one.why_not)


def of_campaign(campaign: Campaign) -> Piece:
    """A push; it counts once it is sent."""
    content, is_sent = campaign.content, campaign.state == "sent"
    return Piece(
        "campaign",
        campaign.id,
        content.title or "（还没有标题）",
        content.due_at.date(),
        STATE_WORDS[campaign.state],
        " ".join((content.title, content.festival, content.digest, content.body)),
        "" if is_sent else f"还没有发出（{STATE_WORDS[campaign.state]}）",
    )


def of_activity(kept: Kept) -> Piece:
    """An activity; it counts unless it was withdrawn."""
    one = kept.activity
    return Piece(
        "activity",
        kept.id,
        one.name,
        one.day,
        f"{one.where}，{one.headcount:,} 人次",
        " ".join((one.name, one.theme, ACTIVITY_KINDS[one.kind])),
        "已撤回" if kept.state == "withdrawn" else "",
    )


def of_wave(wave: Wave) -> Piece:
    """A wave; it counts from its first day."""
    day = datetime.fromtimestamp(wave.opens_at, SHANGHAI).date()
    return Piece(
        "wave",
        wave.id,
        wave.name,
        day,
        "已结束" if wave.state == "closed" else "进行中",
        " ".join((wave.name, *wave.terms.topics)),
    )
