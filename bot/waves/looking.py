"""Before an open wave is shown: its figures move on as far as they may, and that is noted first."""

from collections.abc import Iterable, Sequence

from bot.database import Database
from bot.lookup import wave_named
from surveys import stepping, steps, waves
from surveys.export.history import earlier_waves
from surveys.groupings import breakdowns
from surveys.results import questionnaire_of
from surveys.shelf import Shelf

_TRIES = 3


class _Overtaken(Exception):
    """Somebody else has shown another step at the same moment."""


async def look(
    database: Database,
    name: str,
    by: Iterable[str | None],
    shelf: Shelf,
    parts: Sequence[stepping.Part] = (),
) -> None:
    """Let the wave of this name be shown by these, and these parts of it, as new as may be. Raises NotFound.

    ValueError if there is nothing of that name to group by. Whoever is overtaken shows what the other noted.
    """
    wanted = list(by)
    for _ in range(_TRIES):
        async with database.snapshot() as conn:
            wave = await wave_named(conn, name)
            moved = await stepping.due(conn, wave, wanted, shelf, parts)
        if not moved:
            return
        try:
            async with database.transaction() as conn:
                if await waves.hold_open(conn, [wave.id]) and not await steps.keep(conn, wave.id, moved):
                    raise _Overtaken
        except _Overtaken:
            continue
        return


async def look_at_all(database: Database, name: str, shelf: Shelf) -> None:
    """The same for everything that a file with rates holds: its breakdowns, and the waves before it."""
    async with database.snapshot() as conn:
        wave = await wave_named(conn, name)
        questionnaire, earlier = await questionnaire_of(conn, wave), await earlier_waves(conn, wave)
    await look(database, name, breakdowns(questionnaire), shelf)
    for one in earlier:
        await look(database, one.name, [], shelf)
