"""The waves that take answers now, with their questionnaires: what the chat and the page share."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.open_wave import OpenWave
from surveys import publishing, quotas, waves
from surveys.questionnaire import Questionnaire
from surveys.waves import Wave


class OpenWaves:
    """Reads a published version once, because it never changes."""

    def __init__(self) -> None:
        self._questionnaires: dict[tuple[str, int], Questionnaire] = {}

    async def load(self, connection: AsyncConnection, now: datetime) -> tuple[OpenWave, ...]:
        """The open waves, held open until the transaction ends."""
        found: list[tuple[Wave, Questionnaire]] = []
        for wave in await waves.open_waves(connection, now, hold=True):
            version = (wave.questionnaire, wave.version)
            if version not in self._questionnaires:
                published = await publishing.get_questionnaire(connection, *version)
                if published is None:
                    raise LookupError(f"questionnaire {version} of wave {wave.id} is missing")
                self._questionnaires[version], _ = published
            found.append((wave, self._questionnaires[version]))
        full = await quotas.full(connection, {wave.id: one for wave, one in found})
        return tuple(OpenWave(wave, one, full.get(wave.id, frozenset())) for wave, one in found)
