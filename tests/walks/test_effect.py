"""What came of a push: its links, who opened, who answered; told by campaign and by year."""

from dataclasses import replace
from datetime import time, timedelta
from io import BytesIO

import openpyxl

from bot.effect import clicks, followers, platform_figures
from bot.pushes import push_links
from bot.simulator.residents import Resident
from bot.waves import carrying
from content import acts
from content.campaign import Campaign
from content.checks import Quiet
from content.text import Content, Way
from tests.wechat_browser import WeChatBrowser
from tests.world import World

SITE = "https://www.qingxi.example/lantern?year=2027"


async def approved(world: World, way: Way, body: str, wave_id: int = 0) -> Campaign:
    """A push for an hour from now, written by 周, signed by 吴."""
    now, quiet = world.clock(), Quiet(time(23), time(6))
    content = Content(
        title="平安观灯",
        body=body,
        digest="文明观灯。",
        source="清溪市文明办",
        festival="",
        tone="plain",
        due_at=now + timedelta(hours=1),
        lateness_minutes=120,
    )
    async with world.database.transaction() as conn:
        made = await acts.create(conn, replace(content, way=way), "周", 1, now)
        if wave_id:
            await carrying.carry(conn, made.id, wave_id)
        made = await acts.submit(conn, made.id, "周", quiet, now)
        return await acts.sign(conn, made.id, 1, "吴", "approve", "", made.content_hash, now)


async def opened(world: World, campaign: Campaign) -> dict[str, int]:
    """Openings by what the link leads to."""
    await world.beat("clicks")
    async with world.database.snapshot() as conn:
        links = {one.number: one.target for one in await push_links.of_campaigns(conn, [campaign.id])}
        found = await clicks.of_campaigns(conn, [campaign.id])
    return {links[one.number]: one.clicks for one in found}


async def reads_article(world: World, reader: Resident, *, on: bool = False) -> None:
    """Open the newest push, and `on`: what lies behind 阅读原文."""
    address = await reader.link("平安观灯")
    async with WeChatBrowser(world, reader) as browser:
        await browser.opens(address)
        assert "平安观灯" in browser.text
        if on:
            await browser.opens(f"{address}/source")
            assert browser.status == 200


async def test_the_platform_tells_the_next_day_who_read(each_world: World) -> None:
    world = each_world
    aunt, uncle, gone = (world.resident(name) for name in ("王阿姨", "李师傅", "小陈"))
    for one in (aunt, uncle, gone):
        await one.follow()
    wave = await world.has_wave()
    campaign = await approved(world, "mass", "灯会人多，请照看好老人和孩子，按指示牌走，注意脚下。", wave.id)
    world.clock.passes(hours=1)
    await world.beat("due", "send")
    await world.simulator.tick()
    await reads_article(world, aunt, on=True)
    await reads_article(world, aunt)
    await reads_article(world, uncle)
    await gone.unfollow()
    assert list((await opened(world, campaign)).values()) == [1]
    world.clock.now = world.clock.now.replace(hour=8, minute=0) + timedelta(days=1)
    await world.beat("figures")
    assert not statistics(world), "too early"
    world.clock.passes(hours=1)
    await reads_article(world, uncle)
    world.simulator.faults.add("/datacube/getarticletotaldetail", "http500", times=1)
    await world.beat("figures")
    await world.beat("figures")
    assert await told(world, campaign) == []
    world.clock.passes(hours=1)
    await world.beat("figures")
    await world.beat("figures")
    assert sum(path.endswith("usersummary") for path in statistics(world)) == 1
    assert await told(world, campaign) == [(3, 2, 3, 1)]
    async with world.database.snapshot() as conn:
        days = await followers.between(
            conn, world.clock.now.date() - timedelta(days=1), world.clock.now.date()
        )
    assert [(one.came, one.gone, one.told) for one in days] == [(3, 1, True)]
    world.clock.passes(days=1)
    world.simulator.faults.add("/datacube/getarticletotaldetail", "errcode:48001")
    await world.beat("figures")
    async with world.database.snapshot() as conn:
        assert "没有这项功能的权限" in await platform_figures.refused(conn)
    world.clock.passes(days=1)
    await world.beat("figures")
    assert (await told(world, campaign))[1] == (3, 2, 4, 1)
    async with world.database.snapshot() as conn:
        assert await platform_figures.refused(conn) == ""
    world.clock.passes(days=11)
    await world.beat("figures")
    found = await told(world, campaign)
    assert found[1] == (3, 2, 4, 1), "what only the older call tells stays known"
    assert found[-1] == (0, 2, 0, 0)
    assert len(found) == 14


def statistics(world: World) -> list[str]:
    """The calls for statistics that were answered."""
    return [one.path for one in world.simulator.calls if "/datacube/" in one.path and one.errcode == 0]


async def told(world: World, campaign: Campaign) -> list[tuple[int, int, int, int]]:
    """Targets, readers, reads, readers of 阅读原文, by day."""
    async with world.database.snapshot() as conn:
        found = await platform_figures.of_campaigns(conn, [campaign.id])
    return [(one.targets, one.readers, one.reads, one.source_readers) for one in found]


async def test_readers_of_what_is_only_published_are_told(world: World) -> None:
    aunt = world.resident("王阿姨")
    await aunt.follow()
    campaign = await approved(world, "publish", "灯会人多，请照看好老人和孩子，按指示牌走，注意脚下。")
    world.clock.passes(hours=1)
    await world.beat("due", "send")
    await world.simulator.tick()
    async with WeChatBrowser(world, aunt) as browser:
        await browser.opens(next(iter(world.simulator.drafts.pages.values())).url)
    world.clock.now = world.clock.now.replace(hour=9) + timedelta(days=1)
    await world.beat("figures")
    assert await told(world, campaign) == [(0, 1, 0, 0)]


async def test_the_desk_tells_what_came_of_a_push(world: World) -> None:
    people = [world.resident(f"居民{number}") for number in range(7)]
    for one in people:
        await one.follow()
    await world.registers_domain()
    wave = await world.has_wave()
    campaign = await approved(world, "mass", "灯会人多，请照看好老人和孩子，按指示牌走，注意脚下。", wave.id)
    world.clock.passes(hours=1)
    await world.beat("due", "send")
    await world.simulator.tick()
    async with world.database.snapshot() as conn:
        address = f"{world.base}/l/{(await push_links.of_campaigns(conn, [campaign.id]))[0].token}"

    async def answer(reader: Resident) -> None:
        world.clock.passes(seconds=5)
        async with WeChatBrowser(world, reader) as browser:
            await browser.opens(address)
            for step in (("begin",), ("next", "1"), ("next", "1"), ("skip",)):
                await browser.sends(*step)

    for one in people[:4]:
        await answer(one)
    await world.beat("clicks")
    async with world.desk_of("周编辑", "editor") as desk:
        await desk.opens(f"/office/campaigns/{campaign.id}")
        assert f"/office/effects/{campaign.id}" in desk.text
        await desk.opens("/office/effects")
        assert ">平安观灯</a>" in desk.text
        assert "完成 不到 5 份" in desk.text
        for one in people[4:6]:
            await answer(one)
        await world.beat("clicks")
        await desk.opens(f"/office/effects/{campaign.id}")
        assert "7 人<small>应发 7 人" in desk.text
        assert "5 份以上<small>开始 5 份以上" in desk.text, "six finished: the sixth alone is not told"
        assert "阅读数要到第二天上午" in desk.text
        await reads_article(world, people[0])
        await world.closes(wave.name)
        world.clock.now = world.clock.now.replace(hour=9) + timedelta(days=1)
        await world.beat("figures")
        await desk.signs_in("周编辑")
        await desk.opens(f"/office/effects/{campaign.id}")
        assert "6 份<small>开始 6 份" in desk.text
        assert "1 人<small>截至 2027-02-06；1 次" in desk.text
        assert "6 次／送达 7 人" in desk.text
        async with desk.client.get("/office/effects.xlsx?year=2027") as response:
            book = openpyxl.load_workbook(BytesIO(await response.read()))
        row = [cell.value for cell in book["每条推送"][4]]
        assert row[:6] == ["平安观灯", "2027-02-06 10:00", "群发", "已发送", 7, 7]
        assert ("经推送完成问卷", 6, "份") in [tuple(one[:3]) for one in book["全年"].values]
        await desk.opens("/office/effects?year=2026")
        assert "2026 年还没有发出过推送" in desk.text
        await desk.opens("/office/effects/999")
        assert desk.status == 404
    async with world.desk_of("方圆", "interviewer") as stranger:
        for path in ("/office/effects", "/office/effects.xlsx", f"/office/effects/{campaign.id}"):
            assert (await stranger.opens(path)).status == 403


async def test_links_of_a_message_lead_where_it_said_and_are_counted(world: World) -> None:
    aunt, wave = world.resident("王阿姨"), await world.has_wave()
    await aunt.follow()
    await aunt.say("你好")
    campaign = await approved(
        world, "custom", f"灯会地图见 {SITE}。请扶老携幼，注意脚下，按指示牌走。", wave.id
    )
    world.clock.passes(hours=1)
    await world.beat("due", "personal")
    sent = str(world.simulator.customer_messages[-1].content)
    assert SITE not in sent
    site, questionnaire = await aunt.link("/l/1-1-"), await aunt.link("/l/1-2-")
    assert aunt.openid not in sent
    async with WeChatBrowser(world, aunt) as browser:
        async with browser.http.get(site, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (302, SITE)
            assert response.headers["Cache-Control"] == "no-store"
        await browser.http.head(site, allow_redirects=False)
        await browser.opens(questionnaire)
        assert browser.status == 200
        assert "文明创建问卷" in browser.text
        assert "/q/" in browser.url
        forged = site[:-1] + ("A" if site[-1] != "A" else "B")
        await browser.opens(forged)
        assert browser.status == 404
        assert "请回到公众号的消息里" in browser.text
    found = await opened(world, campaign)
    assert found.pop(SITE) == 1
    assert list(found.values()) == [1]
