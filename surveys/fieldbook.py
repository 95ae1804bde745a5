"""The interviewers' book: who asks where and how many, and what became of each household.

A household is known by its place on the walk alone, a visit by its day. The key under which a visit is kept
once is random; the interview's respondent key is made of it with the wave's secret, so that nobody can join
the two when the wave is closed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.fieldwork import COMPLETE, Contact, Household, Mode, adds, is_final
from surveys.tables import metadata

assignments = Table(
    "field_assignments",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("wave_id", BigInteger, nullable=False),
    Column("interviewer", BigInteger, nullable=False),
    Column("township", String(80), nullable=False),
    Column("community", String(80), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("quota", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("start_point", String(80), nullable=False),
    Column("step", Integer, nullable=False),
    Column("visits", Integer, nullable=False),
    Column("replaces", Boolean, nullable=False),
    UniqueConstraint("wave_id", "interviewer", "township", "community", name="uq_field_assignments"),
)
contacts = Table(
    "field_contacts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("assignment_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("stand_in", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("visits", Integer, nullable=False),
    Index("ix_field_contacts", "assignment_id", "number"),
)
visits = Table(
    "field_visits",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("contact_id", BigInteger, nullable=False, index=True),
    Column("outcome", String(16), nullable=False),
    Column("day_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Task:
    """One interviewer's work in one community of one wave. `done` counts complete interviews."""

    wave_id: int
    interviewer: int
    township: str
    community: str
    mode: Mode
    quota: int
    start_point: str = ""
    step: int = 1
    visits: int = 3
    replaces: bool = False
    done: int = 0
    id: int = 0

    @property
    def is_full(self) -> bool:
        """Whether every interview that was asked for is there."""
        return self.done >= self.quota


@dataclass(frozen=True, slots=True)
class Met:
    """One visit as it is reported: what became of whom. `key` is random and the same in every repetition.

    `seen` is how many visits to the household its form knew of, None where the form does not say.
    """

    key: str
    household: Household
    outcome: str
    seen: int | None = None


async def assign(conn: AsyncConnection, task: Task) -> Task:
    """Give somebody a community, or change what was given; what is done stays."""
    values = {
        "mode": task.mode,
        "quota": task.quota,
        "start_point": task.start_point,
        "step": task.step,
        "visits": task.visits,
        "replaces": task.replaces,
    }
    mine = (
        (assignments.c.wave_id == task.wave_id)
        & (assignments.c.interviewer == task.interviewer)
        & (assignments.c.township == task.township)
        & (assignments.c.community == task.community)
    )
    changed = await conn.execute(update(assignments).where(mine).values(values))
    if changed.rowcount == 0:
        place = {
            "wave_id": task.wave_id,
            "interviewer": task.interviewer,
            "township": task.township,
            "community": task.community,
        }
        await conn.execute(insert(assignments).values(**place, **values, done=0))
    return _task((await conn.execute(select(assignments).where(mine))).one())


async def tasks_of(conn: AsyncConnection, interviewer: int, wave_ids: Collection[int]) -> list[Task]:
    """What an interviewer has to do in these waves."""
    query = select(assignments).where(
        assignments.c.interviewer == interviewer, assignments.c.wave_id.in_(sorted(wave_ids))
    )
    return [_task(row) for row in await conn.execute(query.order_by(assignments.c.id))]


async def tasks_in(conn: AsyncConnection, wave_id: int) -> list[Task]:
    """The whole fieldwork of a wave, place by place."""
    order = (assignments.c.township, assignments.c.community, assignments.c.id)
    query = select(assignments).where(assignments.c.wave_id == wave_id).order_by(*order)
    return [_task(row) for row in await conn.execute(query)]


async def task(conn: AsyncConnection, task_id: int, *, hold: bool = False) -> Task | None:
    """The task of this number; with `hold` nobody else reports on it until the transaction ends."""
    query = select(assignments).where(assignments.c.id == task_id)
    row = (await conn.execute(query.with_for_update() if hold else query)).first()
    return None if row is None else _task(row)


async def contacts_of(conn: AsyncConnection, task_ids: Collection[int]) -> dict[int, list[Contact]]:
    """What was met so far, task by task, in the order of the walk."""
    found: dict[int, list[Contact]] = {task_id: [] for task_id in task_ids}
    query = select(contacts).where(contacts.c.assignment_id.in_(sorted(found)))
    for row in await conn.execute(query.order_by(contacts.c.number, contacts.c.stand_in, contacts.c.id)):
        met = Contact(Household(row.number, row.stand_in), row.outcome, row.visits)
        found[row.assignment_id].append(met)
    return found


async def met_in(conn: AsyncConnection, wave_id: int) -> list[Contact]:
    """All households of a wave that somebody came to."""
    query = select(contacts.c.number, contacts.c.stand_in, contacts.c.outcome, contacts.c.visits)
    query = query.join(assignments, assignments.c.id == contacts.c.assignment_id)
    found = await conn.execute(query.where(assignments.c.wave_id == wave_id))
    return [Contact(Household(row.number, row.stand_in), row.outcome, row.visits) for row in found]


async def is_kept(conn: AsyncConnection, key: str) -> bool:
    """Whether the visit of this key was reported before."""
    known = select(visits.c.key).where(visits.c.key == key)
    return (await conn.execute(known)).first() is not None


async def told_before(conn: AsyncConnection, mine: Task, met: Met) -> Contact | None:
    """What another form has said of this visit or its household, where this one adds nothing to it.

    On the street a number names nobody: two forms with the same one are two passers-by.
    """
    if mine.mode == "street" or await is_kept(conn, met.key):
        return None
    row = await _last_at(conn, mine, met.household)
    earlier = None if row is None else Contact(met.household, row.outcome, row.visits)
    if earlier is None or adds(earlier, met.seen, met.outcome, mine.visits) is not None:
        return None
    return earlier


async def report(conn: AsyncConnection, mine: Task, met: Met, now: datetime) -> bool:
    """Keep one visit, once for its key; the task must be held. False where the visit has been kept before.

    A further visit to an unfinished household changes its contact. ValueError where the interview would be
    one more than the quota asks for.
    """
    if await is_kept(conn, met.key) or await told_before(conn, mine, met) is not None:
        return False
    if met.outcome == COMPLETE.name:
        counted = update(assignments).where(
            assignments.c.id == mine.id, assignments.c.done < assignments.c.quota
        )
        if (await conn.execute(counted.values(done=assignments.c.done + 1))).rowcount != 1:
            raise ValueError("the quota is full")
    contact_id = await _contact(conn, mine, met)
    today = int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    await conn.execute(
        insert(visits).values(key=met.key, contact_id=contact_id, outcome=met.outcome, day_at=today)
    )
    return True


async def _contact(conn: AsyncConnection, mine: Task, met: Met) -> int:
    """The contact that a visit continues, or a new one for a household nobody was at; its number."""
    place = met.household
    row = await _last_at(conn, mine, place)
    if row is not None:
        more = adds(Contact(place, row.outcome, row.visits), met.seen, met.outcome, mine.visits)
        if more is not None:
            values = {"outcome": met.outcome, "visits": row.visits + more}
            await conn.execute(update(contacts).where(contacts.c.id == row.id).values(values))
            return int(row.id)
    made = insert(contacts).values(
        assignment_id=mine.id,
        number=place.number,
        stand_in=place.stand_in,
        outcome=met.outcome,
        visits=1,
    )
    return int((await conn.execute(made.returning(contacts.c.id))).scalar_one())


async def _last_at(conn: AsyncConnection, mine: Task, place: Household) -> Row[Any] | None:
    there = (
        (contacts.c.assignment_id == mine.id)
        & (contacts.c.number == place.number)
        & (contacts.c.stand_in == place.stand_in)
    )
    return (await conn.execute(select(contacts).where(there).order_by(contacts.c.id.desc()))).first()


async def erase_wave(conn: AsyncConnection, wave_id: int) -> None:
    """Remove what was met in a wave whose answers are erased; the tasks begin anew."""
    of_wave = select(assignments.c.id).where(assignments.c.wave_id == wave_id)
    of_contacts = select(contacts.c.id).where(contacts.c.assignment_id.in_(of_wave))
    await conn.execute(delete(visits).where(visits.c.contact_id.in_(of_contacts)))
    await conn.execute(delete(contacts).where(contacts.c.assignment_id.in_(of_wave)))
    await conn.execute(update(assignments).where(assignments.c.wave_id == wave_id).values(done=0))


def _task(row: Row[tuple[object, ...]]) -> Task:
    return Task(**row._mapping)


def waiting(found: Sequence[Contact], most_visits: int) -> list[Contact]:
    """Households that somebody has to visit again."""
    return [one for one in found if not is_final(one.outcome, one.visits, most_visits)]
