"""Who answers on the page inside WeChat: the person that WeChat names, whatever link was opened."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot import residents
from bot.account import connection
from bot.account.connection_steps import DOMAINS
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.simulator.residents import Resident
from bot.waves import invitations
from bot.waves.invitations import Invitation
from surveys import store
from tests.wechat_browser import WeChatBrowser
from tests.world import World


@pytest.fixture
async def world(world: World) -> World:
    """Its address stands in WeChat's console."""
    await world.registers_domain()
    return world


@pytest.fixture
async def each_world(each_world: World) -> World:
    """The same on both databases."""
    await each_world.registers_domain()
    return each_world


async def recorded(world: World, wave_id: int) -> list[dict[str, object]]:
    """What is durably recorded."""
    async with world.database.snapshot() as conn:
        return [dict(one.answers) async for one in store.stream_interviews(conn, wave_id)]


async def link_of(world: World, resident: Resident) -> str:
    """The link of the resident's invitation."""
    await resident.say("问卷")
    return await resident.link("网页")


async def test_a_forwarded_link_opens_as_its_new_reader(each_world: World) -> None:
    world = each_world
    wave = await world.has_wave()
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    url = await link_of(world, aunt)
    own, other = WeChatBrowser(world, aunt), WeChatBrowser(world, uncle)
    await own.opens(url)
    assert own.url == url
    await own.sends("begin")
    await own.sends("next", "1")
    await other.opens(url)
    assert other.url != url
    assert "同意并开始" in other.text
    for step in (("begin",), ("next", "2"), ("next", "3"), ("next", "李师傅说")):
        await other.sends(*step)
    assert "谢谢" in other.text
    await own.sends("next", "1")
    await own.sends("next", "王阿姨说")
    assert "这一份已经收到了" in (await other.opens(url)).text
    again = WeChatBrowser(world, aunt)
    assert "这一份已经收到了" in (await again.opens(url)).text
    found = await recorded(world, wave.id)
    assert sorted(str(one["words"]) for one in found) == ["李师傅说", "王阿姨说"]
    for one in (own, other, again):
        await one.http.close()


async def test_an_invitation_gives_everybody_an_own_link_and_one_vote(each_world: World) -> None:
    """Also somebody who never followed, in two browsers at once, and who is forgotten when it is over."""
    world = each_world
    wave = await world.has_wave()
    assert wave.secret is not None
    invited = Invitation(wave.id, "poster", "城关镇/东街社区")
    url = f"{world.base}/q/{invitations.token(invited, wave.secret)}"
    stranger = world.resident("过路人")
    first, second = WeChatBrowser(world, stranger), WeChatBrowser(world, stranger)
    for one in (first, second):
        assert "同意并开始" in (await one.opens(url)).text
    await first.sends("begin")
    await second.sends("begin")
    for step in (("next", "1"), ("next", "1"), ("skip",)):
        await first.sends(*step)
    assert "谢谢" in first.text
    await second.sends("next", "2")
    assert "这一份已经收到了" in (await second.opens(url)).text
    assert len(await recorded(world, wave.id)) == 1
    async with world.database.snapshot() as conn:
        ways = await conn.exec_driver_sql("SELECT DISTINCT way, mark FROM questionnaire_links")
        assert [tuple(row) for row in ways] == [("poster", "城关镇/东街社区")]
    cleaning = Erasure(world.database, Journal(Path(world.config.privacy.erasure_journal)))
    for days, known in ((31, True), (31, True)):
        await cleaning.nightly(world.config.privacy, world.clock() + timedelta(days=days))
        async with world.database.snapshot() as conn:
            assert (await residents.find(conn, stranger.openid) is not None) == known
    await world.closes(wave.name)
    await cleaning.nightly(world.config.privacy, world.clock() + timedelta(days=70))
    async with world.database.snapshot() as conn:
        assert await residents.find(conn, stranger.openid) is None
    assert len(await recorded(world, wave.id)) == 1
    for one in (first, second):
        await one.http.close()


async def test_state_and_code_work_once_and_in_one_browser(world: World) -> None:
    wave = await world.has_wave()
    assert wave.secret is not None
    url = f"{world.base}/q/{invitations.token(Invitation(wave.id, 'push', '7'), wave.secret)}"
    aunt, thief = WeChatBrowser(world, world.resident("王阿姨")), WeChatBrowser(world, world.resident("贼"))
    async with aunt.http.get(url, allow_redirects=False) as response:
        away = response.headers["Location"]
    asked = parse_qs(urlsplit(away).query)
    assert asked["scope"] == ["snsapi_base"]
    assert asked["state"][0].isalnum()
    async with aunt.http.get(away, allow_redirects=False) as response:
        back = response.headers["Location"]
    await thief.opens(back)
    assert (thief.status, "同意并开始" in thief.text) == (400, False)
    assert (await aunt.opens(back.replace("code=", "code=x"))).status == 400
    assert (await aunt.opens(back.replace("state=", "state=x"))).status == 400
    assert (await aunt.opens(back)).status == 200
    assert "同意并开始" in aunt.text
    assert (await aunt.opens(back)).status == 400
    async with aunt.http.get(url, allow_redirects=False) as response:
        late = response.headers["Location"]
    async with aunt.http.get(late, allow_redirects=False) as response:
        back = response.headers["Location"]
    world.clock.passes(minutes=11)
    assert "重新点开" in (await aunt.opens(back)).text
    assert aunt.status == 400
    for one in (aunt, thief):
        await one.http.close()


async def test_a_virtual_identity_is_refused_with_words(world: World) -> None:
    wave = await world.has_wave()
    url = await link_of(world, world.resident("王阿姨"))
    world.simulator.oauth._options = replace(world.options, snapshot_oauth=True)
    browser = WeChatBrowser(world, world.resident("王阿姨"))
    await browser.opens(url)
    assert browser.status == 403
    assert "使用完整服务" in browser.text
    await browser.http.close()
    assert await recorded(world, wave.id) == []


async def test_trouble_at_wechat_loses_nothing(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    url = await link_of(world, aunt)
    browser = WeChatBrowser(world, aunt)
    world.simulator.faults.add("/sns/oauth2/access_token", "http500")
    assert (await browser.opens(url)).status == 503
    assert "已答的内容都在" in browser.text
    assert "同意并开始" in (await browser.opens(url)).text
    await browser.http.close()


@pytest.mark.parametrize("kind", ["subscription", "closed", "forged"])
async def test_an_invitation_without_authorisation_says_what_to_do(world: World, kind: str) -> None:
    wave = await world.has_wave()
    assert wave.secret is not None
    made = invitations.token(Invitation(wave.id, "poster"), b"x" * 32 if kind == "forged" else wave.secret)
    if kind == "closed":
        await world.closes(wave.name)
    if kind == "subscription":
        account = world.config.account
        assert account is not None
        await world.close()
        await world.open(
            world.config.model_copy(update={"account": account.model_copy(update={"kind": kind})})
        )
    browser = WeChatBrowser(world, world.resident("王阿姨"))
    await browser.opens(f"{world.base}/q/{made}")
    words = {"subscription": "发送“文明创建问卷”", "closed": "已经结束"}
    assert words.get(kind, "已经失效") in browser.text
    assert browser.status == {"subscription": 200, "closed": 410}.get(kind, 404)
    await browser.http.close()


async def test_an_address_that_wechat_does_not_know_is_never_sent_there(world: World) -> None:
    """The personal link works as it does outside WeChat; the invitation says what to send."""
    wave = await world.has_wave()
    async with world.database.transaction() as conn:
        await connection.note(conn, world.options.app_id, DOMAINS, world.clock(), "old.example.cn")
    assert wave.secret is not None
    aunt = world.resident("王阿姨")
    url = await link_of(world, aunt)
    async with WeChatBrowser(world, aunt) as browser:
        await browser.opens(url)
        assert (browser.url, "同意并开始" in browser.text) == (url, True)
        poster = invitations.token(Invitation(wave.id, "poster"), wave.secret)
        assert "从公众号里打开" in (await browser.opens(f"{world.base}/q/{poster}")).text
