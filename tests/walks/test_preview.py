"""A colleague looks at a text on their own phone: tied by a code, sent to nobody else."""

import re

import pytest

from bot.chat import tying
from content import acts
from tests.test_checks import GOOD
from tests.walks.test_pictures import photograph, uploads
from tests.world import World

LIST = "/office/campaigns"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("绑定12345678", "12345678"),
        (" 绑定：１２３４５６７８ ", "12345678"),
        ("绑定1234567", ""),
        ("绑定123456789", ""),
        ("怎么绑定12345678", ""),
        ("12345678", ""),
    ],
)
def test_only_the_words_of_the_desk_tie(text: str, code: str) -> None:
    assert tying.code(text) == code


async def test_a_text_arrives_on_the_phone_that_was_tied_and_on_no_other(world: World) -> None:
    aunt, stranger = world.resident("周的手机"), world.resident("别人")
    await aunt.follow()
    await stranger.follow()
    async with world.database.transaction() as conn:
        await acts.create(conn, GOOD, "周", 1, world.clock())
    async with world.desk_of("周", "editor") as editor:
        await uploads(editor, f"{LIST}/1/pictures/add", photograph(), alt="灯笼下的一家人")
        await editor.opens(f"{LIST}/1")
        await editor.sends(f"{LIST}/1/preview")
        assert "还没有绑定您的微信" in editor.text
        await editor.opens("/office/me/phone")
        await editor.sends("/office/me/phone", {"act": "tie"})
        found = re.search(r"绑定(\d{8})<", editor.text)
        assert found
        wrong = f"{(int(found[1]) + 1) % 10**8:08d}"
        assert await stranger.say(f"绑定{wrong}") == await aunt.say(f"绑定{found[1]}")
        await stranger.say(f"绑定{found[1]}")
        assert "已绑定" in (await editor.opens("/office/me/phone")).text
        await editor.opens(f"{LIST}/1")
        await editor.sends(f"{LIST}/1/preview")
        assert "已发到您的微信" in editor.text
        address = await aunt.link(GOOD.title)
        page = await (await editor.client.get(address)).text()
        assert "灯笼下的一家人" in page
        with pytest.raises(LookupError):
            await stranger.link(GOOD.title)
        assert world.simulator.mass_effects == {}
        await editor.opens("/office/me/phone")
        await editor.sends("/office/me/phone", {"act": "undo"})
        assert "还没有绑定" in editor.text


async def test_a_code_that_is_too_old_ties_nobody(world: World) -> None:
    aunt = world.resident("周的手机")
    await aunt.follow()
    async with world.desk_of("周", "editor") as editor:
        await editor.opens("/office/me/phone")
        await editor.sends("/office/me/phone", {"act": "tie"})
        found = re.search(r"绑定(\d{8})<", editor.text)
        assert found
        world.clock.passes(minutes=11)
        await aunt.say(f"绑定{found[1]}")
        assert "还没有绑定" in (await editor.opens("/office/me/phone")).text
