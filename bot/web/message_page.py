"""One question of residents, with those like it: take it, answer it, close it, or teach the answer."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.inquiries import correspondence, handling, letters, messages, recordings
from bot.inquiries.handling import since
from bot.inquiries.letters import LONGEST, Letter, Status
from bot.inquiries.messages import Asked
from bot.office import staff
from bot.problems import NotFound, Problem
from bot.web.campaign_turns import name_of
from bot.web.guard import Routes, Visit
from bot.web.message_desk import DESK, READERS
from bot.web.message_groups import Group, handled_groups, reason, waiting_groups

routes = Routes(rail="留言")
ONE = f"{DESK}/{{id:[0-9]{{1,18}}}}"
CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Before:
    """What the page shows: the group, alike questions that came meanwhile, and the letters sent."""

    group: Group
    alike: tuple[Asked, ...]
    last_messages: dict[int, int]
    letters: list[tuple[Letter, Status]]


@routes.get(ONE, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """Who asked what and when, until when they can be reached, and what may be done."""
    return await _page(visit)


@routes.post(f"{ONE}/claim", roles=READERS)
async def claim(visit: Visit) -> web.StreamResponse:
    """Take the questions; of two people at once one gets them, the other is told who."""
    ids = await _chosen(visit)
    async with visit.service.database.transaction() as conn:
        asked = await messages.get(conn, ids)
        if not asked:
            raise NotFound("这些留言已经不在了。请回到“留言”再看。")
        await handling.claim(conn, {one.id: one.resident for one in asked}, visit.staff.name, visit.now)
        await visit.audit(conn, "认领留言", f"留言 {_number(visit)}", 条数=len(asked))
    hours = handling.CLAIM_SECONDS // 3600
    return visit.see_other(_here(visit), flash=f"由您来处理。{hours} 小时内没有办完，会放回给大家。")


@routes.post(f"{ONE}/release", roles=READERS)
async def release(visit: Visit) -> web.StreamResponse:
    """Put the questions back for the colleagues."""
    ids = await _chosen(visit)
    async with visit.service.database.transaction() as conn:
        given = await handling.release(conn, ids, visit.staff.name)
        await visit.audit(conn, "放回留言", f"留言 {_number(visit)}", 条数=given)
    return visit.see_other(DESK, flash="已放回，同事可以认领。")


@routes.post(f"{ONE}/answer", roles=READERS)
async def answer(visit: Visit) -> web.StreamResponse:
    """Send the answer to everybody who asked: now, or with their next message."""
    ids = await _chosen(visit)
    text = (await visit.form()).text("text")
    try:
        async with visit.service.database.transaction() as conn:
            written = await correspondence.answer(
                conn,
                await messages.get(conn, ids),
                text,
                office=visit.service.config.office.name,
                person=visit.staff.name,
                sends=visit.service.config.sends_customer_messages,
                now=visit.now,
            )
            await visit.audit(
                conn, "答复留言", f"留言 {_number(visit)}", 居民=written.residents, 马上送达=written.leaving
            )
    except Problem as problem:
        return await _page(visit, problem, text)
    later = written.residents - written.leaving
    parts = [f"{written.leaving} 位居民马上收到"] * bool(written.leaving)
    parts += [f"{later} 位居民下次来信时收到"] * bool(later)
    return visit.see_other(_here(visit), flash=f"答复已保存：{'，'.join(parts)}。")


@routes.post(f"{ONE}/close", roles=READERS)
async def close(visit: Visit) -> web.StreamResponse:
    """No answer is needed; the residents hear nothing."""
    ids = await _chosen(visit)
    async with visit.service.database.transaction() as conn:
        await handling.settle(conn, dict.fromkeys(ids), visit.staff.name, "closed", visit.now)
        await visit.audit(conn, "关闭留言", f"留言 {_number(visit)}", 条数=len(ids))
    return visit.see_other(DESK, flash="已关闭，不再提醒。需要时可以在“已关闭”里重新打开。")


@routes.post(f"{ONE}/reopen", roles=READERS)
async def reopen(visit: Visit) -> web.StreamResponse:
    """Let closed questions wait again."""
    ids = await _chosen(visit)
    async with visit.service.database.transaction() as conn:
        opened = [one for one in ids if await handling.reopen(conn, one)]
        await visit.audit(conn, "重新打开留言", f"留言 {_number(visit)}", 条数=len(opened))
    return visit.see_other(_here(visit), flash="已重新打开。")


@routes.get(f"{DESK}/recording/{{id:[0-9]{{1,18}}}}", roles=READERS)
async def listen(visit: Visit) -> web.StreamResponse:
    """What a resident spoke, as a file to play; who fetched it is noted."""
    async with visit.service.database.transaction() as conn:
        found = await recordings.sound(conn, _number(visit))
        if found is None:
            raise NotFound("没有这段录音，可能已经过了保存期。")
        await visit.audit(conn, "下载录音", f"录音 {_number(visit)}")
    sound, content_type = found
    headers = {"Content-Disposition": f'attachment; filename="recording-{_number(visit)}.amr"'}
    return web.Response(body=sound, content_type=content_type, headers=headers)


async def _page(visit: Visit, problem: Problem | None = None, text: str = "") -> web.Response:
    async with visit.service.database.snapshot() as conn:
        before = await _before(conn, visit)
        spoken = await recordings.of(conn, [(one.resident, one.at) for one in before.group.asked])
        people = await staff.everybody(conn)
    group = before.group
    now = int(visit.now.timestamp())
    open_for = [letters.open_until(at) - now for at in before.last_messages.values()]
    hours = sorted(seconds // 3600 for seconds in open_for if seconds > 0)
    live = visit.service.live
    found = live.index.search(group.text, CANDIDATES) if live is not None else []
    return visit.page(
        "message.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        text=text,
        group=group,
        alike=before.alike,
        letters=before.letters,
        spoken={(one.resident, one.at): one for one in spoken},
        hours=hours,
        sends=visit.service.config.sends_customer_messages,
        mine=group.held is not None and group.held.person == visit.staff.name,
        candidates=found,
        reason=reason,
        longest=LONGEST,
        name_of=lambda name: name_of(name, people),
        DESK=DESK,
    )


async def _before(conn: AsyncConnection, visit: Visit) -> Before:
    number = _number(visit)
    waiting = await messages.waiting(conn, since(visit.now), handling.not_waiting(visit.now))
    free = {one.id for one in waiting}
    held = (await handling.of(conn, [number])).get(number)
    if held is None or number in free:
        groups = await asyncio.to_thread(waiting_groups, waiting)
        found = next((one for one in groups if number in {member.id for member in one.asked}), None)
        if found is None:
            raise NotFound("没有这条留言，可能已经过了保存期。")
        return Before(found, (), await _last(conn, found.asked), [])
    asked = await messages.get(conn, await handling.together(conn, held))
    rows = await handling.of(conn, [one.id for one in asked])
    (group,) = handled_groups(asked, list(rows.values())) or (None,)
    if group is None:
        raise NotFound("没有这条留言，可能已经过了保存期。")
    ids = [row.letter_id for row in rows.values() if row.letter_id is not None]
    sent = await letters.get(conn, ids)
    states = await letters.statuses(conn, list(sent.values()))
    pairs = [(letter, states[one]) for one, letter in sorted(sent.items())]
    like = await asyncio.to_thread(_like, group, waiting)
    return Before(group, like, await _last(conn, group.asked), pairs)


def _like(group: Group, waiting: Collection[Asked]) -> tuple[Asked, ...]:
    """Waiting questions that would stand in this group had they come before it was taken."""
    own = {one.id for one in group.asked}
    joined = waiting_groups([*group.asked, *waiting])
    return tuple(
        one
        for mixed in joined
        if own & {member.id for member in mixed.asked}
        for one in mixed.asked
        if one.id not in own
    )


async def _last(conn: AsyncConnection, asked: Collection[Asked]) -> dict[int, int]:
    return await residents.last_messages(conn, {one.resident for one in asked})


async def _chosen(visit: Visit) -> list[int]:
    """The questions that the page showed when the person decided."""
    values = (await visit.form()).texts("message", 18)
    if not values or not all(value.isascii() and value.isdecimal() for value in values):
        raise Problem("没有选中留言，什么也没有改动。请退回上一页再试一次。")
    return [int(value) for value in values]


def _number(visit: Visit) -> int:
    return int(visit.request.match_info["id"])


def _here(visit: Visit) -> str:
    return f"{DESK}/{_number(visit)}"
