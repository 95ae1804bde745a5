"""The office's names for the people behind sign-in names, for pages that tell who wrote or agreed."""

from collections.abc import Callable
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import staff
from bot.web.campaign_turns import name_of


async def naming(conn: AsyncConnection) -> Callable[[str], str]:
    """Sign-in name -> how the office calls that person."""
    return partial(name_of, people=await staff.everybody(conn))
