"""What residents, their phones and other machines may send in the chat, in anger or by accident."""

import asyncio
import re

import pytest

from bot.chat.flooding import ECHOES, MESSAGES, WORDS
from bot.chat.inbox import Inbox
from bot.inquiries import messages
from bot.simulator.residents import Resident
from bot.wechat.incoming import Incoming
from bot.wording import fits
from content.menu import SURVEY_KEY
from surveys import store
from surveys.waves import Wave
from tests.world import QUESTIONNAIRE, World

ODD = [
    "😀" * 300,
    "👨‍👩‍👧‍👦" * 50,
    "\u202eabc\u200b\u2066",
    "\u0301" * 400,
    "<script>alert(1)</script>]]></Content>",
    "=HYPERLINK(1)",
    "’ OR 1=1 --",
    "{{7*7}}{% raw %}",
    "字" * 3_400,
    "\t\n \u3000",
    "ﷺ" * 200,
]


async def answers(world: World, wave: Wave) -> list[dict[str, object]]:
    """What is durably recorded."""
    async with world.database.snapshot() as conn:
        return [dict(one.answers) async for one in store.stream_interviews(conn, wave.id)]


async def asked(world: World) -> list[str]:
    """What went into the log of questions."""
    async with world.database.snapshot() as conn:
        return [one.text for one in await messages.waiting(conn, since=0)]


async def tap(world: World, one: Resident, text: str, menu_id: str) -> str:
    """Send a text as a tapped link does, with any id."""
    fields = {"MsgType": "text", "Content": text, "bizmsgmenuid": menu_id}
    return str((await world.simulator.send(one.openid, fields)).text)


@pytest.mark.parametrize("words", ODD)
async def test_odd_words_at_every_step_get_a_reply_and_break_nothing(each_world: World, words: str) -> None:
    world = each_world
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    steps: tuple[str, ...] = ("你好", "问卷", "同意", "1", "2")
    for step in steps:
        assert await aunt.say(step)
        assert aunt.last.acknowledged
        await aunt.say(words)
        assert aunt.last.acknowledged, aunt.last.problem
    await aunt.say("跳过")
    for kept in await answers(world, wave):
        assert (kept["know"], kept["content"]) == ("1", "2")


async def test_an_option_tapped_after_the_interview_is_no_question_and_is_not_kept(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    old = await aunt._link("不知道", "say")
    await aunt.say("1")
    await aunt.say("暂停")
    assert "继续答题" in await tap(world, aunt, old.target, old.menu_id)
    await aunt.say("继续")
    await aunt.say("1")
    await aunt.say("跳过")
    assert "已经答完" in await tap(world, aunt, old.target, old.menu_id)
    await world.closes("第一季度")
    assert "或结束了" in await tap(world, aunt, old.target, old.menu_id)
    assert await asked(world) == []


@pytest.mark.parametrize("menu_id", ["9" * 5_000, "٣" * 9, "-1", "1e5", "²", "999999999999999999", "' OR 1"])
async def test_foreign_menu_ids_are_words_or_nothing(world: World, menu_id: str) -> None:
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    reply = await tap(world, aunt, "知道", menu_id)
    assert "抱歉" not in reply
    assert re.search("第 [12] 题", reply)
    assert await answers(world, wave) == []


async def test_leaving_and_coming_back_keeps_the_place_also_when_the_leave_arrives_late(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.follow()
    await aunt.say("问卷")
    await aunt.say("同意")
    await aunt.say("1")
    world.clock.passes(minutes=1)
    left_at = int(world.clock().timestamp())
    world.clock.passes(seconds=10)
    await aunt.follow()
    late = {"MsgType": "event", "Event": "unsubscribe", "EventKey": "", "CreateTime": left_at}
    await world.simulator.send(aunt.openid, late)
    async with world.database.snapshot() as conn:
        rows = await conn.exec_driver_sql("SELECT following, left_at FROM residents")
        assert [tuple(row) for row in rows] == [(1, None)]
    assert "第 3 题" in str(await aunt.say("1"))


async def test_two_waves_of_one_questionnaire_are_both_within_reach(world: World) -> None:
    first, second = await world.has_wave("一季度"), await world.has_wave("二季度")
    aunt = world.resident("王阿姨")
    for wave in (first, second):
        for words in ("文明创建问卷", "同意", "1", "2", "跳过"):
            await aunt.say(words)
        assert len(await answers(world, wave)) == 1
    assert "已经答过" in str(await aunt.say("文明创建问卷"))


async def test_the_menu_leads_back_to_the_interview_that_runs(world: World) -> None:
    await world.has_wave("一季度")
    await world.has_wave("二季度")
    aunt = world.resident("王阿姨")
    for words in ("文明创建问卷", "同意", "1"):
        await aunt.say(words)
    assert "第 2 题" in str(await aunt.click(SURVEY_KEY))


LONG = QUESTIONNAIRE.replace("答案没有对错，只做合计。", "我们想听听您的看法。" * 90)
SIXTY = """
id = "sixty"
title = "六十项"
consent = "答案没有对错。"

[[question]]
id = "where"
type = "single"
title = "您住在哪里？"
options = [{}]

[[question]]
id = "words"
type = "text"
title = "还有什么建议？"
""".format(
    ", ".join(f'{{code = "{n}", label = "第{n}村民小组以及附近的自然村落居民点"}}' for n in range(1, 61))
)


async def test_what_does_not_fit_into_the_chat_is_led_to_the_page(world: World) -> None:
    await world.has_wave("长", LONG)
    aunt = world.resident("王阿姨")
    invitation = str(await aunt.say("问卷"))
    assert fits(invitation)
    assert (await aunt.link("网页")).startswith(world.base)


async def test_sixty_options_are_never_shown_in_part(world: World) -> None:
    wave = await world.has_wave("六十", SIXTY)
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    question = str(await aunt.say("同意"))
    assert "…" not in question
    assert (await aunt.link("网页")).startswith(world.base)
    await aunt.say("60")
    await aunt.say("没有")
    assert await answers(world, wave) == [{"where": "60", "words": "没有"}]


TEXTS = """
id = "texts"
title = "只问文字"
consent = "随便写写。"

[[question]]
id = "first"
type = "text"
title = "您想说什么？"

[[question]]
id = "second"
type = "text"
title = "还有呢？"
required = false
"""


async def test_a_questionnaire_of_texts_takes_everything_but_the_words_of_the_road(world: World) -> None:
    wave = await world.has_wave("文字", TEXTS)
    aunt = world.resident("王阿姨")
    for words in ("问卷", "同意", "遛狗要牵绳吗", "上一题", "1", "跳过"):
        assert await aunt.say(words)
    assert await answers(world, wave) == [{"first": "1", "second": None}]
    assert await asked(world) == []


async def test_who_floods_is_told_once_then_not_answered_and_others_are(world: World) -> None:
    await world.has_rules()
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    for number in range(MESSAGES.times):
        assert await aunt.say(f"高空抛物{number}")
    assert await aunt.say("高空抛物") == WORDS
    told = aunt.last
    for _ in range(3):
        assert await aunt.say("高空抛物") is None
        assert aunt.last.acknowledged
    assert await aunt.redeliver(told) == WORDS
    assert "110" in str(await aunt.say("救命 有人打我"))
    assert "第四条" in str(await uncle.say("高空抛物"))
    world.clock.passes(minutes=1)
    assert "第四条" in str(await aunt.say("高空抛物"))


async def test_our_own_words_sent_back_are_not_answered_for_ever(world: World) -> None:
    machine = world.resident("自动回复")
    words, answered = "你好", 0
    for _ in range(10):
        reply = await machine.say(words)
        if reply is None:
            break
        answered += 1
        words = re.sub("<[^>]+>", "", reply)
    assert answered <= ECHOES + 2
    assert await machine.say("谢谢") is not None


async def test_an_answer_that_wechat_gave_up_does_not_slip_under_the_next_question(world: World) -> None:
    """The account sends no customer-service messages, so its sender could never learn of it."""
    account = world.config.account
    assert account is not None
    unverified = world.config.model_copy(update={"account": account.model_copy(update={"verified": False})})
    await world.close()
    await world.open(unverified)
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    box = world.inbox
    assert isinstance(box, Inbox)
    moment = int(world.clock().timestamp())
    await box.stop()
    box._batches._closing = False
    lost = Incoming(aunt.openid, "gh_0123456789ab", moment, "text", "k" * 64, text="1")
    with pytest.raises(TimeoutError):
        await _impatient(box, lost)
    world.clock.passes(minutes=1)
    box.start()
    assert "第 2 题" in str(await aunt.say("1"))
    await aunt.say("3")
    await aunt.say("跳过")
    assert await answers(world, wave) == [{"know": "1", "content": "3", "words": None}]


async def _impatient(box: Inbox, incoming: Incoming) -> None:
    """Deliver and hang up."""
    async with asyncio.timeout(0):
        await box.handle(incoming)
