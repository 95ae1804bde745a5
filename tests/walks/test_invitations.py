"""How somebody comes to a questionnaire, kept with the interview; and the one reminder."""

from dataclasses import replace

from sqlalchemy import select

from bot.outbox.table import outbox
from bot.pushes import push_links
from bot.service import SERVICE
from bot.waves import carrying, invitations, posters, reminding
from bot.waves.arrivals import POSTER, Origin, code_of, coming_from, mark_of, scene_of
from bot.waves.invitations import Invitation
from bot.web import campaign_form
from content import acts
from content.menu import SURVEY_KEY
from surveys import sources, store
from surveys.store import Draft, Interview
from surveys.terms import Header, Place, Terms
from surveys.waves import Wave
from tests.walks.test_push import approved
from tests.wechat_browser import WeChatBrowser
from tests.world import World

FRAME = (Place("东镇", "一村", 900), Place("西镇", "二村", 800, 40))
TERMS = Terms(frame=FRAME, header=Header(number="清统1号"))


async def interviews(world: World, wave: Wave) -> list[Interview]:
    async with world.database.snapshot() as conn:
        return [one async for one in store.stream_interviews(conn, wave.id)]


async def answers(world: World, name: str) -> None:
    """From the consent to the end, in the chat."""
    for word in ("同意并开始", "1", "1", "跳过"):
        await world.resident(name).say(word)


async def test_the_way_in_is_kept_with_the_interview(world: World) -> None:
    wave = await world.has_wave(terms=TERMS, keyword="春季调查")
    for name, arrive in (
        ("发口令的", lambda one: one.say("春季调查")),
        ("点菜单的", lambda one: one.click(SURVEY_KEY)),
        ("扫码关注的", lambda one: one.follow(scene_of(wave.id, 1))),
        ("扫码的", lambda one: one.scan(scene_of(wave.id, 2))),
        ("照着打字的", lambda one: one.say(code_of(wave.id, 2))),
    ):
        said = await arrive(world.resident(name))
        assert said is not None, name
        assert "同意并开始" in said, name
        await answers(world, name)
    found = [(one.came_from, one.township, one.community) for one in await interviews(world, wave)]
    assert sorted(found) == [
        ("keyword", "", ""),
        ("menu", "", ""),
        ("poster", "东镇", "一村"),
        ("poster", "西镇", "二村"),
        ("poster", "西镇", "二村"),
    ]


async def test_a_code_of_no_poster_is_an_ordinary_message(world: World) -> None:
    wave = await world.has_wave(terms=TERMS)
    greeted = await world.resident("王阿姨").follow("wave-99-1")
    assert greeted is not None
    assert "同意并开始" not in greeted
    said = await world.resident("王阿姨").say(code_of(wave.id, 3))
    assert "同意并开始" not in (said or "")


async def test_a_wave_may_be_answered_on_the_page_alone(world: World) -> None:
    await world.has_wave(terms=Terms(frame=FRAME, channels=("page", "poster")))
    said = await world.resident("王阿姨").say("问卷")
    assert "请在网页上填写" in (said or "")
    assert "同意并开始" not in (said or "")


async def test_a_push_leads_its_readers_to_the_page_and_is_known_there(world: World) -> None:
    await world.registers_domain()
    wave = await world.has_wave(terms=TERMS)
    reader = world.resident("看文章的")
    await reader.follow()
    campaign = await approved(world)
    async with world.database.transaction() as conn:
        assert await carrying.carry(conn, campaign.id, wave.id)
        assert not await carrying.carry(conn, campaign.id, wave.id)
        path = await carrying.path_of(conn, campaign.id)
    world.clock.passes(hours=1)
    await world.beat()
    async with world.database.snapshot() as conn:
        payload = (await conn.execute(select(outbox.c.payload))).scalar_one()
        link = (await push_links.of_campaigns(conn, [campaign.id]))[0]
    assert link.target == path
    address = payload["source_url"]
    assert address == f"{world.base}/l/{link.token}"
    assert reader.openid not in address
    browser = WeChatBrowser(world, reader)
    await browser.opens(address)
    assert "表号：清统1号" in browser.text
    for step in (("begin",), ("next", "1"), ("next", "1"), ("skip",)):
        await browser.sends(*step)
    await browser.http.close()
    assert [one.came_from for one in await interviews(world, wave)] == [f"push:{campaign.id}"]


async def test_wechat_makes_a_code_for_each_poster_once(world: World) -> None:
    wave = await world.has_wave(terms=TERMS)
    assert world.app is not None
    platform = world.app[SERVICE].platform
    assert platform is not None
    assert await posters.make_codes(world.database, platform, wave, world.clock()) == 2
    assert await posters.make_codes(world.database, platform, wave, world.clock()) == 0
    async with world.database.snapshot() as conn:
        known = await posters.codes_of(conn, wave.id)
    assert set(known) == {1, 2}
    assert len(set(known.values())) == 2


async def test_who_stopped_is_reminded_once_and_nobody_else(world: World) -> None:
    wave = await world.has_wave()
    stopped, paused, done, muted = (world.resident(name) for name in ("停下的", "暂停的", "答完的", "退订的"))
    for one in (stopped, paused, done, muted):
        await one.follow()
        await one.say("问卷")
        await one.say("同意并开始")
    await answers(world, "答完的")
    await paused.say("暂停")
    await muted.say("退订")

    async def waiting() -> int:
        async with world.database.snapshot() as conn:
            return len((await reminding.candidates(conn, wave, world.clock())).waiting)

    assert await waiting() == 0
    world.clock.passes(hours=3)
    assert await waiting() == 1
    for _ in range(2):
        async with world.database.transaction() as conn:
            await reminding.remind(conn, wave, "文明创建问卷", world.clock())
        await world.beat()
        world.clock.passes(hours=1)
    assert [(one.openid, "还没有答完" in str(one.content)) for one in world.simulator.customer_messages] == [
        (stopped.openid, True)
    ]
    assert await waiting() == 0
    world.clock.passes(hours=48)
    await world.closes(wave.name)
    async with world.database.snapshot() as conn:
        rows = await conn.execute(select(outbox.c.resident, outbox.c.payload))
        assert [tuple(row) for row in rows] == [(None, {})]


def test_a_word_typed_later_does_not_cover_the_poster_that_was_scanned() -> None:
    fresh = Draft(1, "r", {}, "chat", 0, 0, revision=0)
    poster = Draft(
        1, "r", {}, "chat", 0, 0, came_from=sources.POSTER, township="东镇", community="一村", revision=3
    )
    kept = coming_from(Origin(), fresh, poster)
    assert (kept.came_from, kept.community, kept.revision) == ("poster", "一村", 3)
    other = coming_from(Origin(sources.POSTER, "西镇", "二村"), fresh, poster)
    assert other.community == "二村"


async def test_where_only_the_chat_is_wanted_a_poster_tells_the_words_to_send(world: World) -> None:
    wave = await world.has_wave(terms=Terms(frame=FRAME, channels=("chat", "poster")))
    assert wave.secret is not None
    token = invitations.token(Invitation(wave.id, POSTER, mark_of(FRAME[1])), wave.secret)
    browser = WeChatBrowser(world, world.resident("扫码的"))
    await browser.opens(f"{world.base}/q/{token}")
    assert f"发送“{code_of(wave.id, 2)}”" in browser.text
    await browser.http.close()


async def test_a_draft_of_the_console_goes_out_as_it_is_and_invites_to_nothing(world: World) -> None:
    wave = await world.has_wave()
    empty = campaign_form.blank("清溪市文明办", 120, world.clock())
    async with world.database.transaction() as conn:
        taken = replace(empty, title="接过来的", taken="media", taken_hash="h")
        made = await acts.create(conn, taken, "周", 1, world.clock())
    async with world.desk_of("周编辑", "editor") as desk:
        page = f"/office/surveys/waves/{wave.name}/invite"
        await desk.opens(page)
        assert "接过来的" not in desk.text
        await desk.sends(f"{page}/push", {"campaign": str(made.id)})
        assert "带不了问卷" in desk.text
    async with world.database.snapshot() as conn:
        assert await carrying.path_of(conn, made.id) == ""
