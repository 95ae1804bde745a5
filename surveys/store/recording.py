"""Interviews that were given: `record` is the one place where an answer becomes durable."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import quotas
from surveys.listed import one_of
from surveys.questionnaire import Answer, Frame
from surveys.store.table import Key, apart, insert_into, interviews
from surveys.waves import hold_open


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


_ANSWERED = (
    select(interviews.c.wave_id, interviews.c.respondent)
    .where(one_of(interviews.c.wave_id, "waves"), one_of(interviews.c.respondent, "respondents"))
    .distinct()
)
_RECORDED = tuple(one.name for one in fields(Interview) if one.name not in ("id", "quotas"))


async def answered(conn: AsyncConnection, keys: Sequence[Key]) -> set[Key]:
    """The keys that have an interview already."""
    if not keys:
        return set()
    found = await conn.execute(_ANSWERED, apart(keys))
    return {(row.wave_id, row.respondent) for row in found}.intersection(keys)


async def record(
    conn: AsyncConnection,
    given: Sequence[Interview],
    turned_away: Sequence[quotas.Quotum] = (),
    held: Collection[int] = (),
) -> set[Key]:
    """Make these answers durable, each once, in one statement; returns the keys that were really recorded.

    Left out are respondents who have this revision already, waves that are closed, and who finds a quota
    full; `turned_away` are the full quotas of people who were told so before they had finished. The waves
    that this transaction has `held` open already are not asked about again.
    """
    if any(interview.respondent.startswith("#") for interview in given):
        raise ValueError("a respondent key may not begin with '#'")
    still_open = {*held, *await hold_open(conn, {one.wave_id for one in given}.difference(held))}
    coming = await _not_recorded(conn, [one for one in given if one.wave_id in still_open])
    admitted = await quotas.admit(conn, coming, turned_away)
    rows = [_row(one) for one, has_place in zip(coming, admitted, strict=True) if has_place]
    if not rows:
        return set()
    found = await conn.execute(_add(conn.dialect.name), rows)
    return {(row.wave_id, row.respondent) for row in found}


@cache
def _add(dialect: str) -> Any:
    statement = insert_into(dialect, interviews).on_conflict_do_nothing(
        index_elements=[interviews.c.wave_id, interviews.c.respondent, interviews.c.revision]
    )
    return statement.returning(interviews.c.wave_id, interviews.c.respondent)


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
