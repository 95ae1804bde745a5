"""What is asked during an interview is answered however it ends; who comes after the end is told so."""

import asyncio

from bot.chat.inbox import Inbox
from bot.wechat.incoming import Incoming
from surveys import native, quotas
from tests.test_page_turns import Places
from tests.test_quotas import TOML
from tests.world import QUESTIONNAIRE, World

ASKED = "携带犬只外出不使用牵引绳罚多少？"


async def test_a_wave_that_ends_meanwhile_takes_no_question_with_it(each_world: World) -> None:
    world = each_world
    await world.has_rules()
    wave = await world.has_wave(keyword="文明大家评")
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    for said in ("文明大家评", "同意"):
        await aunt.say(said)
        await uncle.say(said)
    again = str(await aunt.say("文明大家评"))
    assert "第 1 题" in again
    assert "在网页上接着答" in again
    assert "记下了" in str(await aunt.say(ASKED))
    assert "记下了" in str(await uncle.say(ASKED))
    paused = str(await uncle.say("退出"))
    assert "点一下就为您查" in paused
    assert ASKED in paused
    assert "点一下" not in str(await uncle.say("谢谢"))
    await world.closes(wave.name)
    late = str(await aunt.say("2"))
    assert "您答过的题都留着" in late
    assert ASKED in late
    answered = str(await aunt.tap(ASKED))
    assert "第五条" in answered
    assert "点一下" not in answered
    for word in ("文明大家评", native.parse(QUESTIONNAIRE).title, f"问卷{wave.id}-1"):
        said = str(await aunt.say(word))
        assert "已经结束" in said, word


async def test_who_loses_the_last_place_is_told_so_in_all_that_follows(each_world: World) -> None:
    world = each_world
    wave = await world.has_wave(toml=TOML)
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    for said in ("问卷", "同意", "61", "住满"):
        await uncle.say(said)
        await aunt.say(said)
    assert "记下了" in str(await aunt.say(ASKED))
    async with world.database.transaction() as conn:
        await quotas.admit(conn, [Places(wave.id, {"old": 3}), Places(wave.id, {"old": 3})])
    box = world.inbox
    assert isinstance(box, Inbox)
    written = [(uncle, "满意"), (aunt, "满意"), (aunt, "问卷"), (aunt, "我的数据")]
    now = int(world.clock().timestamp())
    messages = [
        Incoming(one.openid, "gh_0123456789ab", now, "text", f"{at}" * 64, text=text)
        for at, (one, text) in enumerate(written)
    ]
    thanks, full, again, kept = await asyncio.gather(*(box.handle(one) for one in messages))
    assert "谢谢" in thanks
    assert "份数已经够了" in full
    assert f"您刚才问：{ASKED}" in full
    assert "答过" not in again
    assert "已经答完" not in kept
