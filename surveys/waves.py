"""Waves: one round of asking one version of a questionnaire, its rules of counting sealed beforehand."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    bindparam,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.questionnaire import Questionnaire
from surveys.tables import metadata
from surveys.terms import Header, Kind, Sample, Terms, header_of, seal, seal_hash, terms_of, too_open

waves = Table(
    "waves",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("questionnaire", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("sample", String(16), nullable=False),
    Column("population", Text, nullable=False),
    Column("opens_at", BigInteger, nullable=False),
    Column("closes_at", BigInteger),
    Column("state", String(16), nullable=False),
    Column("secret", LargeBinary),
    Column("sealed", Text, nullable=False),
    Column("sealed_hash", String(64), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("rekeyed_at", BigInteger),
    Column("header", Text, nullable=False, server_default="{}"),
    Column("keyword", String(40), nullable=False, server_default=""),
    Column("revision", Integer, nullable=False, server_default="1"),
)


@dataclass(frozen=True, slots=True)
class Wave:
    """A wave; `secret` makes the respondents' keys and is gone once the wave is closed.

    `header` is as it stands now, `terms.header` as it was sealed; `keyword` starts the interview in the chat.
    """

    id: int
    name: str
    questionnaire: str
    version: int
    kind: Kind
    sample: Sample
    population: str
    opens_at: int
    closes_at: int | None
    state: Literal["open", "closed"]
    secret: bytes | None = field(repr=False)
    sealed: str = field(repr=False)
    sealed_hash: str
    opened_at: int
    closed_at: int | None
    rekeyed_at: int | None
    header: Header = field(default_factory=Header)
    keyword: str = ""
    revision: int = 1

    @property
    def terms(self) -> Terms:
        """What was declared and sealed when the wave was opened."""
        return terms_of(self.sealed)

    @property
    def frame(self) -> Mapping[str, tuple[str, ...]]:
        """Township -> its communities, for the community picker; {} where the wave has no frame."""
        return self.terms.communities()

    def takes_answers(self, now: datetime) -> bool:
        """Open, begun and not over at this moment."""
        moment = int(now.timestamp())
        return (
            self.state == "open"
            and self.opens_at <= moment
            and (self.closes_at is None or moment < self.closes_at)
        )


_OPEN = (
    select(waves)
    .where(
        waves.c.state == "open",
        waves.c.opens_at <= bindparam("moment"),
        or_(waves.c.closes_at.is_(None), waves.c.closes_at > bindparam("moment")),
    )
    .order_by(waves.c.id)
)
_OPEN_HELD = _OPEN.with_for_update(read=True)


class WaveExists(ValueError):
    """The name of the wave is taken."""


async def open_wave(
    conn: AsyncConnection,
    questionnaire: Questionnaire,
    version: int,
    name: str,
    *,
    now: datetime,
    secret: bytes,
    terms: Terms | None = None,
    opens: datetime | None = None,
    closes: datetime | None = None,
    keyword: str = "",
) -> Wave:
    """Open a wave of a published version on these terms; `secret` is 32 random bytes.

    Raises WaveExists if the name is taken, ValueError if it would end before it begins or show small cells.
    """
    terms = terms or Terms()
    opens_at = int((opens or now).timestamp())
    closes_at = None if closes is None else int(closes.timestamp())
    if closes_at is not None and closes_at <= opens_at:
        raise ValueError("结束时间要晚于开始时间。")
    if words := too_open(terms):
        raise ValueError(words)
    if await find_wave(conn, name) is not None:
        raise WaveExists(f"已经有名为“{name}”的波次，请换一个名字。")
    sealed = seal(questionnaire, version, terms, None if opens is None else opens_at, closes_at)
    row = {
        "name": name,
        "questionnaire": questionnaire.id,
        "version": version,
        "kind": terms.kind,
        "sample": terms.sample,
        "population": terms.population,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "state": "open",
        "secret": secret,
        "sealed": sealed,
        "sealed_hash": seal_hash(sealed),
        "opened_at": int(now.timestamp()),
        "header": _json(terms.header),
        "keyword": keyword,
    }
    return _wave((await conn.execute(insert(waves).values(row).returning(*waves.c))).one())


async def find_wave(conn: AsyncConnection, name: str) -> Wave | None:
    """The wave of this name."""
    row = (await conn.execute(select(waves).where(waves.c.name == name))).first()
    return None if row is None else _wave(row)


async def get_wave(conn: AsyncConnection, wave_id: int) -> Wave | None:
    """The wave of this number."""
    row = (await conn.execute(select(waves).where(waves.c.id == wave_id))).first()
    return None if row is None else _wave(row)


async def list_waves(conn: AsyncConnection) -> list[Wave]:
    """All waves, the newest first."""
    return [_wave(row) for row in await conn.execute(select(waves).order_by(waves.c.id.desc()))]


async def open_waves(conn: AsyncConnection, now: datetime, *, hold: bool = False) -> list[Wave]:
    """The waves that take answers at this moment, the one opened first at the head.

    With `hold` they cannot be closed until this transaction ends. Whoever is going to lock drafts takes the
    waves first, as closing does, so that neither waits for the other for ever.
    """
    rows = await conn.execute(_OPEN_HELD if hold else _OPEN, {"moment": int(now.timestamp())})
    return [_wave(row) for row in rows]


async def recent(conn: AsyncConnection, since: datetime) -> list[Wave]:
    """The waves that are open, have not begun, or were closed after `since`; the newest first."""
    closed = waves.c.closed_at > int(since.timestamp())
    query = select(waves).where(or_(waves.c.state == "open", closed)).order_by(waves.c.id.desc())
    return [_wave(row) for row in await conn.execute(query)]


async def hold_open(conn: AsyncConnection, wave_ids: Collection[int]) -> set[int]:
    """Which of these waves are not closed; they cannot be closed until this transaction ends."""
    if not wave_ids:
        return set()
    query = select(waves.c.id).where(waves.c.id.in_(sorted(set(wave_ids))), waves.c.state == "open")
    return set((await conn.execute(query.order_by(waves.c.id).with_for_update(read=True))).scalars())


async def take_open(conn: AsyncConnection, wave_id: int) -> bool:
    """Whether the wave is open; nobody else can close or hold it until this transaction ends."""
    query = select(waves.c.id).where(waves.c.id == wave_id, waves.c.state == "open").with_for_update()
    return (await conn.execute(query)).first() is not None


async def mark_closed(conn: AsyncConnection, wave_id: int, now: datetime) -> bool:
    """Close the wave and destroy its secret; False if it was closed already."""
    moment = int(now.timestamp())
    done = await conn.execute(
        update(waves)
        .where(waves.c.id == wave_id, waves.c.state == "open")
        .values(state="closed", secret=None, closed_at=moment)
    )
    return done.rowcount == 1


async def rekey_open(conn: AsyncConnection, new_secret: Callable[[], bytes], now: datetime) -> int:
    """Give every open wave a new secret, after its old one was lost; how many they were.

    Who answered under the old secret is not known again, so `rekeyed_at` goes into the notes of the wave.
    """
    query = select(waves.c.id).where(waves.c.state == "open")
    found = (await conn.execute(query)).scalars().all()
    for wave_id in found:
        values = {"secret": new_secret(), "rekeyed_at": int(now.timestamp())}
        await conn.execute(update(waves).where(waves.c.id == wave_id).values(values))
    return len(found)


async def revise(
    conn: AsyncConnection, wave: Wave, *, closes_at: int | None, header: Header, keyword: str
) -> bool:
    """Write what may change while a wave is open; False if it was changed or closed since it was read."""
    done = await conn.execute(
        update(waves)
        .where(waves.c.id == wave.id, waves.c.state == "open", waves.c.revision == wave.revision)
        .values(closes_at=closes_at, header=_json(header), keyword=keyword, revision=wave.revision + 1)
    )
    return done.rowcount == 1


def _wave(row: Row[tuple[object, ...]]) -> Wave:
    return Wave(**{**row._mapping, "header": header_of(json.loads(row.header))})


def _json(header: Header) -> str:
    return json.dumps(asdict(header), ensure_ascii=False)
