"""The office's door over real HTTP: coming in, being kept out, and what the administrator does there."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.config import Config
from bot.database import Database
from bot.logs import JsonLines, Redaction
from bot.office import audit, sessions, staff
from bot.service import Service
from bot.web.today_desk import Card, FirstStep
from tests.office import GOOD, Office, open_office, quick_database


@pytest.fixture
async def small_database(tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite alone: enough where the walk is about pages, not about storage."""
    async with quick_database(tmp_path) as opened:
        yield opened


@pytest.fixture
async def office(small_database: Database) -> AsyncIterator[Office]:
    async with open_office(small_database) as opened:
        yield opened


@pytest.fixture
async def office_on_both(database: Database) -> AsyncIterator[Office]:
    async with open_office(database) as opened:
        yield opened


async def test_a_new_person_sets_a_password_and_arrives_at_today(office_on_both: Office) -> None:
    office = office_on_both
    await office.person("王芳", "editor", password="one-time-pass", must_change=True)
    browser = await office.browser().opens("/office")
    assert browser.path == "/office/login"
    await browser.signs_in("王芳", "one-time-pass")
    assert browser.path == "/office/password"
    assert (await browser.opens("/office")).path == "/office/password"

    await browser.sends("/office/password", {"chosen": "短", "again": "短"})
    assert (browser.status, "至少要 10 个字符" in browser.text) == (400, True)
    await browser.sends(
        "/office/password", {"chosen": "王芳的新密码很长很长", "again": "王芳的新密码很长很长"}
    )
    assert "不能有您的登录名" in browser.text
    await browser.sends("/office/password", {"chosen": GOOD, "again": "另一个"})
    assert "不一样" in browser.text
    await browser.sends("/office/password", {"chosen": "one-time-pass", "again": "one-time-pass"})
    assert "和原来的一样" in browser.text

    await browser.sends("/office/password", {"chosen": GOOD, "again": GOOD})
    assert browser.path == "/office"
    assert "2027年2月6日（星期六）" in browser.text
    assert "新密码已保存" in browser.text
    assert "新密码已保存" not in (await browser.opens("/office")).text
    again = await office.browser().signs_in("王芳")
    assert again.path == "/office"


async def test_five_wrong_passwords_rest_the_account_and_say_no_more_than_a_wrong_name(
    office: Office,
) -> None:
    await office.person("王芳", "editor")
    browser = office.browser()
    answers = [(await browser.signs_in("王芳", f"wrong number {number}")).text for number in range(5)]
    locked = (await browser.signs_in("王芳")).text
    unknown = (await browser.signs_in("李雷")).text
    strange = (await browser.signs_in("<b>")).text

    def words(text: str) -> str:
        found = re.search(r'<p class="problem"[^>]*>(.*?)</p>', text)
        assert found
        return found[1]

    assert len({words(text) for text in [*answers, locked, unknown, strange]}) == 1
    office.clock.passes(minutes=14)
    assert (await browser.signs_in("王芳")).path == "/office/login"
    office.clock.passes(minutes=2)
    assert (await browser.signs_in("王芳")).path == "/office"
    trail = await office.actions()
    assert ("（没有这个账号）", "登录没有成功", "（没有这个账号）") in trail
    assert not any("李雷" in part for line in trail for part in line)


async def test_one_address_may_not_try_for_ever(office: Office) -> None:
    browser = office.browser()
    for number in range(30):
        await browser.signs_in(f"name{number}", "whatever")
        assert browser.status == 400
    await browser.signs_in("name31", "whatever")
    assert (browser.status, "过一刻钟再试" in browser.text) == (429, True)


async def test_an_administrator_binds_a_phone_before_anything_else(office_on_both: Office) -> None:
    office = office_on_both
    await office.person("root", "admin")
    browser = await office.browser().signs_in("root")
    assert browser.path == "/office/code/new"
    assert (await browser.opens("/office/accounts")).path == "/office/code/new"
    assert "<svg" in browser.text
    key = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', browser.text)
    assert key
    secret = key[1].replace(" ", "")
    assert secret in (await browser.opens("/office/code/new")).text.replace(" ", "")
    before = browser.client.session.cookie_jar.filter_cookies(office.server.make_url("/"))["civility-session"]
    await browser.sends("/office/code/new", {"code": "000000"})
    assert "验证码不对" in browser.text
    code = office.code(secret)
    await browser.sends("/office/code/new", {"code": code})
    assert browser.path == "/office"
    after = browser.client.session.cookie_jar.filter_cookies(office.server.make_url("/"))["civility-session"]
    assert before.value != after.value

    second = await office.browser().signs_in("root")
    assert second.path == "/office/code"
    assert (await second.opens("/office")).path == "/office/code"
    await second.sends("/office/code", {"code": code})
    assert second.status == 400, "a code counts once"
    office.clock.passes(seconds=30)
    await second.sends("/office/code", {"code": office.code(secret)})
    assert second.path == "/office"


async def test_guessing_codes_rests_the_account(office: Office) -> None:
    await office.give_phone(await office.person("root", "admin"))
    for _ in range(5):
        browser = await office.browser().signs_in("root")
        await browser.sends("/office/code", {"code": "123456"})
        assert browser.status == 400
    assert (await office.browser().signs_in("root")).path == "/office/login"


async def test_the_administrator_adds_a_person_who_signs_in_once_with_the_password_shown(
    office: Office,
) -> None:
    admin = await office.signed_in("root", "admin")
    await admin.opens("/office/accounts/new")
    fields = [("name", "wangfang"), ("display", "王芳"), ("role", "editor"), ("role", "analyst")]
    await admin.sends("/office/accounts/new", fields)
    shown = re.search(r'class="key">([a-z0-9-]{19})<', admin.text)
    assert shown
    assert "编辑、统计" in (await admin.opens("/office/accounts")).text
    assert shown[1] not in admin.text
    browser = await office.browser().signs_in("wangfang", shown[1])
    assert browser.path == "/office/password"

    await admin.opens("/office/accounts/new")
    await admin.sends("/office/accounts/new", fields)
    assert (admin.status, "已经有人用了" in admin.text) == (409, True)
    await admin.sends("/office/accounts/new", [("name", "both"), ("role", "admin"), ("role", "auditor")])
    assert "既是管理员又是审计员" in admin.text
    await admin.sends("/office/accounts/new", [("name", "none")])
    assert "至少选一个角色" in admin.text
    assert ("root", "新增账号", "wangfang") in await office.actions()


async def test_disabling_repeats_the_name_and_ends_what_the_person_has_open(office_on_both: Office) -> None:
    office = office_on_both
    admin, alice = await office.signed_in("root", "admin"), await office.signed_in("alice", "editor")
    async with office.database.snapshot() as conn:
        person = await staff.by_name(conn, "alice")
        root = await staff.by_name(conn, "root")
    assert person
    assert root
    await admin.opens(f"/office/accounts/{person.id}")
    await admin.sends(f"/office/accounts/{person.id}/disable", {"confirm": "alyce"})
    assert "没有执行" in admin.text
    assert (await alice.opens("/office")).path == "/office"
    await admin.sends(f"/office/accounts/{person.id}/disable", {"confirm": "alice"})
    assert "已停用" in admin.text
    assert (await alice.opens("/office")).path == "/office/login"
    assert (await office.browser().signs_in("alice")).path == "/office/login"

    await admin.opens(f"/office/accounts/{root.id}")
    await admin.sends(f"/office/accounts/{root.id}/disable", {"confirm": "root"})
    assert "不能停用自己的账号" in admin.text

    await admin.sends(f"/office/accounts/{person.id}/reset")
    shown = re.search(r'class="key">([a-z0-9-]{19})<', admin.text)
    assert shown
    assert (await office.browser().signs_in("alice", shown[1])).path == "/office/password"


async def test_work_is_handed_over_and_the_last_administrator_stays(office: Office) -> None:
    admin = await office.signed_in("root", "admin")
    alice = await office.person("alice", "editor", "analyst")
    bob = await office.person("bob", "reviewer")
    await admin.opens(f"/office/accounts/{alice.id}")
    await admin.sends(f"/office/accounts/{alice.id}/hand-over", {"confirm": "alice", "taker": ""})
    assert "请选择把工作交给谁" in admin.text
    await admin.sends(f"/office/accounts/{alice.id}/hand-over", {"confirm": "alice", "taker": str(bob.id)})
    assert "已移交" in admin.text
    async with office.database.snapshot() as conn:
        assert (await staff.get(conn, bob.id)).roles == {"editor", "analyst", "reviewer"}
        left = await staff.get(conn, alice.id)
        root = await staff.by_name(conn, "root")
    assert (left.active, left.roles) == (False, frozenset())
    assert root
    await admin.opens(f"/office/accounts/{root.id}")
    await admin.sends(f"/office/accounts/{root.id}/roles", {"role": "editor"})
    assert "最后一个管理员" in admin.text
    await admin.sends(f"/office/accounts/{bob.id}/roles", {"role": "approver"})
    async with office.database.snapshot() as conn:
        assert (await staff.get(conn, bob.id)).roles == {"approver"}


async def test_half_an_hour_away_or_twelve_hours_in_all_end_a_session(office: Office) -> None:
    browser = await office.signed_in("alice", "editor")
    for _ in range(4):
        office.clock.passes(minutes=29)
        assert (await browser.opens("/office")).path == "/office"
    office.clock.passes(minutes=30)
    assert (await browser.opens("/office")).path == "/office/login"

    await browser.signs_in("alice")
    for _ in range(25):
        office.clock.passes(minutes=29)
        await browser.opens("/office")
    assert browser.path == "/office/login"
    async with office.database.transaction() as conn:
        assert await sessions.purge(conn, office.clock()) == 2
        assert (await conn.execute(select(sessions.staff_sessions))).all() == []


async def test_signing_out_here_and_everywhere(office: Office) -> None:
    here = await office.signed_in("alice", "editor")
    there = await office.browser().signs_in("alice")
    await here.sends("/office/logout")
    assert here.path == "/office/login"
    assert (await there.opens("/office/me")).path == "/office/me"
    await here.signs_in("alice")
    await there.sends("/office/me/logout-everywhere")
    assert there.path == "/office/login"
    assert (await here.opens("/office")).path == "/office/login"


async def test_a_changed_password_ends_the_other_sessions(office: Office) -> None:
    here = await office.signed_in("alice", "editor")
    there = await office.browser().signs_in("alice")
    await here.opens("/office/password")
    chosen = {"chosen": "another long one 9", "again": "another long one 9"}
    await here.sends("/office/password", {"current": "wrong", **chosen})
    assert "现在的密码不对" in here.text
    await here.sends("/office/password", {"current": GOOD, **chosen})
    assert "新密码已保存" in here.text
    assert (await there.opens("/office")).path == "/office/login"


async def test_the_auditor_reads_the_trail_and_the_administrator_does_not(office_on_both: Office) -> None:
    office = office_on_both
    admin, auditor = await office.signed_in("root", "admin"), await office.signed_in("shen", "auditor")
    assert (await admin.opens("/office/audit")).status == 403
    assert 'href="/office/audit"' not in (await admin.opens("/office")).text
    await auditor.opens("/office/audit?verify=1")
    assert "逐条相符" in auditor.text
    assert "命令行" in auditor.text
    assert "开启两步验证" in (await auditor.opens("/office/audit?actor=root&since=2027-02-06")).text
    assert "没有符合条件的记录" in (await auditor.opens("/office/audit?until=2027-02-05")).text
    assert (await auditor.opens("/office/audit?before=x&since=yesterday&until=9999-12-31")).status == 200
    async with office.database.transaction() as conn:
        for number in range(60):
            await audit.write(conn, office.clock(), "root", "试一下", str(number))
    older = re.search(r'<a href="([^"]+)">看更早的', (await auditor.opens("/office/audit")).text)
    assert older
    assert "新增账号" in (await auditor.opens(older[1].replace("&amp;", "&"))).text


async def test_today_shows_each_person_what_waits_for_them(small_database: Database) -> None:
    async def review(_conn: AsyncConnection, _service: Service, _now: datetime) -> Card:
        return Card(
            "待复审", "2", "最早的一份等了三天。", "waiting", frozenset({"reviewer"}), "/office/nowhere"
        )

    async def quota(_conn: AsyncConnection, _service: Service, _now: datetime) -> Card:
        return Card("本月群发", "1 / 4", "还可以发三次。", "calm")

    async def silent(_conn: AsyncConnection, _service: Service, _now: datetime) -> None:
        return None

    async def broken(_conn: AsyncConnection, _service: Service, _now: datetime) -> Card:
        raise RuntimeError("secret words of a resident")

    async def begin(_conn: AsyncConnection, _service: Service, _now: datetime) -> FirstStep:
        return FirstStep("先给同事们开账号。", "/office/accounts", "新增账号")

    async with open_office(small_database, cards=[review, quota, silent, begin]) as office:
        reviewer, editor = await office.signed_in("fu", "reviewer"), await office.signed_in("wang", "editor")
        assert "待复审" in reviewer.text
        assert "/office/nowhere" not in reviewer.text, "no link to a page that does not exist"
        assert "待复审" not in editor.text
        assert "没有等着您办的事" in editor.text
        assert "还可以发三次" in editor.text
        assert "新增账号" not in editor.text
        assert "先给同事们开账号" in (await office.signed_in("root", "admin")).text


async def test_a_failing_card_leaves_the_page_and_its_words_out_of_the_log(
    small_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_conn: AsyncConnection, _service: Service, _now: datetime) -> Card:
        raise RuntimeError("words of a resident")

    async with open_office(small_database, cards=[broken]) as office:
        editor = await office.signed_in("wang", "editor")
        assert (editor.status, "有一项读不出来" in editor.text) == (200, True)
    written = "\n".join(JsonLines(Redaction()).format(record) for record in caplog.records)
    assert "RuntimeError" in written
    assert "words of a resident" not in written


async def test_under_https_the_cookies_belong_to_this_host_only(small_database: Database) -> None:
    config = Config.model_validate({"server": {"public_url": "https://wm.example.gov.cn"}})
    async with open_office(small_database, config=config) as office:
        await office.person("alice", "editor")
        response = await office.browser().client.get("/office/login")
        door = response.headers["Set-Cookie"]
        assert door.startswith("__Host-civility-door=")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} <= set(door.split("; "))
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
