"""The evaluation's indicators at the desk: imported, looked at, taken into use, filled with evidence."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import FormData

from bot.web import indicator_desk, indicator_import_desk, tagging_desk
from content import activity_store, acts, store
from content.activities import Activity
from tests.office import DESKS, Browser, Office, open_office, quick_database
from tests.test_checks import GOOD

LIST = "/office/indicators"
TABLE = (
    "编号,名称,责任单位\n1,宣传,\n1.1,清明文明祭扫,民政局\n1.2,文明餐桌光盘行动,\n2,志愿服务,\n,没有编号的,\n"
)


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Office]:
    routes = (*DESKS, indicator_desk.routes, indicator_import_desk.routes, tagging_desk.routes)
    async with quick_database(folder) as database, open_office(database, desks=routes) as office:
        yield office


async def brings(browser: Browser, content: str, **fields: str) -> Browser:
    await browser.opens(f"{LIST}/import")
    form = FormData({"form_token": browser.form_token, "year": "2027", "level": "province", **fields})
    form.add_field("file", content.encode(), filename="体系.csv", content_type="text/csv")
    return await browser._take(await browser.client.post(f"{LIST}/import", data=form))


def one(code: str) -> str:
    return f"{LIST}/one?year=2027&level=province&code={code}"


async def happened(office: Office) -> None:
    """A push that went out, one that did not, and an activity."""
    now = office.clock()
    async with office.database.transaction() as conn:
        sent = await acts.create(conn, GOOD, "周", 1, now)
        await conn.execute(
            store.campaigns.update().where(store.campaigns.c.id == sent.id).values(state="sent")
        )
        await acts.create(conn, GOOD, "周", 1, now)
        held = Activity("老街志愿服务", now.date(), "城关镇", "东街", "", "volunteer", "学雷锋", 30)
        await activity_store.enter(conn, "k", held, "li", now)


async def test_a_system_is_imported_looked_at_used_and_filled(tmp_path: Path) -> None:
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        await happened(office)
        assert "用样本试一试" in (await editor.opens(LIST)).text
        refused = await brings(editor, "不是表", year="1")
        assert (refused.status, "哪一年" in refused.text) == (400, True)
        assert (await brings(editor, "没有的")).status == 400
        await brings(editor, TABLE)
        assert "第 6 行" in editor.text
        version = editor.path
        assert "还没有启用" in (await editor.opens(LIST)).text
        await editor.opens(version)
        await editor.sends(f"{version}/use")
        assert re.search(r"<b>0</b> 个末级指标有材料，<b>4</b> 个还没有", editor.text)
        assert (await editor.sends(f"{version}/use")).status == 409

        await editor.opens(one("2"))
        assert "老街志愿服务" in editor.text
        assert "志愿服务”" in editor.text
        assert (await editor.sends(f"{LIST}/one/tag?{one('2').partition('?')[2]}")).status == 400
        await editor.opens(one("2"))
        await editor.sends(f"{LIST}/one/tag?{one('2').partition('?')[2]}", {"piece": "activity:1"})
        assert "标好了 1 件材料" in editor.text
        for wrong in ("activity:9", "x:1", "activity:", "wave:999"):
            sent = await editor.sends(f"{LIST}/one/tag?{one('2').partition('?')[2]}", {"piece": wrong})
            assert sent.status == 400, wrong
            await editor.opens(one("2"))

        await editor.opens(f"{LIST}/tag?piece=campaign:2")
        assert "现在不计数" in editor.text
        fields = {"piece": "campaign:2", "year": "2027", "level": "province", "code": "1.1"}
        await editor.sends(f"{LIST}/tag", fields)
        await editor.opens(LIST)
        assert re.search(r"<b>1</b> 个末级指标有材料，<b>3</b> 个还没有", editor.text)
        await editor.opens(f"{LIST}/tag?piece=campaign:1")
        both = [("code", "1.1"), ("code", "1.2")]
        await editor.sends(
            f"{LIST}/tag", [*(fields | {"piece": "campaign:1", "code": "1.1"}).items(), both[1]]
        )
        assert re.search(r"<b>3</b> 个末级", (await editor.opens(LIST)).text)
        assert (await editor.opens(f"{LIST}?show=gaps")).text.count("去补") == 1
        book = await editor.client.get(f"{LIST}/coverage.xlsx?year=2027&level=province")
        assert (book.status, (await book.read())[:2]) == (200, b"PK")

        await brings(
            editor, TABLE.replace("1.2,文明餐桌光盘行动", "1.3,新的").replace("清明文明祭扫", "文明祭扫")
        )
        assert "标在上面的 2 件材料请核对" in editor.text
        assert "标在上面的 1 件材料要改标" in editor.text
        await editor.sends(f"{editor.path}/use")
        assert "原来标在 1.2" in editor.text
        await editor.sends(
            f"{LIST}/one/untag?year=2027&level=province&code=1.2&back=list", {"piece": "campaign:1"}
        )
        assert "原来标在 1.2" not in editor.text
        await editor.sends(f"{LIST}/one/untag?year=2027&level=province&code=2", {"piece": "activity:1"})
        assert "取下了" in editor.text
        assert (await editor.opens(one("1.2"))).status == 404
        actions = [action for _, action, _ in await office.actions() if "指标" in action]
        assert actions == [
            "导入测评指标",
            "启用测评指标",
            "标指标材料",
            "标到指标",
            "标到指标",
            "导入测评指标",
            "启用测评指标",
            "取下指标材料",
            "取下指标材料",
        ]


async def test_the_sample_says_that_it_is_one_and_a_draft_can_be_dropped(tmp_path: Path) -> None:
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        reader = await office.signed_in("lin", "approver")
        await editor.opens(f"{LIST}/import")
        await editor.sends(f"{LIST}/import", {"sample": "yes", "year": "2027", "level": "national"})
        draft = editor.path
        await editor.sends(f"{draft}/drop")
        assert (await editor.opens(draft)).status == 404
        await editor.opens(f"{LIST}/import")
        await editor.sends(f"{LIST}/import", {"sample": "yes", "year": "2027", "level": "national"})
        await editor.sends(f"{editor.path}/use")
        await reader.opens(LIST)
        assert "不是官方的测评体系" in reader.text
        assert "导入指标" not in reader.text
        for path in (f"{LIST}/import", draft):
            assert (await reader.opens(path)).status == 403
        await reader.opens(LIST)
        sent = {"piece": "campaign:1", "year": "2027", "level": "national", "code": "1"}
        assert (await reader.sends(f"{LIST}/tag", sent)).status == 403
        for role in ("contact", "interviewer", "auditor"):
            other = await office.signed_in(role, role)
            assert (await other.opens(LIST)).status == 403
            assert (await other.opens(f"{LIST}/coverage.xlsx?year=2027&level=national")).status == 403
        assert (await reader.opens(f"{LIST}/coverage.xlsx?year=x&level=national")).status == 404
