"""What the office teaches: tried on past questions, put in force by a second person, taken back."""

import re

from bot.web import lesson_desk, message_desk
from content.rules.entries import shipped_entries
from tests.office import Browser
from tests.walks.test_message_desk import links
from tests.world import World

DESK = lesson_desk.DESK
TITLE = "清溪市文明行为促进条例"


def fields(browser: Browser, action: str) -> list[tuple[str, str]]:
    """The hidden fields of the page's first form that goes to `action`, without its token."""
    form = next(part for part in browser.text.split("<form") if f'action="{action}"' in part.split(">")[0])
    found = re.findall(r'name="(\w+)" value="([^"]*)"', form.split("</form>")[0])
    return [pair for pair in found if pair[0] != "form_token"]


async def test_one_click_on_a_question_teaches_the_answer(each_world: World) -> None:
    world = each_world
    await world.has_rules()
    aunt = world.resident("王阿姨")
    asked = "图书馆几点关门"
    assert "第三条" not in str(await aunt.say(asked))
    async with world.desk_of("alice", "editor") as alice, world.desk_of("bob", "reviewer") as bob:
        (group,) = links(await alice.opens(message_desk.DESK))
        await alice.opens(group)
        await alice.sends(
            f"{DESK}/try", {"kind": "question", "title": TITLE, "label": "第3条", "question": asked}
        )
        assert "最近的 1 个问题里，有 <b>1</b> 个的回答会变" in alice.text
        assert f"《{TITLE}》第三条" in alice.text
        assert "第三条" not in str(await aunt.say(asked, msg_id=9))
        await alice.sends(DESK, fields(alice, DESK))
        assert "等复核" in alice.text
        (own,) = links(await alice.opens(DESK))
        assert 'type="checkbox"' not in alice.text
        number = own.rsplit("/", 1)[1]
        assert (await alice.sends(f"{DESK}/approve", {"proposal": number})).status == 403
        await bob.opens(own)
        assert "个的回答会变" in bob.text
        assert "1 条已生效" in (await bob.sends(f"{DESK}/approve", {"proposal": number})).text
        again = await bob.sends(f"{DESK}/approve", {"proposal": number})
        assert (again.status, "没有可以通过的" in again.text) == (409, True)
        await world.beat("content")
        assert "使用牵引绳" in str(await aunt.say(asked, msg_id=10))
        await bob.opens(own)
        assert "正在用" in bob.text
        await bob.sends(f"{own}/withdraw", {"reason": "误会"})
        assert "已撤回，一秒内不再用于回答" in bob.text
        assert "原因：误会" in bob.text
        await world.beat("content")
        assert "使用牵引绳" not in str(await aunt.say(asked, msg_id=11))
        assert (await bob.sends(f"{own}/withdraw")).status == 409


async def test_an_alias_and_an_entry_go_the_same_way(world: World) -> None:
    await world.has_rules()
    async with world.desk_of("alice", "approver") as alice, world.desk_of("bob", "approver") as bob:
        await alice.opens(f"{DESK}/new?kind=alias&title={TITLE}&label=第三条&q=毛孩子")
        assert 'value="1.2"' in alice.text
        alias = {"kind": "alias", "title": TITLE, "label": "第三条", "place": "1.1", "words": "拴 遛娃绳、拴"}
        await alice.sends(f"{DESK}/try", alias)
        assert "还没有居民问过问题" in alice.text
        assert "第1款第1项" in alice.text
        await alice.sends(DESK, fields(alice, DESK))
        entry = {
            "kind": "entry",
            "questions": "图书馆几点关门\n\n图书馆开到几点",
            "answer": "晚上九点。",
            "topic": "图书馆",
            "laws": f"《{TITLE}》第二条",
        }
        await alice.sends(f"{DESK}/try", entry | {"answer": ""})
        assert (alice.status, "回答要有" in alice.text, "图书馆开到几点" in alice.text) == (400, True, True)
        await alice.sends(f"{DESK}/try", entry | {"laws": "某法"})
        assert "看不懂" in alice.text
        await alice.sends(f"{DESK}/try", alias | {"label": "第99条"})
        assert "没有找到第九十九条" in alice.text
        await alice.sends(f"{DESK}/try", {"kind": "x"})
        assert "没有选择要教什么" in alice.text
        await alice.sends(f"{DESK}/try", entry)
        await alice.sends(DESK, fields(alice, DESK))
        await alice.opens(DESK)
        refused = await alice.sends(f"{DESK}/approve", [("proposal", "1"), ("proposal", "2")])
        assert refused.status == 409
        await bob.opens(DESK)
        assert (await bob.sends(f"{DESK}/approve")).status == 400
        await bob.opens(DESK)
        await bob.sends(f"{DESK}/approve", [("proposal", "1"), ("proposal", "2")])
        assert "2 条已生效" in bob.text
        await world.beat("content")
        reply = str(await world.resident("王阿姨").say("图书馆几点关门"))
        assert "晚上九点。" in reply
        assert "第二条" in reply
        assert world.live.index.search("遛娃", 1)[0].passage.place == "1.1"


async def test_the_starter_entries_are_read_before_they_answer(world: World) -> None:
    async with world.desk_of("alice", "editor") as alice, world.desk_of("bob", "reviewer") as bob:
        count = len(shipped_entries())
        assert f"系统带有 {count} 条入门问答" in (await alice.opens(DESK)).text
        await alice.sends(f"{DESK}/starter")
        assert f"{count} 条入门问答在等复核" in alice.text
        assert "系统带有" not in alice.text
        first, second, *_ = links(await bob.opens(DESK))
        await bob.sends(f"{DESK}/approve", {"proposal": first.rsplit("/", 1)[1]})
        await bob.opens(second)
        await bob.sends(f"{second}/reject", {"reason": "不适合本地"})
        assert "已退回，没有生效" in bob.text
        await world.beat("content")
        assert len(world.live.index.entries) == 1
        assert len(links(await bob.opens(f"{DESK}?state=rejected"))) == 1
        assert (await bob.opens(f"{DESK}/99999")).status == 404
