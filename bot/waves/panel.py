"""The opt-in panel: residents who agreed that their answers in several waves may be told to be one person's.

Only who belongs is kept. When a wave closes, the interviews of its members get a number made with the
panel's own key; everybody else's stay without one. Leaving, or being erased, takes the numbers away again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.database import insert_ignoring, metadata
from bot.residents import respondent_key
from surveys import store
from surveys.waves import Wave

members = Table(
    "panel_members",
    metadata,
    Column("resident", BigInteger, primary_key=True, autoincrement=False),
    Column("joined_at", BigInteger, nullable=False),
)
keys = Table(
    "panel_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
)
ONLY = 1
PART = 500


async def join(conn: AsyncConnection, joining: Sequence[int], new_secret: bytes, now: datetime) -> None:
    """Take these residents in; `new_secret` (32 random bytes) becomes the key where there is none yet."""
    if not joining:
        return
    row = {"id": ONLY, "secret": new_secret}
    await conn.execute(insert_ignoring(conn, keys, ["id"]).values(row))
    rows = [{"resident": one, "joined_at": int(now.timestamp())} for one in sorted(set(joining))]
    await conn.execute(insert_ignoring(conn, members, ["resident"]).values(rows))


async def belonging(conn: AsyncConnection, asked: Sequence[int]) -> set[int]:
    """Those of these residents who belong."""
    if not asked:
        return set()
    query = select(members.c.resident).where(members.c.resident.in_(sorted(set(asked))))
    return set((await conn.execute(query)).scalars())


async def leave(conn: AsyncConnection, resident: int, openid: str) -> bool:
    """Let a resident go, and take their number from every interview; False if they did not belong."""
    gone = await conn.execute(delete(members).where(members.c.resident == resident))
    if gone.rowcount != 1:
        return False
    if (secret := await _secret(conn)) is not None:
        await store.untie(conn, respondent_key(openid, secret))
    return True


async def tie(conn: AsyncConnection, wave: Wave) -> int:
    """Number the members' interviews of a wave whose secret is about to be destroyed; how many they are."""
    panel_secret = await _secret(conn)
    if wave.secret is None or panel_secret is None or not wave.terms.panel:
        return 0
    ids = list((await conn.execute(select(members.c.resident).order_by(members.c.resident))).scalars())
    tied = 0
    for start in range(0, len(ids), PART):
        openids = (await residents.openids_of(conn, ids[start : start + PART])).values()
        numbers = {
            respondent_key(openid, wave.secret): respondent_key(openid, panel_secret) for openid in openids
        }
        tied += await store.tie(conn, wave.id, numbers)
    return tied


async def _secret(conn: AsyncConnection) -> bytes | None:
    return (await conn.execute(select(keys.c.secret).where(keys.c.id == ONLY))).scalar()
