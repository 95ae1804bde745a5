"""Staff judge a random part of the direct answers; figure and weeks are there for all who may see them."""

import re

from bot.inquiries import messages, sampling
from bot.inquiries.messages import Asked
from bot.web import check_desk, rates_desk
from content.rules import store
from tests.world import World

DESK = check_desk.DESK


async def pages(world: World) -> list[str]:
    """The public pages of the texts."""
    async with world.database.snapshot() as conn:
        return [f"/rules/{one.id}" for one in await store.list_documents(conn, world.clock().date())]


async def test_answers_are_drawn_judged_blind_and_told(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    await aunt.follow()
    await aunt.say("遛狗要用牵引绳吗")
    world.clock.passes(minutes=1)
    await aunt.tap("有用")
    await aunt.say("第四条")
    async with world.desk_of("alice", "editor") as alice, world.desk_of("carol", "analyst") as carol:
        assert "还没有抽查过" in (await alice.opens(DESK)).text
        await alice.sends(f"{DESK}/draw")
        assert "随机抽了 2 条" in alice.text
        async with world.database.snapshot() as conn:
            for one in await messages.answered(conn, 0):
                assert f"{one.confidence:.2f}" not in alice.text
        assert (await alice.sends(f"{DESK}/draw")).status == 409
        texts = []
        for verdict in ("right", "wrong"):
            await alice.opens(DESK)
            texts.append("使用牵引绳" in alice.text)
            (one,) = re.findall(rf'action="({DESK}/\d+)"', alice.text)
            assert (await alice.sends(one, {"verdict": "?"})).status == 400
            await alice.opens(DESK)
            await alice.sends(one, {"verdict": verdict, "note": "看过"})
        assert sorted(texts) == [False, True]
        assert (await alice.sends(one, {"verdict": "right"})).status == 409
        await alice.opens(DESK)
        assert "最近抽查的 2 条直接回答中，1 条有误，占 50.0%" in alice.text
        await alice.sends(f"{DESK}/draw")
        assert "没有还没抽查过" in alice.text
        (address,) = await pages(world)
        assert "随机抽查" not in (await carol.opens(address)).text
        assert (await carol.opens(DESK)).status == 403
        await carol.opens(rates_desk.DESK)
        assert "最近抽查的 2 条直接回答中" in carol.text
        assert f"《{'清溪市文明行为促进条例'}》第三条" in carol.text
        assert "遛狗" not in carol.text
        await carol.opens(f"{rates_desk.DESK}.csv")
        head, row, *_ = carol.text.lstrip("\ufeff").splitlines()
        told = dict(zip(head.split(","), row.split(","), strict=True))
        assert (told["提问"], told["直接回答"], told["有用"], told["没解决"]) == ("2", "2", "1", "0")


async def test_the_figure_is_told_everybody_once_it_says_something(world: World) -> None:
    await world.has_rules()
    row = Asked(1, int(world.clock().timestamp()), "问", "answered", "《某法》第一条")
    async with world.database.transaction() as conn:
        await messages.write(conn, [row] * 30)
        await sampling.draw(conn, await messages.answered(conn, 0), world.clock())
        for number in await sampling.waiting(conn):
            assert await sampling.judge(conn, number, "right", "", "alice", world.clock())
    (address,) = await pages(world)
    async with world.desk_of("alice", "editor") as anybody:
        await anybody.opens(address)
    assert (
        "随机抽查。最近抽查的 30 条直接回答中，0 条有误，占 0.0%（95% 置信区间 0.0%–11.6%）" in anybody.text
    )
