"""PURE: waves in the office's words, and the addresses of their pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from surveys.publishing import Published
from surveys.store import Counts
from surveys.waves import Wave

NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
KINDS = {"routine": "常规调查", "mock": "模拟测评", "external": "从别处导入"}
CHANNELS = {"chat": "公众号聊天", "page": "网页", "interviewer": "访员", "import": "导入"}
SAMPLES = {
    "open": "自愿填答：凡看到问卷的人都可以答",
    "quota": "按配额收集：各类人各收够一定份数",
    "probability": "随机抽样：从名册里随机抽出来的人",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A wave in a list; `state` is the colour of `words`."""

    wave: Wave
    counts: Counts
    title: str
    state: str
    words: str

    @property
    def path(self) -> str:
        """Its page at the desk 问卷."""
        return wave_path(self.wave.name)

    @property
    def results(self) -> str:
        """Its page at the desk 结果."""
        return results_path(self.wave.name)

    @property
    def kind(self) -> str:
        """What kind of survey it is."""
        return KINDS[self.wave.kind]


def rows(
    found: Sequence[Wave], counts: Mapping[int, Counts], published: Sequence[Published], now: datetime
) -> list[Row]:
    """The waves as they are listed, in the given order."""
    titles = {(one.id, one.version): one.title for one in published}
    return [
        Row(
            wave,
            counts[wave.id],
            titles.get((wave.questionnaire, wave.version), wave.questionnaire),
            *state_words(wave, now),
        )
        for wave in found
    ]


def state_words(wave: Wave, now: datetime) -> tuple[str, str]:
    """(colour, words) of how far the wave is."""
    if wave.state == "closed":
        return "off", "已结束"
    if wave.takes_answers(now):
        return "good", "进行中"
    return ("calm", "还没开始") if now.timestamp() < wave.opens_at else ("waiting", "到时间了，正在结束")


def wave_path(name: str) -> str:
    """The wave's page at the desk 问卷."""
    return f"/office/surveys/waves/{quote(name, safe='')}"


def results_path(name: str) -> str:
    """The wave's page at the desk 结果."""
    return f"/office/results/{quote(name, safe='')}"


def as_file(name: str, plain: str) -> dict[str, str]:
    """A download's header: the name in Chinese (RFC 5987), a plain one for what cannot read it."""
    safe = quote(NOT_IN_FILE_NAMES.sub("_", name), safe="")
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{safe}"}


def show_length(seconds: int) -> str:
    """95 as 1 分 35 秒; hours and days where an interview was taken up again later."""
    if seconds < 60:
        return f"{seconds} 秒"
    if seconds < 3600:
        minutes, rest = divmod(seconds, 60)
        return f"{minutes} 分 {rest} 秒" if rest else f"{minutes} 分钟"
    if seconds < 86_400:
        return f"{seconds / 3600:.1f} 小时"
    return f"{seconds / 86_400:.1f} 天"
