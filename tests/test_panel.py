"""The panel: only who agreed is known over several waves, and whoever leaves is not known any more."""

from math import isclose, sqrt

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.waves import panel
from surveys import store
from surveys.paired import Rate, change
from surveys.results import wave_rates
from surveys.terms import Terms
from surveys.waves import Wave, find_wave
from tests.wechat_browser import WeChatBrowser
from tests.world import World

votes = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60)


@settings(max_examples=50, deadline=None)
@given(votes)
def test_with_everybody_in_both_waves_it_is_the_variance_of_pairs(pairs: list[tuple[bool, bool]]) -> None:
    n = len(pairs)
    now, before = ({str(i): float(pair[side]) for i, pair in enumerate(pairs)} for side in (0, 1))
    found = change(Rate(sum(now.values()), n, now), Rate(sum(before.values()), n, before))
    gained = sum(one and not other for one, other in pairs)
    lost = sum(other and not one for one, other in pairs)
    variance = (gained + lost - (gained - lost) ** 2 / n) / n**2
    if found is None:
        assert variance < 1e-12
        return
    assert isclose(found.difference, (gained - lost) / n, abs_tol=1e-12)
    if found.interval[0] > -1:
        assert isclose(found.difference - found.interval[0], 1.959963984540054 * sqrt(variance), rel_tol=1e-6)


def test_with_nobody_in_both_waves_it_is_the_difference_of_independent_samples() -> None:
    found = change(Rate(60, 100, {"a": 1.0}), Rate(40, 80, {"b": 1.0}))
    assert found is not None
    error = sqrt(0.6 * 0.4 / 100 + 0.25 / 80)
    assert found.pairs == 0
    assert isclose(found.interval[1] - found.difference, 1.959963984540054 * error)
    assert change(Rate(0, 0, {}), Rate(40, 80, {})) is None
    assert change(Rate(9, 9, {}), Rate(8, 8, {})) is None


NAMES = [f"居民{number}" for number in range(7)]


async def answered(world: World, name: str, keyword: str, *words: str) -> str:
    """A whole interview in the chat; its last words."""
    resident = world.resident(name)
    await resident.say(keyword)
    said = ""
    for word in ("同意并开始", *words):
        said = await resident.say(word) or ""
    return said


async def numbers(world: World, wave: Wave) -> list[str]:
    async with world.database.snapshot() as conn:
        return [one.panel async for one in store.stream_interviews(conn, wave.id)]


async def test_only_members_carry_a_number_from_wave_to_wave_and_lose_it_when_they_leave(
    world: World,
) -> None:
    waves = []
    for name in ("春", "秋"):
        waves.append(await world.has_wave(name, terms=Terms(panel=True), keyword=f"{name}季"))
        for place, resident in enumerate(NAMES):
            said = await answered(world, resident, f"{name}季", str(1 + place % 2), "1", "跳过")
            assert "长期调查" in said
            if name == "春" and place < 6:
                assert "理论上能认出" in (await world.resident(resident).say("长期调查") or "")
                assert "已经记下" in (await world.resident(resident).say("同意参加长期调查") or "")
        assert set(await numbers(world, waves[-1])) == {""}
        await world.closes(name)
    spring, autumn = [await numbers(world, wave) for wave in waves]
    assert set(spring) == set(autumn)
    assert len(set(spring) - {""}) == 6
    async with world.database.snapshot() as conn:
        now, before = await find_wave(conn, "秋"), await find_wave(conn, "春")
        assert now is not None
        document = await wave_rates(conn, now, before=before)
    changed = [(one["indicator"], one["pairs"], one["difference"]) for one in document["panel"]]
    assert changed == [("awareness", 6, 0.0)]
    assert "已经退出" in (await world.resident(NAMES[0]).say("退出长期调查") or "")
    assert len(set(await numbers(world, waves[0])) - {""}) == 5
    async with world.database.transaction() as conn:
        left = (await conn.execute(select(panel.members.c.resident))).scalars().all()
        assert len(left) == 5


async def test_the_thanks_of_the_page_and_my_data_let_the_same_person_join_and_leave(world: World) -> None:
    await world.has_wave(terms=Terms(panel=True))
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    url = await aunt.link("网页")
    async with WeChatBrowser(world, None) as page, WeChatBrowser(world, None) as stranger:
        await page.opens(url)
        assert "panel-join" not in page.text
        for step, answer in (("begin", ""), ("next", "1"), ("next", "1"), ("skip", "")):
            early = await page.posts(page.form("panel-join"))
            assert early == 404
            await page.sends(step, *([answer] if answer else []))
        assert "理论上能认出" in page.text
        assert "您没有参加" in (await aunt.say("我的数据。") or "")
        await stranger.opens(url)
        assert "panel-join" not in stranger.text
        assert await stranger.posts(page.form("panel-join")) == 403
        await page.sends("panel-join")
        assert "退出长期调查" in page.text
        said = await aunt.say("我的数据") or ""
        assert "您参加了长期调查" in said
        assert "再也看不出哪份是谁答的" not in said
        assert "编号会从以前的回答上去掉" in (await aunt.say("删除我的数据") or "")
        await page.sends("panel-leave")
        assert "panel-join" in page.text
    assert "您没有参加" in (await aunt.say("我的数据") or "")
