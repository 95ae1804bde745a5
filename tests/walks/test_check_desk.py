"""Staff judge a random part of the direct answers; figure and weeks are there for all who may see them."""

import re

from bot.web import check_desk, rates_desk
from tests.world import World

DESK = check_desk.DESK


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
        assert "置信" not in alice.text.split("上面的数字")[0]
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
        assert (await carol.opens(DESK)).status == 403
        await carol.opens(rates_desk.DESK)
        assert "最近抽查的 2 条直接回答中" in carol.text
        assert f"《{'清溪市文明行为促进条例'}》第三条" in carol.text
        assert "遛狗" not in carol.text
        await carol.opens(f"{rates_desk.DESK}.csv")
        head, row, *_ = carol.text.lstrip("\ufeff").splitlines()
        told = dict(zip(head.split(","), row.split(","), strict=True))
        assert (told["提问"], told["直接回答"], told["有用"], told["没解决"]) == ("2", "2", "1", "0")
