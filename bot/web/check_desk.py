"""抽查: staff judge direct answers drawn at random, one at a time, without knowing how sure each was."""

import re
from dataclasses import dataclass
from typing import get_args

from aiohttp import web

from bot.chat.live import LiveContent
from bot.inquiries import messages, sampling
from bot.inquiries.handling import since
from bot.inquiries.messages import ENTRY, Asked
from bot.inquiries.sampling import PUBLISHED, Figure, Verdict
from bot.problems import Conflict, Problem
from bot.web.guard import Routes, Visit
from bot.web.message_desk import READERS

routes = Routes(rail="留言")
DESK = "/office/checks"
LONGEST_NOTE = 300
VERDICT_WORDS = {"right": "对", "partly": "部分有误", "wrong": "错", "unclear": "单看文字无法判断"}
_CITED = re.compile(r"《([^《》]+)》(第[^；]+)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage that an answer rested on: where it stands and its words as they are now."""

    where: str
    words: str


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The next answer to judge, and what was found so far."""
    async with visit.service.database.snapshot() as conn:
        waiting = await sampling.waiting(conn)
        asked = await messages.find(conn, waiting[0]) if waiting else None
        figure = sampling.figure(await sampling.verdicts(conn))
    live = visit.service.live
    return visit.page(
        "checks.html",
        waiting=len(waiting),
        asked=asked,
        rested=rested_on(asked, live) if asked and live else [],
        figure=figure,
        published=published(figure),
        most=PUBLISHED,
        risk=f"{100 * visit.service.config.office.answer_risk:g}",
        verdicts=VERDICT_WORDS,
        drawn=sampling.DRAWN_AT_ONCE,
        DESK=DESK,
    )


@routes.post(f"{DESK}/draw", roles=READERS)
async def draw(visit: Visit) -> web.StreamResponse:
    """Draw answers of the last 30 days that nobody has judged."""
    async with visit.service.database.transaction() as conn:
        if await sampling.waiting(conn):
            raise Conflict("上一批还没有判完，没有再抽。请先判完。")
        answered = await messages.answered(conn, since(visit.now))
        seed, number = await sampling.draw(conn, answered, visit.now)
        await visit.audit(conn, "抽查回答", "抽查", 条数=number, 随机种子=seed)
    if not number:
        return visit.see_other(DESK, flash="最近 30 天没有还没抽查过的直接回答。")
    return visit.see_other(DESK, flash=f"随机抽了 {number} 条，请逐条判断。")


@routes.post(f"{DESK}/{{id:[0-9]{{1,18}}}}", roles=READERS)
async def judge(visit: Visit) -> web.StreamResponse:
    """Keep the verdict and show the next one."""
    form = await visit.form()
    verdict: Verdict | None = next((one for one in get_args(Verdict) if one == form.text("verdict", 8)), None)
    if verdict is None:
        raise Problem("请选一个判断，没有保存。请退回上一页再选一次。")
    number = int(visit.request.match_info["id"])
    note = form.text("note", LONGEST_NOTE)
    async with visit.service.database.transaction() as conn:
        if not await sampling.judge(conn, number, verdict, note, visit.staff.name, visit.now):
            raise Conflict("这一条刚被同事判过，您的判断没有保存。请看下一条。")
        await visit.audit(conn, "判断抽查", f"留言 {number}", 判断=VERDICT_WORDS[verdict])
    return visit.see_other(DESK)


def published(figure: Figure) -> str:
    """The error figure as a sentence that may be published; "" before anything was judged."""
    if not figure.judged:
        return ""
    low, high = (f"{bound * 100:.1f}%" for bound in figure.interval)
    partly = f"（其中 {figure.partly} 条部分有误）" if figure.partly else ""
    wrong = figure.wrong + figure.partly
    return (
        f"最近抽查的 {figure.judged} 条直接回答中，{wrong} 条有误{partly}，"
        f"占 {wrong / figure.judged * 100:.1f}%（95% 置信区间 {low}–{high}）。"
    )


def rested_on(asked: Asked, live: LiveContent) -> list[Shown]:
    """What an answer rested on, in the words that are in force now."""
    if asked.cited.startswith(ENTRY):
        key = asked.cited.removeprefix(ENTRY)
        entry = next((one for one in live.index.entries if one.key == key), None)
        return [Shown(f"问答“{entry.questions[0]}”", entry.answer)] if entry else []
    found = [(title, label, live.index.article(title, label)) for title, label in _CITED.findall(asked.cited)]
    return [Shown(f"《{title}》{label}", pair[1].text if pair else "") for title, label, pair in found]
