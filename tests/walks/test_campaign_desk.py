"""A push from the first draft to the end of its sending, as the people of the office walk it."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from html import escape
from typing import Any

from bot import outbox
from bot.config import Config
from bot.database import Database
from bot.outbox import platform_jobs
from bot.outbox.entries import NewEntry
from bot.outbox.platform_jobs import Report
from bot.web import campaign_desk, campaign_form, remark_desk, review_desk, sends_desk, words_desk
from bot.web.campaign_cards import OWN_CARDS
from content import acts, store
from content.campaign import Campaign
from content.festivals import SHANGHAI, nearest
from content.templates import from_template
from tests.office import DESKS, Browser, Office, open_office

LIST = "/office/campaigns"
ROUTES = (
    *DESKS,
    campaign_desk.routes,
    review_desk.routes,
    remark_desk.routes,
    words_desk.routes,
    sends_desk.routes,
)
HOSTILE = '"><script>alert(1)</script>{{7*7}}'


@asynccontextmanager
async def desk(database: Database, **campaigns: Any) -> AsyncIterator[Office]:
    config = Config.model_validate(
        {"office": {"name": "清河县文明办"}, "campaigns": {"review_levels": 3, **campaigns}}
    )
    async with open_office(
        database, config=config, desks=ROUTES, cards=campaign_desk.CARDS, own=OWN_CARDS
    ) as office:
        yield office


def hidden(browser: Browser, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', browser.text)
    assert found, name
    return found[1]


async def campaign(office: Office, campaign_id: int = 1) -> Campaign:
    async with office.database.snapshot() as conn:
        return await store.get(conn, campaign_id)


async def drafted(office: Office, author: str = "bian", levels: int = 2) -> Campaign:
    """A draft for 清明 2027 that no check blocks."""
    content = from_template("清明", 2027, "清河县文明办", 120)
    async with office.database.transaction() as conn:
        return await acts.create(conn, content, author, levels, office.clock())


async def signs(browser: Browser, decision: str = "approve", comment: str = "", **other: str) -> Browser:
    """Open the campaign and press one of the two buttons."""
    await browser.opens(f"{LIST}/1")
    fields = {"level": hidden(browser, "level"), "seen_hash": hidden(browser, "seen_hash")} | other
    return await browser.sends(f"{LIST}/1/sign", {**fields, "decision": decision, "comment": comment})


async def submits(browser: Browser) -> Browser:
    await browser.opens(f"{LIST}/1")
    return await browser.sends(f"{LIST}/1/submit", {"seen_hash": hidden(browser, "seen_hash")})


def form_of(content: Any, **changed: str) -> Mapping[str, str]:
    return {
        "title": content.title,
        "digest": content.digest,
        "body": content.body,
        "source": content.source,
        "festival": content.festival,
        "tone": content.tone,
        "day": content.due_at.date().isoformat(),
        "time": f"{content.due_at:%H:%M}",
        "lateness": str(content.lateness_minutes),
    } | changed


async def test_a_push_goes_from_a_template_over_two_signatures_to_approved(database: Database) -> None:
    async with desk(database) as office:
        editor = await office.signed_in("bian", "editor")
        await editor.opens("/office")
        assert "写第一篇推送" in editor.text
        await editor.opens(f"{LIST}/new")
        assert "2027年4月5日（星期一" in editor.text
        await editor.sends(f"{LIST}/new", {"festival": "清明", "year": "2027"})
        assert editor.path == f"{LIST}/1/edit"
        assert "请按本地情况改一改" in editor.text
        before = (await campaign(office)).content
        await editor.sends(
            f"{LIST}/1/edit",
            form_of(before, title="文明祭扫", time="09:30", revision=hidden(editor, "revision")),
        )
        assert editor.path == f"{LIST}/1"
        assert "没有发现问题" in editor.text
        assert "2027年3月29日（星期一 · 二月廿二）09:30" in editor.text
        await submits(editor)
        assert "下一步是复审" in editor.text

        reviewer = await office.signed_in("fu", "reviewer")
        approver = await office.signed_in("zhong", "approver")
        await reviewer.opens("/office")
        assert "等复审的稿件" in reviewer.text
        await approver.opens("/office")
        assert "等复审的稿件" not in approver.text
        await reviewer.opens(f"{LIST}?show=mine")
        assert "轮到您" in reviewer.text
        await signs(reviewer, comment="很好")
        assert "复审已通过，下一步是终审" in reviewer.text
        await approver.opens("/office")
        assert "等终审的稿件" in approver.text
        await signs(approver)
        assert "终审已通过，将在 2027年3月29日（星期一 · 二月廿二）09:30 自动发送" in approver.text
        assert "公众号还没有连接" in approver.text
        assert (await campaign(office)).is_fully_signed
        actions = [action for _, action, subject in await office.actions() if subject == "活动稿件 1"]
        assert actions == ["新建稿件", "修改稿件", "提交审核", "复审通过", "终审通过"]


async def test_whoever_wrote_does_not_sign_and_nobody_signs_twice(database: Database) -> None:
    async with desk(database) as office:
        author = await office.signed_in("bian", "editor", "reviewer", "approver")
        await drafted(office)
        await submits(author)
        assert "撰写、修改或提交过这篇稿件的人不能审核它" in author.text
        assert 'name="decision"' not in author.text
        seen = (await campaign(office)).content_hash
        await author.sends(f"{LIST}/1/sign", {"decision": "approve", "level": "1", "seen_hash": seen})
        assert author.status == 409
        assert "不能审核它" in author.text

        both = await office.signed_in("fu", "reviewer", "approver")
        await signs(both)
        assert "下一级请换一位同事" in both.text
        await both.sends(f"{LIST}/1/sign", {"decision": "approve", "level": "2", "seen_hash": seen})
        assert both.status == 409
        assert (await campaign(office)).state == "in_review"
        assert "没有同事能签" in both.text


async def test_a_level_is_signed_by_its_role_only(database: Database) -> None:
    async with desk(database, review_levels=4) as office:
        await drafted(office, levels=3)
        editor = await office.signed_in("bian", "editor")
        await submits(editor)
        assert "下一步是复审" in editor.text
        approver = await office.signed_in("zhong", "approver")
        await approver.opens(f"{LIST}/1")
        assert "由有“编辑”或“复审”角色的同事来签" in approver.text
        seen = (await campaign(office)).content_hash
        await approver.sends(f"{LIST}/1/sign", {"decision": "approve", "level": "1", "seen_hash": seen})
        assert approver.status == 403
        colleague = await office.signed_in("tong", "editor")
        await signs(colleague)
        reviewer = await office.signed_in("fu", "reviewer")
        await signs(reviewer)
        await signs(approver)
        assert [signature.person for signature in (await campaign(office)).signatures] == [
            "tong",
            "fu",
            "zhong",
        ]


async def test_a_text_goes_back_with_a_reason_and_the_comment_is_not_lost(database: Database) -> None:
    async with desk(database) as office:
        await drafted(office)
        editor, reviewer = await office.signed_in("bian", "editor"), await office.signed_in("fu", "reviewer")
        await submits(editor)
        await signs(reviewer, "reject")
        assert reviewer.status == 400
        assert "请写明原因" in reviewer.text
        await signs(reviewer, "reject", "第二段的电话要核对")
        assert "已退回给编辑" in reviewer.text
        assert "等您写完的稿件" not in (await reviewer.opens("/office")).text
        await editor.opens("/office")
        assert f'href="{LIST}?show=mine">接着写' in editor.text
        await editor.opens(f"{LIST}/1")
        assert "第二段的电话要核对" in editor.text
        assert (await campaign(office)).state == "draft"
        await editor.sends(f"{LIST}/1/comment", {"comment": "已核对"})
        assert "已核对" in editor.text
        await editor.sends(f"{LIST}/1/comment", {"comment": " "})
        assert editor.status == 400


async def test_an_edit_after_approval_starts_the_review_again(database: Database) -> None:
    async with desk(database) as office:
        await drafted(office)
        editor = await office.signed_in("bian", "editor")
        await submits(editor)
        await signs(await office.signed_in("fu", "reviewer"))
        await signs(await office.signed_in("zhong", "approver"))
        approved = await campaign(office)
        await editor.opens(f"{LIST}/1/edit")
        assert "签过的都作废" in editor.text
        revision = hidden(editor, "revision")
        await editor.sends(f"{LIST}/1/edit", form_of(approved.content, revision=revision))
        assert "没有改动" in editor.text
        assert (await campaign(office)).state == "approved"
        await editor.opens(f"{LIST}/1/edit")
        await editor.sends(f"{LIST}/1/edit", form_of(approved.content, digest="新摘要", revision=revision))
        after = await campaign(office)
        assert (after.state, after.signatures) == ("draft", ())
        assert "看的是修改前的稿件" in editor.text


async def test_a_text_that_changed_under_the_reader_is_not_signed_submitted_or_overwritten(
    database: Database,
) -> None:
    async with desk(database) as office:
        await drafted(office)
        editor, other = await office.signed_in("bian", "editor"), await office.signed_in("tong", "editor")
        await editor.opens(f"{LIST}/1/edit")
        content, revision = (await campaign(office)).content, hidden(editor, "revision")
        await other.opens(f"{LIST}/1")
        stale = hidden(other, "seen_hash")
        await editor.sends(f"{LIST}/1/edit", form_of(content, digest="先写的", revision=revision))
        await other.sends(f"{LIST}/1/submit", {"seen_hash": stale})
        assert other.status == 409
        assert (await campaign(office)).state == "draft"

        await other.opens(f"{LIST}/1/edit")
        await other.sends(f"{LIST}/1/edit", form_of(content, digest="后写的", revision=revision))
        assert other.status == 409
        assert "后写的" in other.text
        assert (await campaign(office)).content.digest == "先写的"
        await other.sends(
            f"{LIST}/1/edit", form_of(content, digest="后写的", revision=hidden(other, "revision"))
        )
        assert (await campaign(office)).content.digest == "后写的"

        await submits(editor)
        reviewer = await office.signed_in("fu", "reviewer")
        await signs(reviewer, seen_hash=stale)
        assert reviewer.status == 409
        assert "请重新阅读再审核" in reviewer.text
        assert (await campaign(office)).signatures == ()
        await signs(reviewer, decision="perhaps")
        assert reviewer.status == 400


async def test_a_blocked_draft_is_not_submitted_and_says_what_to_mend(database: Database) -> None:
    async with desk(database) as office:
        editor = await office.signed_in("bian", "editor")
        await editor.opens(f"{LIST}/new")
        await editor.sends(f"{LIST}/new")
        assert "已建好空白草稿" in editor.text
        await editor.opens(f"{LIST}/1")
        assert "还没有标题，请写一个" in editor.text
        assert "提交审核</button>" not in editor.text
        seen = (await campaign(office)).content.hash
        await editor.sends(f"{LIST}/1/submit", {"seen_hash": seen})
        assert editor.status == 400
        assert "提交前请先处理" in editor.text
        await editor.opens(f"{LIST}/1/edit")
        for wrong in (
            {"day": "明天"},
            {"day": "9999-01-01"},
            {"lateness": "1"},
            {"tone": ""},
            {"festival": "x"},
        ):
            fields = form_of((await campaign(office)).content, title="写到一半", **wrong)
            await editor.sends(f"{LIST}/1/edit", {**fields, "revision": hidden(editor, "revision")})
            assert editor.status == 400, wrong
            assert "写到一半" in editor.text
        assert (await campaign(office)).content.title == ""


async def test_an_approval_that_comes_too_late_is_refused(database: Database) -> None:
    async with desk(database) as office:
        await drafted(office)
        await submits(await office.signed_in("bian", "editor"))
        office.clock.now = (await campaign(office)).content.due_at + timedelta(hours=3)
        reviewer = await office.signed_in("fu", "reviewer")
        await signs(reviewer)
        assert reviewer.status == 409
        assert "通过了也不会发出" in reviewer.text
        await signs(reviewer, "reject", "改时间")
        assert "已退回给编辑" in reviewer.text


async def test_a_push_is_stopped_by_its_title(database: Database) -> None:
    async with desk(database) as office:
        await drafted(office)
        editor = await office.signed_in("bian", "editor")
        await editor.opens(f"{LIST}/1/stop")
        title = (await campaign(office)).content.title
        assert f"要停止“{title}”吗" in editor.text
        await editor.sends(f"{LIST}/1/stop", {"title": "别的", "reason": ""})
        assert editor.status == 409
        await editor.opens(f"{LIST}/1/stop")
        await editor.sends(f"{LIST}/1/stop", {"title": hidden(editor, "title"), "reason": "改期"})
        assert "已停止，不会再发送" in editor.text
        assert (await campaign(office)).state == "stopped"
        await editor.opens(f"{LIST}/1/stop")
        assert "停不下来了" in editor.text
        await editor.opens(f"{LIST}/1/edit")
        assert editor.path == f"{LIST}/1"
        await editor.opens(LIST)
        assert title not in editor.text
        await editor.opens(f"{LIST}?show=stopped&order=asc")
        assert title in editor.text


async def test_other_roles_stay_outside(database: Database) -> None:
    async with desk(database) as office:
        await drafted(office)
        person = await office.signed_in("wai", "analyst", "interviewer", "admin")
        for path in (LIST, f"{LIST}/new", f"{LIST}/1", f"{LIST}/1/edit", f"{LIST}/1/print", "/office/sends"):
            assert (await person.opens(path)).status == 403, path
        await person.opens("/office/me")
        for path in (f"{LIST}/1/sign", f"{LIST}/1/submit", f"{LIST}/1/stop", "/office/sends/1/resolve"):
            assert (await person.sends(path)).status == 403, path


async def test_a_reviewer_does_not_write_and_an_editor_does_not_sign(database: Database) -> None:
    async with desk(database) as office:
        await drafted(office, author="somebody")
        reviewer, editor = await office.signed_in("fu", "reviewer"), await office.signed_in("bian", "editor")
        await reviewer.opens(f"{LIST}/1")
        for path in (f"{LIST}/new", f"{LIST}/1/edit", f"{LIST}/1/submit", "/office/sends/1/resolve"):
            assert (await reviewer.sends(path)).status == 403, path
        await submits(editor)
        seen = (await campaign(office)).content_hash
        await editor.sends(f"{LIST}/1/sign", {"decision": "approve", "level": "1", "seen_hash": seen})
        assert editor.status == 403
        assert (await editor.opens(f"{LIST}/99")).status == 404
        assert (await editor.sends(f"{LIST}/99/comment", {"comment": "x"})).status in (403, 404)


async def test_what_people_type_is_shown_as_they_typed_it(database: Database) -> None:
    async with desk(database) as office:
        office.clock.now = (await drafted(office)).content.due_at - timedelta(days=3)
        editor = await office.signed_in("bian", "editor")
        await editor.opens(f"{LIST}/1/edit")
        hostile = {"title": HOSTILE, "body": f"{HOSTILE}\n第二段", "digest": HOSTILE, "source": HOSTILE}
        fields = form_of((await campaign(office)).content, **hostile, revision=hidden(editor, "revision"))
        await editor.sends(f"{LIST}/1/edit", fields)
        await editor.sends(f"{LIST}/1/comment", {"comment": HOSTILE})
        pages = ("", "/edit", "/stop", "/print")
        for path in ("/office", LIST, *(f"{LIST}/1{page}" for page in pages)):
            await editor.opens(path)
            assert editor.status == 200
            assert "<script>alert" not in editor.text, path
            assert escape(HOSTILE).replace("&quot;", "&#34;") in editor.text, path


async def waiting(office: Office, state: Any, **of: Any) -> int:
    """An outbox entry that ended as `state`; its id."""
    now = office.clock()
    entry = NewEntry("k" + state, "mass", {"title": f"推送{state}"}, now, now + timedelta(hours=1), **of)
    async with office.database.transaction() as conn:
        await outbox.add(conn, [entry], now)
        (claimed,) = await outbox.claim(conn, now, 1, 60)
        await outbox.settle(conn, claimed.id, claimed.attempt, state, f"平台说的{state}", now)
    return claimed.id


async def test_unclear_failed_and_missed_sends_are_settled_by_a_person(database: Database) -> None:
    async with desk(database) as office:
        editor = await office.signed_in("bian", "editor")
        await editor.opens("/office/sends")
        assert "没有待处理的发送" in editor.text
        unclear, failed, missed = [await waiting(office, state) for state in ("unknown", "failed", "missed")]
        await editor.opens("/office")
        assert "3 条" in editor.text
        await editor.opens("/office/sends")
        for words in ("结果不明", "没有发出", "错过时间", "平台说的failed"):
            assert words in editor.text
        await editor.sends(f"/office/sends/{unclear}/resolve", {"verdict": "sent"})
        assert editor.status == 400
        assert "先到公众号后台核对" in editor.text
        await editor.opens("/office/sends")
        await editor.sends(f"/office/sends/{unclear}/resolve", {"verdict": "sent", "checked": "1"})
        assert "“推送unknown”已处理：已发出" in editor.text
        await editor.sends(f"/office/sends/{failed}/resolve", {"verdict": "failed"})
        await editor.sends(f"/office/sends/{missed}/resolve", {"verdict": "missed"})
        assert "没有待处理的发送" in editor.text
        token_page = await editor.opens("/office/me")
        assert (
            await token_page.sends(f"/office/sends/{missed}/resolve", {"verdict": "missed"})
        ).status == 409
        await editor.opens("/office/me")
        assert (await editor.sends(f"/office/sends/{missed}/resolve", {"verdict": "?"})).status == 400
        async with office.database.snapshot() as conn:
            assert await outbox.waiting_for_people(conn) == ()
        assert [action for _, action, _ in await office.actions()].count("处理发送结果") == 3


async def test_a_resolved_push_moves_its_campaign_and_may_be_sent_anew(database: Database) -> None:
    async with desk(database) as office:
        made = await drafted(office)
        editor = await office.signed_in("bian", "editor")
        await submits(editor)
        await signs(await office.signed_in("fu", "reviewer"))
        await signs(await office.signed_in("zhong", "approver"))
        office.clock.now = made.content.due_at
        async with office.database.transaction() as conn:
            await store.due(conn, office.clock())
            await store.settle(conn, made.id, "unknown", {}, office.clock())
        entry_id = await waiting(office, "unknown", campaign_id=made.id)
        editor = await office.signed_in("tong", "editor")
        await editor.opens(f"{LIST}/1")
        assert "不要急着重发" in editor.text
        await editor.opens("/office/sends")
        await editor.sends(f"/office/sends/{entry_id}/resolve", {"verdict": "failed", "checked": "1"})
        assert (await campaign(office)).state == "failed"
        await editor.opens(f"{LIST}/1/edit")
        later = (made.content.due_at + timedelta(days=1)).date().isoformat()
        fields = form_of(made.content, day=later, revision=hidden(editor, "revision"))
        await editor.sends(f"{LIST}/1/edit", fields)
        assert (await campaign(office)).state == "draft"


async def test_today_warns_of_a_silence_before_it_is_ten_days(database: Database) -> None:
    async with desk(database) as office:
        made = await drafted(office)
        await office.person("bian", "editor")
        browser, sent = office.browser(), made.content.due_at

        async def today(days: int) -> str:
            office.clock.now = sent + timedelta(days=days)
            await browser.signs_in("bian")
            return (await browser.opens("/office")).text

        assert "还没有" in await today(-60)
        async with database.transaction() as conn:
            await platform_jobs.report(conn, "77", Report("send success", {}), sent)
        assert "在公众平台里手工发的一次" in await today(0)
        assert "7 天前" in await today(7)
        assert "请尽快安排" not in browser.text
        assert "请尽快安排一篇" in await today(8)
        assert "请马上安排一篇" in await today(10)
        async with database.transaction() as conn:
            soon = {"state": "approved", "due_at": int((sent + timedelta(days=10, hours=1)).timestamp())}
            await conn.execute(store.campaigns.update().values(soon))
        assert "下一篇已经审好" in await today(10)
        async with database.transaction() as conn:
            entry = NewEntry("k", "mass", {"title": "端午"}, sent, sent + timedelta(days=30))
            await outbox.add(conn, [entry], sent)
            [taken] = await outbox.claim(conn, sent, 1, 60)
            await outbox.begin_call(conn, taken.id, taken.attempt, sent + timedelta(days=10))
            await outbox.settle(conn, taken.id, taken.attempt, "sent", "", sent + timedelta(days=10))
        assert "《端午》" in await today(11)


async def test_an_empty_sheet_is_taken_once_and_is_no_plan_until_it_has_a_title(database: Database) -> None:
    async with desk(database) as office:
        editor = await office.signed_in("bian", "editor")
        other = await office.signed_in("li", "editor")
        await editor.opens(f"{LIST}/new")
        await asyncio.gather(*(editor.sends(f"{LIST}/new", {}) for _ in range(3)))
        await other.opens(f"{LIST}/new")
        await other.sends(f"{LIST}/new", {})
        async with office.database.snapshot() as conn:
            found = await store.list_campaigns(conn)
        assert sorted(one.author for one in found) == ["bian", "li"]
        page = (await other.opens("/office")).text
        assert ("一篇还没有标题的稿件" in page, "（还没有标题）" in page) == (True, False), (
            "a draft of one's own"
        )
        await editor.opens(f"{LIST}/new")
        office.clock.now += timedelta(days=8)
        await editor.signs_in("bian")
        await editor.opens(f"{LIST}/new")
        await editor.sends(f"{LIST}/new", {})
        async with office.database.snapshot() as conn:
            assert len(await store.list_campaigns(conn)) == 3


async def test_the_cover_and_the_sheet_for_the_notice_board(database: Database) -> None:
    async with desk(database) as office:
        await drafted(office)
        editor = await office.signed_in("bian", "editor")
        picture = await editor.client.get(f"{LIST}/cover.png")
        assert (await picture.read()).startswith(b"\x89PNG")
        await editor.opens(f"{LIST}/1/print")
        assert "请勿张贴" in editor.text
        assert "清河县文明办" in editor.text


def test_a_new_push_is_due_at_the_usual_time_or_the_next_that_fits() -> None:
    festival = nearest("清明", date(2027, 4, 5))
    assert festival is not None
    for now, due in (
        ((2, 6, 9, 0), (3, 29, 10, 0)),
        ((3, 29, 10, 0), (3, 30, 10, 0)),
        ((4, 5, 9, 20), (4, 5, 11, 0)),
        ((4, 5, 23, 20), (3, 29, 10, 0)),
    ):
        at = datetime(2027, *now, tzinfo=SHANGHAI)
        assert campaign_form.due_at(festival, at) == datetime(2027, *due, tzinfo=SHANGHAI)
