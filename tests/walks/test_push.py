"""A festival push that two people approved goes out once, on time, and its counts come back."""

from datetime import time, timedelta

import pytest

from bot import outbox
from content import acts, store
from content.campaign import Campaign, Content, Refused, Way
from content.checks import Quiet
from tests.world import World


async def approved(world: World, title: str = "元宵节，平安观灯", way: Way = "mass") -> Campaign:
    """A push for an hour from now, written by 周, signed by 吴 and 林."""

    quiet = Quiet(time(23), time(6))
    now = world.clock()
    content = Content(
        title=title,
        body="灯会人多，请照看好老人和孩子。\n烟花爆竹请按本地规定燃放。",
        digest="文明观灯，平安过节。",
        source="清溪市文明办",
        festival="",
        tone="plain",
        due_at=now + timedelta(hours=1),
        lateness_minutes=120,
        way=way,
    )
    async with world.database.transaction() as conn:
        made = await acts.create(conn, content, "周", 2, now)
        made = await acts.submit(conn, made.id, "周", quiet, now)
        with pytest.raises(Refused):
            await acts.sign(conn, made.id, 1, "周", "approve", "", made.content_hash, now)
        await acts.sign(conn, made.id, 1, "吴", "approve", "", made.content_hash, now)
        return await acts.sign(conn, made.id, 2, "林", "approve", "", made.content_hash, now)


async def state(world: World, campaign: Campaign) -> Campaign:
    """The campaign as it is now."""
    async with world.database.snapshot() as conn:
        return await store.get(conn, campaign.id)


async def test_a_push_goes_out_once_and_its_counts_come_back(each_world: World) -> None:
    world = each_world
    people = [world.resident(name) for name in ("王阿姨", "李师傅", "小陈")]
    for one in people:
        await one.follow()
    campaign = await approved(world)
    await world.beat()
    assert (await state(world, campaign)).state == "approved"
    world.clock.passes(hours=1)
    await world.beat()
    await world.beat()
    assert (await state(world, campaign)).state == "sending"
    await world.simulator.tick()
    after = await state(world, campaign)
    assert after.state == "sent"
    assert after.counts["sent"] == 3
    await world.restart()
    world.clock.passes(hours=1)
    await world.beat()
    await world.simulator.tick()
    assert list(world.simulator.mass_effects.values()) == [1]
    assert (await people[0].link("元宵节")).startswith("http")


async def test_a_push_that_is_too_late_is_missed_and_shown(world: World) -> None:
    campaign = await approved(world)
    world.clock.passes(hours=4)
    await world.beat()
    assert (await state(world, campaign)).state == "missed"
    assert not world.simulator.mass_effects


@pytest.mark.parametrize("fault", ["truncated", "reset_after", "http500", "errcode:-1"])
async def test_a_push_with_an_unclear_answer_goes_out_once(world: World, fault: str) -> None:
    world.simulator.options = world.options
    await world.resident("王阿姨").follow()
    campaign = await approved(world)
    world.clock.passes(hours=1)
    world.simulator.faults.add("/cgi-bin/message/mass/sendall", fault, times=1)
    for _ in range(6):
        await world.beat()
        await world.simulator.tick()
        world.clock.passes(minutes=4)
    assert (await state(world, campaign)).state == "sent"
    assert list(world.simulator.mass_effects.values()) == [1]


async def test_a_push_without_quota_fails_and_waits_for_a_person(world: World) -> None:
    await world.resident("王阿姨").follow()
    campaign = await approved(world)
    world.clock.passes(hours=1)
    world.simulator.faults.add("/cgi-bin/message/mass/sendall", "errcode:45028", times=9)
    await world.beat()
    found = await state(world, campaign)
    assert found.state == "failed"
    async with world.database.snapshot() as conn:
        assert [one.campaign_id for one in await outbox.waiting_for_people(conn)] == [campaign.id]
