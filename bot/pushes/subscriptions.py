"""Subscription notices: the account's templates, the one in use, and which resident agreed to which.

A long-term template may be sent for as long as its consent stands; one for a single time takes a consent
each time. Consents come by the platform's events, and whoever says no gets nothing more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    delete,
    false,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from content.noticing import Field, Filling, fields_of, usual

Word = Literal["accept", "keep", "reject"]

templates = Table(
    "notice_templates",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("title", String(100), nullable=False),
    Column("content", Text, nullable=False),
    Column("long_term", Boolean, nullable=False),
    Column("fillings", JSON, nullable=False),
    Column("chosen_at", BigInteger, nullable=False),
)
"""`chosen_at` is 0 for those that are not in use; one is, at most."""

consents = Table(
    "notice_consents",
    metadata,
    Column("resident", BigInteger, primary_key=True, autoincrement=False),
    Column("template", String(64), primary_key=True),
    Column("credits", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("notice_consents_template", "template"),
)
"""A row is a yes that stands; `credits` are the single times that were agreed to and not used."""

MOST_CREDITS = 20
"""So many single consents are remembered of one resident."""


@dataclass(frozen=True, slots=True)
class Template:
    """One template as the platform has it, and what fills its fields here."""

    id: str
    title: str
    content: str
    long_term: bool
    fillings: Mapping[str, Filling]
    chosen: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its places, in their order."""
        return fields_of(self.content)


@dataclass(frozen=True, slots=True)
class Said:
    """A resident's word on one template: yes once more, yes in their settings, or no."""

    resident: int
    template: str
    word: Word


async def listed(conn: AsyncConnection) -> tuple[Template, ...]:
    """The account's templates as they were read last, the one in use first."""
    rows = await conn.execute(select(templates).order_by(templates.c.chosen_at.desc(), templates.c.id))
    return tuple(
        Template(
            row.id,
            row.title,
            row.content,
            row.long_term,
            {key: Filling(*one) for key, one in row.fillings.items()},
            row.chosen_at > 0,
        )
        for row in rows
    )


async def in_use(conn: AsyncConnection) -> Template | None:
    """The template that the office has chosen, if any."""
    return next((one for one in await listed(conn) if one.chosen), None)


async def replace_all(conn: AsyncConnection, found: Sequence[Template], now: datetime) -> None:
    """What the platform lists now; what was set for a template that is still there stays."""
    before = {one.id: one for one in await listed(conn)}
    await conn.execute(delete(templates))
    rows = []
    for one in found:
        old = before.get(one.id)
        same = old is not None and old.fields == one.fields
        fillings = old.fillings if old is not None and same else usual(one.fields)
        chosen = old is not None and same and old.chosen
        rows.append(_row(one, fillings, int(now.timestamp()) if chosen else 0))
    if rows:
        await conn.execute(insert(templates), rows)


async def choose(conn: AsyncConnection, template: str, now: datetime) -> bool:
    """Use this one from now on; False when it is not listed."""
    await conn.execute(update(templates).values(chosen_at=0))
    at = int(now.timestamp())
    return (
        await conn.execute(update(templates).where(templates.c.id == template).values(chosen_at=at))
    ).rowcount == 1


async def set_fillings(conn: AsyncConnection, template: str, fillings: Mapping[str, Filling]) -> bool:
    """What fills the fields of a template; False when it is not listed."""
    kept = {key: [one.source, one.words] for key, one in fillings.items()}
    changed = update(templates).where(templates.c.id == template).values(fillings=kept)
    return (await conn.execute(changed)).rowcount == 1


async def note(conn: AsyncConnection, said: Sequence[Said], now: datetime) -> None:
    """Residents' words, in their order: the last one about a template counts."""
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    at = int(now.timestamp())
    for one in said:
        if one.word == "reject":
            await conn.execute(delete(consents).where(*_of(one.resident, one.template)))
            continue
        more = 1 if one.word == "accept" else 0
        row = {"resident": one.resident, "template": one.template, "credits": more, "at": at}
        statement = dialect.insert(consents).values(row)
        added = {"credits": consents.c.credits + more, "at": at}
        await conn.execute(
            statement.on_conflict_do_update(
                index_elements=["resident", "template"],
                set_=added,
                where=consents.c.credits < MOST_CREDITS,
            )
        )


def takers(template: Template) -> Select[tuple[int]]:
    """Who may be sent this template now, for the WHERE of a query."""
    agreed = consents.c.template == template.id
    return select(consents.c.resident).where(
        agreed, *([] if template.long_term else [consents.c.credits > 0])
    )


async def takers_of(conn: AsyncConnection, template: str) -> Select[tuple[int]]:
    """The same of a template by its id; nobody for one that is not listed any more."""
    found = next((one for one in await listed(conn) if one.id == template), None)
    return takers(found) if found else select(consents.c.resident).where(false())


async def count(conn: AsyncConnection, template: Template) -> int:
    """How many residents may be sent this template."""
    return (await conn.execute(select(func.count()).select_from(takers(template).subquery()))).scalar_one()


async def spend(conn: AsyncConnection, template: str, ids: Collection[int]) -> None:
    """One single time each is going to be used; a long-term consent does not count them."""
    await _change(conn, template, ids, -1)


async def give_back(conn: AsyncConnection, template: str, ids: Collection[int]) -> None:
    """The platform was certainly not called for these."""
    await _change(conn, template, ids, 1)


async def refused(conn: AsyncConnection, template: str, ids: Collection[int]) -> None:
    """The platform says that these do not agree any more."""
    if ids:
        await conn.execute(
            delete(consents).where(consents.c.template == template, consents.c.resident.in_(ids))
        )


async def of(conn: AsyncConnection, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The titles of what these residents agreed to be told of."""
    rows = await conn.execute(
        select(consents.c.resident, templates.c.title)
        .join(templates, templates.c.id == consents.c.template)
        .where(consents.c.resident.in_(ids), templates.c.long_term | (consents.c.credits > 0))
        .order_by(consents.c.resident, templates.c.title)
    )
    found: dict[int, tuple[str, ...]] = {}
    for resident, title in rows:
        found[resident] = (*found.get(resident, ()), title)
    return found


async def forget_resident(conn: AsyncConnection, resident: int) -> None:
    """Nothing tells any more what somebody agreed to."""
    await conn.execute(delete(consents).where(consents.c.resident == resident))


async def _change(conn: AsyncConnection, template: str, ids: Collection[int], by: int) -> None:
    if ids:
        mine = (consents.c.template == template, consents.c.resident.in_(ids), consents.c.credits + by >= 0)
        await conn.execute(update(consents).where(*mine).values(credits=consents.c.credits + by))


def _of(resident: int, template: str) -> tuple[ColumnElement[bool], ...]:
    return consents.c.resident == resident, consents.c.template == template


def _row(one: Template, fillings: Mapping[str, Filling], chosen_at: int) -> dict[str, object]:
    return {
        "id": one.id,
        "title": one.title[:100],
        "content": one.content,
        "long_term": one.long_term,
        "fillings": {key: [filling.source, filling.words] for key, filling in fillings.items()},
        "chosen_at": chosen_at,
    }
