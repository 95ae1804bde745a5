"""Nothing goes out with one person's consent: every state, role and level, over HTTP and by phone."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.config import ROLES, Config
from bot.database import Database
from bot.office import approvals
from bot.problems import Problem
from bot.web import campaign_desk, number_desk, phone_review, remark_desk, review_desk, words_desk
from content import store
from content.acts import create
from content.campaign import STATES, Campaign, State
from content.templates import from_template
from tests.office import DESKS, Browser, Office, open_office, quick_database

LIST = "/office/campaigns"
ROUTES = (
    *DESKS,
    campaign_desk.routes,
    review_desk.routes,
    remark_desk.routes,
    phone_review.routes,
    phone_review.phone,
    number_desk.routes,
    words_desk.routes,
)
SIGNERS: Mapping[int, tuple[str, ...]] = {2: ("zhong",), 3: ("fu", "zhong"), 4: ("tong", "fu", "zhong")}
NUMBER = "274863"


@asynccontextmanager
async def desk(folder: Path, levels: int = 0) -> AsyncIterator[Office]:
    config = Config.model_validate(
        {"office": {"name": "清河县文明办"}, "campaigns": {"review_levels": levels}}
    )
    async with (
        quick_database(folder) as database,
        open_office(database, config=config, desks=ROUTES) as office,
    ):
        yield office


async def campaign(database: Database) -> Campaign:
    async with database.snapshot() as conn:
        return await store.get(conn, 1)


async def drafted(office: Office) -> Campaign:
    async with office.database.transaction() as conn:
        return await create(conn, from_template("清明", 2027, "清河县文明办", 120), "bian", 1, office.clock())


async def acts(browser: Browser, path: str, **fields: str) -> Browser:
    """Send a form from a page that everybody has."""
    await browser.opens("/office/me")
    return await browser.sends(path, fields)


async def submits(browser: Browser, seen: str) -> Browser:
    return await acts(browser, f"{LIST}/1/submit", seen_hash=seen)


async def signs(browser: Browser, level: int, seen: str) -> Browser:
    return await acts(browser, f"{LIST}/1/sign", level=str(level), seen_hash=seen, decision="approve")


async def edits(browser: Browser, now: Campaign, title: str) -> Browser:
    content = now.content
    return await acts(
        browser,
        f"{LIST}/1/edit",
        title=title,
        digest=content.digest,
        body=content.body,
        source=content.source,
        festival=content.festival,
        tone=content.tone,
        day=content.due_at.date().isoformat(),
        time=f"{content.due_at:%H:%M}",
        lateness=str(content.lateness_minutes),
        revision=str(now.revision),
    )


async def everybody(office: Office) -> dict[str, Browser]:
    """One person of every role, and some with several."""
    roles = {role: (role,) for role in ROLES if role != "editor"}
    people = roles | {
        "bian": ("editor", "reviewer", "approver"),
        "tong": ("editor",),
        "fu": ("reviewer",),
        "zhong": ("approver",),
        "both": ("reviewer", "approver"),
    }
    del people["reviewer"], people["approver"]
    return {name: await office.signed_in(name, *held) for name, held in people.items()}


@pytest.mark.parametrize("levels", [2, 3, 4])
async def test_every_role_at_every_level_and_an_edit_after_each_signature(
    tmp_path: Path, levels: int
) -> None:
    async with desk(tmp_path, levels) as office:
        await drafted(office)
        people = await everybody(office)
        signers = SIGNERS[levels]
        for edited_after in range(len(signers) + 1):
            drawn = await campaign(office.database)
            await submits(people["bian"], drawn.content.hash)
            assert (await campaign(office.database)).levels == levels - 1
            for level, signer in enumerate(signers[:edited_after], start=1):
                before = await campaign(office.database)
                if edited_after == len(signers):
                    allowed = _allowed(level, signers)
                    for name in sorted(people.keys() - allowed):
                        await signs(people[name], level, before.content_hash)
                        assert people[name].status in (403, 409), name
                    for wrong in (0, level + 1, levels + 1):
                        await signs(people[signer], wrong, before.content_hash)
                    assert await campaign(office.database) == before
                await signs(people[signer], level, before.content_hash)
                assert people[signer].status == 200
            signed = await campaign(office.database)
            assert signed.state == ("approved" if edited_after == len(signers) else "in_review")
            assert signed.is_fully_signed == (signed.state == "approved")
            await edits(people["bian"], signed, f"第{edited_after}次改")
            after = await campaign(office.database)
            assert (after.state, after.signatures) == ("draft", ())
            for signer in signers:
                await signs(people[signer], len(after.signatures) + 1, signed.content_hash)
            assert await campaign(office.database) == after


def _allowed(level: int, signers: tuple[str, ...]) -> set[str]:
    """Who may sign a level, apart from those who signed before it."""
    left = len(signers) - level
    able = {0: {"zhong", "both"}, 1: {"fu", "both"}, 2: {"tong", "fu", "both"}}[left]
    return able - set(signers[: level - 1])


async def test_no_state_lets_anybody_pass_a_text_that_is_not_fully_signed(tmp_path: Path) -> None:
    async with desk(tmp_path, 2) as office:
        draft = await drafted(office)
        people = await everybody(office)
        states: list[State] = [state for state in STATES if state not in ("draft", "in_review")]
        for state in states:
            async with office.database.transaction() as conn:
                values = {"state": state, "content_hash": draft.content.hash}
                await conn.execute(update(store.campaigns).values(values))
            before = await campaign(office.database)
            for browser in people.values():
                await signs(browser, 1, draft.content.hash)
                assert browser.status in (403, 409)
                await submits(browser, draft.content.hash)
                assert browser.status in (403, 409)
            assert await campaign(office.database) == before
        async with office.database.transaction() as conn:
            await conn.execute(update(store.campaigns).values(state="approved"))
            found = await store.due(conn, draft.content.due_at)
        assert [one.id for one in found.failed] == [1]


@pytest.mark.parametrize(
    ("others", "level"),
    [
        ({"fu": ("reviewer",), "zhong": ("approver",)}, "复审"),
        ({"fu": ("reviewer", "approver")}, "终审"),
        ({"fu": ("reviewer",), "bian2": ("editor",)}, "终审"),
    ],
)
async def test_as_many_levels_as_there_are_people_and_never_one(
    tmp_path: Path, others: dict[str, tuple[str, ...]], level: str
) -> None:
    async with desk(tmp_path) as office:
        draft = await drafted(office)
        for name, roles in others.items():
            await office.person(name, *roles)
        author = await office.signed_in("bian", "editor", "reviewer", "approver")
        await submits(author, draft.content.hash)
        assert f"下一步是{level}" in author.text
        for number in (1, 2):
            await signs(author, number, draft.content.hash)
        assert (await campaign(office.database)).state == "in_review"


def link_in(browser: Browser) -> str:
    found = re.search(r"http://[^<]*(/office/sign/[A-Za-z0-9_-]+)<", browser.text)
    assert found, browser.text
    return found[1]


async def gives_number(browser: Browser, number: str = NUMBER) -> Browser:
    return await acts(browser, "/office/me/number", password="春风化雨 tea 27", number=number, again=number)


async def on_phone(office: Office, path: str, decision: str = "approve", **fields: str) -> Browser:
    """Somebody without a session sends the form of the link, whatever its page shows by now."""
    phone = await office.browser().opens("/office/login")
    return await phone.sends(path, {"decision": decision, "number": NUMBER, "comment": "", **fields})


async def link_for(office: Office, maker: Browser, name: str) -> str:
    await maker.opens(f"{LIST}/1/phone")
    person = re.search(rf'value="(\d+)"[^>]*> {name}', maker.text)
    assert person, maker.text
    await maker.sends(f"{LIST}/1/phone", {"person": person[1]})
    return link_in(maker)


async def test_a_leader_reads_and_signs_on_a_phone_once(tmp_path: Path) -> None:
    async with desk(tmp_path, 2) as office:
        draft = await drafted(office)
        author = await office.signed_in("bian", "editor", "approver")
        leader = await office.signed_in("zhong", "approver")
        await submits(author, draft.content.hash)
        await author.opens(f"{LIST}/1/phone")
        assert "还没有设审核码" in author.text
        await gives_number(leader, "123456")
        assert "太好猜" in leader.text
        assert "审核码已存下" in (await gives_number(leader)).text
        path = await link_for(office, author, "zhong")

        phone = await office.browser().opens(path)
        assert "文明祭扫" in phone.text or draft.content.title in phone.text
        assert "发给全体" in phone.text or "全体" in phone.text
        cover = await phone.client.get(f"{path}/cover.png")
        assert (cover.status, cover.content_type) == (200, "image/png")
        refused = await on_phone(office, path, number="111222")
        assert refused.status == 400
        assert "审核码不对" in refused.text
        assert (await campaign(office.database)).state == "in_review"
        done = await on_phone(office, path)
        assert "通过了这一稿" in done.text
        after = await campaign(office.database)
        assert after.is_fully_signed
        assert after.signatures[0].person == "zhong"
        again = await on_phone(office, path)
        assert again.status == 409
        assert ("zhong", "终审通过（手机）", "活动稿件 1") in await office.actions()


async def test_a_link_dies_with_an_edit_with_time_and_with_wrong_tries(tmp_path: Path) -> None:
    async with desk(tmp_path, 2) as office:
        draft = await drafted(office)
        author, leader = await office.signed_in("bian", "editor"), await office.signed_in("zhong", "approver")
        await gives_number(leader)
        await submits(author, draft.content.hash)
        first = await link_for(office, author, "zhong")
        await edits(author, await campaign(office.database), "改过的标题")
        assert "有改动" in (await on_phone(office, first)).text
        await submits(author, (await campaign(office.database)).content.hash)
        assert "有改动" in (await on_phone(office, first)).text

        second = await link_for(office, author, "zhong")
        assert (await on_phone(office, first)).status == 404
        office.clock.passes(hours=49)
        author = await office.browser().signs_in("bian")
        assert (await on_phone(office, second)).status == 409

        third = await link_for(office, author, "zhong")
        for _ in range(5):
            await on_phone(office, third, number="111222")
        assert (await on_phone(office, third)).status == 409
        fourth = await link_for(office, author, "zhong")
        assert "审核码不对" in (await on_phone(office, fourth)).text  # the number itself rests
        assert (await campaign(office.database)).signatures == ()
        office.clock.passes(minutes=16)
        sent_back = await on_phone(office, fourth, "reject", comment="请补上预约电话")
        assert "退回" in sent_back.text
        assert (await campaign(office.database)).state == "draft"


async def test_a_remark_stands_at_its_passage_until_it_is_dealt_with(tmp_path: Path) -> None:
    async with desk(tmp_path, 2) as office:
        draft = await drafted(office)
        author, leader = await office.signed_in("bian", "editor"), await office.signed_in("zhong", "approver")
        await submits(author, draft.content.hash)
        words = draft.content.paragraphs[1][2:8]
        await acts(leader, f"{LIST}/1/comment", place="p2", passage=words, comment="请核对<b>")
        assert f"<mark>{words}</mark>" in leader.text
        assert "请核对&lt;b&gt;" in leader.text
        await acts(leader, f"{LIST}/1/comment", place="p2", passage="稿件里没有的话", comment="x")
        assert leader.status == 409
        await acts(leader, f"{LIST}/1/comment", place="p99", comment="x")
        assert leader.status == 409
        await leader.opens(f"{LIST}/1")
        assert "还有 1 条意见没有处理" in leader.text
        found = re.search(r"/remarks/(\d+)/resolve", (await author.opens(f"{LIST}/1")).text)
        assert found
        assert (await acts(leader, f"{LIST}/1/remarks/{found[1]}/resolve")).status == 403
        await acts(author, f"{LIST}/1/remarks/{found[1]}/resolve")
        assert f"<mark>{words}</mark>" not in author.text
        assert (await acts(author, f"{LIST}/1/remarks/{found[1]}/resolve")).status == 409
        history = await author.opens(f"{LIST}/1/history")
        assert draft.content.hash in history.text
        assert f"（第 2 段“{words}”）" in history.text
        assert draft.content.paragraphs[-1] in history.text


@pytest.mark.parametrize(
    "number", ["12345", "123456789", "１２３４５６", "111111", "121212", "345678", "987654"]
)
def test_a_number_that_others_would_try_is_refused(number: str) -> None:
    with pytest.raises(Problem):
        approvals.check_number(number)
    approvals.check_number(NUMBER)


async def test_the_office_adds_a_word_that_no_text_may_hold(tmp_path: Path) -> None:
    async with desk(tmp_path, 2) as office:
        draft = await drafted(office)
        author, leader = await office.signed_in("bian", "editor"), await office.signed_in("zhong", "approver")
        word = draft.content.paragraphs[0][-4:-1]
        words = f"{LIST}/words"
        await author.opens(words)
        assert "集赞" in author.text
        assert (await acts(author, words, word="x", advice="y", weight="block")).status == 400
        assert (await acts(author, words, word=word, advice="y", weight="off")).status == 400
        await acts(author, words, word=word, advice="换个说法<b>", weight="block")
        await submits(author, draft.content.hash)
        assert author.status == 400
        assert "换个说法&lt;b&gt;" in author.text
        assert (await acts(leader, f"{words}/off", word=word)).status == 403
        await acts(author, f"{words}/off", word=word)
        await acts(author, f"{words}/off", word="集赞")
        assert "恢复提醒" in author.text
        assert (await acts(author, f"{words}/off", word="没有的词")).status == 400
        await submits(author, draft.content.hash)
        assert (await campaign(office.database)).state == "in_review"
