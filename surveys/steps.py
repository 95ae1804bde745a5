"""An open wave is shown in steps, so that two looks do not tell what one person answered in between.

Everything of an open wave is counted up to one interview, the overall step, which moves on when every overall
figure has enough new interviews (the wave's `least`) or none. A breakdown follows to the overall step when
that holds for each of its groups as well (`surveys.suppression.may_advance`); a part of the wave (without the
doubtful, ...) is shown when it holds for the part and for the rest. Kept are sizes of what was shown, and no
answers; a closed wave is shown whole, and its steps are forgotten. What is erased is gone at once.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.subsets import Rates, withheld
from surveys.suppression import may_advance
from surveys.tables import metadata

Sizes: TypeAlias = Mapping[str, Mapping[str, int]]
"""What was shown: table -> group -> interviews; the group "" is all of the table."""
OVERALL = ""
"""The breakdown that has no groups."""

wave_steps = Table(
    "wave_steps",
    metadata,
    Column("wave_id", BigInteger, primary_key=True, autoincrement=False),
    Column("breakdown", String(64), primary_key=True),
    Column("upto", BigInteger, nullable=False),
    Column("sizes", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a breakdown, or a part of one ("township|flags"), was shown last: up to the interview `upto`."""

    upto: int
    sizes: Sizes
    revision: int = 0


Steps: TypeAlias = Mapping[str, Step]


async def load(conn: AsyncConnection, wave_id: int) -> dict[str, Step]:
    """The steps of a wave by breakdown; {} where nothing was shown yet."""
    rows = await conn.execute(select(wave_steps).where(wave_steps.c.wave_id == wave_id))
    return {row.breakdown: Step(row.upto, json.loads(row.sizes), row.revision) for row in rows}


async def overall(conn: AsyncConnection, wave_id: int) -> int | None:
    """The overall step; None where nothing was shown yet."""
    c = wave_steps.c
    query = select(c.upto).where(c.wave_id == wave_id, c.breakdown == OVERALL)
    return (await conn.execute(query)).scalar()


async def keep(conn: AsyncConnection, wave_id: int, moved: Steps) -> bool:
    """Note what is about to be shown; False if somebody else has shown another step in the meantime.

    The caller's transaction must be given up then.
    """
    c = wave_steps.c
    for breakdown, step in moved.items():
        values = {"upto": step.upto, "sizes": json.dumps(step.sizes, ensure_ascii=False)}
        if step.revision == 0:
            row = {"wave_id": wave_id, "breakdown": breakdown, "revision": 1, **values}
            try:
                await conn.execute(insert(wave_steps).values(row))
            except IntegrityError:
                return False
            continue
        mine = (c.wave_id == wave_id) & (c.breakdown == breakdown) & (c.revision == step.revision)
        values["revision"] = step.revision + 1
        if (await conn.execute(update(wave_steps).where(mine).values(values))).rowcount != 1:
            return False
    return True


async def forget(conn: AsyncConnection, wave_id: int) -> None:
    """The wave is closed or erased."""
    await conn.execute(delete(wave_steps).where(wave_steps.c.wave_id == wave_id))


def sizes_of(tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> Sizes:
    """The interviews in every shown entry of the declared rules."""
    found: dict[str, dict[str, int]] = {}
    for name, entries in tables.items():
        for entry in entries:
            if entry["declared"] and not entry["suppressed"]:
                group = "".join(f"={value}" for value in entry["group"].values())
                found.setdefault(f"{name}:{entry['indicator']}", {})[group] = entry["n"]
    return found


def settled(steps: Steps | None, name: str, part: Rates, rest: Rates) -> tuple[Rates, Rates]:
    """A part and the rest of a wave that is shown in `steps`; no figures where others were noted last."""
    step = steps.get(name) if steps else None
    if not steps or (step is not None and step.sizes == sizes_of({"in": part, "out": rest})):
        return part, rest
    return withheld(part), withheld(rest)


def may_follow(before: Sizes, now: Sizes, least: int) -> bool:
    """Whether tables may be shown anew; what was shown stays shown."""
    return all(
        "" in now.get(name, {})
        and may_advance(_groups(groups), groups[""], _groups(now[name]), now[name][""], least)
        for name, groups in before.items()
    )


def _groups(sizes: Mapping[str, int]) -> dict[str, int]:
    return {group: size for group, size in sizes.items() if group}
