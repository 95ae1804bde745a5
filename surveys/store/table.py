"""Drafts and interviews as tables, and how their rows are named and written."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql, sqlite

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


def insert_into(dialect: str, table: Table) -> Any:
    """An INSERT that can say what happens to a row that is there already, in the database's own words."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def by_wave(keys: Iterable[Key]) -> dict[int, list[str]]:
    """The respondents of each wave."""
    found: dict[int, list[str]] = {}
    for wave_id, respondent in keys:
        found.setdefault(wave_id, []).append(respondent)
    return found


def apart(keys: Iterable[Key]) -> dict[str, list[Any]]:
    """The waves and the respondents of these keys as two parameters.

    Together they find a little too much where a key is the same in two waves; for a list of pairs SQLite
    finds no index and reads the whole wave.
    """
    found = by_wave(keys)
    return {"waves": list(found), "respondents": [one for many in found.values() for one in many]}
