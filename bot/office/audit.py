"""The trail of what staff did: append-only, hash-chained, sealed by triggers in the database itself.

Each row's hash covers the row before it, so a changed, missing or inserted row shows in `verify`. Rows
leave in one way only: `seal` keeps the hash of the last row that goes as an anchor, and the triggers let
rows up to the newest anchor be deleted, and nothing else.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Integer,
    String,
    Table,
    delete,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import DDL

from bot.database import metadata

COMMAND_LINE = "command line"
GENESIS = "0" * 64
SHORTEST_KEEPING = timedelta(seconds=15_811_200)
CHAIN_LOCK = 0x6C696E6B

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object", String(200), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

anchors = Table(
    "audit_anchors",
    metadata,
    Column("upto_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
)

_ANCHOR_HOLDS = (
    "NEW.upto_id > COALESCE((SELECT MAX(upto_id) FROM audit_anchors), 0)"
    " AND NEW.hash = (SELECT hash FROM audit WHERE id = NEW.upto_id)"
    " AND NEW.sealed_at - (SELECT happened_at FROM audit WHERE id = NEW.upto_id)"
    " >= 15811200"
)
_SEALED = "OLD.id <= COALESCE((SELECT MAX(upto_id) FROM audit_anchors), 0)"


def _sqlite_trigger(name: str, moment: str, when: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {moment} WHEN {when} "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    )


AUDIT_TRIGGERS: Mapping[str, Sequence[str]] = {
    "sqlite": (
        _sqlite_trigger("audit_no_update", "UPDATE ON audit", "1"),
        _sqlite_trigger("audit_no_delete", "DELETE ON audit", f"NOT ({_SEALED})"),
        # REPLACE deletes without firing a DELETE trigger, so a taken id is refused on the way in.
        _sqlite_trigger(
            "audit_no_replace", "INSERT ON audit", "EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"
        ),
        _sqlite_trigger("audit_anchors_no_update", "UPDATE ON audit_anchors", "1"),
        _sqlite_trigger("audit_anchors_no_delete", "DELETE ON audit_anchors", "1"),
        _sqlite_trigger("audit_anchors_hold", "INSERT ON audit_anchors", f"({_ANCHOR_HOLDS}) IS NOT TRUE"),
    ),
    "postgresql": (
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        "CREATE FUNCTION audit_refuse_unsealed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_SEALED} THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        "CREATE FUNCTION audit_anchor_holds() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_ANCHOR_HOLDS} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse_unsealed()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_anchors_no_change BEFORE UPDATE OR DELETE ON audit_anchors "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_anchors_no_truncate BEFORE TRUNCATE ON audit_anchors "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_anchors_hold BEFORE INSERT ON audit_anchors "
        "FOR EACH ROW EXECUTE FUNCTION audit_anchor_holds()",
    ),
}
"""What a migration runs after it has created both tables, by dialect name."""

AUDIT_TRIGGERS_DROPPED: Mapping[str, Sequence[str]] = {
    "sqlite": (),
    "postgresql": (
        "DROP FUNCTION audit_refuse() CASCADE",
        "DROP FUNCTION audit_refuse_unsealed() CASCADE",
        "DROP FUNCTION audit_anchor_holds() CASCADE",
    ),
}
"""What a migration down runs; on SQLite the triggers go with their tables."""

for _dialect, _statements in AUDIT_TRIGGERS.items():
    for _statement in _statements:
        event.listen(anchors, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Line:
    """One act: who did what to what, and when (epoch seconds)."""

    id: int
    happened_at: int
    actor: str
    action: str
    object: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader looks for; empty fields do not filter. `before` pages on, newest first."""

    actor: str = ""
    action: str = ""
    object: str = ""
    since: int | None = None
    until: int | None = None
    before: int | None = None


async def write(
    conn: AsyncConnection,
    now: datetime,
    actor: str,
    action: str,
    object: str = "",
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Add a line in the transaction of the act itself, as its last step; returns the line's number.

    `action` and the keys of `detail` are short Chinese words, since staff read them. On PostgreSQL the
    chain is locked until the caller commits: writing it last keeps others waiting for a moment only.
    """
    if conn.dialect.name == "postgresql":
        await conn.execute(text(f"SELECT pg_advisory_xact_lock({CHAIN_LOCK})"))
    last = (await conn.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1))).first()
    if last is None:
        last = (
            await conn.execute(
                select(anchors.c.upto_id, anchors.c.hash).order_by(anchors.c.upto_id.desc()).limit(1)
            )
        ).first()
    number, previous = (last[0] + 1, last[1]) if last else (1, GENESIS)
    row = {
        "id": number,
        "happened_at": int(now.timestamp()),
        "actor": actor[:64],
        "action": action[:64],
        "object": object[:200],
        "detail": dict(detail or {}),
        "previous": previous,
    }
    await conn.execute(insert(audit).values(**row, hash=_hash(row)))
    return number


async def verify(conn: AsyncConnection) -> int | None:
    """The number of the first line that does not continue the chain, or None when all do."""
    anchor = (
        await conn.execute(
            select(anchors.c.upto_id, anchors.c.hash).order_by(anchors.c.upto_id.desc()).limit(1)
        )
    ).first()
    number, previous = (anchor[0], anchor[1]) if anchor else (0, GENESIS)
    rows = await conn.stream(select(audit).where(audit.c.id > number).order_by(audit.c.id))
    async for row in rows:
        number += 1
        values = dict(row._mapping)
        kept = values.pop("hash")
        if row.id != number or row.previous != previous or kept != _hash(values):
            return number
        previous = kept
    return None


async def seal(conn: AsyncConnection, before: datetime, now: datetime) -> int:
    """Delete the lines older than `before` (at least six months ago) and keep their last hash; how many went.

    Raises ValueError for a shorter period. The newest line always stays.
    """
    if now - before < SHORTEST_KEEPING:
        raise ValueError("operation logs are kept for six months at least")
    newest = (await conn.execute(select(func.max(audit.c.id)))).scalar()
    upto = (
        await conn.execute(
            select(audit.c.id, audit.c.hash)
            .where(audit.c.happened_at < int(before.timestamp()), audit.c.id < (newest or 0))
            .order_by(audit.c.id.desc())
            .limit(1)
        )
    ).first()
    if upto is None:
        return 0
    await conn.execute(
        insert(anchors).values(upto_id=upto.id, hash=upto.hash, sealed_at=int(now.timestamp()))
    )
    gone = (await conn.execute(delete(audit).where(audit.c.id <= upto.id))).rowcount
    await write(conn, now, COMMAND_LINE, "到期清理操作记录", "", {"截至编号": upto.id, "条数": gone})
    return gone


async def lines(conn: AsyncConnection, wanted: Wanted, limit: int) -> list[Line]:
    """Lines that match, newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    for column, value in (
        (audit.c.actor, wanted.actor),
        (audit.c.action, wanted.action),
        (audit.c.object, wanted.object),
    ):
        if value:
            query = query.where(column.contains(value, autoescape=True))
    if wanted.since is not None:
        query = query.where(audit.c.happened_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.happened_at < wanted.until)
    if wanted.before is not None:
        query = query.where(audit.c.id < wanted.before)
    return [
        Line(row.id, row.happened_at, row.actor, row.action, row.object, row.detail)
        for row in (await conn.execute(query)).all()
    ]


async def count(conn: AsyncConnection) -> int:
    """How many lines the trail holds now."""
    return int((await conn.execute(select(func.count()).select_from(audit))).scalar_one())


def _hash(row: Mapping[str, Any]) -> str:
    covered = [row[key] for key in ("id", "happened_at", "actor", "action", "object", "detail", "previous")]
    canonical = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
