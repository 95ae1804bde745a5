"""What was changed in a wave after it was sealed: dated, with the words before and after, never removed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.tables import metadata
from surveys.terms import Header, changed_fields
from surveys.waves import Wave, revise

changes = Table(
    "wave_changes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("wave_id", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("what", String(40), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_wave_changes_wave", "wave_id", "id"),
)

CLOSING, KEYWORD = "结束时间", "口令"
BY_HAND = "由人结束"
_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Change:
    """One correction: `before` and `after` in words, "" where the field was or is empty."""

    wave_id: int
    changed_at: int
    changed_by: str
    what: str
    before: str
    after: str
    reason: str

    def line(self) -> str:
        """The correction as it stands in a method note."""
        moment = datetime.fromtimestamp(self.changed_at, _SHANGHAI)
        return (
            f"{moment.year}年{moment.month}月{moment.day}日更改{self.what}："
            f"原为“{self.before or '没有写'}”，改为“{self.after or '没有写'}”。原因：{self.reason}。"
        )


class ChangedMeanwhile(Exception):
    """The wave was changed or closed since it was read; nothing was changed."""


async def correct(
    conn: AsyncConnection,
    wave: Wave,
    *,
    closes: datetime | None,
    header: Header,
    keyword: str,
    reason: str,
    by: str,
    now: datetime,
) -> list[Change]:
    """Change what may change after the seal, and keep what it was; the changes made, none if nothing differs.

    Raises ChangedMeanwhile; ValueError if the wave would end in the past.
    """
    closes_at = None if closes is None else int(closes.timestamp())
    moment = int(now.timestamp())
    if closes_at is not None and closes_at != wave.closes_at and closes_at <= moment:
        raise ValueError("结束时间已经过去了，请选一个以后的时间。")
    made = [
        Change(wave.id, moment, by, what, before, after, reason)
        for what, before, after in _differences(wave, closes_at, header, keyword)
    ]
    if not made:
        return []
    if not await revise(conn, wave, closes_at=closes_at, header=header, keyword=keyword):
        raise ChangedMeanwhile
    rows = [{name: getattr(one, name) for name in Change.__dataclass_fields__} for one in made]
    await conn.execute(insert(changes), rows)
    return made


async def changes_of(conn: AsyncConnection, wave_id: int) -> list[Change]:
    """The corrections of a wave, the oldest first."""
    columns = [changes.c[name] for name in Change.__dataclass_fields__]
    query = select(*columns).where(changes.c.wave_id == wave_id).order_by(changes.c.id)
    return [Change(*row) for row in await conn.execute(query)]


def _differences(
    wave: Wave, closes_at: int | None, header: Header, keyword: str
) -> Iterator[tuple[str, str, str]]:
    if closes_at != wave.closes_at:
        yield CLOSING, _moment(wave.closes_at), _moment(closes_at)
    if keyword != wave.keyword:
        yield KEYWORD, wave.keyword, keyword
    yield from changed_fields(wave.header, header)


def _moment(at: int | None) -> str:
    if at is None:
        return BY_HAND
    found = datetime.fromtimestamp(at, _SHANGHAI)
    return f"{found.year}年{found.month}月{found.day}日 {found:%H:%M}"
