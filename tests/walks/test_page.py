"""The questionnaire as a page: the same record as in the chat, one person's link, no second record."""

import re

from aiohttp import ClientSession, CookieJar

from surveys import store
from tests.world import World

START = "同意并开始"


class Phone:
    """A browser of its own: keeps cookies, sends the forms that it was shown."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self.http, self.url = http, url
        self.text, self.status = "", 0

    async def opens(self) -> "Phone":
        """Look at the page."""
        async with self.http.get(self.url) as response:
            self.text, self.status = await response.text(), response.status
        return self

    async def sends(self, step: str, *answers: str) -> "Phone":
        """Press a button of the page."""
        fields = [("step", step), *(("answer", one) for one in answers)]
        for name in ("form_token", "question"):
            if found := re.search(rf'name="{name}" value="([^"]+)"', self.text):
                fields.append((name, found[1]))
        async with self.http.post(self.url, data=fields) as response:
            self.text, self.status = await response.text(), response.status
        return self


def phone(url: str) -> Phone:
    """A browser with empty pockets."""
    return Phone(ClientSession(cookie_jar=CookieJar(unsafe=True)), url)


async def recorded(world: World, wave_id: int) -> list[tuple[str, dict[str, object]]]:
    """Channel and answers of what is durably recorded."""
    async with world.database.snapshot() as conn:
        return [(one.channel, dict(one.answers)) async for one in store.stream_interviews(conn, wave_id)]


async def test_the_page_gives_the_same_record_as_the_chat(each_world: World) -> None:
    world = each_world
    wave = await world.has_wave()
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    for words in ("问卷", "同意", "1", "2", "多种树"):
        await uncle.say(words)
    await aunt.say("问卷")
    browser = phone(await aunt.link("网页"))
    assert START in (await browser.opens()).text
    assert "第 1 题" in (await browser.sends("begin")).text
    assert "第 2 题" in (await browser.sends("next", "1")).text
    assert "第 1 题" in (await browser.sends("back")).text
    assert "请" in (await browser.sends("next")).text
    assert browser.status == 400
    await browser.sends("next", "1")
    await browser.sends("next", "2")
    assert "谢谢" in (await browser.sends("next", "多种树")).text
    await browser.http.close()
    (chat, said), (page, written) = sorted(await recorded(world, wave.id), key=lambda one: one[0])
    assert (chat, page) == ("chat", "page")
    assert said == written


async def test_an_old_page_that_is_sent_again_changes_nothing_and_says_so(world: World) -> None:
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    browser = await phone(await aunt.link("网页")).opens()
    old = (await browser.sends("begin")).text
    await browser.sends("next", "1")
    for answer, told in (("1", False), ("2", True)):
        browser.text = old
        await browser.sends("next", answer)
        assert ("改的是前面的题" in browser.text, "第 2 题" in browser.text) == (told, True)
    await browser.sends("next", "2")
    await browser.sends("skip")
    await browser.http.close()
    [(_, said)] = await recorded(world, wave.id)
    assert (said["know"], said["content"]) == ("1", "2")


async def test_a_forwarded_link_shows_nothing_and_takes_nothing(world: World) -> None:
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    url = await aunt.link("网页")
    own, stranger = phone(url), phone(url)
    await own.opens()
    await own.sends("begin")
    await own.sends("next", "1")
    await stranger.opens()
    assert stranger.status == 403
    assert "第 2 题" not in stranger.text
    assert "公众号" in stranger.text
    assert "第 2 题" in (await own.opens()).text
    await own.http.close()
    await stranger.http.close()
    assert await recorded(world, wave.id) == []


async def test_one_person_who_changes_doors_has_one_record(world: World) -> None:
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    await aunt.say("同意")
    await aunt.say("1")
    browser = phone(await aunt.link("网页"))
    await browser.opens()
    assert START in browser.text
    await browser.sends("begin")
    assert "第 2 题" in browser.text
    await browser.sends("next", "3")
    assert "第 3 题" in str(await aunt.say("继续"))
    await aunt.say("跳过")
    await browser.opens()
    assert "这一份已经收到了" in browser.text
    await browser.http.close()
    assert await recorded(world, wave.id) == [("chat", {"know": "1", "content": "3", "words": None})]


async def test_the_interview_goes_on_in_another_browser(world: World) -> None:
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    old = phone(await aunt.link("网页"))
    await old.opens()
    await old.sends("begin")
    await old.sends("next", "1")
    assert "网页上接着答" in str(await aunt.say("问卷"))
    new = phone(await aunt.link("接着答"))
    await new.opens()
    await new.sends("begin")
    assert "第 2 题" in new.text
    await new.sends("next", "2")
    await new.sends("skip")
    assert "谢谢" in new.text
    await old.http.close()
    await new.http.close()
    assert await recorded(world, wave.id) == [("page", {"know": "1", "content": "2", "words": None})]


async def test_a_link_dies_with_its_wave(world: World) -> None:
    """Nothing is left of it; its own number of the wave lets the page say what has ended."""
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    browser = phone(await aunt.link("网页"))
    invented = phone(f"{world.base}/q/{wave.id}~invented")
    assert (await invented.opens()).status == 404
    await world.closes("第一季度")
    for one in (browser, invented):
        assert (await one.opens()).status == 410
        assert '<p class="nothing">这次调查已经结束' in one.text, "nothing is lost, so nothing is red"
        assert "答过的题都已经收下" in one.text
        await one.http.close()
    async with world.database.snapshot() as conn:
        assert (await conn.exec_driver_sql("SELECT count(*) FROM questionnaire_links")).scalar() == 0
