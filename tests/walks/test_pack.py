"""Packs of evidence: made as a job, opened, right to the last byte, and nothing in them that harms."""

import hashlib
import html
import io
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from aiohttp import FormData
from openpyxl import load_workbook

from bot import exports
from bot.config import Config
from bot.effect import document
from bot.effect.readership import Followed, Read
from bot.exports.work import ExportWork
from bot.filing.pack import About
from bot.filing.pack_pages import Pages, Told
from bot.filing.packing import plain_name
from bot.pushes.runs import Run
from bot.retention.restore import Repeats, read_journal, repeat
from bot.web import activity_acts, activity_desk, indicator_desk, pack_desk, screen_desk, tagging_desk
from content import (
    activity_store,
    acts,
    image_store,
    images,
    indicator_store,
    picturing,
    reviews,
    screens,
    store,
)
from content.activities import Activity
from content.campaign import Campaign
from content.indicator_reading import Draft
from content.indicators import Indicator, Tag
from content.text import Picture
from surveys import native, publishing, waves
from tests.office import DESKS, START, Browser, Office, open_office, quick_database
from tests.test_checks import GOOD, QUIET
from tests.walks.test_accessibility import opened_to_all
from tests.walks.test_pictures import photograph
from tests.world import QUESTIONNAIRE, World

PACKS = "/office/packs"
EVIL = '=HYPERLINK("http://x")../\\CON:<script>alert(1)</script>|清明'
OUTSIDE = re.compile(r"""(?:src|href)=["'](?!data:image/|#)([^"']*)["']|url\(|@import|<script""")


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Office]:
    config = Config.model_validate(
        {"office": {"name": "清河县文明办"}, "privacy": {"erasure_journal": str(folder / "erasures.jsonl")}}
    )
    routes = (*DESKS, indicator_desk.routes, tagging_desk.routes, pack_desk.routes, activity_desk.routes)
    routes = (*routes, activity_acts.routes, screen_desk.routes)
    async with (
        quick_database(folder) as database,
        open_office(database, config=config, desks=routes) as office,
    ):
        yield office


async def happened(office: Office) -> None:
    """A push with a picture, signed by two and sent; two activities, one with a photograph; a wave."""
    now = office.clock()
    async with office.database.transaction() as conn:
        shown = images.prepare(photograph(), "inline")
        await image_store.keep(conn, shown, "bian", now)
        content = replace(GOOD, title="清明文明祭扫", festival="", due_at=now + timedelta(days=1))
        content = picturing.with_picture(content, Picture(shown.sha256, "鲜花"))
        made = await acts.create(conn, content, "bian", 1, now)
        made = await acts.submit(conn, made.id, "bian", QUIET, now)
        made = await acts.sign(conn, made.id, 1, "zhong", "approve", "很好", made.content_hash, now)
        table, values = store.campaigns, {"state": "sent", "counts": {"total": 9, "filtered": 9, "sent": 8}}
        await conn.execute(table.update().where(table.c.id == made.id).values(values))
        await acts.create(conn, GOOD, "bian", 1, now)
        held = Activity(EVIL[:40], now.date(), "城关镇", "东街", "", "talk", "=1+1", 30)
        kept, _ = await activity_store.enter(conn, "a", held, "li", now)
        await activity_store.put_photo(conn, kept, shown, "li", now)
        await activity_store.enter(conn, "b", replace(held, name="CON", headcount=5), "li", now)
        questionnaire = native.parse(QUESTIONNAIRE)
        version = (await publishing.publish(conn, questionnaire, by="bian", now=now)).version
        await waves.open_wave(conn, questionnaire, version, "第一季度", now=now, secret=b"k" * 32)
        draft = Draft((Indicator("1", "宣传"), Indicator("1.1", "清明", "1", 1), Indicator("2", "志愿")), ())
        system = await indicator_store.add(conn, now.year, "province", "体系", draft, "bian", now)
        await indicator_store.use(conn, system, "bian", now)
        tags = [Tag("1.1", "campaign", made.id), Tag("1.1", "activity", kept.id), Tag("1", "wave", 1)]
        await indicator_store.tag(conn, now.year, "province", tags, "bian", now)


async def fetched(browser: Browser, subject: str) -> zipfile.ZipFile:
    """Ask for a pack, and its bytes, checked against the sum that the page tells.

    Where the machine is too busy for it to come at once, the page asks again by itself.
    """
    await browser.opens(f"{PACKS}?subject={subject}")
    await browser.sends(PACKS, {"subject": subject})
    while browser.response is not None and "Refresh" in browser.response.headers:
        await browser.opens(browser.path)
    assert "个文件" in browser.text, browser.text
    told = re.search(r"SHA-256 ([0-9a-f]{64})", browser.text)
    answer = await browser.client.get(f"{browser.path}/file")
    content = await answer.read()
    assert told
    assert hashlib.sha256(content).hexdigest() == told[1]
    assert answer.headers["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(content))


def looked_at(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The files by their path in the pack, after everything that must hold of every pack."""
    assert archive.testzip() is None
    found: dict[str, bytes] = {}
    for one in archive.infolist():
        assert one.flag_bits & 0x800 or one.filename.isascii(), one.filename
        root, _, path = one.filename.partition("/")
        assert root.endswith("材料包 2027-02-06")
        for part in one.filename.split("/"):
            assert part == plain_name(part, 200), part
        assert len(one.filename) < 150
        found[path] = archive.read(one)
    sums = dict(line.split("  ", 1)[::-1] for line in found["SHA256SUMS.txt"].decode().splitlines())
    assert set(sums) == set(found) - {"SHA256SUMS.txt"}
    for path, sha256 in sums.items():
        assert hashlib.sha256(found[path]).hexdigest() == sha256
    contents = found["00 目录.html"].decode()
    for path in set(found) - {"SHA256SUMS.txt", "00 目录.html"}:
        assert sums[path] in contents, path
    for path, content in found.items():
        if path.endswith(".html"):
            for outside in OUTSIDE.finditer(content.decode()):
                there = unquote(html.unescape(outside[1] or ""))
                folder = path.rpartition("/")[0]
                assert f"{folder}/{there}".lstrip("/") in found, (path, outside[0])
        if path.endswith(".xlsx"):
            cells = [cell for sheet in load_workbook(io.BytesIO(content)) for row in sheet for cell in row]
            assert not [cell.value for cell in cells if cell.data_type == "f"]
    return found


async def test_a_push_is_packed_with_all_that_was_done_to_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        await happened(office)
        found = looked_at(await fetched(editor, "campaign:1"))
        assert sorted(found) == [
            "00 目录.html",
            "00 说明.html",
            "1 定稿.html",
            "2 手机上的样子.html",
            "3 审核经过.html",
            "4 发送记录.html",
            "5 数字.html",
            "SHA256SUMS.txt",
            "图片/01.jpg",
        ]
        page = found["1 定稿.html"].decode()
        assert "清明文明祭扫" in page
        assert page.count("data:image/jpeg;base64,") == 1
        assert "终审通过：很好" in found["3 审核经过.html"].decode()
        assert "8 人（应发 9 人" in found["5 数字.html"].decode()
        assert "不是在微信里截的屏" in found["00 说明.html"].decode()
        async with office.database.snapshot() as conn:
            campaign = await store.get(conn, 1)
            assert len(await reviews.versions(conn, 1)) == 1
        assert campaign.content_hash in page
        assert (await editor.opens(f"{PACKS}?subject=campaign:2")).status == 409
        for wrong in (
            "campaign:99",
            "campaign:x",
            "wave:1",
            "",
            "indicator:2027:province:9",
            "year:20270",
            "year:0000",
            "year:9999",
        ):
            assert (await editor.opens(f"{PACKS}?subject={wrong}")).status in (404, 409), wrong
        done = [action for _, action, _ in await office.actions() if "材料包" in action]
        assert done == ["做材料包", "下载材料包"]


async def test_an_indicator_and_a_year_hold_their_pieces_and_no_sum_of_pushes_and_activities(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        await happened(office)
        below = looked_at(await fetched(editor, "indicator:2027:province:1"))
        assert sum(path.startswith("推送/001 清明文明祭扫/") for path in below) == 6
        assert sum(path.startswith("现场活动/照片/0001 ") for path in below) == 1
        assert "结果没有公开" in below["问卷调查/01 第一季度.html"].decode()
        year = looked_at(await fetched(editor, "year:2027"))
        assert {"全年数字.html", "推送效果.xlsx", "2027年省级指标的材料.xlsx"} <= set(year)
        told = year["全年数字.html"].decode()
        assert "2 场次" in told
        assert "35 人次" in told
        assert "没有合计" in told
        # 1 push, 8 deliveries, 2 activities, 35 persons: no two of different kinds may be found added.
        numbers = {int(one.replace(",", "")) for one in re.findall(r'class="number">([\d,]+)', told)}
        assert not numbers & {1 + 2, 8 + 35, 1 + 35, 8 + 2}
        assert "&lt;script&gt;" in year["现场活动/活动一览.html"].decode()
        assert editor.status == 200
        empty = await editor.opens(f"{PACKS}?subject=indicator:2027:province:2")
        assert "现在没有可以放进去的" in empty.text


async def test_what_staff_saw_in_wechat_goes_into_the_pack_and_can_be_taken_out_for_good(
    tmp_path: Path,
) -> None:
    shown = "/office/campaigns/1/screens"
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        reviewer = await office.signed_in("zhong", "reviewer")
        await happened(office)
        await editor.opens(shown)
        assert "还没有截图" in editor.text
        for _ in range(2):
            await uploaded(editor, shown, photograph(1080, 2300))
        assert editor.text.count('alt="第') == 1
        assert (await uploaded(editor, shown, b"no picture")).status == 400
        assert (await uploaded(editor, "/office/campaigns/2/screens", photograph())).status == 409
        pack = looked_at(await fetched(editor, "campaign:1"))
        [name] = [one for one in pack if "截图" in one]
        assert name == "微信里的截图/01.jpg"
        await editor.opens(shown)
        [picture] = re.findall(rf'src="({shown}/[0-9a-f]{{64}})"', editor.text)
        assert await (await editor.client.get(picture)).read() == pack[name]
        assert "删掉" not in (await reviewer.opens(shown)).text
        assert (await reviewer.sends(f"{picture}/remove")).status == 403
        for _ in range(2):
            await editor.opens(shown)
            await editor.sends(f"{picture}/remove")
        assert (await editor.client.get(picture)).status == 404
        assert "还没有截图" in (await editor.opens(shown)).text
        assert not [one for one in looked_at(await fetched(editor, "campaign:1")) if "截图" in one]
        gone = read_journal(tmp_path / "erasures.jsonl").photos
        assert gone == {picture.rpartition("/")[2]}
        again = images.prepare(photograph(1080, 2300), "inline")
        async with office.database.transaction() as conn:
            assert await screens.add(conn, 1, again, "bian", office.clock())
            await repeat(conn, Repeats(photos=gone), office.clock())
            assert await screens.listed(conn, 1) == ()


async def uploaded(browser: Browser, path: str, content: bytes) -> Browser:
    form = FormData({"form_token": browser.form_token})
    form.add_field("image", content, filename="截图.png", content_type="image/png")
    return await browser._take(await browser.client.post(path, data=form))


async def test_a_pack_survives_a_restart_goes_with_a_photograph_and_is_not_for_everybody(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as office:
        editor = await office.signed_in("bian", "editor")
        await happened(office)
        async with office.database.transaction() as conn:
            waiting = await exports.ask_pack(
                conn, 7, "year:2027", name="a.zip", by="bian", now=office.clock()
            )
            again = await exports.ask_pack(conn, 8, "year:2027", name="b.zip", by="wang", now=office.clock())
            assert waiting == again
            assert await exports.claim(conn, office.clock()) is not None
        await editor.opens(f"{PACKS}/7")
        assert editor.response is not None
        assert editor.response.headers["Refresh"]
        office.clock.now += exports.LEASE + timedelta(seconds=1)
        work = ExportWork(office.database, office.clock, tmp_path, About("清河县文明办", verified=True))
        assert await work.run_due() == 1
        assert "个文件" in (await editor.opens(f"{PACKS}/7")).text
        for role in ("contact", "analyst", "interviewer", "auditor"):
            other = await office.signed_in(role, role)
            for path in (f"{PACKS}?subject=year:2027", f"{PACKS}/7", f"{PACKS}/7/file"):
                assert (await other.opens(path)).status == 403, (role, path)
        await editor.opens("/office/activities/1")
        await editor.sends("/office/activities/1/photo", {"revision": "2", "act": "remove"})
        assert (await editor.opens(f"{PACKS}/7")).status == 404
        found = looked_at(await fetched(editor, "year:2027"))
        assert not any(path.startswith("现场活动/照片/") for path in found)
        await editor.sends(f"{editor.path}/delete")
        assert "现在没有做好的" in editor.text


async def test_a_push_that_really_went_out_and_results_that_are_open(world: World) -> None:
    await opened_to_all(world)
    due = world.clock().replace(hour=15)
    await world.resident("王阿姨").follow()
    async with world.desk_of("周", "editor") as editor, world.desk_of("林", "approver") as leader:
        async with world.database.transaction() as conn:
            content = replace(GOOD, title="清明文明祭扫", festival="", due_at=due)
            content = (await acts.create(conn, content, "周", 1, world.clock())).content
        await editor.opens("/office/campaigns/1")
        await editor.sends("/office/campaigns/1/submit", {"seen_hash": content.hash})
        await leader.opens("/office/campaigns/1")
        signed = {"level": "1", "seen_hash": content.hash, "decision": "approve"}
        await leader.sends("/office/campaigns/1/sign", signed)
        world.clock.now = due
        await world.beat()
        await world.simulator.tick()
        await editor.signs_in("周")
        found = looked_at(await fetched(editor, "year:2027"))
        assert "做材料包" in (await editor.opens("/office/campaigns/1")).text
    sends = found["推送/001 清明文明祭扫/4 发送记录.html"].decode()
    assert "发完了" in sends
    assert re.search(r"<code>\d+</code>", sends)
    assert "1 人（应发 1 人" in found["推送/001 清明文明祭扫/5 数字.html"].decode()
    results = found["问卷调查/01 公开的.html"].decode()
    assert "100.0%" in results
    assert "规则封存的指纹" in results


def test_a_push_to_each_one_and_all_its_numbers_are_told() -> None:
    content = replace(GOOD, way="custom")
    campaign = Campaign(1, content, "a", ("a",), 1, "sent", content.hash, (), {}, 1, START, START)
    run = Run(1, "k", "custom", "", {}, 1, "done", "", 0, 0, 10, 6, 1, 1, 1, 1, 0, 9, 99, "a")
    few = document.Told(0, "few", 5)
    link = document.LinkCount(1, "http://x", "官网", (("2027-02-06", 3),))
    answered = document.Answered("一季度", True, few, document.Told(10, "at_least", 5))
    delivery = document.Delivery(10, 6, 1, 2, 1)
    reads = (Read(1, "2027-02-07", 6, 4, 5, 1, 1),)
    days = (Followed("2027-02-06", 2, 1, True),)
    came = document.Effect(1, "题", "custom", "sent", START, delivery, reads, "", (link,), answered, days)
    told = Told(campaign, (), (), (), run, came, {}, b"")
    pages = Pages("办公室", 0, str)
    sends, counts = pages.sends(told).decode(), pages.counts(told).decode()
    assert "逐个发送" in sends
    assert "6 人" in sends
    for words in (
        "没有发给 2 人，不明 1 人",
        "4 人，5 次（到 2027-02-07）",
        "3 次",
        "不到 5 份",
        "10 份以上",
        "新增 2 人",
        "官网",
    ):
        assert words in counts, words


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("=SUM(A1)", "SUM(A1)"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("con", "_con"),
        ("LPT1.txt", "_LPT1.txt"),
        ("  清明。 . ", "清明。"),
        ("\u202etxt.exe", "_txt.exe"),
        ("", "未命名"),
        ("很" * 60, "很" * 39 + "…"),
        ("a:b*c?<d>|", "a_b_c_d_"),
    ],
)
def test_a_name_is_one_that_every_system_takes(given: str, name: str) -> None:
    assert plain_name(given) == name
    assert plain_name(name) == name
