"""Which push invites to which wave: the address behind 阅读原文, signed, with the campaign's number.

It is set while the campaign is a draft, so that everybody who signs has seen where its readers are led.
"""

from collections.abc import Collection

from sqlalchemy import BigInteger, Column, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import insert_ignoring, metadata
from bot.waves import invitations
from bot.waves.arrivals import PUSH
from bot.waves.invitations import Invitation
from surveys import waves
from surveys.waves import Wave

carried = Table(
    "campaign_waves",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("wave_id", BigInteger, nullable=False),
)


async def carry(conn: AsyncConnection, campaign_id: int, wave_id: int) -> bool:
    """Let a campaign invite to a wave; False if it invites to one already."""
    row = {"campaign_id": campaign_id, "wave_id": wave_id}
    added = await conn.execute(insert_ignoring(conn, carried, ["campaign_id"]).values(row))
    return added.rowcount == 1


async def drop(conn: AsyncConnection, campaign_id: int, wave_id: int) -> bool:
    """Let a campaign invite no more; False if it did not."""
    mine = (carried.c.campaign_id == campaign_id) & (carried.c.wave_id == wave_id)
    return (await conn.execute(delete(carried).where(mine))).rowcount == 1


async def campaigns_of(conn: AsyncConnection, wave_id: int) -> set[int]:
    """The campaigns that invite to a wave."""
    query = select(carried.c.campaign_id).where(carried.c.wave_id == wave_id)
    return set((await conn.execute(query)).scalars())


async def wave_of(conn: AsyncConnection, campaign_id: int) -> Wave | None:
    """The wave that a campaign invites to."""
    query = select(carried.c.wave_id).where(carried.c.campaign_id == campaign_id)
    wave_id = (await conn.execute(query)).scalar()
    return None if wave_id is None else await waves.get_wave(conn, wave_id)


async def path_of(conn: AsyncConnection, campaign_id: int) -> str:
    """Where the readers of a campaign are led; "" where it invites to no wave, or to one that is closed."""
    wave = await wave_of(conn, campaign_id)
    if wave is None or wave.secret is None:
        return ""
    return f"/q/{invitations.token(Invitation(wave.id, PUSH, str(campaign_id)), wave.secret)}"


async def waves_of(conn: AsyncConnection, campaign_ids: Collection[int]) -> dict[int, int]:
    """The wave that each of these campaigns invites to, by the campaign."""
    query = select(carried).where(carried.c.campaign_id.in_(campaign_ids))
    return {row.campaign_id: row.wave_id for row in await conn.execute(query)}
