"""用词: the words that the check before review looks for; the office adds its own and switches others off."""

from collections.abc import Mapping
from typing import cast

from aiohttp import web

from bot.problems import Problem
from bot.web.campaign_desk import DESK, EDITORS
from bot.web.campaign_turns import READERS
from bot.web.guard import Routes, Visit
from content import word_store
from content.word_store import LONGEST_ADVICE, LONGEST_WORD, MOST
from content.wording import Weight, Word, shipped

routes = Routes(rail="活动")
WORDS = f"{DESK}/words"
WEIGHTS: Mapping[str, str] = {"block": "不能提交", "warn": "提醒一下"}


@routes.get(WORDS, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """Every word with what to do about it, the office's own first."""
    return await _page(visit)


@routes.post(WORDS, roles=EDITORS)
async def put(visit: Visit) -> web.StreamResponse:
    """Add a word, or set one anew."""
    form = await visit.form()
    word, advice = form.text("word", 100), form.text("advice", 500)
    weight = form.text("weight", 8)
    try:
        if not 2 <= len(word) <= LONGEST_WORD or "\n" in word:
            raise Problem(f"请写一个 2 到 {LONGEST_WORD} 个字的词。")
        if not advice or len(advice) > LONGEST_ADVICE or "\n" in advice:
            raise Problem(f"请写明为什么不用、换成什么，一行，最多 {LONGEST_ADVICE} 个字。")
        if weight not in WEIGHTS:
            raise Problem("请选“不能提交”或“提醒一下”。")
        async with visit.service.database.transaction() as conn:
            if len(await word_store.own(conn)) >= MOST:
                raise Problem(f"最多 {MOST} 个词，请先去掉不用的。")
            made = Word(word, advice, cast("Weight", weight))
            await word_store.put(conn, made, visit.staff.name, visit.now)
            await visit.audit(conn, "加用词检查", word, 怎样=WEIGHTS[weight])
    except Problem as problem:
        return await _page(visit, problem, (word, advice, weight))
    return visit.see_other(WORDS, flash=f"“{word}”已加上，从下一次检查起就会提醒。")


@routes.post(f"{WORDS}/off", roles=EDITORS)
async def switch_off(visit: Visit) -> web.StreamResponse:
    """Look for a word no more."""
    word = (await visit.form()).text("word", 100)
    async with visit.service.database.transaction() as conn:
        if word not in {one.word for one in await word_store.in_use(conn)}:
            raise Problem("没有这个词，可能刚被去掉。请回到“用词”看看。")
        await word_store.remove(conn, word, visit.staff.name, visit.now)
        await visit.audit(conn, "去掉用词检查", word)
    return visit.see_other(WORDS, flash=f"不再检查“{word}”。")


async def _page(
    visit: Visit, problem: Problem | None = None, written: tuple[str, str, str] = ("", "", "warn")
) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        mine = {one.word for one in await word_store.own(conn)}
        words = await word_store.in_use(conn)
    names = {one.word for one in shipped()}
    return visit.page(
        "campaign_words.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        words=sorted(words, key=lambda one: (one.weight == "off", one.word not in mine)),
        shipped=names,
        weights=WEIGHTS,
        written=written,
        can_edit=bool(visit.staff.roles & EDITORS),
    )
