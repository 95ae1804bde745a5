"""The evaluation's systems in the database, a version at a time, and what stands for which indicator.

An imported version is a draft until somebody takes it into use; then the one before is replaced. Evidence is
tagged to the year, the level and the code, so that it stays where a new version keeps the code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from content.festivals import SHANGHAI
from content.indicator_reading import Doubt, Draft
from content.indicators import Indicator, Kind, Level, Tag
from content.tables import insert_new, metadata

State = Literal["draft", "current", "replaced"]

indicator_sets = Table(
    "indicator_sets",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("slot", String(40), nullable=False, unique=True),
    Column("year", Integer, nullable=False),
    Column("level", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_sample", Boolean, nullable=False),
    Column("doubts", JSON, nullable=False),
    Column("imported_by", String(64), nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("used_by", String(64), nullable=False),
    Column("used_at", BigInteger, nullable=False),
    UniqueConstraint("year", "level", "version", name="uq_indicator_sets"),
)
"""`slot` is "<year>:<level>" of the one version in use, and "#<version> …" of the others."""

indicators = Table(
    "indicators",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("set_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("code", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("parent", String(40), nullable=False),
    Column("depth", Integer, nullable=False),
    Column("unit", String(60), nullable=False),
    UniqueConstraint("set_id", "code", name="uq_indicators"),
)

evidence_tags = Table(
    "evidence_tags",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("level", String(16), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("ref", BigInteger, primary_key=True, autoincrement=False),
    Column("tagged_by", String(64), nullable=False),
    Column("tagged_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class System:
    """One version of an evaluation's system; its indicators are read apart."""

    id: int
    year: int
    level: Level
    version: int
    title: str
    state: State
    is_sample: bool
    doubts: tuple[Doubt, ...]
    imported_by: str
    imported_at: datetime
    used_by: str
    used_at: int


CHANGED = "这一版刚被别人启用或去掉了，请刷新页面看看。"


class Changed(Exception):
    """Somebody took this version into use, or away, in between."""


async def add(
    conn: AsyncConnection,
    year: int,
    level: Level,
    title: str,
    draft: Draft,
    by: str,
    now: datetime,
    *,
    is_sample: bool = False,
) -> System:
    """Keep what was read as the next version, not yet in use."""
    c = indicator_sets.c
    series = (c.year == year) & (c.level == level)
    latest = (await conn.execute(select(func.max(c.version)).where(series))).scalar() or 0
    row = {
        "slot": f"#{latest + 1} {year}:{level}",
        "year": year,
        "level": level,
        "version": latest + 1,
        "title": title,
        "state": "draft",
        "is_sample": is_sample,
        "doubts": [[one.line, one.message] for one in draft.doubts],
        "imported_by": by,
        "imported_at": int(now.timestamp()),
        "used_by": "",
        "used_at": 0,
    }
    made = _system((await conn.execute(insert(indicator_sets).values(row).returning(*c))).one())
    rows = [
        {
            "set_id": made.id,
            "position": position,
            "code": one.code,
            "name": one.name,
            "parent": one.parent,
            "depth": one.depth,
            "unit": one.unit,
        }
        for position, one in enumerate(draft.indicators)
    ]
    await insert_new(conn, indicators, rows, ["set_id", "code"])
    return made


async def use(conn: AsyncConnection, system: System, by: str, now: datetime) -> None:
    """From now on this version is the one of its year and level. Raises Changed."""
    slot = f"{system.year}:{system.level}"
    earlier = await current(conn, system.year, system.level)
    if earlier is not None:
        ended = {"state": "replaced", "slot": f"#{earlier.version} {slot}"}
        await _move(conn, earlier, ended)
    begun = {"state": "current", "slot": slot, "used_by": by, "used_at": int(now.timestamp())}
    try:
        await _move(conn, system, begun)
    except IntegrityError as error:
        raise Changed(CHANGED) from error


async def drop(conn: AsyncConnection, system: System) -> None:
    """Throw a draft away. Raises Changed."""
    c = indicator_sets.c
    gone = await conn.execute(delete(indicator_sets).where(c.id == system.id, c.state == "draft"))
    if gone.rowcount != 1:
        raise Changed(CHANGED)
    await conn.execute(delete(indicators).where(indicators.c.set_id == system.id))


async def systems(conn: AsyncConnection) -> tuple[System, ...]:
    """Every version, the latest year first, of each level the newest version first."""
    c = indicator_sets.c
    query = select(indicator_sets).order_by(c.year.desc(), c.level, c.version.desc())
    return tuple(_system(row) for row in await conn.execute(query))


async def get(conn: AsyncConnection, system_id: int) -> System | None:
    """One version, or None."""
    row = (await conn.execute(select(indicator_sets).where(indicator_sets.c.id == system_id))).first()
    return _system(row) if row else None


async def current(conn: AsyncConnection, year: int, level: Level) -> System | None:
    """The version in use, or None."""
    query = select(indicator_sets).where(indicator_sets.c.slot == f"{year}:{level}")
    row = (await conn.execute(query)).first()
    return _system(row) if row else None


async def tree(conn: AsyncConnection, system: System) -> tuple[Indicator, ...]:
    """The indicators of a version, parents before their children."""
    query = select(indicators).where(indicators.c.set_id == system.id).order_by(indicators.c.position)
    return tuple(
        Indicator(row.code, row.name, row.parent, row.depth, row.unit) for row in await conn.execute(query)
    )


async def tag(
    conn: AsyncConnection, year: int, level: Level, tags: Sequence[Tag], by: str, now: datetime
) -> int:
    """Let these pieces stand for these indicators; how many did not yet."""
    rows = [
        {
            "year": year,
            "level": level,
            "code": one.code,
            "kind": one.kind,
            "ref": one.ref,
            "tagged_by": by,
            "tagged_at": int(now.timestamp()),
        }
        for one in tags
    ]
    return await insert_new(conn, evidence_tags, rows, ["year", "level", "code", "kind", "ref"])


async def untag(conn: AsyncConnection, year: int, level: Level, one: Tag) -> bool:
    """A piece stands for an indicator no more; False where it did not."""
    c = evidence_tags.c
    mine = _of_year(year, level) & (c.code == one.code) & (c.kind == one.kind) & (c.ref == one.ref)
    return (await conn.execute(delete(evidence_tags).where(mine))).rowcount == 1


async def tags(conn: AsyncConnection, year: int, level: Level) -> tuple[Tag, ...]:
    """Everything that stands for an indicator of this year and level."""
    c = evidence_tags.c
    query = select(c.code, c.kind, c.ref).where(_of_year(year, level)).order_by(c.code, c.kind, c.ref)
    return tuple(Tag(*row) for row in await conn.execute(query))


async def tags_of(conn: AsyncConnection, kind: Kind, ref: int) -> tuple[tuple[int, Level, str], ...]:
    """The indicators that one piece stands for, as (year, level, code)."""
    c = evidence_tags.c
    query = select(c.year, c.level, c.code).where(c.kind == kind, c.ref == ref)
    rows = await conn.execute(query.order_by(c.year.desc(), c.level, c.code))
    return tuple((row.year, row.level, row.code) for row in rows)


async def _move(conn: AsyncConnection, seen: System, values: dict[str, Any]) -> None:
    c = indicator_sets.c
    as_seen = (c.id == seen.id) & (c.state == seen.state)
    if (await conn.execute(update(indicator_sets).where(as_seen).values(values))).rowcount != 1:
        raise Changed(CHANGED)


def _of_year(year: int, level: Level) -> ColumnElement[bool]:
    return (evidence_tags.c.year == year) & (evidence_tags.c.level == level)


def _system(row: Any) -> System:
    return System(
        row.id,
        row.year,
        row.level,
        row.version,
        row.title,
        row.state,
        row.is_sample,
        tuple(Doubt(line, message) for line, message in row.doubts),
        row.imported_by,
        datetime.fromtimestamp(row.imported_at, SHANGHAI),
        row.used_by,
        row.used_at,
    )
