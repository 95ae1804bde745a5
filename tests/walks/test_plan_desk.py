"""The plan as the office walks it: year, month, board, its own days, a push moved after a warning."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from html import escape
from pathlib import Path

from bot.config import Config
from bot.database import Database
from bot.web import campaign_desk, event_desk, group_desk, plan_desk, plan_view, review_desk
from content import acts, store
from content.campaign import Campaign
from content.checks import Quiet
from content.festivals import SHANGHAI
from content.templates import from_template
from tests.office import DESKS, Browser, Office, open_office

ROUTES = (
    *DESKS,
    campaign_desk.routes,
    review_desk.routes,
    plan_desk.routes,
    event_desk.routes,
    group_desk.routes,
)
MOVE = "/office/plan/move"


@asynccontextmanager
async def desk(database: Database, holidays: Path | None = None) -> AsyncIterator[Office]:
    given = {"campaigns": {"holidays": str(holidays)}} if holidays else {}
    config = Config.model_validate({"office": {"name": "清河县文明办"}, **given})
    async with open_office(database, config=config, desks=ROUTES, cards=plan_view.CARDS) as office:
        yield office


async def approved(office: Office, festival: str = "清明") -> Campaign:
    """A campaign that two persons signed, due on 2027-03-29 at 10:00."""
    now, quiet = office.clock(), Quiet(*(datetime.min.time(),) * 2)
    async with office.database.transaction() as conn:
        made = await acts.create(conn, from_template(festival, 2027, "清河县文明办", 120), "bian", 2, now)
        made = await acts.submit(conn, made.id, "bian", quiet, now)
        for level, person in ((1, "fu"), (2, "zhong")):
            made = await acts.sign(conn, made.id, level, person, "approve", "", made.content_hash, now)
    return made


async def stored(office: Office, number: int) -> Campaign:
    async with office.database.snapshot() as conn:
        return await store.get(conn, number)


def hidden(browser: Browser, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', browser.text)
    assert found, name
    return found[1]


async def test_a_push_is_moved_after_its_consequences_were_told(database: Database) -> None:
    async with desk(database) as office:
        push = await approved(office)
        editor = await office.signed_in("bian", "editor")
        await editor.opens("/office/plan/month?month=2027-03")
        assert f'data-move="{push.id}"' in editor.text
        await editor.opens(f"{MOVE}?id={push.id}&to=2027-04-03")
        assert editor.status == 200
        for words in ("2 位同事签过字", "从 2 次变成 1 次", "提前 2 天发", "正文里写的日期"):
            assert words in editor.text
        assert (await stored(office, push.id)).state == "approved"
        fields = {name: hidden(editor, name) for name in ("id", "to", "revision")}
        await editor.sends(MOVE, fields)
        assert editor.path == "/office/plan/month"
        after = await stored(office, push.id)
        assert (after.state, after.signatures) == ("draft", ())
        assert after.content.due_at == datetime(2027, 4, 3, 10, tzinfo=SHANGHAI)
        assert ("bian", "改推送日子", f"活动稿件 {push.id}") in await office.actions()
        again = await editor.sends(MOVE, {**fields, "to": "2027-04-04"})
        assert again.status == 409
        assert (await stored(office, push.id)).content.due_at.date() == date(2027, 4, 3)


async def test_what_cannot_be_moved_says_why(database: Database) -> None:
    async with desk(database) as office:
        push = await approved(office)
        editor = await office.signed_in("bian", "editor")
        for to, words, status in (
            ("2027-02-01", "已经过去", 400),
            ("2027-03-29", "没有改动", 400),
            ("0000-99-99", "请选一个日子", 400),
            ("2150-01-01", "年份", 400),
            ("1901-01-01", "年份", 400),
        ):
            await editor.opens(f"{MOVE}?id={push.id}&to={to}")
            assert (editor.status, words in editor.text) == (status, True), to
        assert (await editor.opens(f"{MOVE}?id=999&to=2027-04-03")).status == 404
        async with office.database.transaction() as conn:
            await acts.stop(conn, push.id, "bian", "", office.clock())
        await editor.opens(f"{MOVE}?id={push.id}&to=2027-04-03")
        assert editor.status == 409
        reviewer = await office.signed_in("fu", "reviewer")
        assert (await reviewer.opens(f"{MOVE}?id={push.id}")).status == 403
        assert (await reviewer.opens("/office/plan")).status == 200
        analyst = await office.signed_in("tong", "analyst")
        assert (await analyst.opens("/office/plan")).status == 403


async def test_the_year_the_board_and_the_first_page(database: Database, tmp_path: Path) -> None:
    (tmp_path / "2027.txt").write_text("清明节：4月3日至5日放假，4月10日上班。", encoding="utf-8")
    async with desk(database, tmp_path) as office:
        push = await approved(office)
        editor = await office.signed_in("bian", "editor")
        await editor.opens("/office/plan?year=2027")
        for words in (
            "3月",
            "群发 2/4",
            "学雷锋纪念日",
            "国庆（10月1日）",
            escape(push.content.title),
            "2027.txt",
        ):
            assert words in editor.text
        await editor.opens("/office/plan/month?month=2027-04")
        assert editor.text.count(">休</span>") == 3
        assert editor.text.count(">班</span>") == 1
        for month in ("0000-01", "1900-01", "1901-01", "2099-12", "9999-12", "2027-13", "%00"):
            assert (await editor.opens(f"/office/plan/month?month={month}")).status == 200, month
        for year in ("0", "1900", "2099", "9999", "x", "-1"):
            assert (await editor.opens(f"/office/plan?year={year}")).status == 200, year
        await editor.opens("/office/plan/board?year=2027")
        assert escape(push.content.title) in editor.text
        for role, offered in (("editor", True), ("reviewer", False)):
            browser = await office.signed_in(f"{role}2026", role)
            await browser.opens("/office/plan/board?year=2026")
            assert "还没有稿件" in browser.text
            assert ("/office/campaigns/new" in browser.text) is offered
        await editor.opens("/office/plan?year=2026")
        folded = editor.text.partition('class="past"')[2].partition("</details>")[0]
        count = folded.count("/office/plan/month?")
        assert f"没有安排的 {count} 个月" in folded
        assert editor.text.count("群发 ") == 12
        await editor.opens("/office/plan?year=2031")
        assert "同一天" in editor.text
        assert "合写成一篇" in editor.text
        await editor.opens("/office")
        assert "当天的安排" in editor.text
        assert "春节" in editor.text
        (tmp_path / "2027.txt").write_text("清明节：4月31日放假", encoding="utf-8")
        await editor.opens("/office/plan?year=2027")
        assert editor.status == 400
        assert "没有2027年4月31日" in editor.text


WEEKLY = {
    "kind": "weekly",
    "name": "周末清洁日",
    "weekday": "5",
    "every": "1",
    "first": "3月1日",
    "last": "4月30日",
    "theme": "清洁家园",
    "tone": "plain",
    "lead": "0",
    "wish": "publish",
    "audience": "",
}


async def test_a_day_of_the_offices_own_is_added_changed_and_taken_off(database: Database) -> None:
    days = "/office/plan/days"
    async with desk(database) as office:
        editor = await office.signed_in("bian", "editor")
        await editor.opens(days)
        assert "还没有自己的日子" in editor.text
        for kind in ("fixed", "lunar", "nth_weekday", "weekly", "seasonal"):
            await editor.opens(f"{days}/new?kind={kind}")
            assert (editor.status, f'value="{kind}"' in editor.text) == (200, True)
        for wrong, words in (
            ({"name": ""}, "名称"),
            ({"first": "三月"}, "开始日期"),
            ({"every": "9"}, "每几周"),
            ({"lead": "-1"}, "提前几天"),
            ({"tone": "loud"}, "语气"),
            ({"audience": "town:x"}, "发送对象"),
            ({"kind": "daily"}, "规则"),
        ):
            await editor.opens(f"{days}/new?kind=weekly")
            await editor.sends(f"{days}/new", {**WEEKLY, **wrong})
            assert (editor.status, words in editor.text) == (400, True), wrong
        await editor.opens(f"{days}/new?kind=weekly")
        await editor.sends(f"{days}/new", WEEKLY)
        assert "每周六（3月1日至4月30日）" in editor.text
        await editor.opens("/office/plan/month?month=2027-03")
        assert editor.text.count('<div class="feast">周末清洁日') == 4
        await editor.opens(f"{days}/new?kind=weekly")
        await editor.sends(f"{days}/new", WEEKLY)
        assert (editor.status, "换个名字" in editor.text) == (409, True)
        await editor.opens(f"{days}/1")
        await editor.sends(f"{days}/1", {**WEEKLY, "every": "2", "revision": "1"})
        assert "每 2 周的星期六" in editor.text
        await editor.opens(f"{days}/1")
        await editor.sends(f"{days}/1", {**WEEKLY, "revision": "1"})
        assert editor.status == 409
        reviewer = await office.signed_in("fu", "reviewer")
        assert (await reviewer.opens(days)).status == 200
        assert (await reviewer.opens(f"{days}/1")).status == 403
        await editor.opens(f"{days}/1/remove")
        await editor.sends(f"{days}/1/remove", {"revision": hidden(editor, "revision")})
        assert "还没有自己的日子" in editor.text
        assert (await editor.opens(f"{days}/1")).status == 404
        actions = [action for _, action, _ in await office.actions()]
        assert [act for act in actions if "活动日" in act] == ["新增活动日", "修改活动日", "删除活动日"]


async def test_groups_are_added_offered_to_a_push_and_taken_away(database: Database) -> None:
    groups = "/office/plan/groups"
    async with desk(database) as office:
        push = await approved(office)
        editor = await office.signed_in("bian", "editor")
        await editor.opens(groups)
        assert "还没有分组" in editor.text
        for wrong in (("town", "城关镇"), ("township", ""), ("township", "一二三四五六七八九十")):
            await editor.sends(f"{groups}/new", {"dimension": wrong[0], "name": wrong[1]})
            assert editor.status == 400, wrong
        await editor.sends(f"{groups}/new", {"dimension": "interest", "name": "垃圾分类"})
        assert "垃圾分类（关心的事）" in editor.text
        await editor.sends(f"{groups}/new", {"dimension": "role", "name": "垃圾分类"})
        assert (editor.status, "换个名字" in editor.text) == (400, True)
        await editor.opens(f"/office/campaigns/{push.id}/edit")
        fields = dict(
            re.findall(
                r'name="(title|digest|source|revision|day|time|lateness)" value="([^"]*)"', editor.text
            )
        )
        typed = {
            "body": push.content.body,
            "festival": "清明",
            "tone": "solemn",
            "digest": push.content.digest,
            **fields,
        }
        await editor.sends(f"/office/campaigns/{push.id}/edit", {**typed, "audience": "role:网格员"})
        assert (editor.status, "没有这个分组" in editor.text) == (400, True)
        await editor.sends(f"/office/campaigns/{push.id}/edit", {**typed, "audience": "interest:垃圾分类"})
        after = await stored(office, push.id)
        assert (after.content.audience, after.state) == ("interest:垃圾分类", "draft")
        assert "垃圾分类（关心的事）" in editor.text
        await editor.opens(f"{groups}/remove?key=interest:垃圾分类")
        await editor.sends(f"{groups}/remove", {"key": "interest:垃圾分类"})
        assert "还没有分组" in editor.text
        assert (await editor.opens(f"{groups}/remove?key=interest:垃圾分类")).status == 404
        reviewer = await office.signed_in("fu", "reviewer")
        assert (await reviewer.opens(groups)).status == 200
        assert "加一个分组" not in reviewer.text
