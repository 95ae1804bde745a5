"""规范库 over real HTTP: one person imports, corrects, explains or withdraws; another agrees."""

import re
from collections.abc import AsyncIterator
from datetime import date

import pytest
from aiohttp import FormData

from bot.database import Database
from bot.web import rule_pages, rules_desk, rules_import_desk
from content.rules import revisions, store, text_proposals
from content.rules.document import Parsed
from content.rules.parsing import parse
from tests.office import DESKS, Browser, Office, open_office
from tests.rules_world import SAMPLE_NAME, sample

ALL = (*DESKS, rules_desk.routes, rules_import_desk.routes, rule_pages.routes)
NASTY = "<b>甲</b>"
TEXT = f"""青禾县文明公约{NASTY}
这一行不像说明
第一条 遛狗要牵绳{NASTY}。
第三条 本公约自2027年3月1日起施行。"""


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    """An office with the desk of the texts."""
    async with open_office(database, desks=ALL, cards=(rules_desk.card,)) as opened:
        yield opened


async def uploads(browser: Browser, name: str, data: bytes) -> Browser:
    """Choose a file and send it."""
    await browser.opens("/office/rules/new")
    form = FormData()
    form.add_field("form_token", browser.form_token)
    form.add_field("file", data, filename=name)
    return await browser._take(await browser.client.post("/office/rules/new", data=form))


def fields(page: str) -> dict[str, str]:
    """The facts as the form in front of the person has them."""
    found = dict(re.findall(r'<input(?: type="date")? name="(\w+)" value="([^"]*)"', page))
    tier = re.search(r'<option value="(\w+)" selected', page)
    return {**found, "tier": tier[1] if tier else ""}


async def submits(browser: Browser, **other: str) -> Browser:
    """Send the form in front of the person, some fields written anew."""
    return await browser.sends(f"{browser.path}/submit", {**fields(browser.text), **other})


async def test_a_file_is_looked_through_by_one_and_agreed_to_by_another(office: Office) -> None:
    alice = await office.signed_in("alice", "editor")
    await alice.opens("/office")
    assert "还没有导入规范" in alice.text
    await alice.opens("/office/rules")
    assert "导入第一份文件" in alice.text
    await uploads(alice, "公约.txt", TEXT.encode())
    draft = alice.path
    assert "<b>甲</b>" not in alice.text
    for words in ("第2行", "这一行不像说明", "没有找到第二条", "&lt;b&gt;甲"):
        assert words in alice.text
    assert fields(alice.text)["effective"] == "2027-03-01"
    bob = await office.signed_in("bob", "approver")
    assert (await bob.opens(draft)).status == 404
    await submits(alice, title="青禾县文明公约", effective="2027-02-01", expires="2027-01-01")
    assert alice.status == 400
    assert "有效期不能早于施行日期" in alice.text
    assert "2027-01-01" in alice.text
    await alice.opens(draft)
    await submits(alice, title="青禾县文明公约", effective="2027-02-01", tier="village", area="青禾县城关镇")
    assert "等同事复核后生效" in alice.text
    assert (await alice.sends(f"{draft}/approve")).status == 403
    async with office.database.snapshot() as conn:
        assert await store.load_documents(conn, office.clock().date()) == ()
    await bob.opens("/office")
    assert "1 项" in bob.text
    await bob.opens(draft)
    assert ">同意</button>" in bob.text
    await bob.sends(f"{draft}/approve")
    assert "已生效" in bob.text
    async with office.database.snapshot() as conn:
        (document,) = await store.load_documents(conn, office.clock().date())
    assert (document.title, document.tier, document.area) == ("青禾县文明公约", "village", "青禾县城关镇")
    assert document.effective == date(2027, 2, 1)
    assert (await bob.sends(f"{draft}/approve")).status == 409
    assert [line[1] for line in await office.actions()][-2:] == ["提交规范改动", "同意规范改动"]


async def kept(office: Office) -> int:
    """The sample, in force; its number."""
    async with office.database.transaction() as conn:
        (done,) = await store.import_documents(conn, [parse_sample()], office.clock())
    return done.id


def parse_sample() -> Parsed:
    """The sample as a file gives it."""
    lines = [sample().title, *sample().notes]
    for article in sample().articles:
        lines.append(f"{article.label} {article.text}")
    return parse("\n".join(lines))


async def test_nobody_agrees_to_an_own_change_and_a_sent_back_one_says_why(office: Office) -> None:
    number = await kept(office)
    bob = await office.signed_in("bob", "approver", "editor")
    await bob.opens(f"/office/rules/{number}/summary/第一条")
    await bob.sends(f"/office/rules/{number}/summary/第一条", {"text": "长" * 121})
    assert "最多 120 个字" in bob.text
    await bob.sends(f"/office/rules/{number}/summary/第一条", {"text": "说明为什么写这部条例。"})
    async with office.database.snapshot() as conn:
        (waiting,) = await text_proposals.listed(conn, ["proposed"])
    path = f"/office/rules/proposals/{waiting.id}"
    await bob.opens(path)
    assert "自己提交的要由同事复核" in bob.text
    assert (await bob.sends(f"{path}/approve")).status == 409
    carol = await office.signed_in("carol", "reviewer")
    await carol.opens(path)
    assert (await carol.sends(f"{path}/reject", {"reason": ""})).status == 400
    await carol.opens(path)
    await carol.sends(f"{path}/reject", {"reason": "太笼统了"})
    await bob.opens(path)
    assert "太笼统了" in bob.text
    assert "通俗说明" not in (await carol.opens(f"/rules/{number}/1")).text


async def test_a_summary_shows_under_its_article_once_agreed(office: Office) -> None:
    number = await kept(office)
    alice, bob = await office.signed_in("alice", "editor"), await office.signed_in("bob", "reviewer")
    await alice.opens(f"/office/rules/{number}/summary/第四条")
    await alice.sends(f"/office/rules/{number}/summary/第四条", {"text": "文明办管这件事。"})
    async with office.database.snapshot() as conn:
        (waiting,) = await text_proposals.listed(conn, ["proposed"])
        before = await revisions.revision(conn)
    await bob.opens(f"/office/rules/proposals/{waiting.id}")
    await bob.sends(f"/office/rules/proposals/{waiting.id}/approve")
    assert "文明办管这件事。" in (await bob.opens(f"/rules/{number}/4")).text
    async with office.database.snapshot() as conn:
        (document,) = await store.load_documents(conn, office.clock().date())
        assert document.articles[3].summary == "文明办管这件事。"
        assert await revisions.revision(conn) > before


async def test_facts_and_withdrawal_go_by_two_hands_and_a_new_version_shows_its_changes(
    office: Office,
) -> None:
    number = await kept(office)
    alice, bob = await office.signed_in("alice", "editor"), await office.signed_in("bob", "reviewer")
    await alice.opens(f"/office/rules/{number}/facts")
    facts = {**fields(alice.text), "tier": "city", "issuer": "云溪市人大常委会", "expires": "2027-12-31"}
    await alice.sends(f"/office/rules/{number}/facts", {**facts, "effective": "不知道"})
    assert "施行日期请写成" in alice.text
    await alice.sends(f"/office/rules/{number}/facts", facts)
    await bob.opens("/office/rules")
    (path,) = re.findall(r"/office/rules/proposals/\d+", bob.text)
    await bob.opens(path)
    assert "2027-12-31" in bob.text
    await bob.sends(f"{path}/approve")
    async with office.database.snapshot() as conn:
        (document,) = await store.load_documents(conn, office.clock().date())
    assert (document.issuer, document.expires) == ("云溪市人大常委会", date(2027, 12, 31))
    changed = "\n".join([SAMPLE_NAME, *(f"{one.label} {one.text}" for one in sample().articles[:-1])])
    await uploads(alice, "新版.txt", changed.replace("牵引绳", "狗绳").encode())
    assert "和现有的第 1 版比" in alice.text
    assert "<del>" in alice.text
    await alice.sends(f"{alice.path}/discard")
    assert "草稿已放弃" in alice.text
    await alice.opens(f"/office/rules/{number}/withdraw")
    await alice.sends(f"/office/rules/{number}/withdraw")
    await bob.opens("/office/rules")
    path = re.findall(r"/office/rules/proposals/\d+", bob.text)[0]
    await bob.opens(path)
    await bob.sends(f"{path}/approve")
    async with office.database.snapshot() as conn:
        assert await store.load_documents(conn, office.clock().date()) == ()
    assert "已撤下" in (await bob.opens("/office/rules")).text


async def test_what_cannot_be_read_is_said_and_nothing_is_kept(office: Office) -> None:
    alice = await office.signed_in("alice", "editor")
    for name, data, words in (
        ("a.doc", b"x", "另存为 .docx"),
        ("a.pdf", b"x", "已损坏"),
        ("a.txt", "没有条文".encode(), "没有找到"),
        ("a.jsonl", b"{}", "命令行"),
    ):
        assert words in (await uploads(alice, name, data)).text
        assert alice.status == 400
    async with office.database.snapshot() as conn:
        assert await text_proposals.listed(conn, ["draft"]) == ()
    for path in ("/office/rules/9", "/office/rules/proposals/9", "/office/rules/9/changes/8"):
        assert (await alice.opens(path)).status == 404


async def test_two_versions_are_compared_on_their_page(office: Office) -> None:
    first = await kept(office)
    async with office.database.transaction() as conn:
        later = parse(f"{SAMPLE_NAME}\n第一条 只此一条。\n第二条 本条例自2027年2月1日起施行。")
        (second,) = await store.import_documents(conn, [later], office.clock())
    reader = await office.signed_in("dora", "admin")
    await reader.opens(f"/office/rules/{second.id}")
    assert "写通俗说明" not in reader.text
    await reader.opens(f"/office/rules/{second.id}/changes/{first}")
    assert "只此一条" in reader.text
    assert "删去" in reader.text
    assert (await reader.opens(f"/office/rules/{second.id}/facts")).status == 403
