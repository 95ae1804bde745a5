"""Who is too young is thanked and not kept, through every door; the words before consent say so."""

from dataclasses import replace

import pytest

from surveys import store
from surveys.terms import Terms
from tests.wechat_browser import WeChatBrowser
from tests.world import QUESTIONNAIRE, World

AGE = """
[[question]]
id = "age"
type = "number"
title = "您的年龄是？"
unit = "岁"
min = 0
max = 120

[[question]]"""
TOML = QUESTIONNAIRE.replace("[[question]]", AGE, 1)


@pytest.mark.parametrize(
    ("age", "minors", "words"),
    [("13", True, "家长来填"), ("16", False, "年满 18 周岁"), ("16", True, ""), ("18", False, "")],
)
async def test_the_young_are_thanked_and_not_kept(world: World, age: str, minors: bool, words: str) -> None:
    wave = await world.has_wave(toml=TOML, terms=replace(Terms(), minors=minors))
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    assert ("未满 14 周岁请不要填写" in str(await aunt.say("问卷"))) == minors
    url = await aunt.link("网页")
    await uncle.say("问卷")
    await uncle.say("同意")
    reply = str(await uncle.say(age))
    async with WeChatBrowser(world, None) as page:
        await page.opens(url)
        assert ("年满 18 周岁的居民填写" in page.text) != minors
        await page.sends("begin")
        await page.sends("next", age)
        if words:
            assert words in reply
            assert words in page.text
        else:
            assert "第 2 题" in reply
            assert "第 2 题" in page.text
    async with world.database.snapshot() as conn:
        counts = (await store.counts(conn, [wave.id]))[wave.id]
    assert (counts.drafts, counts.complete) == (0 if words else 2, 0)
