"""Reviewing on a phone: a link for one reviewer and one text, who reads all of it and signs by number."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.limits import Rule
from bot.office import approvals, audit, staff, totp
from bot.office.approvals import ApprovalLink
from bot.office.signing import is_too_late, objection, role_objection
from bot.office.staff import Staff
from bot.problems import Conflict, Forbidden, NotFound, Problem, TooOften
from bot.quiet import quiet_hours
from bot.web.campaign_desk import DESK, ONE, found_in, named, number_of
from bot.web.campaign_turns import READERS, name_of
from bot.web.guard import PUBLIC, Routes, Visit
from bot.web.login import PASSWORDS
from bot.web.notice_view import notice_view
from bot.web.picture_desk import picture_of
from bot.web.remarks_view import Remarks
from bot.web.review_desk import (
    DECISIONS,
    FIELD_WORDS,
    LONGEST_COMMENT,
    in_words_of_the_rules,
)
from content import acts, image_store, reviews, store, word_store
from content.audience import in_words as group_words
from content.campaign import WAYS, Campaign, level_name
from content.checks import findings
from content.festivals import in_words
from content.templates import cover

routes = Routes(rail="活动")
phone = Routes()
PAGE = "/office/sign/{token:[A-Za-z0-9_-]{20,64}}"
PER_ADDRESS = Rule(times=30, seconds=15 * 60)
GONE = "这个链接打不开：可能已经换了新的，或者放得太久。请让同事再发一个。"
WRONG = "审核码不对，没有签。一个链接最多试 5 次；连续输错 5 次，审核码会休息 15 分钟。"


@dataclass(frozen=True, slots=True)
class Asked:
    """A link with what it leads to; `why_not` says why it cannot be used, "" when it can."""

    link: ApprovalLink
    person: Staff
    campaign: Campaign
    why_not: str


@routes.get(f"{ONE}/phone", roles=READERS)
async def show_makers(visit: Visit) -> web.StreamResponse:
    """Who could sign the next level from a phone, and who has not set a number yet."""
    return await _makers(visit)


@routes.post(f"{ONE}/phone", roles=READERS)
async def make(visit: Visit) -> web.StreamResponse:
    """A link for one reviewer; it stands on the answer and nowhere else."""
    chosen = number_of((await visit.form()).text("person", 18))
    token = secrets.token_urlsafe(24)
    try:
        async with visit.service.database.transaction() as conn:
            campaign = await found_in(conn, visit)
            person = next((one for one in await _able(conn, visit, campaign) if one.id == chosen), None)
            if person is None or campaign.next_level is None:
                raise Conflict("这位同事现在不能签这一级，没有做成链接。请看看最新的情况。")
            if not await approvals.have_number(conn, [person.id]):
                raise Problem(f"{person.display}还没有设审核码。请先登录一次，在“我的账号”里设好。")
            until = await approvals.make_link(
                conn,
                token,
                campaign_id=campaign.id,
                level=campaign.next_level,
                staff_id=person.id,
                content_hash=campaign.content_hash,
                latest=campaign.content.due_at + timedelta(minutes=campaign.content.lateness_minutes),
                by=visit.staff.name,
                now=visit.now,
            )
            await visit.audit(conn, "做手机审稿链接", named(campaign), 给=person.name)
    except Problem as problem:
        return await _makers(visit, problem)
    address = f"{visit.service.config.server.public_url}{PAGE.partition('{')[0]}{token}"
    return visit.page(
        "campaign_phone_link.html",
        campaign=campaign,
        person=person,
        step=level_name(campaign.next_level, campaign.levels),
        address=address,
        picture=Markup(totp.picture(address)),  # noqa: S704  our own SVG: digits and letters of a path
        until=until,
    )


@phone.get(PAGE, roles=PUBLIC)
async def read(visit: Visit) -> web.StreamResponse:
    """The whole text with its history; reading it changes nothing, so that a preview uses nothing up."""
    return await _phone_page(visit)


@phone.get(f"{PAGE}/cover.png", roles=PUBLIC)
async def show_cover(visit: Visit) -> web.StreamResponse:
    """The article's picture, for whoever holds the link."""
    async with visit.service.database.snapshot() as conn:
        await _asked(conn, visit)
    return web.Response(body=cover(), content_type="image/png")


@phone.get(f"{PAGE}/picture/{{sha256:[0-9a-f]{{64}}}}", roles=PUBLIC)
async def show_picture(visit: Visit) -> web.StreamResponse:
    """A picture of this very text, for whoever holds the link."""
    async with visit.service.database.snapshot() as conn:
        asked = await _asked(conn, visit)
        wanted = {visit.request.match_info["sha256"]} & set(asked.campaign.content.images)
        return picture_of(visit, await image_store.load(conn, wanted))


@phone.post(PAGE, roles=PUBLIC)
async def sign(visit: Visit) -> web.StreamResponse:
    """Approve or send back, with the reviewer's own number."""
    form, database = await visit.form(), visit.service.database
    decision, number = DECISIONS.get(form.text("decision", 16)), form.text("number", 16)
    comment = form.text("comment", LONGEST_COMMENT)
    try:
        if decision is None:
            raise Problem("请选择“通过”或“退回修改”。")
        if decision == "reject" and not comment:
            raise Problem("退回时请写明原因，作者才知道怎么改。")
        async with database.transaction() as conn:
            if not await limits.take(conn, f"phone:{visit.address}", PER_ADDRESS, visit.now):
                raise TooOften("试得太多了。请过一刻钟再试。")
            asked = await _asked(conn, visit)
            if asked.why_not:
                raise Conflict(asked.why_not)
            held = await approvals.claim_try(conn, asked.link, visit.now)
        hashing = visit.request.config_dict[PASSWORDS]
        if not await hashing.matches(held, number):
            await _note_wrong(visit, asked)
            raise Problem(WRONG)
        with in_words_of_the_rules():
            async with database.transaction() as conn:
                asked = await _asked(conn, visit)
                if asked.why_not or not await approvals.use(conn, asked.link, visit.now):
                    raise Conflict(asked.why_not or GONE)
                if decision == "approve" and is_too_late(asked.campaign, visit.now):
                    raise Conflict("发送时间已经过了，通过了也不会发出。请退回，让编辑改时间。")
                after = await acts.sign(
                    conn,
                    asked.campaign.id,
                    asked.link.level,
                    asked.person.name,
                    decision,
                    comment,
                    asked.link.content_hash,
                    visit.now,
                )
                step = level_name(asked.link.level, after.levels)
                action = f"{step}{'通过' if decision == 'approve' else '退回'}（手机）"
                await audit.write(
                    conn,
                    visit.now,
                    asked.person.name,
                    action,
                    named(after),
                    {"标题": after.content.title, "地址": visit.address},
                )
    except Problem as problem:
        return await _phone_page(visit, problem, comment)
    return visit.see_other(visit.request.path)


async def _note_wrong(visit: Visit, asked: Asked) -> None:
    async with visit.service.database.transaction() as conn:
        await audit.write(
            conn,
            visit.now,
            asked.person.name,
            "审核码没有通过",
            named(asked.campaign),
            {"地址": visit.address},
        )


async def _asked(conn: AsyncConnection, visit: Visit) -> Asked:
    """The link of the address; NotFound when there is none, or its person has left."""
    link = await approvals.find_link(conn, visit.request.match_info["token"])
    if link is None:
        raise NotFound(GONE)
    person, campaign = await staff.get(conn, link.staff_id), await store.get(conn, link.campaign_id)
    if not person.active:
        raise NotFound(GONE)
    return Asked(link, person, campaign, _why_not(link, person, campaign, visit))


def _why_not(link: ApprovalLink, person: Staff, campaign: Campaign, visit: Visit) -> str:
    if link.used_at is not None:
        return "这个链接已经用过，您的意见已经记下。"
    if campaign.content.hash != link.content_hash or campaign.content_hash != link.content_hash:
        return "稿件在链接发出之后有改动，这个链接不能用了。请让同事再发一个。"
    if campaign.next_level != link.level:
        return "这一级已经有人签过，或者稿件已经不在审核中，您不用再签。"
    if not link.is_open(visit.now):
        return GONE
    return role_objection(link.level, campaign.levels, person) or objection(campaign, person, visit.now)


async def _able(conn: AsyncConnection, visit: Visit, campaign: Campaign) -> list[Staff]:
    return [
        person
        for person in await staff.everybody(conn)
        if person.active and not objection(campaign, person, visit.now)
    ]


async def _makers(visit: Visit, problem: Problem | None = None) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        campaign = await found_in(conn, visit)
        able = await _able(conn, visit, campaign)
        numbered = await approvals.have_number(conn, [person.id for person in able])
    if campaign.next_level is None:
        return visit.see_other(f"{DESK}/{campaign.id}", flash="这篇稿件现在不在审核中。")
    return visit.page(
        "campaign_phone.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        campaign=campaign,
        able=able,
        numbered=numbered,
        step=level_name(campaign.next_level, campaign.levels),
    )


async def _phone_page(visit: Visit, problem: Problem | None = None, written: str = "") -> web.Response:
    if isinstance(problem, NotFound | Forbidden):
        raise problem
    async with visit.service.database.snapshot() as conn:
        asked = await _asked(conn, visit)
        history = await reviews.history(conn, asked.campaign.id)
        people = await staff.everybody(conn)
        words = await word_store.in_use(conn)
        notice = await notice_view(conn, asked.campaign.content, visit.service.config.office)
    campaign, link = asked.campaign, asked.link
    mine = [line for line in history if line.person == asked.person.name and line.level == link.level]
    return visit.page(
        "phone_review.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        written=written,
        asked=asked,
        campaign=campaign,
        done=mine[-1] if mine and link.used_at is not None else None,
        is_current=campaign.content.hash == link.content_hash,
        is_too_late=is_too_late(campaign, visit.now),
        step=level_name(link.level, campaign.levels),
        history=[line for line in history if line.act in ("submit", "approve", "reject")],
        remarks=Remarks.of(campaign.content, history),
        findings=findings(campaign.content, quiet_hours(visit.service.config.campaigns), visit.now, words),
        field_words=FIELD_WORDS,
        name_of=lambda name: name_of(name, people),
        level_name=level_name,
        group_words=group_words,
        ways=WAYS,
        notice=notice,
        in_words=in_words,
        path=visit.request.path,
    )
