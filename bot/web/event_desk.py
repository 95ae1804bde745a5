"""自己的日子: fairs, markets, weekly clean-ups, seasons. No review, every change in the trail."""

from aiohttp import web

from bot.problems import Conflict, NotFound, Problem
from bot.pushes import segments
from bot.web import event_form
from bot.web.campaign_desk import EDITORS, number_of
from bot.web.campaign_form import TONES
from bot.web.campaign_turns import READERS
from bot.web.event_form import KINDS, WISHES, Fields
from bot.web.guard import Routes, Visit
from content import event_store
from content.audience import EVERYBODY
from content.audience import in_words as audience_words
from content.event_store import Clash, Kept
from content.events import dates
from content.festivals import LAST_YEAR, WEEKDAYS, in_words

routes = Routes(rail="活动")
DAYS = "/office/plan/days"
ONE = f"{DAYS}/{{id:[0-9]{{1,18}}}}"


@routes.get(DAYS, roles=READERS)
async def show_list(visit: Visit) -> web.StreamResponse:
    """The office's own days with their rule and the next dates."""
    async with visit.service.database.snapshot() as conn:
        kept = await event_store.everything(conn)
    years = (visit.now.year, min(visit.now.year + 1, LAST_YEAR))
    rows = [
        (
            one,
            [day for year in years for day in dates(one.event.rule, year) if day >= visit.now.date()][:3],
        )
        for one in kept
    ]
    return visit.page(
        "events.html",
        rows=rows,
        kinds=KINDS,
        wishes=WISHES,
        can_edit=bool(visit.staff.roles & EDITORS),
        audience_words=audience_words,
        in_words=in_words,
    )


@routes.get(f"{DAYS}/new", roles=EDITORS)
async def show_new(visit: Visit) -> web.StreamResponse:
    """The form for a new day of the kind that the address names."""
    kind = visit.request.query.get("kind", "")
    return await _form(visit, event_form.blank(kind if kind in KINDS else "fixed"), None)


@routes.post(f"{DAYS}/new", roles=EDITORS)
async def add(visit: Visit) -> web.StreamResponse:
    """Keep a new day."""
    fields = event_form.typed(await visit.form())
    try:
        event = event_form.event_of(fields, 0)
        async with visit.service.database.transaction() as conn:
            await event_store.add(conn, event, visit.staff.name, visit.now)
            await visit.audit(conn, "新增活动日", event.name, 日期=event.rule.words)
    except (Problem, Clash) as refused:
        return await _form(visit, fields, None, refused)
    return visit.see_other(DAYS, flash=f"“{event.name}”已加入日历（{event.rule.words}）。")


@routes.get(ONE, roles=EDITORS)
async def show_one(visit: Visit) -> web.StreamResponse:
    """The form of a day that is there."""
    kept = await _kept(visit)
    return await _form(visit, event_form.fields_of(kept.event), kept)


@routes.post(ONE, roles=EDITORS)
async def change(visit: Visit) -> web.StreamResponse:
    """Another rule, tone or name from now on."""
    form = await visit.form()
    fields, seen = event_form.typed(form), number_of(form.text("revision", 18))
    kept = await _kept(visit)
    try:
        event = event_form.event_of(fields, kept.event.id)
        async with visit.service.database.transaction() as conn:
            await event_store.change(conn, event, seen, visit.staff.name, visit.now)
            await visit.audit(
                conn, "修改活动日", event.name, 原来=kept.event.rule.words, 改为=event.rule.words
            )
    except (Problem, Clash) as refused:
        return await _form(visit, fields, kept, refused)
    return visit.see_other(DAYS, flash=f"“{event.name}”已保存（{event.rule.words}）。")


@routes.get(f"{ONE}/remove", roles=EDITORS)
async def ask_to_remove(visit: Visit) -> web.StreamResponse:
    """Which day would leave the calendar, once more by its name."""
    return visit.page("event_remove.html", kept=await _kept(visit))


@routes.post(f"{ONE}/remove", roles=EDITORS)
async def remove(visit: Visit) -> web.StreamResponse:
    """Take the day off the calendar; campaigns that were written for it stay."""
    seen = number_of((await visit.form()).text("revision", 18))
    kept = await _kept(visit)
    try:
        async with visit.service.database.transaction() as conn:
            await event_store.remove(conn, kept.event.id, seen)
            await visit.audit(conn, "删除活动日", kept.event.name, 日期=kept.event.rule.words)
    except Clash as clash:
        raise Conflict(str(clash)) from clash
    return visit.see_other(DAYS, flash=f"“{kept.event.name}”已从日历里拿掉；写好的稿件还在。")


async def _kept(visit: Visit) -> Kept:
    async with visit.service.database.snapshot() as conn:
        kept = await event_store.get(conn, int(visit.request.match_info["id"]))
    if kept is None:
        raise NotFound("没有这个活动日，可能刚被删掉。请回到“自己的日子”。")
    return kept


async def _form(
    visit: Visit, fields: Fields, kept: Kept | None, refused: Exception | None = None
) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        groups = await segments.names(conn)
    status = 200
    if refused is not None:
        status = refused.status if isinstance(refused, Problem) else Conflict.status
    return visit.page(
        "event_edit.html",
        status=status,
        error=refused.words if isinstance(refused, Problem) else str(refused or ""),
        fields=fields,
        kept=kept,
        kinds=KINDS,
        wishes=WISHES,
        tones=TONES,
        weekdays=WEEKDAYS,
        audiences=dict.fromkeys((*groups, kept.event.audience if kept else EVERYBODY)),
        audience_words=audience_words,
    )
