"""What the desk 问卷 tells the page 今天."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.service import Service
from bot.waves import public_results
from bot.web.shell import show_time
from bot.web.survey_desk import DESK, READERS, WRITERS
from bot.web.today_desk import Card, FirstStep
from bot.web.wave_words import results_path
from surveys import store, waves

RESULTS = "/office/results"
SOON = timedelta(days=3)
FRESH = timedelta(days=14)
"""How long a wave that has ended is told of."""
NAMED = 3
"""As many waves as a card names."""


async def running(conn: AsyncConnection, _service: Service, now: datetime) -> Card | FirstStep | None:
    """The waves that take answers, with their returns; the first step where there never was one."""
    every = await waves.list_waves(conn)
    if not every:
        return FirstStep("还没有做过问卷调查。现成的问卷看一遍就能用。", f"{DESK}/new", "挑一份问卷")
    found = [wave for wave in every if wave.takes_answers(now)]
    if not found:
        return None
    counts = await store.counts(conn, [wave.id for wave in found])
    lines = [
        f"“{wave.name}”收到 {counts[wave.id].complete:,} 份，{counts[wave.id].drafts:,} 人正在填"
        for wave in found[:NAMED]
    ]
    more = f"；另有 {len(found) - NAMED} 个" if len(found) > NAMED else ""
    return Card(
        "正在进行的调查",
        f"{len(found)} 个",
        "；".join(lines) + f"{more}。",
        "calm",
        roles=frozenset(READERS),
        path=DESK,
    )


async def ending(conn: AsyncConnection, _service: Service, now: datetime) -> Card | None:
    """The waves that end within three days: the last moment to ask more people."""
    found = [
        wave
        for wave in await waves.open_waves(conn, now)
        if wave.closes_at is not None and wave.closes_at <= (now + SOON).timestamp()
    ]
    if not found:
        return None
    found.sort(key=lambda wave: wave.closes_at or 0)
    counts = await store.counts(conn, [wave.id for wave in found])
    lines = [
        f"“{wave.name}”{show_time(wave.closes_at or 0)}结束，已收到 {counts[wave.id].complete:,} 份"
        for wave in found[:NAMED]
    ]
    words = "；".join(lines) + "。结束后不能再收答卷。"
    return Card(
        "快要结束的调查",
        f"{len(found)} 个",
        words,
        "waiting",
        roles=frozenset(WRITERS),
        path=DESK,
    )


async def ended(conn: AsyncConnection, _service: Service, now: datetime) -> Card | None:
    """The waves that ended lately and whose results nobody has thought of opening yet."""
    closed = [
        wave
        for wave in await waves.recent(conn, now - FRESH)
        if wave.state == "closed" and not await public_results.pages_of(conn, wave.id)
    ]
    if not closed:
        return None
    names = "、".join(f"“{wave.name}”" for wave in closed[:NAMED])
    more = f"等 {len(closed)} 次" if len(closed) > NAMED else ""
    words = f"{names}{more}已经结束，可以看结果、导出报告，也可以提出公开给大家看。"
    path = results_path(closed[0].name) if len(closed) == 1 else RESULTS
    return Card("刚结束的调查", f"{len(closed)} 个", words, "calm", frozenset(READERS), path, "看结果")


CARDS = (running, ending, ended)
