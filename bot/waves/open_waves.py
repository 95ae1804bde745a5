"""The waves that take answers now, with their questionnaires: what the chat and the page share."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.waves.open_wave import OpenWave
from bot.wording import tap
from surveys import publishing, quotas, waves
from surveys.questionnaire import Questionnaire
from surveys.waves import Wave

REMEMBERED = timedelta(days=180)
"""How long a poster may hang after its wave; later its word may mean something else again."""


class OpenWaves:
    """Reads a published version once, because it never changes, and what is over once a day."""

    def __init__(self) -> None:
        self._questionnaires: dict[tuple[str, int], Questionnaire] = {}
        self._open: tuple[int, ...] = ()
        self._read_for: tuple[date, tuple[int, ...]] | None = None
        self._not_open: Mapping[str, str] = {}

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
        self._open = tuple(wave.id for wave, _ in found)
        return tuple(OpenWave(wave, one, full.get(wave.id, frozenset())) for wave, one in found)

    async def not_open(self, connection: AsyncConnection, now: datetime) -> Mapping[str, str]:
        """What is said to the keyword or the title of a wave that is over or has not begun.

        It is read again when other waves are open than last time, and each day.
        """
        wanted = (now.date(), self._open)
        if self._read_for != wanted:
            published = await publishing.list_questionnaires(connection)
            titles = {(one.id, one.version): one.title for one in published}
            said: dict[str, str] = {}
            for wave in await waves.recent(connection, now - REMEMBERED):
                title = titles[wave.questionnaire, wave.version]
                words = _words(title, wave, now)
                for word in (wave.keyword, title):
                    if word:
                        said.setdefault(word, words)
            self._not_open, self._read_for = said, wanted
        return self._not_open


def _words(title: str, wave: Wave, now: datetime) -> str:
    if now.timestamp() < wave.opens_at and wave.state == "open":
        begins = datetime.fromtimestamp(wave.opens_at, now.tzinfo)
        return f"《{title}》还没有开始，{begins.month}月{begins.day}日起可以答，到时候请再发一次。"
    return f"《{title}》已经结束了，谢谢您的关注。看看现在有哪些问卷，请点 {tap('问卷')}。"
