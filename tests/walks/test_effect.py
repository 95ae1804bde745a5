"""What came of a push: its links, who opened, who answered; told by campaign and by year."""

from dataclasses import replace
from datetime import time, timedelta

from bot import carrying, clicks, push_links
from content import store
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
        made = await store.create(conn, replace(content, way=way), "周", 1, now)
        if wave_id:
            await carrying.carry(conn, made.id, wave_id)
        made = await store.submit(conn, made.id, "周", quiet, now)
        return await store.sign(conn, made.id, 1, "吴", "approve", "", made.content_hash, now)


async def opened(world: World, campaign: Campaign) -> dict[str, int]:
    """Openings by what the link leads to."""
    await world.beat("clicks")
    async with world.database.snapshot() as conn:
        links = {one.number: one.target for one in await push_links.of_campaigns(conn, [campaign.id])}
        found = await clicks.of_campaigns(conn, [campaign.id])
    return {links[one.number]: one.clicks for one in found}


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
