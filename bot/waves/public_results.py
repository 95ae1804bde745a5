"""Results that the office shows everybody: proposed by one person, opened by another, taken back by either.

What is shown is frozen when it is proposed, and known by its SHA-256: whoever opens it names the hash that
was looked at. Other figures are another proposal; until it is opened, the page that is open stays.
proposed -> open -> withdrawn | replaced; proposed -> rejected.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database, insert_ignoring, metadata
from bot.problems import Conflict

State = Literal["proposed", "open", "rejected", "withdrawn", "replaced"]

public_results = Table(
    "public_results",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("place", String(40), nullable=False, unique=True),
    Column("wave_id", BigInteger, nullable=False),
    Column("slug", String(80), nullable=False),
    Column("content", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("author", String(64), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("decided_by", String(64), nullable=False, default=""),
    Column("decided_at", BigInteger, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Index("ix_public_results_wave", "wave_id", "id"),
)
"""`place` is "<wave>:proposed" or "<wave>:open", of which there is one each, or "#<id>" afterwards."""

DECIDED_BEFORE = "这一份刚被别人处理过，没有改动。请刷新页面再看。"
RESTORED = "恢复了较早的备份，公开的结果先收回，请重新提出"
LONGEST_SLUG = 60
FRESH = timedelta(seconds=1)
_NOT_IN_SLUGS = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Page:
    """One version of a wave's public page; times are epoch seconds, 0 where nobody has decided."""

    id: int
    wave_id: int
    slug: str
    content: str
    hash: str
    state: State
    author: str
    proposed_at: int
    decided_by: str
    decided_at: int
    reason: str

    @property
    def shown(self) -> dict[str, Any]:
        """The content as it is drawn."""
        found: dict[str, Any] = json.loads(self.content)
        return found


def freeze(content: Mapping[str, Any]) -> tuple[str, str]:
    """Canonical JSON, and its SHA-256 in hex."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


async def propose(
    conn: AsyncConnection, wave_id: int, name: str, content: Mapping[str, Any], by: str, now: datetime
) -> Page:
    """Put the page of the wave called `name` before a second person. Conflict while another one waits."""
    text, digest = freeze(content)
    row = {
        "place": f"{wave_id}:proposed",
        "wave_id": wave_id,
        "slug": await _slug(conn, wave_id, name),
        "content": text,
        "hash": digest,
        "state": "proposed",
        "author": by,
        "proposed_at": int(now.timestamp()),
    }
    statement = insert_ignoring(conn, public_results, ["place"]).values(row).returning(*_COLUMNS)
    made = (await conn.execute(statement)).first()
    if made is None:
        raise Conflict("已经有一份等着同事看，请先等他处理，或者把它收回。")
    return _page(made)


async def show(conn: AsyncConnection, page: Page, seen: str, by: str, now: datetime) -> None:
    """Open a proposed page that somebody else wrote. Conflict unless it is the one with the hash `seen`."""
    c = public_results.c
    if page.author == by:
        raise Conflict("自己提出的要由另一位同事看过才能公开。")
    before = await _at(conn, f"{page.wave_id}:open")
    if before is not None:
        await _move(conn, before, "replaced", f"#{before.id}", by, now)
    waits = (c.id == page.id, c.state == "proposed", c.hash == seen, c.author != by)
    values = {"state": "open", "place": f"{page.wave_id}:open"} | _decided(by, now)
    if (await conn.execute(update(public_results).where(*waits).values(values))).rowcount != 1:
        raise Conflict(DECIDED_BEFORE)


async def reject(conn: AsyncConnection, page: Page, reason: str, by: str, now: datetime) -> None:
    """Send a proposal back; its author takes it back the same way. Conflict when it is decided."""
    if page.state != "proposed":
        raise Conflict(DECIDED_BEFORE)
    await _move(conn, page, "rejected", f"#{page.id}", by, now, reason)


async def withdraw(conn: AsyncConnection, page: Page, by: str, now: datetime) -> None:
    """Nobody sees the page any more. Conflict when it is not open."""
    if page.state != "open":
        raise Conflict(DECIDED_BEFORE)
    await _move(conn, page, "withdrawn", f"#{page.id}", by, now)


async def pages_of(conn: AsyncConnection, wave_id: int) -> list[Page]:
    """All versions of a wave's page, the newest first."""
    query = select(*_COLUMNS).where(public_results.c.wave_id == wave_id)
    return [_page(row) for row in await conn.execute(query.order_by(public_results.c.id.desc()))]


async def proposed(conn: AsyncConnection) -> list[Page]:
    """What waits for a second person, the oldest first."""
    query = select(*_COLUMNS).where(public_results.c.state == "proposed").order_by(public_results.c.id)
    return [_page(row) for row in await conn.execute(query)]


async def open_pages(conn: AsyncConnection) -> dict[str, Page]:
    """The pages that everybody may see, by slug."""
    query = select(*_COLUMNS).where(public_results.c.state == "open")
    return {row.slug: _page(row) for row in await conn.execute(query)}


async def close_all(conn: AsyncConnection, now: datetime) -> int:
    """An older state was restored: what is open in it may have been taken back since; how many pages."""
    c = public_results.c
    found = [_page(row) for row in await conn.execute(select(*_COLUMNS).where(c.state == "open"))]
    for page in found:
        await _move(conn, page, "withdrawn", f"#{page.id}", "", now, RESTORED)
    return len(found)


async def forget_wave(conn: AsyncConnection, wave_id: int) -> int:
    """The answers of a wave are erased: what was made of them goes as well; how many versions."""
    statement = delete(public_results).where(public_results.c.wave_id == wave_id)
    return (await conn.execute(statement)).rowcount


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as it is sent: its bytes, the same packed, and a mark of them."""

    body: bytes
    packed: bytes
    mark: str


class OpenResults:
    """The open pages as this replica read them at most a second ago: a crowd costs one query a second.

    `drawn` keeps what was sent, by page and size of type, as long as the page is open.
    """

    def __init__(self) -> None:
        self.drawn: dict[tuple[int, bool], Drawn] = {}
        self._pages: Mapping[str, Page] = {}
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def find(self, database: Database, slug: str, now: datetime) -> Page | None:
        """The open page of this address; None where there is none, or none any more."""
        if not self._fresh(now) and not (self._read_at and self._reading.locked()):
            async with self._reading:
                if not self._fresh(now):
                    async with database.snapshot() as conn:
                        self._pages = await open_pages(conn)
                    known = {page.id for page in self._pages.values()}
                    self.drawn = {key: one for key, one in self.drawn.items() if key[0] in known}
                    self._read_at = now
        return self._pages.get(slug)

    def forget(self) -> None:
        """Something was opened or taken back here: the next visitor must see it."""
        self._read_at = None

    def _fresh(self, now: datetime) -> bool:
        return self._read_at is not None and timedelta() <= now - self._read_at < FRESH


_COLUMNS = [column for column in public_results.c if column.name != "place"]


def _page(row: Any) -> Page:
    return Page(**row._mapping)


async def _at(conn: AsyncConnection, place: str) -> Page | None:
    row = (await conn.execute(select(*_COLUMNS).where(public_results.c.place == place))).first()
    return None if row is None else _page(row)


async def _move(
    conn: AsyncConnection, page: Page, state: State, place: str, by: str, now: datetime, reason: str = ""
) -> None:
    values = {"state": state, "place": place, "reason": reason} | _decided(by, now)
    if (await conn.execute(update(public_results).where(_as_read(page)).values(values))).rowcount != 1:
        raise Conflict(DECIDED_BEFORE)


def _as_read(page: Page) -> ColumnElement[bool]:
    return (public_results.c.id == page.id) & (public_results.c.state == page.state)


def _decided(by: str, now: datetime) -> dict[str, object]:
    return {"decided_by": by, "decided_at": int(now.timestamp())}


async def _slug(conn: AsyncConnection, wave_id: int, name: str) -> str:
    """The wave's name as an address, the same for all its versions; with its number where it is taken."""
    c = public_results.c
    plain = _NOT_IN_SLUGS.sub("-", name).strip("-")[:LONGEST_SLUG] or str(wave_id)
    taken = select(c.id).where(c.slug == plain, c.wave_id != wave_id).limit(1)
    return plain if (await conn.execute(taken)).first() is None else f"{plain}-{wave_id}"
