"""A gate word with <b> was read as a word class: the desk failed, the beat failed, no process could start."""

import pytest
from sqlalchemy import insert

from bot import doctor
from bot.config import Config
from bot.database import Database
from bot.web import gates_desk
from content.rules import gates_store as store
from content.rules.office_gates import OfficeGates
from tests.office import DESKS, START, open_office
from tests.world import World

WORDS = "胡说八道 <b>x</b>"


async def test_words_in_angle_brackets_are_tried_agreed_to_and_met(world: World) -> None:
    await world.has_rules()
    async with open_office(world.database, desks=(*DESKS, gates_desk.routes)) as office:
        editor = await office.signed_in("alice", "editor")
        reviewer = await office.signed_in("bob", "reviewer")
        form = {"based_on": "0", "more-self_harm": WORDS, "try": WORDS}
        await editor.opens(f"{gates_desk.DESK}/edit")
        await editor.sends(f"{gates_desk.DESK}/edit", form | {"act": "try"})
        assert (editor.status, "12356" in editor.text) == (200, True)
        await editor.sends(f"{gates_desk.DESK}/edit", form | {"act": "save"})
        await reviewer.opens(f"{gates_desk.DESK}/review")
        await reviewer.sends(f"{gates_desk.DESK}/publish", {"version": "1"})
        assert (reviewer.status, "正在使用" in reviewer.text) == (200, True)
    aunt = world.resident("王阿姨")
    await world.beat("content")
    assert "12356" in str(await aunt.say(WORDS))
    await world.restart()
    assert "12356" in str(await aunt.say(WORDS))


async def test_a_kept_version_that_cannot_be_used_leaves_the_one_before_it_in_force(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    usual = str(await aunt.say("转人工"))
    async with world.database.transaction() as conn:
        await store.propose(conn, OfficeGates({"person": ("喊个活人来",)}), "alice", 1, based_on=0)
        await store.publish(conn, 1, "bob", 2)
        spoilt = {"author": "alice", "at": 3, "published_at": 4, "published_by": "bob"}
        await conn.execute(insert(store.office_gates).values(added={"more": 7}, **spoilt))
    await world.beat("content")
    assert "cannot be used" in caplog.text
    assert str(await aunt.say("喊个活人来")) == usual
    await world.restart()
    assert str(await aunt.say("喊个活人来")) == usual


async def test_a_version_that_cannot_be_used_is_shown_at_the_desk_and_by_the_doctor(
    database: Database,
) -> None:
    async with database.transaction() as conn:
        spoilt = {"author": "alice", "at": 3, "published_at": 4, "published_by": "bob"}
        await conn.execute(insert(store.office_gates).values(added=[WORDS], **spoilt))
    report = await doctor.examine(Config(), database, None, lambda: START)
    assert {line.name: line.level for line in report.lines}["gates"] == "fail"
    async with open_office(database, desks=(*DESKS, gates_desk.routes)) as office:
        editor = await office.signed_in("alice", "editor")
        await editor.opens(gates_desk.DESK)
        assert "第 1 版的内容坏了" in editor.text
        await editor.opens(f"{gates_desk.DESK}/edit")
        await editor.sends(f"{gates_desk.DESK}/edit", {"based_on": "1", "act": "save"})
        await (await office.signed_in("carol", "approver")).sends(
            f"{gates_desk.DESK}/publish", {"version": "2"}
        )
        await editor.opens(gates_desk.DESK)
        assert "内容坏了" not in editor.text
    report = await doctor.examine(Config(), database, None, lambda: START)
    assert {line.name: line.level for line in report.lines}["gates"] == "ok"
