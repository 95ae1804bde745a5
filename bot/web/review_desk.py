"""One campaign before its readers: the article as residents see it, its history, and the acts of the day."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import staff
from bot.office.signing import is_too_late, objection, others_needed, role_objection
from bot.problems import Conflict, Forbidden, NotFound, Problem
from bot.pushes import outcomes, year_plan
from bot.quiet import quiet_hours
from bot.waves import carrying
from bot.web.campaign_desk import DESK, EDITORS, ONE, found_in, named, number_of
from bot.web.campaign_turns import COLOURS, READERS, name_of, turn
from bot.web.guard import Routes, Visit
from bot.web.notice_view import notice_view
from bot.web.remarks_view import Remarks
from content import acts, reviews, word_store
from content.audience import in_words as group_words
from content.campaign import EDITABLE, STATE_WORDS, WAYS, Campaign, Decision, Refused, level_name
from content.checks import findings
from content.festivals import in_words
from content.holidays import Unreadable
from content.text import EACH_ALONE

routes = Routes(rail="活动")
DECISIONS: dict[str, Decision] = {"approve": "approve", "reject": "reject"}
LONGEST_COMMENT = 1000
FIELD_WORDS = {
    "title": "标题",
    "digest": "摘要",
    "body": "正文",
    "pictures": "图片",
    "source": "来源",
    "festival": "节日",
    "tone": "语气",
    "due_at": "发送时间",
    "lateness_minutes": "最多晚发",
    "way": "怎么发",
    "taken": "公众平台的草稿",
}
ACTS = {
    "create": "新建稿件",
    "edit": "修改稿件",
    "submit": "签初审，提交审核",
    "comment": "写意见",
    "resolve": "处理了一条意见",
    "stop": "停止推送",
}
"""What the acts that sign no level are called in the history."""
COUNT_WORDS = {"total": "应发人数", "filtered": "过滤后人数", "sent": "送达人数", "errors": "没有送达"}


@routes.get(ONE, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The article, and beside it its state, the findings and this person's acts."""
    return await campaign_page(visit)


@routes.post(f"{ONE}/submit", roles=EDITORS)
async def submit(visit: Visit) -> web.StreamResponse:
    """Freeze the text that was read and ask for the first signature."""
    seen = (await visit.form()).text("seen_hash", 64)
    try:
        with in_words_of_the_rules():
            async with visit.service.database.transaction() as conn:
                campaign = await found_in(conn, visit)
                rules = visit.service.config.campaigns
                writers = (*campaign.writers, visit.staff.name)
                others = others_needed(rules.review_levels, await staff.everybody(conn), writers)
                after = await acts.submit(
                    conn, campaign.id, visit.staff.name, quiet_hours(rules), visit.now, others
                )
                if after.content_hash != seen:
                    raise Conflict("稿件在您打开之后有改动，没有提交。请重新读一遍再提交。")
                await visit.audit(conn, "提交审核", named(after), 标题=after.content.title)
    except Problem as problem:
        return await campaign_page(visit, problem)
    return visit.see_other(
        f"{DESK}/{after.id}", flash=f"已提交，您签了初审，下一步是{level_name(1, after.levels)}。"
    )


@routes.post(f"{ONE}/sign", roles=READERS)
async def sign(visit: Visit) -> web.StreamResponse:
    """Approve the level, or send the text back with a reason."""
    form = await visit.form()
    decision = DECISIONS.get(form.text("decision", 16))
    level, comment = number_of(form.text("level", 2)), form.text("comment", LONGEST_COMMENT)
    try:
        if decision is None:
            raise Problem("请选择“通过”或“退回修改”。")
        with in_words_of_the_rules():
            async with visit.service.database.transaction() as conn:
                before = await found_in(conn, visit)
                if words := role_objection(level, before.levels, visit.staff):
                    raise Forbidden(words)
                if decision == "approve" and is_too_late(before, visit.now):
                    raise Conflict("发送时间已经过了，通过了也不会发出。请退回，让编辑改时间。")
                after = await acts.sign(
                    conn,
                    before.id,
                    level,
                    visit.staff.name,
                    decision,
                    comment,
                    form.text("seen_hash", 64),
                    visit.now,
                )
                step = level_name(level, after.levels)
                action = f"{step}{'通过' if decision == 'approve' else '退回'}"
                await visit.audit(conn, action, named(after), 标题=after.content.title)
    except Problem as problem:
        return await campaign_page(visit, problem, comment)
    if decision == "reject":
        said = "已退回给编辑，您写的原因会显示在稿件下面。"
    elif after.next_level is not None:
        said = f"{step}已通过，下一步是{level_name(after.next_level, after.levels)}。"
    else:
        due = after.content.due_at
        said = f"{step}已通过，将在 {in_words(due.date())}{due:%H:%M} 自动发送。"
    return visit.see_other(f"{DESK}/{after.id}", flash=said)


@routes.get(f"{ONE}/stop", roles=READERS)
async def ask_to_stop(visit: Visit) -> web.StreamResponse:
    """Which push would be called off, once more by its title."""
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
    if campaign.state not in outcomes.MAY_STOP:
        return visit.see_other(f"{DESK}/{campaign.id}", flash="这篇稿件已经发出或已经结束，停不下来了。")
    return visit.page("campaign_stop.html", campaign=campaign, in_words=in_words)


@routes.post(f"{ONE}/stop", roles=READERS)
async def stop(visit: Visit) -> web.StreamResponse:
    """Call the push off; only for the title that the person confirmed."""
    form = await visit.form()
    confirmed, reason = form.text("title", 500), form.text("reason", LONGEST_COMMENT)
    try:
        with in_words_of_the_rules():
            async with visit.service.database.transaction() as conn:
                before = await found_in(conn, visit)
                if confirmed != before.content.title:
                    raise Conflict("稿件的标题在您打开之后改过，没有停止。请看看最新的稿件再决定。")
                stopped = await outcomes.stop_push(conn, before.id, visit.staff.name, reason, visit.now)
                await visit.audit(
                    conn,
                    "停止稿件",
                    named(before),
                    标题=confirmed,
                    原因=reason or "没有写",
                    结果=stopped.words,
                )
    except Problem as problem:
        return await campaign_page(visit, problem)
    said = f"“{confirmed or '无标题稿件'}”{stopped.words}"
    return visit.see_other(f"{DESK}/{before.id}", flash=said)


@contextmanager
def in_words_of_the_rules() -> Iterator[None]:
    """A step that the rules refuse, as a problem with the rules' own words."""
    try:
        yield
    except Refused as refused:
        kind = Problem if refused.code in ("comment", "checks") else Conflict
        raise kind(refused.words) from refused


async def campaign_page(visit: Visit, problem: Problem | None = None, written: str = "") -> web.Response:
    """The campaign's page, with what went wrong and what the person had written."""
    if isinstance(problem, NotFound):
        raise problem
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
        history = await reviews.history(conn, campaign.id)
        people = await staff.everybody(conn)
        words = await word_store.in_use(conn)
        invites = await carrying.wave_of(conn, campaign.id)
        advice = await _advice(conn, visit, campaign)
        notice = await notice_view(conn, campaign.content, visit.service.config.office)
    roles, level = visit.staff.roles, campaign.next_level
    is_checked = campaign.state in ("draft", "in_review")
    quiet = quiet_hours(visit.service.config.campaigns)
    found = findings(campaign.content, quiet, visit.now, words) if is_checked else ()
    return visit.page(
        "campaign.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        written=written,
        campaign=campaign,
        invites=invites,
        history=history,
        remarks=Remarks.of(campaign.content, history),
        submitted=next((line for line in reversed(history) if line.act == "submit"), None),
        findings=found,
        is_checked=is_checked,
        is_blocked=any(finding.level == "block" for finding in found),
        why_not=objection(campaign, visit.staff, visit.now) if level else "",
        is_too_late=is_too_late(campaign, visit.now),
        can_edit=bool(roles & EDITORS) and campaign.state in EDITABLE,
        can_submit=bool(roles & EDITORS) and campaign.state == "draft",
        ways=WAYS,
        can_stop=campaign.state in outcomes.MAY_STOP,
        is_connected=visit.service.platform is not None,
        turn=turn(campaign, people, visit.staff, visit.now),
        name_of=lambda name: name_of(name, people),
        level_name=level_name,
        in_words=in_words,
        group_words=group_words,
        advice=advice,
        notice=notice,
        colours=COLOURS,
        state_words=STATE_WORDS,
        acts=ACTS,
        field_words=FIELD_WORDS,
        count_words=COUNT_WORDS,
    )


async def _advice(conn: AsyncConnection, visit: Visit, campaign: Campaign) -> str:
    """What speaks against a mass send at this time, after the year's plan; "" when nothing does."""
    is_over = campaign.state not in EDITABLE or campaign.content.due_at <= visit.now
    if is_over or campaign.content.way in EACH_ALONE:
        return ""
    facts = await year_plan.read(conn, visit.service.config, campaign.content.due_at.year, visit.now)
    try:
        step = year_plan.build(facts, visit.service.config, visit.now, clashes=False).step(campaign)
    except Unreadable:
        return ""  # the plan's own page tells that the holiday file is wrong
    return "" if step is None or step.channel == "mass" else step.why
