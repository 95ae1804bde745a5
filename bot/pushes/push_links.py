"""The links of a push: where each one leads, and the short signed address that goes out in its place.

An address names a campaign and one of its links, and no person: everybody who got the push has the same one.
It leads only to what is stored here, so that it cannot be made to lead anywhere else; its signature keeps
others from counting for links that never went out.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata

PATH = "/l/"
SIGNATURE_BYTES = 12
_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,2})-([A-Za-z0-9_-]{16})")

push_links = Table(
    "push_links",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("target", Text, nullable=False),
    Column("secret", String(64), nullable=False),
)


@dataclass(frozen=True, slots=True)
class PushLink:
    """One link of a campaign, counted from 1. `target` is a path of ours ("/q/…") or a whole address."""

    campaign_id: int
    number: int
    target: str
    secret: str

    @property
    def token(self) -> str:
        """What stands behind /l/."""
        said = f"link:{self.campaign_id}:{self.number}:{self.target}".encode()
        signed = hmac.new(bytes.fromhex(self.secret), said, hashlib.sha256).digest()[:SIGNATURE_BYTES]
        return f"{self.campaign_id}-{self.number}-{base64.urlsafe_b64encode(signed).decode()}"

    def is_named_by(self, token: str) -> bool:
        """Whether this very token was made for it."""
        return hmac.compare_digest(self.token.encode(), token.encode())

    @property
    def leads_to_wave(self) -> bool:
        """Whether it invites to a questionnaire of ours."""
        return self.target.startswith("/q/")


def named(token: str) -> tuple[int, int] | None:
    """The campaign and the link that a token speaks of, not yet believed."""
    found = _TOKEN.fullmatch(token)
    return (int(found[1]), int(found[2])) if found else None


async def lay(
    conn: AsyncConnection, campaign_id: int, targets: Sequence[str], random_bytes: Callable[[int], bytes]
) -> dict[str, str]:
    """The tokens of these targets; a target that the campaign had before keeps its own."""
    known = {link.target: link for link in await of_campaigns(conn, [campaign_id])}
    missing = [target for target in dict.fromkeys(targets) if target not in known]
    made = [
        PushLink(campaign_id, number, target, random_bytes(32).hex())
        for number, target in enumerate(missing, len(known) + 1)
    ]
    if made:
        rows = [{name: getattr(link, name) for name in _NAMES} for link in made]
        await conn.execute(insert(push_links), rows)
    known |= {link.target: link for link in made}
    return {target: known[target].token for target in targets}


async def of_campaigns(conn: AsyncConnection, campaign_ids: Collection[int]) -> tuple[PushLink, ...]:
    """The links of these campaigns, in their order."""
    if not campaign_ids:
        return ()
    query = select(push_links).where(push_links.c.campaign_id.in_(campaign_ids))
    rows = await conn.execute(query.order_by(push_links.c.campaign_id, push_links.c.number))
    return tuple(PushLink(*row) for row in rows)


async def find(conn: AsyncConnection, campaign_id: int, number: int) -> PushLink | None:
    """The link of that number, if the campaign has it."""
    c = push_links.c
    query = select(push_links).where(c.campaign_id == campaign_id, c.number == number)
    row = (await conn.execute(query)).one_or_none()
    return PushLink(*row) if row else None


def addressed(text: str, tokens: Mapping[str, str], public_url: str) -> str:
    """The text with each of these targets replaced by its short address, the longest first."""
    if not tokens:
        return text
    longest_first = sorted(tokens, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return pattern.sub(lambda found: f"{public_url}{PATH}{tokens[found[0]]}", text)


_NAMES = tuple(field.name for field in fields(PushLink))
