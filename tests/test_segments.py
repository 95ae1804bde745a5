"""Who is in a segment, and the platform's tags kept like it, through the simulated WeChat."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import update

from bot import outbox, residents
from bot.database import Database
from bot.pushes import segments
from bot.pushes.segments import NotPossible
from bot.pushes.tagging import tag_name
from content import acts, store
from content.campaign import Campaign, Content
from content.checks import Quiet
from tests.office import START as NOW
from tests.world import World

WASTE, TOWN = "interest:垃圾分类", "township:城关镇"


async def test_a_name_is_given_once_and_everybody_needs_none(database: Database) -> None:
    async with database.transaction() as conn:
        await segments.add(conn, TOWN, "bian", NOW)
        for key in ("", TOWN, "role:城关镇"):
            with pytest.raises(NotPossible):
                await segments.add(conn, key, "bian", NOW)
        with pytest.raises(ValueError, match="segment"):
            await segments.add(conn, "interest:", "bian", NOW)
        known = await segments.everything(conn)
    assert [one.key for one in known] == [TOWN]
    assert (segments.offered(known), segments.places(known)) == ({}, ("城关镇",))


async def resident_of(world: World, name: str) -> int:
    async with world.database.snapshot() as conn:
        found = await residents.find(conn, world.resident(name).openid)
    assert found is not None
    return found.id


async def live_in(world: World, name: str, home: str) -> None:
    async with world.database.transaction() as conn:
        await conn.execute(
            update(residents.table.residents)
            .where(residents.table.residents.c.id == await resident_of(world, name))
            .values(home=home)
        )


async def tagged(world: World, key: str) -> set[str]:
    """The openids that the platform has under a segment's tag."""
    followers = world.simulator.followers
    [tag] = [number for number, name in followers.tags.items() if name == tag_name(key)]
    return {one.openid for one in world.simulator.people.followers(tag)}


async def test_the_platforms_tags_follow_our_segments(each_world: World) -> None:
    world = each_world
    people = {name: world.resident(name) for name in ("王阿姨", "李师傅", "小陈")}
    for one in people.values():
        await one.follow()
    wang, li = [await resident_of(world, name) for name in ("王阿姨", "李师傅")]
    await live_in(world, "小陈", "城关镇幸福社区")
    async with world.database.transaction() as conn:
        for key in (WASTE, TOWN):
            await segments.add(conn, key, "bian", world.clock())
        await segments.join(conn, [wang, li], WASTE, world.clock())
        await segments.join(conn, [wang], WASTE, world.clock())
    await world.beat("tags")
    assert await tagged(world, WASTE) == {people["王阿姨"].openid, people["李师傅"].openid}
    assert await tagged(world, TOWN) == {people["小陈"].openid}
    async with world.database.snapshot() as conn:
        sizes = {key: one.size for key, one in (await segments.audiences(conn)).items()}
    assert sizes == {"": 3, WASTE: 2, TOWN: 1}
    calls = len(world.simulator.platform.calls)
    await world.beat("tags")
    assert len(world.simulator.platform.calls) == calls
    await people["王阿姨"].say("退订")
    async with world.database.transaction() as conn:
        await segments.leave(conn, [li], WASTE)
    await people["小陈"].unfollow()
    world.clock.passes(hours=3)
    await world.beat("tags")
    assert await tagged(world, WASTE) == set()
    assert await tagged(world, TOWN) == set()


async def test_a_lost_answer_and_a_hand_in_the_console_are_mended(world: World) -> None:
    wang = world.resident("王阿姨")
    await wang.follow()
    async with world.database.transaction() as conn:
        await segments.add(conn, WASTE, "bian", world.clock())
    async with world.database.transaction() as conn:
        await segments.join(conn, [await resident_of(world, "王阿姨")], WASTE, world.clock())
    world.simulator.faults.add("/cgi-bin/tags/create", "reset_after")
    await world.beat("tags")
    world.clock.passes(hours=3)
    await world.beat("tags")
    followers = world.simulator.followers
    assert [name for name in followers.tags.values() if name == tag_name(WASTE)] == [tag_name(WASTE)]
    assert await tagged(world, WASTE) == {wang.openid}
    for one in world.simulator.people.followers():
        one.tags.clear()
    world.clock.passes(hours=3)
    await world.beat("tags")
    assert await tagged(world, WASTE) == {wang.openid}


async def test_a_resident_chooses_and_leaves_by_word(each_world: World) -> None:
    world = each_world
    wang = world.resident("王阿姨")
    await wang.follow()
    async with world.database.transaction() as conn:
        for key in (WASTE, TOWN):
            await segments.add(conn, key, "bian", world.clock())
    await world.beat("content")
    assert "订阅垃圾分类" in str(await wang.say("订阅"))
    assert "城关镇" not in str(await wang.say("订阅"))
    assert "发给您" in str(await wang.say("订阅 垃圾分类"))
    assert "您订阅了垃圾分类" in str(await wang.say("我的数据"))
    assert "我住在" not in str(await wang.say("我住在城关镇"))
    async with world.database.snapshot() as conn:
        assert await segments.openids(conn, WASTE) == await segments.openids(conn, TOWN) == {wang.openid}
    assert "不再" in str(await wang.say("退订垃圾分类"))
    async with world.database.snapshot() as conn:
        assert await segments.openids(conn, WASTE) == set()
        assert await segments.openids(conn, TOWN) == {wang.openid}


async def push_to(world: World, audience: str, title: str) -> Campaign:
    """A push that two persons signed, due in an hour."""
    now = world.clock()
    content = Content(
        title=title,
        body="周六上午九点，在社区广场集合，一起清理楼道。",
        digest="",
        source="清溪市文明办",
        festival="",
        tone="plain",
        due_at=now + timedelta(hours=1),
        lateness_minutes=120,
        audience=audience,
    )
    async with world.database.transaction() as conn:
        made = await acts.create(conn, content, "周", 2, now)
        made = await acts.submit(conn, made.id, "周", Quiet(time(23), time(6)), now)
        for level, person in ((1, "吴"), (2, "林")):
            made = await acts.sign(conn, made.id, level, person, "approve", "", made.content_hash, now)
    return made


async def test_a_push_for_a_group_reaches_the_group_and_nobody_else(each_world: World) -> None:
    world = each_world
    people = [world.resident(name) for name in ("王阿姨", "李师傅")]
    for one in people:
        await one.follow()
    async with world.database.transaction() as conn:
        await segments.add(conn, WASTE, "bian", world.clock())
    await world.beat("tags")
    async with world.database.transaction() as conn:
        await segments.join(conn, [await resident_of(world, "王阿姨")], WASTE, world.clock())
    world.clock.passes(hours=3)
    await world.beat("tags")
    lost = await push_to(world, "role:网格员", "没有这个分组")
    sent = await push_to(world, WASTE, "一起来清理楼道")
    world.clock.passes(hours=1)
    await world.beat()
    await world.simulator.tick()
    async with world.database.snapshot() as conn:
        assert (await store.get(conn, sent.id)).counts["sent"] == 1
        assert (await store.get(conn, lost.id)).state == "failed"
        assert (await segments.tag_of(conn, WASTE)) is not None
    assert (await people[0].link("一起来清理楼道")).startswith("http")
    assert len(world.simulator.mass_effects) == 1


async def test_a_group_gets_no_fifth_push_in_a_month(world: World) -> None:
    wang = world.resident("王阿姨")
    await wang.follow()
    async with world.database.transaction() as conn:
        await segments.add(conn, WASTE, "bian", world.clock())
        await segments.join(conn, [await resident_of(world, "王阿姨")], WASTE, world.clock())
    await world.beat("tags")
    pushes = [await push_to(world, WASTE, f"第 {number} 次清理") for number in range(1, 6)]
    world.clock.passes(hours=1)
    await world.beat()
    await world.beat()
    await world.simulator.tick()
    async with world.database.snapshot() as conn:
        states = sorted([(await store.get(conn, one.id)).state for one in pushes])
        [refused] = await outbox.waiting_for_people(conn)
    assert states == ["failed", "sent", "sent", "sent", "sent"]
    assert "排满 4 次" in refused.error
    assert len(world.simulator.mass_effects) == 4


def test_who_a_push_is_for_is_part_of_what_is_signed() -> None:
    text = Content("标题", "正文", "", "清溪市文明办", "", "plain", NOW, 120)
    assert replace(text, audience=WASTE).hash != text.hash
    # What was signed before there were groups stays signed.
    assert text.hash == "d589e2f85a9ea5d0d285a23a0b38947a66f079322b070b3bf77fc0c02e7075d5"
