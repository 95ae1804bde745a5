"""活动: the list of pushes and whose turn each is, a new draft from a festival, the editor's form."""

from collections.abc import Mapping, Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import staff
from bot.office.signing import others_needed
from bot.office.staff import Staff
from bot.problems import Conflict, NotFound, Problem
from bot.pushes import segments
from bot.pushes.year_plan import account_of
from bot.web import campaign_cards, campaign_form
from bot.web.campaign_form import Fields
from bot.web.campaign_turns import COLOURS, READERS, UNDER_WAY, turn
from bot.web.guard import Routes, Visit
from content import acts, store
from content.audience import in_words as group_words
from content.campaign import EDITABLE, STATE_WORDS, STATES, WAYS, Campaign, Refused, State, tidy
from content.festivals import NAMES, in_words
from content.templates import cover

routes = Routes(rail="活动")
CARDS = campaign_cards.CARDS
DESK = "/office/campaigns"
ONE = f"{DESK}/{{id:[0-9]{{1,18}}}}"
EDITORS = {"editor"}
SHOWN_AT_MOST = 200
NEAR_OFFERS = 12

FILTERS: Mapping[str, tuple[str, Sequence[State]]] = {
    "": ("进行中", UNDER_WAY),
    "mine": ("轮到我", UNDER_WAY),
    "draft": ("草稿", ("draft",)),
    "review": ("审核中", ("in_review",)),
    "approved": ("等待发送", ("approved", "due", "sending")),
    "sent": ("已发送", ("sent",)),
    "unsent": ("没发成", ("failed", "missed", "unknown")),
    "stopped": ("已停止", ("stopped",)),
    "all": ("全部", STATES),
}


@routes.get(DESK, roles=READERS)
async def show_list(visit: Visit) -> web.StreamResponse:
    """Campaigns with state, time and whose turn it is; what is under way comes first, the next one on top."""
    query = visit.request.query
    chosen = query.get("show", "") if query.get("show", "") in FILTERS else ""
    order = query.get("order", "")
    if order not in ("asc", "desc"):
        order = "desc" if chosen in ("sent", "stopped", "all") else "asc"
    async with visit.service.database.snapshot() as conn:
        found = await store.list_campaigns(conn, FILTERS[chosen][1], SHOWN_AT_MOST)
        people = await staff.everybody(conn)
        exists = bool(found) or bool(await store.list_campaigns(conn, limit=1))
    rows = [(campaign, turn(campaign, people, visit.staff, visit.now)) for campaign in found]
    if chosen == "mine":
        rows = [row for row in rows if row[1].mine]
    return visit.page(
        "campaigns.html",
        rows=rows if order == "desc" else rows[::-1],
        filters=FILTERS,
        chosen=chosen,
        order=order,
        exists=exists,
        is_full=len(found) == SHOWN_AT_MOST,
        can_edit=bool(visit.staff.roles & EDITORS),
        colours=COLOURS,
        state_words=STATE_WORDS,
    )


@routes.get(f"{DESK}/cover.png", roles=READERS)
async def show_cover(_visit: Visit) -> web.StreamResponse:
    """The picture that every push carries."""
    return web.Response(body=cover(), content_type="image/png")


@routes.get(f"{DESK}/new", roles=EDITORS)
async def show_new(visit: Visit) -> web.StreamResponse:
    """The festivals to come that have a ready text, and the blank sheet."""
    async with visit.service.database.snapshot() as conn:
        running = await store.list_campaigns(conn, [state for state in STATES if state != "stopped"])
    offered = campaign_form.offers(visit.now)
    return visit.page(
        "campaign_new.html",
        near=offered[:NEAR_OFFERS],
        far=offered[NEAR_OFFERS:],
        begun={(one.content.festival, one.content.due_at.year): one.id for one in reversed(running)},
        in_words=in_words,
    )


@routes.post(f"{DESK}/new", roles=EDITORS)
async def begin(visit: Visit) -> web.StreamResponse:
    """A draft with the festival's text, or an empty one; the editor goes on in the form.

    Whoever presses twice, or left an empty sheet behind, is given the same empty sheet.
    """
    form = await visit.form()
    config = visit.service.config
    festival, year = form.text("festival", 32), form.text("year", 4)
    source, lateness = config.office.name, config.campaigns.lateness_minutes
    if festival:
        number = int(year) if year.isascii() and year.isdecimal() else 0
        content = campaign_form.from_festival(festival, number, source, lateness, visit.now)
    else:
        content = campaign_form.blank(source, lateness, visit.now)
    async with visit.service.database.transaction() as conn:
        if not festival:
            await staff.hold(conn, visit.staff.id)
            if sheet := await store.untouched(conn, visit.staff.name, visit.now):
                return visit.see_other(f"{DESK}/{sheet.id}/edit", flash="这是您还没有写的空白草稿。")
        people = await staff.everybody(conn)
        others = others_needed(config.campaigns.review_levels, people, [visit.staff.name])
        campaign = await acts.create(conn, content, visit.staff.name, others, visit.now)
        await visit.audit(conn, "新建稿件", named(campaign), 标题=campaign.content.title or "（空白）")
    said = f"已用{festival}的模板建好草稿，请按本地情况改一改。" if festival else "已建好空白草稿。"
    return visit.see_other(f"{DESK}/{campaign.id}/edit", flash=said)


@routes.get(f"{ONE}/edit", roles=EDITORS)
async def show_form(visit: Visit) -> web.StreamResponse:
    """The form, filled with the present text."""
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
        groups = await segments.names(conn)
    if campaign.state not in EDITABLE:
        return visit.see_other(f"{DESK}/{campaign.id}", flash="这篇稿件已经进入发送或已经结束，不能再修改。")
    return _form_page(visit, campaign, campaign_form.fields_of(campaign.content), campaign.revision, groups)


@routes.post(f"{ONE}/edit", roles=EDITORS)
async def save(visit: Visit) -> web.StreamResponse:
    """Keep the form as the new text. What was signed before counts no more, unless nothing was changed."""
    form = await visit.form()
    fields, revision = campaign_form.typed(form), number_of(form.text("revision", 18))
    try:
        content = tidy(campaign_form.content_of(fields, visit.now))
        async with visit.service.database.transaction() as conn:
            before = await found_in(conn, visit)
            content = campaign_form.keeping(before.content, content)
            if content.audience not in await segments.names(conn):
                raise Problem("没有这个分组，可能刚被去掉。请重新选发给谁。")
            if before.content == content and before.state in EDITABLE:
                return visit.see_other(f"{DESK}/{before.id}", flash="没有改动，状态照旧。")
            after = await acts.edit(conn, before.id, content, visit.staff.name, visit.now)
            if after.revision != revision + 1:
                raise Conflict(
                    "您写的时候，这篇稿件有了变化。您写的还在下面，没有丢。"
                    "请对照最新的稿件；再点一次“保存”，就以您写的为准。"
                )
            await visit.audit(
                conn, "修改稿件", named(after), 标题=content.title, 原状态=STATE_WORDS[before.state]
            )
    except (Problem, Refused) as problem:
        if isinstance(problem, NotFound):
            raise
        async with visit.service.database.snapshot() as conn:
            latest = await found_in(conn, visit)
            groups = await segments.names(conn)
        status = problem.status if isinstance(problem, Problem) else Conflict.status
        seen = latest.revision if status == Conflict.status else revision
        return _form_page(visit, latest, fields, seen, groups, status=status, error=problem.words)
    return visit.see_other(f"{DESK}/{after.id}", flash="已保存为草稿。看一遍没有问题，就可以提交审核。")


async def found_in(conn: AsyncConnection, visit: Visit) -> Campaign:
    """The campaign of the address; NotFound when there is none."""
    try:
        return await store.get(conn, int(visit.request.match_info["id"]))
    except Refused as refused:
        raise NotFound("没有这篇稿件，可能地址有误。请回到“活动”再选一次。") from refused


def named(campaign: Campaign) -> str:
    """What the audit trail calls a campaign."""
    return f"活动稿件 {campaign.id}"


def number_of(written: str) -> int:
    """A whole number from a hidden field; 0 for anything else."""
    return int(written) if written.isascii() and written.isdecimal() else 0


def _form_page(
    visit: Visit,
    campaign: Campaign,
    fields: Fields,
    revision: int,
    groups: Sequence[str],
    *,
    status: int = 200,
    error: str = "",
) -> web.Response:
    return visit.page(
        "campaign_edit.html",
        status=status,
        campaign=campaign,
        fields=fields,
        revision=revision,
        error=error,
        tones=campaign_form.TONES,
        ways=_ways(visit, fields),
        festivals=NAMES,
        groups=groups,
        group_words=group_words,
        writers=_others(campaign, visit.staff),
        latest_minutes=campaign_form.LATEST_MINUTES,
        in_words=in_words,
    )


def _ways(visit: Visit, fields: Fields) -> Mapping[str, str]:
    """How a push may go; notices only where the account has them, or where the text says so already."""
    account = account_of(visit.service.config)
    notices = (account.kind == "service" and account.verified) or fields.way == "notice"
    return {way: words for way, words in WAYS.items() if way != "notice" or notices}


def _others(campaign: Campaign, person: Staff) -> bool:
    """Whether saving makes this person a writer, who may then not sign."""
    return person.name not in campaign.writers and bool(person.roles & {"reviewer", "approver"})
