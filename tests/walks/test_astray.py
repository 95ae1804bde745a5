"""Messages in the middle of an interview that are no answer: none ends it, none is told to the office."""

import pytest
from sqlalchemy import func, select

from bot.chat.survey_talk import asked_for
from bot.inquiries import messages
from tests.world import World


@pytest.mark.parametrize(
    "word",
    ["问卷", "我要答问卷", "怎么填问卷？", "问卷在哪里", "我想参加一下问卷调查", "调查问卷", "填写一份问卷"],
)
def test_a_questionnaire_is_asked_for_in_many_words(word: str) -> None:
    assert asked_for(word)


@pytest.mark.parametrize(
    "word", ["问卷要收费吗", "谁发的问卷", "调查一下他", "问卷里说的遛狗罚多少", "", "想要" * 900]
)
def test_who_asks_about_a_questionnaire_does_not_ask_for_it(word: str) -> None:
    assert not asked_for(word)


async def test_who_is_astray_is_led_back_to_the_question(world: World) -> None:
    await world.has_rules()
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("我要答问卷")
    doubting = str(await aunt.say("是不是骗人的"))
    assert "清溪市文明办的调查，自愿参加，不收费" in doubting
    assert "同意并开始" in doubting
    assert "您问的记下了" in str(await aunt.say("遛狗不牵绳罚多少"))
    await aunt.say("同意")
    assert "这是第一题" in str(await aunt.say("重来"))
    await aunt.say("知道")
    question = "第 2 题"
    for words in ("不想说", "没了", "上一个", "我不识字", "有时候", "选一和三", "转人工"):
        reply = str(await aunt.say(words))
        assert (question in reply, "110" in reply) == (True, False), words
    sticker = await aunt.say("【收到不支持的消息类型，暂无法显示】")
    wordless = (await aunt.voice(None), await aunt.image(), sticker)
    for reply in map(str, wordless):
        assert ("也没有保存" in reply, question in reply) == (True, True), reply
    sounding = str(await aunt.say("夜里总觉得自己快要从这个世上淡出去了"))
    assert ("12356" in sounding, question in sounding) == (True, True)
    await aunt.say("删除我的数据")
    kept = str(await aunt.say("不删了"))
    assert ("什么也没有删" in kept, question in kept) == (True, True)
    assert "上一题”，一题一题" in str(await aunt.say("选错了"))
    stopped = str(await aunt.say("不答了"))
    assert ("继续答题" in stopped, "遛狗不牵绳罚多少" in stopped) == (True, True)
    await aunt.say("继续")
    await aunt.say("满意")
    assert "谢谢" in str(await aunt.say("跳过"))
    async with world.database.snapshot() as conn:
        told = (await conn.execute(select(func.count()).select_from(messages.messages))).scalar_one()
    assert told == 1, "the cry alone"
