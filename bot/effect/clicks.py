"""How often the links of pushes were opened, by link and day, and by nobody: no person, address or device.

Whoever taps is sent on at once; the counts of all are added in one statement every two seconds. What was
counted in the last two seconds before a process is killed is lost, and nothing else.

A number here is openings, not persons. Left out are looks without a reader: HEAD, what a browser fetches in
advance, programs that say what they are. WeChat checks and previews a page in the moment in which it is
opened, so that the same device within two seconds is one opening: it is told by a keyed hash that only
memory holds, for two seconds or until the counts are written.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import BigInteger, Column, Integer, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database, metadata
from bot.pushes import push_links
from bot.pushes.push_links import PushLink
from content.festivals import SHANGHAI

FLUSH_SECONDS = 2.0
SAME_SECONDS = 2
REMEMBERED = 50_000
"""Devices of the last two seconds, and links, that one process keeps in memory at most."""
_IN_ADVANCE = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")
_PROGRAM = re.compile(
    r"[Bb]ot\b|(?i:spider|crawl|slurp|preview|scan|monitor|headless|python|curl|wget|java/|okhttp|go-http)"
    r"|(?i:libwww|facebookexternalhit|urlcheck|phantomjs)"
)
"""Written large it is a maker of phones: CUBOT."""

link_clicks = Table(
    "link_clicks",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("clicks", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Clicked:
    """So many openings of one link of a campaign on a day in Asia/Shanghai (ISO)."""

    campaign_id: int
    number: int
    day: str
    clicks: int


def is_reader(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request looks like somebody who opened the link."""
    agent = headers.get("User-Agent", "")
    if method != "GET" or not agent or _PROGRAM.search(agent):
        return False
    return not any("pre" in headers.get(name, "").lower() for name in _IN_ADVANCE)


class Clicks:
    """Counts of one process until they are written. `key` is drawn anew at every start."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._waiting: Counter[tuple[int, int, str]] = Counter()
        self._lately: OrderedDict[bytes, float] = OrderedDict()
        self._links: OrderedDict[tuple[int, int], PushLink] = OrderedDict()

    async def link(self, database: Database, token: str) -> PushLink | None:
        """The link that this very token was made for; None for another or an invented one."""
        if (name := push_links.named(token)) is None:
            return None
        if name not in self._links:
            async with database.snapshot() as conn:
                link = await push_links.find(conn, *name)
            if link is None:
                return None
            self._links[name] = link
            if len(self._links) > REMEMBERED:
                self._links.popitem(last=False)
        return link if (link := self._links[name]).is_named_by(token) else None

    def note(self, link: PushLink, device: str, now: datetime) -> bool:
        """Count one opening, unless this device did it a moment ago; whether it counted."""
        name = f"{link.campaign_id}-{link.number} {device}"
        mark = blake2b(name.encode(), key=self._key, digest_size=16).digest()
        self._forget(now)
        if mark in self._lately:
            return False
        self._lately[mark] = now.timestamp()
        if len(self._lately) > REMEMBERED:
            self._lately.popitem(last=False)
        self._waiting[link.campaign_id, link.number, now.astimezone(SHANGHAI).date().isoformat()] += 1
        return True

    async def flush(self, database: Database, now: datetime) -> int:
        """Write what waits in one statement; how many openings. What cannot be written waits on."""
        self._forget(now)
        if not self._waiting:
            return 0
        taken, self._waiting = self._waiting, Counter()
        try:
            async with database.transaction() as conn:
                await _add(conn, taken)
        except BaseException:
            self._waiting.update(taken)
            raise
        return taken.total()

    def _forget(self, now: datetime) -> None:
        """Devices of longer ago; the clock may have been set back."""
        while self._lately and abs(now.timestamp() - next(iter(self._lately.values()))) > SAME_SECONDS:
            self._lately.popitem(last=False)


async def of_campaigns(conn: AsyncConnection, campaign_ids: Collection[int]) -> tuple[Clicked, ...]:
    """The openings of these campaigns' links by link and day, in that order."""
    if not campaign_ids:
        return ()
    c = link_clicks.c
    query = select(link_clicks).where(c.campaign_id.in_(campaign_ids))
    return tuple(Clicked(*row) for row in await conn.execute(query.order_by(c.campaign_id, c.number, c.day)))


async def _add(conn: AsyncConnection, counts: Mapping[tuple[int, int, str], int]) -> None:
    # In one order, so that two replicas cannot wait for each other.
    rows = [
        {"campaign_id": campaign_id, "number": number, "day": day, "clicks": clicks}
        for (campaign_id, number, day), clicks in sorted(counts.items())
    ]
    insert = (sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert)(link_clicks).values(rows)
    await conn.execute(
        insert.on_conflict_do_update(
            index_elements=["campaign_id", "number", "day"],
            set_={"clicks": link_clicks.c.clicks + insert.excluded.clicks},
        )
    )
