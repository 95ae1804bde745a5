"""Activities that were held, from the contact's phone to the office's count."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from aiohttp import FormData

from bot.config import Config
from bot.retention.backup import backup
from bot.retention.journal import Journal
from bot.retention.restore import restore
from bot.web import activity_acts, activity_desk, contact_desk
from content import activity_photos, activity_store
from content.activity_store import Wanted
from tests.office import DESKS, Browser, Office, open_office, quick_database
from tests.walks.test_pictures import photograph

LIST = "/office/activities"


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Office]:
    config = Config.model_validate(
        {"office": {"name": "清河县文明办"}, "privacy": {"erasure_journal": str(folder / "erasures.jsonl")}}
    )
    routes = (*DESKS, activity_desk.routes, activity_acts.routes, contact_desk.routes)
    async with (
        quick_database(folder) as database,
        open_office(database, config=config, desks=routes, own=[activity_desk.card]) as office,
    ):
        yield office


def fields(office: Office, **changed: str) -> dict[str, str]:
    day = (office.clock() - timedelta(days=1)).date().isoformat()
    usual = {"name": "元宵灯谜会", "day": day, "township": "城关镇", "community": "东街社区"}
    return {
        **usual,
        "place": "文化广场",
        "kind": "festival",
        "theme": "我们的节日",
        "headcount": "120",
        **changed,
    }


async def uploads(browser: Browser, path: str, sent: dict[str, str], image: bytes) -> Browser:
    form = FormData({"form_token": browser.form_token, **sent})
    form.add_field("image", image, filename="IMG 1.jpg", content_type="image/jpeg")
    return await browser._take(await browser.client.post(path, data=form))


def hidden(browser: Browser, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', browser.text)
    return found[1] if found else ""


async def test_a_contact_enters_for_their_township_and_sees_no_other(tmp_path: Path) -> None:
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        contact = await office.signed_in("li", "contact")
        assert "还没有分给您乡镇" in (await contact.opens(LIST)).text
        assert "还没有分给您乡镇" in (await contact.opens(f"{LIST}/new")).text
        await contact.opens("/office/me")
        assert (await contact.sends(f"{LIST}/new", fields(office))).status == 403
        await editor.opens(f"{LIST}/contacts")
        person = re.search(rf"{LIST}/contacts/(\d+)", editor.text)
        assert person
        await editor.sends(person[0], {"townships": "城关镇、河口乡"})
        assert "登记城关镇、河口乡的活动" in editor.text

        assert "登记第一次活动" in (await contact.opens(LIST)).text
        assert "0 场" in (await contact.opens("/office")).text
        assert "现场活动" not in (await editor.opens("/office")).text
        await contact.opens(f"{LIST}/new")
        key = hidden(contact, "key")
        entered = await uploads(contact, f"{LIST}/new", fields(office, key=key), photograph())
        assert (entered.status, "登记好了" in entered.text) == (200, True)
        own = entered.path
        await contact.opens(f"{LIST}/new")
        again = await contact.sends(f"{LIST}/new", fields(office, key=key))
        assert (again.path, "已经登记过" in again.text) == (own, True)
        await contact.opens(f"{LIST}/new")
        assert (await contact.sends(f"{LIST}/new", fields(office, township="青石镇"))).status == 403
        assert 'value="元宵灯谜会"' in contact.text

        await editor.opens(f"{LIST}/new")
        await editor.sends(f"{LIST}/new", fields(office, township="青石镇", headcount="30", key="k"))
        other = editor.path
        for path in (other, f"{other}/edit", f"{other}/photo", f"{other}/withdraw"):
            assert (await contact.opens(path)).status == 404, path
        assert "青石镇" not in (await contact.opens(f"{LIST}?township=青石镇")).text
        for path in (f"{other}/edit", f"{other}/withdraw", f"{other}/photo"):
            sent = fields(office, revision="1", reason="x", act="remove")
            assert (await contact.sends(path, sent)).status == 404, path
        await contact.opens(f"{own}/edit")
        moved = fields(office, revision=hidden(contact, "revision"), township="青石镇")
        assert (await contact.sends(f"{own}/edit", moved)).status == 403

        listed = (await editor.opens(LIST)).text
        assert re.search(r"<b>2</b> 场次　<b>150</b> 人次", listed)
        assert (await editor.opens(f"{LIST}?township=青石镇")).text.count('class="title"') == 1
        shown = await editor.client.get(f"{own}/photo")
        assert (shown.status, shown.content_type) == (200, "image/jpeg")
        assert "SomePhone" not in str(await shown.read())


async def test_corrected_withdrawn_and_every_step_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        other = await office.signed_in("wang", "editor")
        await editor.opens(f"{LIST}/new")
        for wrong in ({"day": "昨天"}, {"headcount": "很多"}, {"kind": "x"}, {"name": ""}):
            refused = await editor.sends(f"{LIST}/new", fields(office, **wrong))
            assert (refused.status, "problem" in refused.text) == (400, True), wrong
        await editor.sends(f"{LIST}/new", fields(office))
        one = editor.path
        await other.opens(f"{one}/edit")
        stale = hidden(other, "revision")
        await editor.opens(f"{one}/edit")
        right = fields(office, headcount="１２５", reason="数错了", revision=hidden(editor, "revision"))
        await editor.sends(f"{one}/edit", right)
        assert "参加人数：120 → 125" in editor.text
        assert "数错了" in editor.text
        late = await other.sends(f"{one}/edit", fields(office, headcount="9", revision=stale))
        assert (late.status, 'value="9"' in late.text) == (409, True)

        await editor.opens(f"{one}/withdraw")
        revision = hidden(editor, "revision")
        assert (await editor.sends(f"{one}/withdraw", {"revision": revision})).status == 400
        await editor.sends(f"{one}/withdraw", {"revision": revision, "reason": "登记重了"})
        assert "原因：登记重了" in editor.text
        assert "还没有登记活动" in (await editor.opens(LIST)).text
        assert "元宵灯谜会" in (await editor.opens(f"{LIST}?show=withdrawn")).text
        await other.opens(f"{LIST}/new")
        assert (await other.sends(f"{one}/edit", fields(office, revision="3"))).status == 409
        done = [action for _, action, object in await office.actions() if object.startswith("现场活动")]
        assert done == ["登记活动", "更正活动", "撤回活动"]


async def test_a_photograph_that_went_stays_away(tmp_path: Path) -> None:
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        await editor.opens(f"{LIST}/new")
        await uploads(editor, f"{LIST}/new", fields(office), photograph())
        one = editor.path
        file = tmp_path / "old.zip"
        await backup(office.database, file, office.clock())
        assert (await uploads(editor, f"{one}/photo", {"revision": "2"}, b"no picture")).status == 400
        await editor.opens(one)
        await editor.sends(f"{one}/photo", {"revision": hidden(editor, "revision"), "act": "remove"})
        assert "照片删掉了" in editor.text
        assert (await editor.opens(f"{one}/photo")).status == 404
        journal = Journal(tmp_path / "erasures.jsonl")
        await restore(office.database, file, journal, office.clock(), mend=nothing, replace=True)
        async with office.database.snapshot() as conn:
            kept = (await activity_store.listed(conn, Wanted(office.clock().year), 9))[0]
            assert (kept.photo, await activity_photos.load(conn, kept.id, kept.photo)) == ("", None)


async def nothing(*_: object) -> None:
    """There is nothing to mend."""


async def test_who_has_nothing_to_do_with_it_does_not_come_in(tmp_path: Path) -> None:
    async with desk(tmp_path) as office:
        for name, role, sees, enters, gives in (
            ("li", "contact", 200, 200, 403),
            ("fang", "interviewer", 403, 403, 403),
            ("shen", "auditor", 403, 403, 403),
            ("tong", "analyst", 200, 403, 403),
            ("fu", "reviewer", 200, 403, 403),
        ):
            browser = await office.signed_in(name, role)
            opened = [
                (await browser.opens(path)).status for path in (LIST, f"{LIST}/new", f"{LIST}/contacts")
            ]
            assert opened == [sees, enters, gives], role
            rail = re.findall(r'<a href="(/office/[^"]*)"', browser.text)
            if role == "contact":
                assert set(rail) <= {"/office", LIST, "/office/me", f"{LIST}/new"}
                assert "/contacts" not in (await browser.opens(LIST)).text
