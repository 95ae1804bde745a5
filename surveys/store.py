"""Drafts and interviews. `record` is the one place where an answer becomes durable.

A respondent is an opaque key that the caller makes; while a wave is open it tells who has answered already.
`close_wave` puts row numbers ("#1", "#2", …) in its place, so no key may begin with "#".
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    cast,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import quotas, touches
from surveys.days import DAY, SHANGHAI_OFFSET, merge_days
from surveys.questionnaire import Answer, Frame
from surveys.tables import metadata
from surveys.waves import Wave, hold_open, mark_closed

IDLE_SECONDS = 3_600
MOST_IDLE = 1_000

Key: TypeAlias = tuple[int, str]
"""(wave id, respondent key)."""
Raw: TypeAlias = Row[Any]
"""What is coded of an interview, its answers, flags and design as they are stored: JSON."""

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
    Column("waiting", String(200), nullable=False, server_default=""),
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


@dataclass(frozen=True, slots=True)
class Draft:
    """An interview that is going on; `revision` is the one that was loaded, 0 for a new draft.

    `came_from` is what led here, as `surveys.sources` writes it; `seed` decides in which order options are
    shown (`surveys.order`); `frame` is where the answers so far place the person (`Questionnaire.frame`).
    "handed": the question that comes is better put on the page; whoever has answered it there may come back.
    `waiting` is what was asked of the office meanwhile, a line a question, to be answered at the end.
    """

    wave_id: int
    respondent: str
    answers: Mapping[str, Answer]
    channel: str
    started_at: int
    updated_at: int
    state: Literal["consent", "asking", "handed", "paused"] = "asking"
    township: str = ""
    community: str = ""
    came_from: str = ""
    revision: int = 0
    seed: int = 0
    frame: Frame = ""
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class Interview:
    """What one respondent answered; `id` is 0 until it is recorded.

    `design` is how somebody was chosen who was interviewed elsewhere: weight, stratum, cluster, interviewer.
    `quotas` are those that the interview takes a place of, with their limits; they are not stored with it.
    `panel` numbers a member of the opt-in panel once the wave is closed.
    """

    wave_id: int
    respondent: str
    version: int
    answers: Mapping[str, Answer]
    channel: str
    started_at: int
    submitted_at: int
    status: Literal["complete", "partial"] = "complete"
    township: str = ""
    community: str = ""
    flags: Sequence[str] = field(default=())
    revision: int = 1
    came_from: str = ""
    id: int = 0
    design: Mapping[str, str | float] | None = None
    seed: int = 0
    frame: Frame = ""
    quotas: Mapping[str, int] = field(default_factory=dict)
    panel: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a wave is."""

    complete: int = 0
    partial: int = 0
    drafts: int = 0


async def load_drafts(
    conn: AsyncConnection, keys: Sequence[Key], *, for_update: bool = False
) -> dict[Key, Draft]:
    """The drafts of these keys; `for_update` keeps others from changing or erasing them in the meantime."""
    if not keys:
        return {}
    query = select(drafts).where(_among(drafts, keys)).order_by(drafts.c.wave_id, drafts.c.respondent)
    rows = await conn.execute(query.with_for_update() if for_update else query)
    return {(row.wave_id, row.respondent): Draft(**row._mapping) for row in rows}


async def save_drafts(conn: AsyncConnection, changed: Sequence[Draft]) -> set[Key]:
    """Keep these drafts, at most one a key, in one statement; returns the keys that were not kept.

    A draft is not kept if somebody else changed it since it was loaded, or if its wave is closed.
    """
    still_open = await hold_open(conn, {draft.wave_id for draft in changed})
    rows = [
        {name: getattr(draft, name) for name in _DRAFTED}
        | {"answers": dict(draft.answers), "revision": draft.revision + 1}
        for draft in changed
        if draft.wave_id in still_open
    ]
    kept: set[Key] = set()
    if rows:
        statement = _insert(conn, drafts)
        new = statement.excluded
        upsert = statement.on_conflict_do_update(
            index_elements=[drafts.c.wave_id, drafts.c.respondent],
            set_={name: new[name] for name in _CHANGING},
            where=drafts.c.revision == new.revision - 1,
        ).returning(drafts.c.wave_id, drafts.c.respondent)
        kept = {(row.wave_id, row.respondent) for row in await conn.execute(upsert, rows)}
    return {(draft.wave_id, draft.respondent) for draft in changed} - kept


async def discard_drafts(conn: AsyncConnection, keys: Sequence[Key]) -> None:
    """Forget these drafts."""
    if keys:
        await conn.execute(delete(drafts).where(_among(drafts, keys)))


async def answered(conn: AsyncConnection, keys: Sequence[Key]) -> set[Key]:
    """The keys that have an interview already."""
    if not keys:
        return set()
    query = select(interviews.c.wave_id, interviews.c.respondent).where(_among(interviews, keys)).distinct()
    return {(row.wave_id, row.respondent) for row in await conn.execute(query)}


async def record(
    conn: AsyncConnection, given: Sequence[Interview], turned_away: Sequence[quotas.Quotum] = ()
) -> set[Key]:
    """Make these answers durable, each once, in one statement; returns the keys that were really recorded.

    Left out are respondents who have this revision already, waves that are closed, and who finds a quota
    full; `turned_away` are the full quotas of people who were told so before they had finished.
    """
    if any(interview.respondent.startswith("#") for interview in given):
        raise ValueError("a respondent key may not begin with '#'")
    still_open = await hold_open(conn, {interview.wave_id for interview in given})
    coming = await _not_recorded(conn, [one for one in given if one.wave_id in still_open])
    admitted = await quotas.admit(conn, coming, turned_away)
    rows = [_row(one) for one, has_place in zip(coming, admitted, strict=True) if has_place]
    if not rows:
        return set()
    statement = _insert(conn, interviews).on_conflict_do_nothing(
        index_elements=[interviews.c.wave_id, interviews.c.respondent, interviews.c.revision]
    )
    found = await conn.execute(statement.returning(interviews.c.wave_id, interviews.c.respondent), rows)
    return {(row.wave_id, row.respondent) for row in found}


async def stream_interviews(
    conn: AsyncConnection, wave_id: int, channel: str = ""
) -> AsyncIterator[Interview]:
    """The interviews of a wave, those of one channel where it is named; in parts, so that memory stays flat.

    They come in the order of their keys, because the order in which they came in would tell whose they are.
    """
    query = select(interviews).where(interviews.c.wave_id == wave_id)
    if channel:
        query = query.where(interviews.c.channel == channel)
    query = query.order_by(interviews.c.respondent, interviews.c.revision)
    async with conn.stream(query) as result:
        async for part in result.partitions(1000):
            for row in part:
                yield Interview(**row._mapping)


async def interviews_after(conn: AsyncConnection, wave_id: int, number: int, most: int) -> list[Interview]:
    """The next interviews of a wave as they were recorded: for counting, never for showing in this order."""
    query = select(interviews).where(interviews.c.wave_id == wave_id, interviews.c.id > number)
    rows = await conn.execute(query.order_by(interviews.c.id).limit(most))
    return [Interview(**row._mapping) for row in rows]


async def raw_after(conn: AsyncConnection, wave_id: int, number: int, most: int) -> Sequence[Raw]:
    """The next interviews of a wave as they were recorded, not decoded yet."""
    query = _raw(interviews.c.wave_id == wave_id, interviews.c.id > number)
    found = await conn.execute(query.order_by(interviews.c.id).limit(most))
    rows: Sequence[Raw] = found.all()
    return rows


async def raw_among(conn: AsyncConnection, wave_id: int, numbers: Collection[int]) -> Sequence[Raw]:
    """Those of these interviews of a wave that are still there, not decoded yet."""
    query = _raw(interviews.c.wave_id == wave_id, interviews.c.id.in_(sorted(numbers)))
    rows: Sequence[Raw] = (await conn.execute(query)).all()
    return rows


async def corrected(conn: AsyncConnection, wave_id: int, respondents: Sequence[str]) -> set[int]:
    """The interviews of these respondents in whose place a later revision counts."""
    if not respondents:
        return set()
    query = select(interviews.c.id, interviews.c.respondent, interviews.c.revision)
    query = query.where(interviews.c.wave_id == wave_id, interviews.c.respondent.in_(respondents))
    latest: dict[str, int] = {}
    numbers: set[int] = set()
    for row in await conn.execute(query.order_by(interviews.c.revision)):
        if row.respondent in latest:
            numbers.add(latest[row.respondent])
        latest[row.respondent] = row.id
    return numbers


async def numbers_between(conn: AsyncConnection, wave_id: int, after: int, upto: int) -> set[int]:
    """The interviews of a wave whose numbers are in this range."""
    query = select(interviews.c.id).where(
        interviews.c.wave_id == wave_id, interviews.c.id > after, interviews.c.id <= upto
    )
    return set((await conn.execute(query)).scalars())


async def count_between(conn: AsyncConnection, wave_id: int, after: int, upto: int) -> int:
    """How many interviews of a wave have numbers in this range."""
    query = select(func.count()).where(
        interviews.c.wave_id == wave_id, interviews.c.id > after, interviews.c.id <= upto
    )
    return (await conn.execute(query)).scalar_one()


async def newest_id(conn: AsyncConnection, wave_id: int) -> int:
    """The number of the interview of a wave that was recorded last; 0 without any."""
    query = select(func.max(interviews.c.id)).where(interviews.c.wave_id == wave_id)
    return (await conn.execute(query)).scalar() or 0


async def unfinished(conn: AsyncConnection, wave_id: int, before: int) -> set[str]:
    """The respondents who began, have not paused, and have not been seen since the moment `before`."""
    query = select(drafts.c.respondent).where(
        drafts.c.wave_id == wave_id,
        drafts.c.state.not_in(["consent", "paused"]),
        drafts.c.updated_at < before,
    )
    return set((await conn.execute(query)).scalars())


async def idle_answers(conn: AsyncConnection, wave_id: int, now: datetime) -> list[dict[str, Answer]]:
    """What those have answered who began and then stopped for an hour: at most the latest."""
    before = int(now.timestamp()) - IDLE_SECONDS
    query = select(drafts.c.answers).where(
        drafts.c.wave_id == wave_id, drafts.c.state != "consent", drafts.c.updated_at < before
    )
    query = query.order_by(drafts.c.updated_at.desc()).limit(MOST_IDLE)
    return list((await conn.execute(query)).scalars())


async def mark(
    conn: AsyncConnection, marks: Mapping[int, Collection[str]]
) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Add these flags to interviews, by their number; (flags before, flags after) of each that changed."""
    if not marks:
        return []
    query = select(interviews.c.id, interviews.c.wave_id, interviews.c.flags)
    query = query.where(interviews.c.id.in_(sorted(marks))).with_for_update()
    rows = (await conn.execute(query)).all()
    found, waves_of = {row.id: row.flags for row in rows}, {row.id: row.wave_id for row in rows}
    changed = {
        number: sorted({*before, *marks[number]})
        for number, before in found.items()
        if not set(marks[number]) <= set(before)
    }
    if changed:
        values = [{"number": number, "marked": flags} for number, flags in changed.items()]
        statement = update(interviews).where(interviews.c.id == bindparam("number"))
        await conn.execute(statement.values(flags=bindparam("marked")), values)
        await _touch(conn, [(waves_of[number], number) for number in changed])
    return [(found[number], flags) for number, flags in changed.items()]


async def tie(conn: AsyncConnection, wave_id: int, numbers: Mapping[str, str]) -> int:
    """Put a panel's numbers to these respondents' interviews; how many rows got one.

    The wave is closed in the same transaction: that its interviews change is told there.
    """
    if not numbers:
        return 0
    mine = interviews.c.respondent.in_(sorted(numbers))
    statement = (
        update(interviews)
        .where(interviews.c.wave_id == wave_id, mine)
        .values(panel=case(dict(numbers), value=interviews.c.respondent))
    )
    return (await conn.execute(statement)).rowcount


async def untie(conn: AsyncConnection, number: str) -> None:
    """Take a panel's number from every interview that has it."""
    theirs = update(interviews).where(interviews.c.panel == number).values(panel="")
    rows = await conn.execute(theirs.returning(interviews.c.wave_id, interviews.c.id))
    await _touch(conn, [(row.wave_id, row.id) for row in rows])


async def counts(conn: AsyncConnection, wave_ids: Collection[int]) -> dict[int, Counts]:
    """How far these waves are; every one of them has an entry."""
    numbers = {wave_id: {"complete": 0, "partial": 0, "drafts": 0} for wave_id in wave_ids}
    for table, status in ((interviews, interviews.c.status), (drafts, literal("drafts"))):
        query = select(table.c.wave_id, status, func.count()).where(table.c.wave_id.in_(sorted(numbers)))
        for wave_id, name, number in await conn.execute(query.group_by(table.c.wave_id, status)):
            numbers[wave_id][name] = number
    return {wave_id: Counts(**number) for wave_id, number in numbers.items()}


async def _touch(conn: AsyncConnection, changed: Sequence[tuple[int, int]]) -> None:
    """These (wave id, interview) were changed; wave after wave in one order: nobody waits in a ring."""
    for wave_id in sorted({wave for wave, _ in changed}):
        await touches.touch(conn, wave_id, [number for wave, number in changed if wave == wave_id])


async def begun(conn: AsyncConnection, wave_id: int) -> dict[str, Counter[str]]:
    """By channel how many interviews are complete, partial, or still drafts that have been agreed to."""
    found: dict[str, Counter[str]] = {}
    agreed = drafts.c.state != "consent"
    for table, status, those in (
        (interviews, interviews.c.status, literal(True)),
        (drafts, literal("drafts"), agreed),
    ):
        query = select(table.c.channel, status, func.count()).where(table.c.wave_id == wave_id, those)
        for channel, name, number in await conn.execute(query.group_by(table.c.channel, status)):
            found.setdefault(channel, Counter())[name] += number
    return found


async def close_wave(conn: AsyncConnection, wave: Wave, now: datetime) -> bool:
    """End a wave so that its answers cannot be joined to persons any more; False if it was closed already.

    Unfinished drafts with an answer become interviews of status "partial"; the secret is destroyed; times
    become days of enough interviews (the wave's `least`); the rows are written anew in the order of their
    keys, and the keys replaced by numbers.
    """
    if not await mark_closed(conn, wave.id, now):
        return False
    await conn.execute(_drafts_to_interviews(conn, wave))
    await conn.execute(delete(drafts).where(drafts.c.wave_id == wave.id))
    mine = interviews.c.wave_id == wave.id
    newest = (await conn.execute(select(func.max(interviews.c.id)).where(mine))).scalar()
    if newest is None:
        return True
    day = (interviews.c.submitted_at + SHANGHAI_OFFSET) // DAY
    sizes = await conn.execute(select(day, func.count()).where(mine).group_by(day))
    merged = merge_days(
        {row[0]: row[1] for row in sizes}, (wave.opens_at + SHANGHAI_OFFSET) // DAY, wave.terms.least
    )
    moment = case({old: new * DAY - SHANGHAI_OFFSET for old, new in merged.items()}, value=day)
    fresh = {
        "respondent": "#" + cast(func.dense_rank().over(order_by=interviews.c.respondent), String),
        "started_at": moment,
        "submitted_at": moment,
    }
    copied = [column.name for column in interviews.c if column.name != "id"]
    rows = select(*(fresh.get(name, interviews.c[name]) for name in copied)).where(mine)
    rows = rows.order_by(interviews.c.respondent, interviews.c.revision)
    await conn.execute(insert(interviews).from_select(copied, rows))
    await conn.execute(delete(interviews).where(mine, interviews.c.id <= newest))
    await touches.touch_all(conn, wave.id)
    return True


async def erase(conn: AsyncConnection, wave_id: int, respondent: str) -> int:
    """Remove what this respondent left in an open wave; the number of rows removed."""
    mine = (drafts.c.wave_id == wave_id) & (drafts.c.respondent == respondent)
    removed = (await conn.execute(delete(drafts).where(mine))).rowcount
    theirs = (interviews.c.wave_id == wave_id) & (interviews.c.respondent == respondent)
    gone = (await conn.execute(delete(interviews).where(theirs).returning(interviews.c.id))).scalars().all()
    await touches.touch(conn, wave_id, gone)
    return removed + len(gone)


async def erase_wave(conn: AsyncConnection, wave_id: int) -> int:
    """Remove every answer of a wave; the wave itself stays as a record. The number of rows removed."""
    removed = 0
    for table in (drafts, interviews):
        removed += (await conn.execute(delete(table).where(table.c.wave_id == wave_id))).rowcount
    await quotas.forget(conn, wave_id)
    await touches.touch_all(conn, wave_id)
    return removed


_DRAFTED = tuple(one.name for one in fields(Draft))
_RECORDED = tuple(one.name for one in fields(Interview) if one.name not in ("id", "quotas"))


def _raw(*where: ColumnElement[bool]) -> Select[Any]:
    return select(
        interviews.c.id,
        interviews.c.version,
        interviews.c.submitted_at,
        cast(interviews.c.answers, Text).label("answers"),
        interviews.c.status,
        interviews.c.channel,
        interviews.c.township,
        interviews.c.community,
        interviews.c.came_from,
        interviews.c.frame,
        interviews.c.panel,
        cast(interviews.c.flags, Text).label("flags"),
        cast(interviews.c.design, Text).label("design"),
        interviews.c.respondent,
        interviews.c.revision,
    ).where(*where)


_CHANGING = (
    "answers",
    "state",
    "channel",
    "township",
    "community",
    "came_from",
    "seed",
    "frame",
    "updated_at",
    "revision",
    "waiting",
)


def _insert(conn: AsyncConnection, table: Table) -> Any:
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def _among(table: Table, keys: Sequence[Key]) -> ColumnElement[bool]:
    """One list of respondents a wave: SQLite finds no index for a list of pairs and reads the whole wave."""
    by_wave: dict[int, list[str]] = {}
    for wave_id, respondent in keys:
        by_wave.setdefault(wave_id, []).append(respondent)
    return or_(
        false(), *(and_(table.c.wave_id == one, table.c.respondent.in_(by_wave[one])) for one in by_wave)
    )


def _row(interview: Interview) -> dict[str, Any]:
    return {name: getattr(interview, name) for name in _RECORDED} | {
        "answers": dict(interview.answers),
        "flags": list(interview.flags),
        "design": dict(interview.design) if interview.design else None,
    }


async def _not_recorded(conn: AsyncConnection, given: Sequence[Interview]) -> list[Interview]:
    """Without those who are recorded already and would only take a place of a quota."""
    counted = [(one.wave_id, one.respondent) for one in given if one.quotas]
    known = await answered(conn, counted)
    return [one for one in given if not one.quotas or (one.wave_id, one.respondent) not in known]


def _drafts_to_interviews(conn: AsyncConnection, wave: Wave) -> Any:
    values = {
        "wave_id": drafts.c.wave_id,
        "respondent": drafts.c.respondent,
        "revision": literal(1),
        "version": literal(wave.version),
        "answers": drafts.c.answers,
        "status": literal("partial"),
        "channel": drafts.c.channel,
        "township": drafts.c.township,
        "community": drafts.c.community,
        "came_from": drafts.c.came_from,
        "seed": drafts.c.seed,
        "frame": drafts.c.frame,
        "started_at": drafts.c.started_at,
        "submitted_at": drafts.c.updated_at,
        "flags": literal([], JSON),
    }
    begun = select(*values.values()).where(
        drafts.c.wave_id == wave.id, cast(drafts.c.answers, String) != "{}"
    )
    return _insert(conn, interviews).from_select(list(values), begun).on_conflict_do_nothing()
