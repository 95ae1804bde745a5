"""Lets runs wait, with the reason in words, while nobody is to be disturbed or the day's calls run out."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pushes import runs
from bot.pushes.runs import Channel
from bot.wechat import allowances
from bot.wechat.allowances import Used
from content import planning
from content.checks import Quiet
from content.festivals import SHANGHAI

QUIET_WORDS = "现在是安静时间，不打扰居民。"
SPENT_WORDS = "今天{name}的接口次数快用完了（{used} / {limit}），留下的先给单独答复居民用，0:00 恢复。"
CALLS: Mapping[Channel, str] = {"custom": allowances.CUSTOM, "notice": allowances.NOTICE}


async def keep_quiet(conn: AsyncConnection, quiet: Quiet, now: datetime) -> None:
    """In the quiet hours every run waits until they end."""
    if quiet.covers(now.astimezone(SHANGHAI)):
        again = planning.audible(now, quiet, now)
        await _hold(conn, dict.fromkeys(CALLS, QUIET_WORDS), again)


async def keep_calls(
    conn: AsyncConnection, used: Callable[[str], Used], under_way: int, now: datetime
) -> None:
    """While the day has no calls left for another chunk, every run of that channel waits for the next day.

    `under_way` people are claimed and not yet counted by `used`.
    """
    scarce: dict[Channel, str] = {}
    for channel, path in CALLS.items():
        spent = used(path)
        room = allowances.room(spent)
        if room is not None and room < under_way + runs.CHUNK:
            scarce[channel] = SPENT_WORDS.format(name=spent.name, used=spent.used, limit=spent.limit)
    if scarce:
        await _hold(conn, scarce, allowances.midnight(now))


async def _hold(conn: AsyncConnection, words: Mapping[Channel, str], again: datetime) -> None:
    for run in await runs.under_way(conn):
        if run.state == "running" and run.channel in words and run.again_at < again.timestamp():
            await runs.hold(conn, run.id, words[run.channel], again, setback=False)
