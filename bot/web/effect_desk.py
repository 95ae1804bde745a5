"""效果: what came of the pushes of a year and of one push: delivered, read, opened, answered."""

import asyncio

from aiohttp import web

from bot.effect import reading
from bot.effect.document import WAYS
from bot.effect.sheets import NOTES, sheets, source, summary
from bot.problems import NotFound
from bot.pushes import year_plan
from bot.waves import looking
from bot.web.campaign_desk import number_of
from bot.web.campaign_turns import COLOURS, READERS
from bot.web.guard import Routes, Visit
from content import store
from content.campaign import STATE_WORDS, Refused
from surveys.export.plain import plain_workbook

routes = Routes(rail="活动")
DESK = "/office/effects"
WHO = READERS | {"analyst"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIRST_YEAR, LAST_YEAR = 2000, 2100


@routes.get(DESK, roles=WHO)
async def show_year(visit: Visit) -> web.StreamResponse:
    """The year's figures that may be added, and push by push."""
    year, years = await _years(visit)
    await _look(visit, year)
    async with visit.service.database.snapshot() as conn:
        found = await reading.of_year(conn, year, visit.now, verified=_verified(visit))
    return visit.page(
        "effects.html",
        found=found,
        years=years,
        summary=summary(found),
        ways=WAYS,
        notes=NOTES,
        state_words=STATE_WORDS,
        colours=COLOURS,
        verified=_verified(visit),
        DESK=DESK,
    )


@routes.get(f"{DESK}.xlsx", roles=WHO)
async def export(visit: Visit) -> web.StreamResponse:
    """The same as an Excel workbook."""
    year, _ = await _years(visit)
    await _look(visit, year)
    async with visit.service.database.transaction() as conn:
        found = await reading.of_year(conn, year, visit.now, verified=_verified(visit))
        await visit.audit(conn, "导出", f"{year} 年推送效果", 行数=len(found.effects))
    made = await asyncio.to_thread(plain_workbook, sheets(found), visit.now)
    name = f'attachment; filename="effects-{year}.xlsx"'
    return web.Response(body=made, content_type=XLSX, headers={"Content-Disposition": name})


@routes.get(f"{DESK}/{{id:[0-9]{{1,18}}}}", roles=WHO)
async def show_push(visit: Visit) -> web.StreamResponse:
    """One push: who got it, who read it, what was opened and answered, day by day."""
    campaign_id = int(visit.request.match_info["id"])
    async with visit.service.database.snapshot() as conn:
        names = await reading.waves_shown(conn, [campaign_id])
    for name in names:
        await looking.look(visit.service.database, name, [], visit.service.columns)
    async with visit.service.database.snapshot() as conn:
        try:
            campaign = await store.get(conn, campaign_id)
        except Refused as refused:
            raise NotFound("没有这篇推送，可能地址有误。请回到“效果”再选一次。") from refused
        effect = await reading.of_campaign(conn, campaign, visit.now, verified=_verified(visit))
    return visit.page(
        "effect.html",
        effect=effect,
        campaign=campaign,
        went_out=campaign.state in reading.WENT_OUT or effect.delivery is not None,
        ways=WAYS,
        notes=NOTES,
        source=source,
        state_words=STATE_WORDS,
        colours=COLOURS,
        DESK=DESK,
    )


async def _years(visit: Visit) -> tuple[int, list[int]]:
    """The year that was asked for, and those to choose from."""
    async with visit.service.database.snapshot() as conn:
        gone = await reading.gone_out(conn)
    year = number_of(visit.request.query.get("year", "")[:4])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        year = visit.now.year
    return year, sorted({visit.now.year, year, *(one.content.due_at.year for one in gone)})


async def _look(visit: Visit, year: int) -> None:
    """Let the open waves of the year's pushes be as new as they may be shown."""
    async with visit.service.database.snapshot() as conn:
        ids = [one.id for one in await reading.gone_out(conn) if one.content.due_at.year == year]
        names = await reading.waves_shown(conn, ids)
    for name in names:
        await looking.look(visit.service.database, name, [], visit.service.columns)


def _verified(visit: Visit) -> bool:
    account = year_plan.account_of(visit.service.config)
    return account.verified
