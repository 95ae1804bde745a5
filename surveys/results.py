"""The results of a stored wave: its interviews streamed through a tally, and the words that go with them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.notes import outside_note, population_note
from surveys.publishing import get_questionnaire
from surveys.questionnaire import Questionnaire
from surveys.rates import Tally, document
from surveys.store import stream_interviews
from surveys.waves import Wave


async def questionnaire_of(conn: AsyncConnection, wave: Wave) -> Questionnaire:
    """The version that the wave asks; LookupError if it was never published."""
    found = await get_questionnaire(conn, wave.questionnaire, wave.version)
    if found is None:
        raise LookupError(f"{wave.questionnaire} version {wave.version}")
    return found[0]


async def tally_wave(conn: AsyncConnection, wave: Wave, by: str | None = None) -> Tally:
    """Count the wave, overall and by one variable; ValueError if `by` is none."""
    tally = Tally(await questionnaire_of(conn, wave), by)
    async for interview in stream_interviews(conn, wave.id):
        tally.add(
            interview.answers,
            status=interview.status,
            township=interview.township,
            community=interview.community,
            channel=interview.channel,
            frame=interview.frame,
        )
    return tally


async def wave_rates(
    conn: AsyncConnection, wave: Wave, by: str | None = None, before: Wave | None = None
) -> dict[str, Any]:
    """What `survey rates` prints; with `before`, the differences to that wave."""
    tally = await tally_wave(conn, wave, by)
    earlier = None if before is None else await tally_wave(conn, before, by)
    note = population_note(wave, tally.complete, tally.partial) + outside_note(tally.outside, tally.unknown)
    return document(wave.name, note, tally, earlier)
