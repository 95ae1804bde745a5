"""What goes wrong in the middle of an interview gets one clear line, and nothing given before is lost."""

import io
import re
from collections.abc import AsyncIterator

from aiohttp import ClientSession, CookieJar

from bot.office import staff
from bot.office.passwords import Passwords
from surveys import fieldbook, store
from surveys.export.files import write_wave
from surveys.fieldbook import Task
from surveys.store import Interview
from tests.office import GOOD, QUICK
from tests.walks.test_field import Colleague
from tests.wechat_browser import WeChatBrowser
from tests.world import World

BOMB = "=HYPERLINK(\"http://evil.example\",A1)+cmd|'/C calc'!A0"
MEGABYTE = b"answer=" + b"x" * (1024 * 1024)


async def recorded(world: World, wave_id: int) -> list[Interview]:
    """What is durably recorded."""
    async with world.database.snapshot() as conn:
        return [one async for one in store.stream_interviews(conn, wave_id)]


async def fifty_megabytes() -> AsyncIterator[bytes]:
    """A body that no form has."""
    for _ in range(50):
        yield MEGABYTE


async def huge(http: ClientSession, url: str) -> tuple[int, str]:
    """Status and words for such a body; 0 where the service hung up instead of reading on."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        async with http.post(url, data=fifty_megabytes(), headers=headers) as response:
            return response.status, await response.text()
    except (ConnectionError, OSError):
        return 0, ""


def line(page: str) -> str:
    """The one line of a problem page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


async def test_the_page_says_what_happened_and_keeps_what_was_given(each_world: World) -> None:
    """A link that ages, a body of 50 MB, a formula as an answer, and a wave that closes in the middle."""
    world = each_world
    wave = await world.has_wave()
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    await aunt.say("问卷")
    async with WeChatBrowser(world, None) as old, WeChatBrowser(world, None) as page:
        await old.opens(await aunt.link("网页"))
        await old.sends("begin")
        await old.sends("next", "1")
        world.clock.passes(hours=49)
        form = old.form("next", "2")
        assert (await old.opens(old.url)).status == 404
        assert "已经失效" in line(old.text)
        assert "您答过的题都留着" in line(old.text)
        assert await old.posts(form) == 404

        await aunt.say("问卷")
        await page.opens(await aunt.link("接着答"))
        await page.sends("begin")
        assert "第 2 题" in page.text
        status, words = await huge(page.http, page.url)
        assert status in (0, 413)
        assert "太大" in line(words) or status == 0
        await page.sends("next", "2")
        await page.sends("next", BOMB)
        assert "谢谢" in page.text

        await uncle.say("问卷")
        late = WeChatBrowser(world, None)
        await late.opens(await uncle.link("网页"))
        await late.sends("begin")
        await late.sends("next", "2")
        await world.closes(wave.name)
        await late.sends("next", "1")
        told = (late.status, line(late.text).partition("谢谢您")[0])
        assert (await late.opens(late.url)).status == 410
        assert told == (late.status, line(late.text).partition("谢谢您")[0]), "a form and a page say the same"
        assert "已经结束 这次调查已经结束" in line(late.text)
        assert "答过的题都已经收下" in line(late.text)
        await late.http.close()
    found = {one.status: one for one in await recorded(world, wave.id)}
    assert found["complete"].answers == {"know": "1", "content": "2", "words": BOMB}
    assert found["partial"].answers == {"know": "2"}

    out = io.BytesIO()
    async with world.database.snapshot() as connection:
        await write_wave(connection, wave, "csv", out, texts=True)
    cells = [one for one in out.getvalue().decode("utf-8-sig").splitlines() if "HYPERLINK" in one]
    assert [("'=HYPERLINK" in one, ",=HYPERLINK" in one) for one in cells] == [(True, False)]


async def test_a_chat_answer_after_the_end_is_told_so(world: World) -> None:
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    for words in ("问卷", "同意", "1"):
        await aunt.say(words)
    await world.closes(wave.name)
    assert "结束了" in str(await aunt.tap("满意"))
    assert [one.answers for one in await recorded(world, wave.id)] == [{"know": "1"}]


async def test_the_doorstep_survives_a_huge_body_a_lost_session_and_the_end_of_the_wave(world: World) -> None:
    wave = await world.has_wave()
    password = await Passwords(QUICK).hash(GOOD)
    async with world.database.transaction() as conn:
        person = await staff.add(
            conn,
            name="xiaowang",
            display="",
            roles=["interviewer"],
            password_hash=password,
            must_change=False,
            by="test",
            now=world.clock(),
        )
        await fieldbook.assign(conn, Task(wave.id, person.id, "", "东街社区", "household", 5, "大门", 5))
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        me = Colleague(world, http)
        await me.opens("/office/login")
        await me.sends("/office/login", ("name", "xiaowang"), ("password", GOOD))
        await me.opens("/office/field/1")
        answers = [("answer", "1"), ("answer.content", "2"), ("answer.words", BOMB)]
        form = [*me.contact("complete"), *answers]
        status, words = await huge(http, f"{world.base}/office/field/1")
        assert status in (0, 413)
        assert "太大" in line(words) or status == 0

        http.cookie_jar.clear()
        await me.sends("/office/field/1", *form, accept="application/json")
        assert me.status == 401
        await me.opens("/office/login")
        await me.sends("/office/login", ("name", "xiaowang"), ("password", GOOD))
        await me.opens("/office/field/1")
        await me.sends("/office/field/1", *form, accept="application/json")
        assert me.status == 200
        await me.opens("/office/field/1")
        await world.closes(wave.name)
        await me.sends("/office/field/1", *me.contact("complete"), *answers)
        assert me.status == 409
        assert "已经结束" in line(me.text)
    assert [one.answers["words"] for one in await recorded(world, wave.id)] == [BOMB]


async def test_a_machine_on_one_link_is_slowed_down_and_loses_nothing(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    async with WeChatBrowser(world, None) as page:
        await page.opens(await aunt.link("网页"))
        await page.sends("begin")
        form = page.form("back")
        statuses = [await page.posts(form) for _ in range(125)]
        assert set(statuses) == {303, 429}
        world.clock.passes(minutes=1)
        await page.opens(page.url)
        await page.sends("next", "1")
        assert "第 2 题" in page.text
