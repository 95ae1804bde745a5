"""The places of a questionnaire's quotas, taken in the transaction that records the interview.

A place is taken by an UPDATE that holds only below the limit, so that no number of people at once takes one
too many. An interview that is erased does not give its place back: nobody could tell which one it took.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    Select,
    String,
    Table,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.questionnaire import Questionnaire
from surveys.tables import metadata

Quotum: TypeAlias = tuple[int, str]
"""(wave id, quota id)."""

quota_places = Table(
    "quota_places",
    metadata,
    Column("wave_id", BigInteger, primary_key=True, autoincrement=False),
    Column("quota", String(32), primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("turned_away", Integer, nullable=False),
)


class Counted(Protocol):
    """What takes places: an interview with the quotas that it falls under, and their limits."""

    @property
    def wave_id(self) -> int: ...

    @property
    def quotas(self) -> Mapping[str, int]: ...


async def full(conn: AsyncConnection, running: Mapping[int, Questionnaire]) -> dict[int, frozenset[str]]:
    """The quotas that have no place left, by wave; `running` are the questionnaires of these waves."""
    asked = [(wave, quota.id) for wave, one in running.items() for quota in one.quotas]
    if not asked:
        return {}
    taken = {(row.wave_id, row.quota): row.taken for row in await conn.execute(_rows(asked))}
    return {
        wave: frozenset(quota.id for quota in one.quotas if taken.get((wave, quota.id), 0) >= quota.limit)
        for wave, one in running.items()
    }


async def places(conn: AsyncConnection, wave_id: int) -> dict[str, tuple[int, int]]:
    """(places taken, people turned away) of each quota of a wave that somebody came to."""
    query = select(quota_places).where(quota_places.c.wave_id == wave_id)
    return {row.quota: (row.taken, row.turned_away) for row in await conn.execute(query)}


async def admit(
    conn: AsyncConnection, given: Sequence[Counted], turned_away: Sequence[Quotum] = ()
) -> list[bool]:
    """Take the places of these interviews in their order: True for each that has one in all its quotas.

    `turned_away` are people who were told before the end that a quota was full; they are counted beside.
    """
    wanted = {(one.wave_id, name) for one in given for name in one.quotas} | set(turned_away)
    if not wanted:
        return [True] * len(given)
    taken = await _hold(conn, wanted)
    new, away = Counter[Quotum](), Counter(turned_away)
    admitted = []
    for one in given:
        spent = [
            (one.wave_id, name)
            for name, limit in one.quotas.items()
            if taken[one.wave_id, name] + new[one.wave_id, name] >= limit
        ]
        away.update(spent)
        admitted.append(not spent)
        if not spent:
            new.update((one.wave_id, name) for name in one.quotas)
    limits = {(one.wave_id, name): limit for one in given for name, limit in one.quotas.items()}
    for place in sorted(new.keys() | away.keys()):
        await _take(conn, place, new[place], away[place], limits.get(place))
    return admitted


async def forget(conn: AsyncConnection, wave_id: int) -> None:
    """The quotas of a wave begin anew."""
    await conn.execute(quota_places.delete().where(quota_places.c.wave_id == wave_id))


async def _hold(conn: AsyncConnection, wanted: Collection[Quotum]) -> dict[Quotum, int]:
    """How many places are taken; nobody else takes one until this transaction ends."""
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    rows = [{"wave_id": wave, "quota": quota, "taken": 0, "turned_away": 0} for wave, quota in sorted(wanted)]
    # Made before any is held: who held one place and then made another waited for who did it the other way.
    await conn.execute(make(quota_places).on_conflict_do_nothing(), rows)
    query = _rows(wanted).with_for_update()
    return {(row.wave_id, row.quota): row.taken for row in await conn.execute(query)}


async def _take(conn: AsyncConnection, place: Quotum, new: int, away: int, limit: int | None) -> None:
    wave, quota = place
    columns = quota_places.c
    where: ColumnElement[bool] = (columns.wave_id == wave) & (columns.quota == quota)
    if new and limit is not None:
        where &= columns.taken + new <= limit
    values = {"taken": columns.taken + new, "turned_away": columns.turned_away + away}
    done = await conn.execute(update(quota_places).where(where).values(values))
    if done.rowcount != 1:
        raise RuntimeError(f"quota {quota} of wave {wave} changed while it was held")


def _rows(wanted: Collection[Quotum]) -> Select[tuple[Any, ...]]:
    keys = tuple_(quota_places.c.wave_id, quota_places.c.quota)
    return (
        select(quota_places)
        .where(keys.in_(sorted(wanted)))
        .order_by(quota_places.c.wave_id, quota_places.c.quota)
    )
