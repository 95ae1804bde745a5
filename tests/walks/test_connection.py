"""From an account with an old menu to a connected one, as its people walk it through the pages."""

import re

from bot.account import connection
from bot.account.connection_steps import MENU, next_step
from bot.database import Database
from content import autoreply_store
from content.autoreply import starter
from content.menu import SURVEY_KEY, Button, Menu
from tests.connected_office import KEY, SECRET, TOKEN, connected_office
from tests.office import Browser, Office
from tests.world import World

HOSTILE = '"><script>alert(1)</script>{{7*7}}'


async def seen(office: Office, name: str, detail: str = "") -> None:
    """What the webhook notes when WeChat calls."""
    account = office.service.config.account
    assert account is not None
    async with office.database.transaction() as conn:
        await connection.note(conn, account.app_id, name, office.clock(), detail)


async def waiting_for(office: Office) -> str:
    """The id of the step that comes next, "" when all are done."""
    async with office.database.snapshot() as conn:
        step = next_step(await connection.checklist(conn, office.service.config, office.clock()))
    return step.id if step else ""


def hidden(browser: Browser, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', browser.text)
    assert found, name
    return found[1]


async def test_an_account_is_connected_step_by_step(database: Database) -> None:
    async with connected_office(database) as (office, simulator):
        admin = await office.signed_in("admin", "admin")
        await admin.opens("/office")
        assert "公众号连接" in admin.text
        await admin.opens("/office/connection")
        assert await waiting_for(office) == "token"
        await admin.sends("/office/connection/check")
        assert "已重新检查" in admin.text
        assert await waiting_for(office) == "earlier"

        await admin.opens("/office/connection/earlier")
        for words in ("志愿服务", "欢迎关注，一起做文明的清河人。", "上班", "完全相同"):
            assert words in admin.text
        await admin.sends("/office/connection/earlier", {"seen": hidden(admin, "seen")})
        assert "已导入为第 1 版草稿" in admin.text
        assert await waiting_for(office) == "texts"

        approver = await office.signed_in("li", "approver")
        await approver.opens("/office")
        assert "1 份草稿" in approver.text
        await approver.opens("/office/replies/publish")
        assert "菜单等启用服务器配置后再发布" in approver.text
        await approver.sends("/office/replies/publish", {"version": hidden(approver, "version")})
        assert "第 1 版已经生效" in approver.text
        assert not simulator.account.menu, "the old menu stays until the server is switched on"
        assert await waiting_for(office) == "switch"

        await admin.opens("/office/connection")
        assert TOKEN in admin.text
        assert KEY in admin.text
        assert SECRET not in admin.text
        await seen(office, connection.VERIFIED)
        await seen(office, connection.MESSAGE, "safe")
        assert await waiting_for(office) == "menu"
        await admin.opens("/office/connection")
        await admin.sends("/office/replies/menu")
        assert "菜单已发布到微信" in admin.text
        assert [button["name"] for button in simulator.account.menu] == ["文明资讯", "志愿服务"]

        await admin.opens("/office/connection")
        await admin.sends("/office/connection/confirmation", {"value": "perhaps"})
        assert admin.status == 400
        await admin.opens("/office/connection")
        await admin.sends("/office/connection/confirmation", {"value": "on"})
        stranger = office.browser()
        await stranger.opens("/MP_verify_1a2B3c4D5e6F7g8H.txt")
        assert stranger.status == 404
        await admin.sends("/office/connection/domain-file", {"name": "<b>.txt"})
        assert admin.status == 400
        await admin.opens("/office/connection")
        await admin.sends("/office/connection/domain-file", {"name": " MP_verify_1a2B3c4D5e6F7g8H.txt"})
        await stranger.opens("/MP_verify_1a2B3c4D5e6F7g8H.txt")
        assert stranger.text == "1a2B3c4D5e6F7g8H"
        await stranger.opens("/MP_verify_aaaaaaaaaaaaaaaa.txt")
        assert stranger.status == 404
        await admin.sends("/office/connection/domains")
        assert await waiting_for(office) == ""
        assert "公众号已经接通" in admin.text
        await admin.opens("/office")
        assert "公众号连接" not in admin.text
        actions = [action for _, action, _ in await office.actions()]
        for action in ("重新检查", "导入现有菜单和自动回复", "发布", "发布菜单到微信", "记下群发保护的设置"):
            assert action in actions


async def test_a_console_that_encrypts_otherwise_is_seen_in_its_messages(world: World) -> None:
    account = world.config.account
    assert account is not None
    right = world.config
    aunt = world.resident("王阿姨")

    async def message_step() -> str:
        async with world.database.snapshot() as conn:
            steps = await connection.checklist(conn, world.config, world.clock())
        return next(step.state for step in steps if step.id == "message")

    world.config = right.model_copy(update={"account": account.model_copy(update={"mode": "plain"})})
    await world.restart()
    assert await aunt.say("您好") is None
    assert await message_step() == "problem"
    world.config = right
    await world.restart()
    assert await message_step() == "ok"
    await aunt.say("您好")
    assert await message_step() == "ok"


async def test_an_import_shows_anew_what_changed_in_between(database: Database) -> None:
    async with connected_office(database) as (office, _simulator):
        admin = await office.signed_in("admin", "admin")
        await admin.opens("/office/connection/earlier")
        await admin.sends("/office/connection/earlier", {"seen": "0" * 64})
        assert admin.status == 409
        assert "刚刚有变化" in admin.text
        async with database.snapshot() as conn:
            assert await autoreply_store.latest(conn) is None


async def test_an_account_without_texts_is_declared_so(database: Database) -> None:
    nothing: dict[str, object] = {"is_menu_open": 0, "is_autoreply_open": 0}
    async with connected_office(database, earlier_menu=nothing, earlier_replies=nothing) as (
        office,
        _simulator,
    ):
        admin = await office.signed_in("admin", "admin")
        await admin.opens("/office/connection/earlier")
        assert "没有读到" in admin.text
        await admin.sends("/office/connection/none")
        assert "已确认原来没有" in admin.text


async def test_a_wrong_secret_and_an_unlisted_address_are_said_with_the_next_step(database: Database) -> None:
    async with connected_office(database, account={"secret": "wrong"}) as (office, _simulator):
        admin = await office.signed_in("admin", "admin")
        await admin.opens("/office/connection")
        await admin.sends("/office/connection/check")
        assert "AppSecret 不对" in admin.text
        assert "wrong" not in admin.text
        await admin.opens("/office/connection/earlier")
        assert admin.status == 503
        assert "什么也没有改动" in admin.text


async def test_an_unlisted_address_is_named(database: Database) -> None:
    async with connected_office(database, ip_whitelist=frozenset({"10.1.2.3"})) as (office, _simulator):
        admin = await office.signed_in("admin", "admin")
        await admin.opens("/office/connection")
        await admin.sends("/office/connection/check")
        assert "127.0.0.1 不在 IP 白名单里" in admin.text


async def test_without_an_account_the_page_says_what_to_prepare(database: Database) -> None:
    async with connected_office(database, connected=False) as (office, _simulator):
        admin = await office.signed_in("admin", "admin")
        await admin.opens("/office/connection")
        assert "还没有连接微信账号" in admin.text
        await admin.sends("/office/connection/check")
        assert admin.status == 409
        await admin.opens("/office")
        assert "还差 1 步" in admin.text


async def test_an_editor_writes_previews_and_saves_and_an_approver_publishes(database: Database) -> None:
    async with connected_office(database) as (office, simulator):
        await seen(office, connection.VERIFIED)
        editor = await office.signed_in("wang", "editor")
        await editor.opens("/office/replies")
        await editor.sends("/office/replies/starter")
        assert "清河县文明办" in editor.text
        written = {
            "based_on": hidden(editor, "based_on"),
            "greeting": f"您好 {HOSTILE}",
            "menu-0-name": "指南",
            "menu-0-0-name": "热线",
            "menu-0-0-action": "reply",
            "menu-0-0-value": "12345",
            "menu-0-1-name": "官网",
            "menu-0-1-action": "view",
            "menu-0-1-value": "https://example.org/",
            "menu-1-name": "做问卷",
            "menu-1-action": "survey",
            "menu-2-name": "旧的",
            "menu-2-0-name": "也不要",
            "menu-2-remove": "1",
            "kw-0-words": "上班\n几点上班",
            "kw-0-match": "contains",
            "kw-0-reply": "8:30",
            "kw-1-words": "不要了",
            "kw-1-reply": "x",
            "kw-1-remove": "1",
        }
        await editor.sends("/office/replies/edit", {**written, "act": "preview"})
        assert "还没有保存" in editor.text
        assert "<script>alert" not in editor.text
        async with database.snapshot() as conn:
            newest = await autoreply_store.latest(conn)
        assert newest is not None
        assert newest.texts == starter("清河县文明办", "12345"), "a preview keeps nothing"

        await editor.sends("/office/replies/edit", {**written, "act": "save"})
        assert "第 2 版，还没有发布" in editor.text
        assert "<script>alert" not in editor.text
        async with database.snapshot() as conn:
            newest = await autoreply_store.latest(conn)
        assert newest is not None
        guide, survey = newest.texts.menu.buttons
        assert [sub.name for sub in guide.subs] == ["热线", "官网"]
        assert survey.key == SURVEY_KEY
        assert newest.texts.reply_to("请问几点上班") == "8:30"
        assert len(newest.texts.keywords) == 1

        await editor.opens("/office/replies/publish")
        assert editor.status == 403
        approver = await office.signed_in("li", "approver")
        await approver.opens("/office/replies/publish")
        assert "菜单会同时发布到微信" in approver.text
        await approver.sends("/office/replies/publish", {"version": hidden(approver, "version")})
        assert "菜单已发布到微信" in approver.text
        assert simulator.account.menu[1] == {"type": "click", "name": "做问卷", "key": SURVEY_KEY}
        await approver.opens("/office/replies/publish")
        assert "没有等着发布的草稿" in approver.text


async def test_two_editors_do_not_overwrite_each_other_unseen(database: Database) -> None:
    async with connected_office(database) as (office, _simulator):
        first, second = await office.signed_in("wang", "editor"), await office.signed_in("zhao", "editor")
        await first.opens("/office/replies/edit")
        await second.opens("/office/replies/edit")
        await first.sends("/office/replies/edit", {"based_on": "0", "greeting": "先写的"})
        await second.sends("/office/replies/edit", {"based_on": "0", "greeting": "后写的"})
        assert second.status == 409
        assert "wang 保存了第 1 版" in second.text
        assert "后写的" in second.text
        await second.sends(
            "/office/replies/edit", {"based_on": hidden(second, "based_on"), "greeting": "后写的"}
        )
        assert "第 2 版" in second.text


async def test_an_earlier_version_comes_back_as_a_draft(database: Database) -> None:
    async with connected_office(database) as (office, _simulator):
        editor = await office.signed_in("wang", "editor")
        for based_on, greeting in (("0", "第一句"), ("1", "第二句")):
            await editor.opens("/office/replies/edit")
            await editor.sends("/office/replies/edit", {"based_on": based_on, "greeting": greeting})
        await editor.opens("/office/replies/version/1")
        await editor.sends("/office/replies/version/1/restore")
        assert "已恢复成草稿（第 3 版）" in editor.text
        assert "第一句" in editor.text
        await editor.sends("/office/replies/version/99/restore")
        assert editor.status == 404
        await editor.opens("/office/replies/version/99")
        assert editor.status == 404


async def test_what_wechat_refuses_is_not_published_and_a_failed_menu_is_tried_again(
    database: Database,
) -> None:
    async with connected_office(database) as (office, simulator):
        await seen(office, connection.VERIFIED)
        texts = starter("清河县文明办", "12345")
        bad = type(texts)(greeting="您好", menu=Menu((Button("空的", key="k"),)))
        async with database.transaction() as conn:
            await autoreply_store.save_draft(conn, bad, "wang", 1)
        approver = await office.signed_in("li", "approver")
        await approver.opens("/office/replies/publish")
        assert "改好才能发布" in approver.text
        assert 'name="version"' not in approver.text
        await approver.opens("/office/replies")
        await approver.sends("/office/replies/publish", {"version": "1"})
        assert approver.status == 409

        async with database.transaction() as conn:
            await autoreply_store.save_draft(conn, texts, "wang", 2)
        await approver.opens("/office/replies/publish")
        simulator.faults.add("/cgi-bin/menu/create", "errcode:48001")
        await approver.sends("/office/replies/publish", {"version": "2"})
        assert "菜单没有发布到微信" in approver.text
        assert "第 2 版已经生效" in approver.text
        await approver.sends("/office/replies/menu")
        assert "菜单已发布到微信" in approver.text

        async with database.transaction() as conn:
            await autoreply_store.save_draft(conn, type(texts)(greeting="您好"), "wang", 3)
        await approver.opens("/office/replies/publish")
        assert "菜单会整个去掉" in approver.text
        await approver.sends("/office/replies/publish", {"version": "3"})
        assert "微信上的菜单已经去掉" in approver.text
        assert not simulator.account.menu, "a menu on the phones would have nobody to answer it"


async def test_every_refusal_says_that_nothing_was_done(database: Database) -> None:
    async with connected_office(database, connected=False) as (office, _simulator):
        editor, approver = await office.signed_in("wang", "editor"), await office.signed_in("li", "approver")
        await approver.opens("/office/replies")
        assert "请编辑来写第一版" in approver.text
        await approver.sends("/office/replies/menu")
        assert (approver.status, "还没有发布过" in approver.text) == (409, True)
        await approver.opens("/office/replies")
        await approver.sends("/office/replies/publish", {"version": "x"})
        assert approver.status == 404

        await editor.opens("/office/replies")
        await editor.sends("/office/replies/starter")
        await editor.sends("/office/replies/starter")
        assert (editor.status, "没有覆盖" in editor.text) == (409, True)
        await approver.opens("/office/replies/publish")
        await approver.sends("/office/replies/publish", {"version": "1"})
        assert "第 1 版已经生效" in approver.text
        await approver.sends("/office/replies/publish", {"version": "1"})
        assert (approver.status, "没有重复发布" in approver.text) == (409, True)
        await approver.opens("/office/replies")
        await approver.sends("/office/replies/menu")
        assert "还没有连接微信账号" in approver.text


async def test_the_desk_says_what_keeps_the_menu_from_the_phones(database: Database) -> None:
    async with connected_office(database) as (office, _simulator):
        await seen(office, connection.VERIFIED)
        async with database.transaction() as conn:
            first = await autoreply_store.save_draft(conn, starter("清河县文明办", "12345"), "wang", 1)
            await autoreply_store.publish(conn, first, "li", 2)
        approver = await office.signed_in("li", "approver")
        await approver.opens("/office/replies")
        assert "菜单还没有发布到微信" in approver.text
        await seen(office, MENU, "账号没有这项功能的权限。")
        await approver.opens("/office/replies")
        assert "上次没有发布成：账号没有" in approver.text
        await seen(office, MENU, "77")
        await approver.opens("/office/replies")
        assert "微信上还是第 77 版的菜单" in approver.text
        await approver.sends("/office/replies/menu")
        assert "微信上还是" not in approver.text
