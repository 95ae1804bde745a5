"""Drafts and interviews as tables, and how their rows are named and written."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    and_,
    false,
    or_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.tables import metadata

Key: TypeAlias = tuple[int, str]
"""(wave id, respondent key)."""

drafts = Table(
    "drafts",
    metadata,
    Column("wave_id", BigInteger, primary_key=True, autoincrement=False),
    Column("respondent", String(80), primary_key=True),
    Column("answers", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("township", String(80), nullable=False, default=""),
    Column("community", String(80), nullable=False, default=""),
    Column("came_from", String(80), nullable=False, server_default=""),
    Column("seed", Integer, nullable=False, server_default="0"),
    Column("frame", String(8), nullable=False, server_default=""),
    Column("started_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
)

interviews = Table(
    "interviews",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("wave_id", BigInteger, nullable=False),
    Column("respondent", String(80), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("township", String(80), nullable=False, default=""),
    Column("community", String(80), nullable=False, default=""),
    Column("came_from", String(80), nullable=False, server_default=""),
    Column("seed", Integer, nullable=False, server_default="0"),
    Column("frame", String(8), nullable=False, server_default=""),
    Column("started_at", BigInteger, nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("panel", String(32), nullable=False, server_default=""),
    Column("design", JSON(none_as_null=True)),
    UniqueConstraint("wave_id", "respondent", "revision", name="uq_interviews_respondent"),
    Index("ix_interviews_wave", "wave_id", "id"),
)


def insert_into(conn: AsyncConnection, table: Table) -> Any:
    """An INSERT that can say what happens to a row that is there already, in the database's own words."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def among(table: Table, keys: Sequence[Key]) -> ColumnElement[bool]:
    """One list of respondents a wave: SQLite finds no index for a list of pairs and reads the whole wave."""
    by_wave: dict[int, list[str]] = {}
    for wave_id, respondent in keys:
        by_wave.setdefault(wave_id, []).append(respondent)
    return or_(
        false(), *(and_(table.c.wave_id == one, table.c.respondent.in_(by_wave[one])) for one in by_wave)
    )
