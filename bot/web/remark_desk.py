"""What colleagues say about a text: remarks, what was done about them, and the whole story on paper."""

from aiohttp import web

from bot.office import staff
from bot.problems import Problem
from bot.web.campaign_desk import DESK, EDITORS, ONE, found_in, named, number_of
from bot.web.campaign_turns import READERS, name_of
from bot.web.guard import Routes, Visit
from bot.web.remarks_view import Remarks
from bot.web.review_desk import ACTS, LONGEST_COMMENT, campaign_page, in_words_of_the_rules
from content import remarking, reviews
from content.audience import in_words as group_words
from content.campaign import STATE_WORDS, level_name
from content.festivals import in_words
from content.passages import LONGEST_PASSAGE

routes = Routes(rail="活动")
LEFT = "意见已写在稿件旁边，同事们都看得到。"


@routes.post(f"{ONE}/comment", roles=READERS)
async def comment(visit: Visit) -> web.StreamResponse:
    """A remark for the colleagues, on the whole text or on a passage; nothing else changes."""
    form = await visit.form()
    words, place = form.text("comment", LONGEST_COMMENT), form.text("place", 16)
    passage = form.text("passage", LONGEST_PASSAGE)
    try:
        if not words:
            raise Problem("意见是空的，没有保存。")
        with in_words_of_the_rules():
            async with visit.service.database.transaction() as conn:
                campaign = await found_in(conn, visit)
                await remarking.remark(conn, campaign.id, visit.staff.name, words, visit.now, place, passage)
                await visit.audit(conn, "写审稿意见", named(campaign))
    except Problem as problem:
        return await campaign_page(visit, problem, words)
    return visit.see_other(f"{DESK}/{campaign.id}", flash=LEFT)


@routes.post(f"{ONE}/remarks/{{remark:[0-9]{{1,18}}}}/resolve", roles=EDITORS)
async def resolve(visit: Visit) -> web.StreamResponse:
    """A remark has been dealt with."""
    remark = number_of(visit.request.match_info["remark"])
    try:
        with in_words_of_the_rules():
            async with visit.service.database.transaction() as conn:
                campaign = await found_in(conn, visit)
                await remarking.resolve(conn, campaign.id, remark, visit.staff.name, visit.now)
                await visit.audit(conn, "处理审稿意见", named(campaign))
    except Problem as problem:
        return await campaign_page(visit, problem)
    return visit.see_other(f"{DESK}/{campaign.id}", flash="这条意见记为已处理，经过里还看得到。")


@routes.get(f"{ONE}/print", roles=READERS)
async def show_print(visit: Visit) -> web.StreamResponse:
    """The article for a notice board, on A4."""
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
    return visit.page("campaign_print.html", campaign=campaign, state_words=STATE_WORDS)


@routes.get(f"{ONE}/history", roles={*READERS, "auditor"})
async def show_history(visit: Visit) -> web.StreamResponse:
    """The whole review on A4: who did what when, to which text, and every text that was submitted."""
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
        history = await reviews.history(conn, campaign.id)
        versions = await reviews.versions(conn, campaign.id)
        people = await staff.everybody(conn)
    return visit.page(
        "campaign_history.html",
        campaign=campaign,
        history=history,
        versions=versions,
        acts=ACTS,
        place=Remarks.place,
        name_of=lambda name: name_of(name, people),
        level_name=level_name,
        in_words=in_words,
        group_words=group_words,
        state_words=STATE_WORDS,
    )
