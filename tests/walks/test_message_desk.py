"""What the rules did not answer reaches the office, is one person's, and its answer reaches the resident."""

import re
from pathlib import Path

from bot.inquiries import messages
from bot.inquiries.letters import LONGEST
from bot.inquiries.messages import Asked
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.web import message_desk
from bot.web.message_groups import handled_groups, waiting_groups
from tests.office import Browser
from tests.world import World

NOBODY_KNOWS = "图书馆几点关门"


def asked(number: int, text: str, at: int, **more: object) -> Asked:
    """One question."""
    return Asked(number % 3, at, text, id=number, outcome=str(more.pop("outcome", "unknown")), **more)  # type: ignore[arg-type]


def test_alike_questions_stand_together_danger_first_then_the_oldest() -> None:
    found = waiting_groups(
        [
            asked(1, "图书馆几点开门？", 30),
            asked(2, "停车费", 20, outcome="handed_over"),
            asked(3, "圖書館几点开门呀", 10),
            asked(4, "我不想活了", 40, outcome="emergency", urgent=True),
            asked(5, "遛狗", 50, outcome="answered", helpful=False),
        ]
    )
    assert [(one.id, [a.id for a in one.asked], one.residents, one.reason) for one in found] == [
        (4, [4], 1, "可能有危险"),
        (3, [3, 1], 2, "没有答上来"),
        (2, [2], 1, "已请居民找人办理"),
        (5, [5], 1, "居民说没解决"),
    ]
    assert waiting_groups([]) == handled_groups([], []) == []


class Dies:
    """Breaks the work once, at a named point."""

    def __init__(self, step: str) -> None:
        self.steps = [step]

    def __call__(self, name: str) -> None:
        if name in self.steps:
            self.steps.remove(name)
            raise OSError("the power went")


def links(browser: Browser) -> list[str]:
    """The groups on the desk."""
    return re.findall(r'class="title" href="([^"]+)"', browser.text)


def shown(browser: Browser) -> list[tuple[str, str]]:
    """The questions that the page's first form would act on."""
    form = browser.text.split("<form")[2]
    return [("message", number) for number in re.findall(r'name="message" value="(\d+)"', form)]


async def test_a_question_is_claimed_by_one_and_answered_within_the_window(each_world: World) -> None:
    world = each_world
    await world.has_rules()
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    for one in (aunt, uncle):
        await one.follow()
    await aunt.say(NOBODY_KNOWS)
    await uncle.say(f"{NOBODY_KNOWS}？<b>")
    world.clock.passes(hours=3)
    async with world.desk_of("alice", "editor") as alice, world.desk_of("bob", "reviewer") as bob:
        (group,) = links(await alice.opens(message_desk.DESK))
        await bob.opens(group)
        await alice.opens(group)
        assert "2 位居民问了 2 次" in alice.text
        assert "&lt;b&gt;" in alice.text
        assert "还可回复 44 小时" in alice.text
        assert "由您来处理" in (await alice.sends(f"{group}/claim", shown(alice))).text
        late = await bob.sends(f"{group}/claim", shown(bob))
        assert (late.status, "alice 已经认领了" in late.text) == (409, True)
        await bob.opens(group)
        assert "有人在处理" in bob.text
        assert links(await bob.opens(message_desk.DESK)) == []
        await alice.opens(group)
        too_long = await alice.sends(f"{group}/answer", [*shown(alice), ("text", "长" * (LONGEST + 1))])
        assert (too_long.status, "没有发出" in too_long.text) == (400, True)
        await alice.sends(f"{group}/answer", [*shown(alice), ("text", "晚上九点。")])
        assert "2 位居民马上收到" in alice.text
        assert "正在发送" in alice.text
        await world.beat()
        sent = world.simulator.customer_messages
        assert {one.openid for one in sent} == {aunt.openid, uncle.openid}
        assert {str(one.content["text"]) for one in sent} == {
            f"您问过“{NOBODY_KNOWS}”，清溪市文明办答复您：\n晚上九点。",
            f"您问过“{NOBODY_KNOWS}？b”，清溪市文明办答复您：\n晚上九点。",
        }
        await alice.opens(f"{message_desk.DESK}?state=answered")
        assert links(await alice.opens(group)) == []
        assert alice.text.count("已送达") == 2
        assert "晚上九点" not in str(await aunt.say("第三条"))


async def test_an_answer_too_late_comes_with_the_next_message_and_only_once(each_world: World) -> None:
    world = each_world
    await world.has_rules()
    aunt = world.resident("王阿姨")
    await aunt.say(NOBODY_KNOWS)
    world.clock.passes(days=3)
    async with world.desk_of("alice", "editor") as alice:
        (group,) = links(await alice.opens(message_desk.DESK))
        await alice.opens(group)
        assert "已过 48 小时，下次来信时送达" in alice.text
        await alice.sends(f"{group}/claim", shown(alice))
        await alice.sends(f"{group}/answer", [*shown(alice), ("text", "晚上九点。")])
        assert "1 位居民下次来信时收到" in alice.text
        await world.beat()
        assert world.simulator.customer_messages == []
        assert "有 1 条答复还没有送到" in (await alice.opens(message_desk.DESK)).text
        urgent = await aunt.say("我不想活了")
        assert "晚上九点" not in str(urgent)
        world.clock.passes(minutes=1)
        world.on_step = Dies("inbox: before commit")
        reply = await aunt.say("第三条")
        assert world.steps.count("inbox: before commit") > world.steps.count("inbox: after commit")
        assert reply is not None
        assert reply.startswith("您问过“图书馆几点关门”，清溪市文明办答复您：\n晚上九点。\n\n")
        assert "使用牵引绳" in reply
        assert await aunt.redeliver() == reply
        await world.restart()
        assert await aunt.redeliver() == reply
        assert "晚上九点" not in str(await aunt.say("第四条"))
        assert "已随居民的来信送达" in (await alice.opens(group)).text


async def test_what_the_platform_refuses_is_kept_and_an_erasure_takes_all(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    await aunt.follow()
    await aunt.say(NOBODY_KNOWS)
    async with world.desk_of("alice", "editor") as alice:
        (group,) = links(await alice.opens(message_desk.DESK))
        await alice.opens(group)
        await alice.sends(f"{group}/claim", shown(alice))
        await alice.sends(f"{group}/answer", [*shown(alice), ("text", "晚上九点。")])
        person = world.simulator.people.get(aunt.openid)
        assert person is not None
        person.allowances.clear()
        await world.beat()
        assert world.simulator.customer_messages == []
        assert "下次来信时送达" in (await alice.opens(group)).text
        journal = Journal(Path(world.config.privacy.erasure_journal))
        await Erasure(world.database, journal).erase_resident(aunt.openid, world.clock())
        assert (await alice.opens(group)).status == 404
        assert "晚上九点" not in str(await aunt.say("第三条"))


async def test_a_group_is_given_back_closed_and_opened_again(world: World) -> None:
    await world.has_rules()
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    await aunt.say(NOBODY_KNOWS)
    async with world.desk_of("alice", "editor") as alice, world.desk_of("carol", "analyst") as carol:
        assert (await carol.opens(message_desk.DESK)).status == 403
        (group,) = links(await alice.opens(message_desk.DESK))
        await alice.sends(f"{group}/claim", shown(await alice.opens(group)))
        await uncle.say(f"{NOBODY_KNOWS}呀")
        await alice.opens(group)
        assert "一并认领" in alice.text
        await alice.sends(f"{group}/release", shown(alice))
        assert links(alice) == [group]
        world.clock.passes(minutes=1)
        await alice.sends(f"{group}/claim", shown(await alice.opens(group)))
        assert len(shown(alice)) == 2
        await alice.sends(f"{group}/close", shown(alice))
        assert links(alice) == []
        (closed,) = links(await alice.opens(f"{message_desk.DESK}?state=closed"))
        await alice.sends(f"{closed}/reopen", shown(await alice.opens(closed)))
        assert links(await alice.opens(message_desk.DESK)) == [group]
        nothing = await alice.sends(f"{group}/claim")
        assert (nothing.status, "没有选中" in nothing.text) == (400, True)
    async with world.database.snapshot() as conn:
        (one, _) = await messages.waiting(conn, 0)
    assert one.text == NOBODY_KNOWS


async def test_danger_is_the_first_thing_on_the_page_of_today(world: World) -> None:
    async with world.desk_of("alice", "editor") as alice:
        assert "最近 30 天的问题都有答复" in (await alice.opens("/office")).text
        await world.resident("王阿姨").say(NOBODY_KNOWS)
        assert "都不到一天" in (await alice.opens("/office")).text
        world.clock.passes(days=3)
        await alice.signs_in("alice")
        assert "等了 3 天。1 条等了 2 天以上" in (await alice.opens("/office")).text
        await world.resident("李师傅").say("我不想活了")
        assert "可能有危险的留言" in (await alice.opens("/office")).text
        first, second = links(await alice.opens(message_desk.DESK))
        assert "可能有危险" in (await alice.opens(first)).text
        assert "可能有危险" not in (await alice.opens(second)).text
