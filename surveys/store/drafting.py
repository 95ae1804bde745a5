"""Interviews that are going on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.listed import as_rows, one_of, rows_of
from surveys.questionnaire import Answer, Frame
from surveys.store.table import Key, apart, by_wave, drafts, insert_into
from surveys.waves import hold_open

IDLE_SECONDS = 3_600
MOST_IDLE = 1_000


@dataclass(frozen=True, slots=True)
class Draft:
    """An interview that is going on; `revision` is the one that was loaded, 0 for a new draft.

    `came_from` is what led here, as `surveys.sources` writes it; `seed` decides in which order options are
    shown (`surveys.order`); `frame` is where the answers so far place the person (`Questionnaire.frame`).
    "handed": the question that comes is better put on the page; whoever has answered it there may come back.
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


_COLUMNS = tuple(drafts.c[one.name] for one in fields(Draft))
_OF_KEYS = (
    select(*_COLUMNS)
    .where(one_of(drafts.c.wave_id, "waves"), one_of(drafts.c.respondent, "respondents"))
    .order_by(drafts.c.wave_id, drafts.c.respondent)
)
_HELD = _OF_KEYS.with_for_update()
_DISCARD = delete(drafts).where(
    drafts.c.wave_id == bindparam("wave"), one_of(drafts.c.respondent, "respondents")
)

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
)


async def load_drafts(
    conn: AsyncConnection, keys: Sequence[Key], *, for_update: bool = False
) -> dict[Key, Draft]:
    """The drafts of these keys; `for_update` keeps others from changing or erasing them in the meantime."""
    if not keys:
        return {}
    rows = await conn.execute(_HELD if for_update else _OF_KEYS, apart(keys))
    found = (Draft(*row) for row in rows)
    asked = frozenset(keys)
    return {key: one for one in found if (key := (one.wave_id, one.respondent)) in asked}


async def save_drafts(
    conn: AsyncConnection, changed: Sequence[Draft], held: Collection[int] = ()
) -> set[Key]:
    """Keep these drafts, at most one a key, in one statement; returns the keys that were not kept.

    A draft is not kept if somebody else changed it since it was loaded, or if its wave is closed; those that
    this transaction has `held` open already are not asked about again.
    """
    still_open = {*held, *await hold_open(conn, {draft.wave_id for draft in changed}.difference(held))}
    rows = [_row(draft) for draft in changed if draft.wave_id in still_open]
    kept: set[Key] = set()
    if rows:
        dialect = conn.dialect.name
        found = await conn.execute(_keep(dialect), as_rows(dialect, _COLUMNS, rows))
        kept = {(wave_id, respondent) for wave_id, respondent in found}
    return {(draft.wave_id, draft.respondent) for draft in changed} - kept


def _row(draft: Draft) -> tuple[Any, ...]:
    """In the order of `_COLUMNS`."""
    return (
        draft.wave_id,
        draft.respondent,
        dict(draft.answers),
        draft.channel,
        draft.started_at,
        draft.updated_at,
        draft.state,
        draft.township,
        draft.community,
        draft.came_from,
        draft.revision + 1,
        draft.seed,
        draft.frame,
    )


async def discard_drafts(conn: AsyncConnection, keys: Sequence[Key]) -> None:
    """Forget these drafts."""
    for wave, respondents in by_wave(keys).items():
        await conn.execute(_DISCARD, {"wave": wave, "respondents": respondents})


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


@cache
def _keep(dialect: str) -> Any:
    statement = insert_into(dialect, drafts).from_select(_COLUMNS, rows_of(dialect, _COLUMNS))
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[drafts.c.wave_id, drafts.c.respondent],
        set_={name: new[name] for name in _CHANGING},
        where=drafts.c.revision == new.revision - 1,
    ).returning(drafts.c.wave_id, drafts.c.respondent)
