"""Links from the chat to the questionnaire page: for one person and one wave, opened by one browser.

The address holds a random token and the number of its wave, and nothing about the person. When a wave closes
its links go; the number lets the page still say what has ended. The first browser that begins gets a
session; a forwarded link shows its next reader neither the answers nor a way to give any.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, String, Table, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from surveys.listed import one_of

LIFETIME = timedelta(hours=48)
_NUMBERED = re.compile(r"([0-9]{1,18})~")

links = Table(
    "questionnaire_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("wave_id", BigInteger, nullable=False),
    Column("resident", BigInteger, nullable=False),
    Column("session_hash", String(64), nullable=False, server_default=""),
    Column("expires_at", BigInteger, nullable=False),
    Column("way", String(16), nullable=False, server_default=""),
    Column("mark", String(120), nullable=False, server_default=""),
)


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link for one person; only its hash is stored. `way` and `mark` are those of an invitation."""

    token: str
    wave_id: int
    resident: int
    way: str = ""
    mark: str = ""

    @classmethod
    def naming(cls, wave_id: int, resident: int, drawn: str) -> "NewLink":
        """A link whose address names its wave; `drawn` is random and makes it a secret."""
        return cls(f"{wave_id}~{drawn}", wave_id, resident)


@dataclass(frozen=True, slots=True)
class Link:
    """A stored link; `session_hash` is "" until somebody begins."""

    token_hash: str
    wave_id: int
    resident: int
    session_hash: str
    expires_at: int
    way: str = ""
    mark: str = ""

    def bound(self, session: str) -> "Link":
        """As it is once this browser has begun."""
        return replace(self, session_hash=_hash(session))

    def belongs_to(self, session: str) -> bool:
        """Whether this browser is the one that began."""
        return bool(self.session_hash) and self.session_hash == _hash(session)


_KNOWN = select(links).where(one_of(links.c.token_hash, "hashes"))
HOLDERS = select(links.c.resident).where(one_of(links.c.token_hash, "hashes"))
"""Whose the links of these hashes are, also those too old: for a condition."""


def wave_of(token: str) -> int | None:
    """The wave that an address names, not yet believed; None where it names none."""
    found = _NUMBERED.match(token)
    return int(found[1]) if found else None


async def add(connection: AsyncConnection, new: Sequence[NewLink], now: datetime, session: str = "") -> None:
    """Keep the links of a batch of replies; with `session` they are bound to that browser from the start."""
    if new:
        expires_at = int((now + LIFETIME).timestamp())
        rows = [
            {
                "token_hash": _hash(one.token),
                "wave_id": one.wave_id,
                "resident": one.resident,
                "session_hash": _hash(session) if session else "",
                "expires_at": expires_at,
                "way": one.way,
                "mark": one.mark,
            }
            for one in new
        ]
        await connection.execute(insert(links), rows)


async def find(connection: AsyncConnection, token: str, now: datetime) -> Link | None:
    """The link behind an address, if it is known and not too old."""
    row = (await connection.execute(select(links).where(links.c.token_hash == _hash(token)))).first()
    return Link(*row) if row is not None and row.expires_at > now.timestamp() else None


def by_hash(tokens: Collection[str]) -> dict[str, str]:
    """These addresses by what is stored of them."""
    return {_hash(token): token for token in tokens}


async def find_all(connection: AsyncConnection, hashed: Mapping[str, str], now: datetime) -> dict[str, Link]:
    """The links behind these addresses (`by_hash`), by token; left out are unknown ones and those too old."""
    found = [Link(*row) for row in await connection.execute(_KNOWN, {"hashes": list(hashed)})]
    moment = now.timestamp()
    return {hashed[one.token_hash]: one for one in found if one.expires_at > moment}


async def begin_all(connection: AsyncConnection, begun: Sequence[tuple[Link, str]]) -> None:
    """Bind links to the browsers that began; their persons must be locked, so that nobody else binds them."""
    if begun:
        statement = (
            update(links)
            .where(links.c.token_hash == bindparam("token"), links.c.session_hash == "")
            .values(session_hash=bindparam("session"))
        )
        rows = [{"token": link.token_hash, "session": _hash(session)} for link, session in begun]
        await connection.execute(statement, rows)


async def bind(connection: AsyncConnection, link: Link, session: str) -> None:
    """Bind the link to another browser of its person, who is known by other means."""
    await connection.execute(
        update(links).where(links.c.token_hash == link.token_hash).values(session_hash=_hash(session))
    )


async def forget_wave(connection: AsyncConnection, wave_id: int) -> None:
    """A closed wave has no links: they name persons."""
    await connection.execute(delete(links).where(links.c.wave_id == wave_id))


async def forget_resident(connection: AsyncConnection, resident: int) -> None:
    """Delete the links of one person."""
    await connection.execute(delete(links).where(links.c.resident == resident))


async def forget_before(connection: AsyncConnection, moment: int) -> None:
    """Delete links that have expired."""
    await connection.execute(delete(links).where(links.c.expires_at < moment))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
