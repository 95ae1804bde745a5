"""提醒: by which ways reviewers hear of texts that wait, whether these work, and where each wants e-mail."""

from datetime import timedelta
from typing import get_args

from aiohttp import web

from bot import outbox
from bot.office import mail, notices, staff_contacts
from bot.office.notices import Channels, Notice, Way
from bot.problems import Problem
from bot.web.guard import Routes, Visit

routes = Routes(rail="账号")
own = Routes()
DESK = "/office/reminders"
EMAIL = "/office/me/email"
SIGNERS = {"editor", "reviewer", "approver", "admin"}
SHOWN = 30
TEST_LASTS = timedelta(minutes=10)
WAY_WORDS: dict[Way, str] = {"robot": "企业微信群机器人", "mail": "电子邮件"}


@routes.get(DESK, roles={"admin"})
async def show(visit: Visit) -> web.StreamResponse:
    """Each way with its test, and what was sent lately."""
    return await _page(visit)


@routes.post(f"{DESK}/test", roles={"admin"})
async def send_test(visit: Visit) -> web.StreamResponse:
    """One message by the chosen way, to the group or to the administrator's own address."""
    chosen = (await visit.form()).text("way", 8)
    way = next((one for one in get_args(Way) if one == chosen), None)
    channels = Channels.of(visit.service.config)
    try:
        if way is None or way not in channels.ways:
            raise Problem("这种方式还没有配置，没有发。")
        async with visit.service.database.transaction() as conn:
            emails = await staff_contacts.emails(conn, [visit.staff.id])
            if way == "mail" and visit.staff.id not in emails:
                raise Problem("您还没有留邮箱。请先在“我的账号”里填好，测试信会发到那里。")
            key = f"test-{way}-{visit.staff.id}-{int(visit.now.timestamp())}"
            text = (
                f"这是{channels.office}系统的测试提醒，由{visit.staff.display}发出。收到就说明这个方式能用。"
            )
            until = visit.now + TEST_LASTS
            test = Notice(key, way, f"{channels.office}：测试提醒", text, until, visit.staff.id)
            await notices.order(conn, [test], visit.now)
            await visit.audit(conn, "发测试提醒", WAY_WORDS[way])
    except Problem as problem:
        return await _page(visit, problem)
    return visit.see_other(DESK, flash="测试提醒已交出，几秒后刷新本页看结果，也请看看有没有收到。")


@own.get(EMAIL, roles=SIGNERS)
async def show_email(visit: Visit) -> web.StreamResponse:
    """The person's own address."""
    return await _email_page(visit)


@own.post(EMAIL, roles=SIGNERS)
async def set_email(visit: Visit) -> web.StreamResponse:
    """Keep or give up the address."""
    written = (await visit.form()).text("email", 200)
    try:
        email = mail.clean_address(written)
        async with visit.service.database.transaction() as conn:
            await staff_contacts.set_email(conn, visit.staff.id, email)
            await visit.audit(conn, "设置提醒邮箱" if email else "去掉提醒邮箱", visit.staff.name)
    except Problem as problem:
        return await _email_page(visit, problem, written)
    said = "邮箱已存下，有稿件等您审核时会发信。" if email else "邮箱已去掉，不再发信。"
    return visit.see_other("/office/me", flash=said)


async def _page(visit: Visit, problem: Problem | None = None) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        entries = await outbox.latest(conn, "notice", SHOWN)
    ways = Channels.of(visit.service.config).ways
    tested = {
        way: next(
            (one for one in entries if one.key.startswith(f"test-{way}-") and one.state == "sent"), None
        )
        for way in ways
    }
    return visit.page(
        "reminders.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        entries=entries,
        ways=ways,
        tested=tested,
        way_words=WAY_WORDS,
        hours=visit.service.config.campaigns.reminder_hours,
    )


async def _email_page(
    visit: Visit, problem: Problem | None = None, written: str | None = None
) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        held = (await staff_contacts.emails(conn, [visit.staff.id])).get(visit.staff.id, "")
    return visit.page(
        "me_email.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        email=held if written is None else written,
        is_used="mail" in Channels.of(visit.service.config).ways,
    )
