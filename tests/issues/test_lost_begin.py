"""A link was bound to a browser that never heard of it when the answer to its first step was lost."""

import re

from aiohttp import ClientSession, CookieJar

from tests.world import World


async def test_whoever_lost_the_answer_to_the_first_step_is_not_locked_out(world: World) -> None:
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    link = await aunt.link("网页")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        consent = await (await browser.get(link)).text()
        known = {cookie.key: cookie.value for cookie in browser.cookie_jar}
        token = re.search(r'name="form_token" value="([^"]+)"', consent)
        assert token is not None
        await browser.post(link, data={"step": "begin", "form_token": token[1]}, allow_redirects=False)
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), cookies=known) as same_browser:
        page = await same_browser.get(link)
        assert page.status == 200
        assert "第 1 题" in await page.text()
