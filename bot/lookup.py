"""Finding what a person named, or telling them that it is not there."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import NotFound
from surveys import waves
from surveys.waves import Wave


async def wave_named(connection: AsyncConnection, name: str) -> Wave:
    """The wave of this name; raises NotFound."""
    wave = await waves.find_wave(connection, name)
    if wave is None:
        raise NotFound(f"没有叫“{name}”的调查。请核对名称。")
    return wave
