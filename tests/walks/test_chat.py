"""A resident asks, and answers a questionnaire, over real HTTP through the simulated WeChat."""

from bot.inquiries import messages
from surveys import store
from surveys.terms import Place, Terms
from tests.world import World


async def answers(world: World, wave_id: int) -> list[dict[str, object]]:
    """What is durably recorded for a wave."""
    async with world.database.snapshot() as conn:
        return [dict(one.answers) async for one in store.stream_interviews(conn, wave_id)]


async def test_a_question_is_answered_with_the_words_of_the_article(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    await aunt.follow()
    reply = await aunt.say("携带犬只外出不使用牵引绳罚多少")
    assert reply is not None
    assert "第三条" in reply
    assert "（一）使用牵引绳；" in reply
    assert "第五条" in reply
    assert "处五十元以上二百元以下罚款" in reply


async def test_what_the_rules_do_not_hold_is_said_and_kept_for_the_office(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    reply = await aunt.say("图书馆几点关门")
    assert reply is not None
    assert "12345" in reply
    assert "第" not in reply
    async with world.database.snapshot() as conn:
        waiting = await messages.waiting(conn, since=0)
    assert [one.text for one in waiting] == ["图书馆几点关门"]


async def test_the_questionnaire_in_the_chat(each_world: World) -> None:
    world = each_world
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.follow()
    invitation = await aunt.say("问卷")
    assert invitation is not None
    assert "文明创建问卷" in invitation
    assert await answers(world, wave.id) == []
    first = await aunt.tap("同意并开始")
    assert first is not None
    assert "第 1 题（共 3 题）" in first
    assert "第 2 题" in str(await aunt.say("B"))
    assert "第 1 题" in str(await aunt.say("上一题"))
    assert "第 2 题" in str(await aunt.tap("知道"))
    unclear = await aunt.say("今天天气不错")
    assert unclear is not None
    assert "第 2 题" in unclear
    assert "第 3 题" in str(await aunt.say("二"))
    closing = await aunt.say("跳过")
    assert closing is not None
    assert "谢谢" in closing
    assert await answers(world, wave.id) == [{"know": "1", "content": "2", "words": None}]
    assert "已经答过" in str(await aunt.say("问卷"))


async def test_a_paused_questionnaire_goes_on_where_it_stopped(world: World) -> None:
    wave = await world.has_wave()
    await world.has_rules()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    await aunt.say("1")
    assert "继续答题" in str(await aunt.say("暂停"))
    assert "第四条" in str(await aunt.say("高空抛物有什么规定"))
    await world.restart()
    assert "第 2 题" in str(await aunt.say("继续"))
    await aunt.say("满意")
    await aunt.say("没有建议")
    assert await answers(world, wave.id) == [{"know": "1", "content": "1", "words": "没有建议"}]


async def test_an_emergency_is_heard_during_a_questionnaire(world: World) -> None:
    await world.has_wave(terms=Terms(frame=(Place("城关镇", "东街社区", 900),)))
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    assert "110" in str(await aunt.say("救命 有人打我"))
    for answer in ("女的", "四十五岁", "我45", "三口人", "满意", "都有", "城关", "城关镇"):
        said = str(await aunt.say(answer))
        assert "第 1 题" in said, "an answer to another question is no cry for help"
        assert "110" not in said
    assert "第 2 题" in str(await aunt.say("1"))


async def test_an_option_of_an_earlier_question_does_not_answer_the_present_one(world: World) -> None:
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    old = await aunt._link("说不清", "say")
    await aunt.say("1")
    fields = {"MsgType": "text", "Content": old.target, "bizmsgmenuid": old.menu_id}
    delivery = await world.simulator.send(aunt.openid, fields)
    assert "前面的题目" in str(delivery.text)
    await aunt.say("不了解")
    await aunt.say("跳过")
    assert (await answers(world, wave.id))[0]["content"] == "9"


async def test_declining_leaves_nothing(world: World) -> None:
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("不参加")
    async with world.database.snapshot() as conn:
        counts = (await store.counts(conn, [wave.id]))[wave.id]
    assert (counts.complete, counts.partial, counts.drafts) == (0, 0, 0)


async def test_choices_can_be_taken_by_number(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    offered = await aunt.say("第三条和第四条")
    assert offered is not None
    reply = await aunt.say("3")
    assert reply is not None


async def test_a_follow_up_and_a_vote_are_tapped_under_the_answer(each_world: World) -> None:
    world = each_world
    await world.has_rules()
    aunt, uncle = world.resident("王阿姨"), world.resident("李大爷")
    await uncle.say("携带犬只外出不使用牵引绳罚多少")
    await aunt.say("第三条讲什么")
    world.clock.passes(seconds=5)
    assert "第五条" in str(await aunt.tap("那罚多少"))
    assert "工作人员" in str(await aunt.tap("没解决"))
    assert "工作人员" in str(await aunt.redeliver())
    async with world.database.snapshot() as conn:
        waiting = await messages.waiting(conn, since=0)
    assert [(one.text, one.helpful) for one in waiting] == [("那罚多少", False)]
    await aunt.tap("有用")
    async with world.database.snapshot() as conn:
        assert await messages.waiting(conn, since=0) == []


async def test_an_answer_leads_to_its_page_with_the_passage_marked(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    reply = str(await aunt.say("携带犬只外出不使用牵引绳罚多少"))
    assert len(reply.encode()) <= 2048
    page = await aunt.link("查看全文")
    assert page.startswith(f"{world.base}/rules/")
    assert "?p=" in page


async def test_inside_an_interview_also_what_only_sounds_like_distress_is_heard(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    assert "12356" in str(await aunt.say("夜里总觉得自己快要从这个世上淡出去了"))
    assert "第 2 题" in str(await aunt.say("说不清"))
