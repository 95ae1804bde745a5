"""正在发送: a push that goes to each one, how far it is, and the three acts: pause, resume, stop."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import Conflict, NotFound
from bot.pushes import runs
from bot.pushes.runs import Run
from bot.web.guard import Routes, Visit
from bot.web.sends_desk import DESK, RESOLVERS
from content import acts, store

routes = Routes(rail="活动")
ONE = f"{DESK}/runs/{{id:[0-9]{{1,18}}}}"


@routes.post(f"{ONE}/pause", roles=RESOLVERS)
async def pause(visit: Visit) -> web.StreamResponse:
    """Nothing more leaves from now on."""
    async with visit.service.database.transaction() as conn:
        run = await runs.pause(conn, _number(visit), visit.staff.name)
        await _note(conn, visit, "暂停逐个发送", run)
    return visit.see_other(DESK, flash="已暂停。已经发出的收不回来，没有发的等您点“继续”。")


@routes.post(f"{ONE}/resume", roles=RESOLVERS)
async def resume(visit: Visit) -> web.StreamResponse:
    """Go on with whoever has not been written to."""
    async with visit.service.database.transaction() as conn:
        run = await runs.resume(conn, _number(visit), visit.staff.name)
        await _note(conn, visit, "继续逐个发送", run)
    return visit.see_other(DESK, flash="继续发送。发过的人不会再收到一次。")


@routes.get(f"{ONE}/stop", roles=RESOLVERS)
async def ask_to_stop(visit: Visit) -> web.StreamResponse:
    """Which send would end for good, once more by its title."""
    async with visit.service.database.snapshot() as conn:
        run = await _found(conn, visit)
    return visit.page("run_stop.html", run=run)


@routes.post(f"{ONE}/stop", roles=RESOLVERS)
async def stop(visit: Visit) -> web.StreamResponse:
    """End it for good, and say what had already gone out."""
    async with visit.service.database.transaction() as conn:
        run = await runs.stop(conn, _number(visit), visit.staff.name, visit.now)
        if run.campaign_id is not None:
            await store.settle(conn, run.campaign_id, "due", run.counts, visit.now)
            await acts.stop(conn, run.campaign_id, visit.staff.name, f"发出 {run.sent} 人后停止", visit.now)
        await _note(conn, visit, "停止逐个发送", run)
    return visit.see_other(DESK, flash=f"已停止。停止以前发出 {run.sent} 人，其余 {run.left} 人不会再发。")


@routes.post(f"{ONE}/seen", roles=RESOLVERS)
async def seen(visit: Visit) -> web.StreamResponse:
    """A person has seen how it ended."""
    async with visit.service.database.transaction() as conn:
        run = await runs.seen(conn, _number(visit), visit.staff.name)
        latest = run.campaign_id and await runs.of_campaign(conn, run.campaign_id)
        if run.campaign_id and latest and latest.id == run.id:
            # Only a push that nobody is known to have got is still open.
            await store.settle(conn, run.campaign_id, "failed", run.counts, visit.now)
        await _note(conn, visit, "知悉逐个发送的结果", run)
    return visit.see_other(DESK, flash=f"“{run.title}”已处理：已知悉。")


def _number(visit: Visit) -> int:
    return int(visit.request.match_info["id"])


async def _found(conn: AsyncConnection, visit: Visit) -> Run:
    run = await runs.get(conn, _number(visit))
    if run is None:
        raise NotFound("没有这次发送，可能地址有误。请回到“发送”再选一次。")
    if run.is_over:
        raise Conflict("这次发送已经结束，不用再停。")
    return run


async def _note(conn: AsyncConnection, visit: Visit, action: str, run: Run) -> None:
    await visit.audit(conn, action, f"逐个发送 {run.id}", 标题=run.title, 已发出=run.sent, 还没有发=run.left)
