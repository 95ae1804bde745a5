"""Chat and page, many hands and other processes at one interview at once: one record, no answer astray."""

import asyncio
import re
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from aiohttp import ClientSession, CookieJar
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.problems import Conflict
from bot.retention.erasure import Erasure, forget_resident
from bot.retention.journal import Journal
from bot.simulator.residents import Resident
from surveys import store
from surveys.store import Interview
from tests.world import World, free_port


class Page:
    """A browser on one link, whose forms can be sent many times at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.token = ""

    async def opens(self) -> str:
        """The page's text; remembers its form token."""
        async with self.http.get(self.url) as response:
            text = await response.text()
        if found := re.search(r'name="form_token" value="([^"]+)"', text):
            self.token = found[1]
        return text

    async def posts(self, step: str, question: str = "", *answers: str) -> int:
        """The status that one form gets, wherever it would lead."""
        fields = [("form_token", self.token), ("step", step), ("question", question)]
        fields += [("answer", one) for one in answers]
        async with self.http.post(self.url, data=fields, allow_redirects=False) as response:
            await response.read()
            return response.status


async def recorded(world: World, wave_id: int) -> list[Interview]:
    """What is durably recorded."""
    async with world.database.snapshot() as conn:
        return [one async for one in store.stream_interviews(conn, wave_id)]


async def page_of(resident: Resident) -> Page:
    """The page that the resident's invitation leads to, opened."""
    await resident.say("问卷")
    page = Page(await resident.link("网页"))
    await page.opens()
    return page


async def test_fifty_submissions_of_one_form_are_one_interview(each_world: World) -> None:
    world = each_world
    wave = await world.has_wave()
    page = await page_of(world.resident("王阿姨"))
    begun = await asyncio.gather(*(page.posts("begin") for _ in range(20)))
    assert set(begun) <= {303}
    await page.posts("next", "know", "1")
    await page.posts("next", "content", "2")
    statuses = await asyncio.gather(*(page.posts("next", "words", f"第{n}个") for n in range(50)))
    await page.http.close()
    assert set(statuses) == {303}
    [only] = await recorded(world, wave.id)
    assert dict(only.answers) | {"words": ""} == {"know": "1", "content": "2", "words": ""}


async def test_chat_and_page_at_once_put_every_answer_under_its_question(each_world: World) -> None:
    world = each_world
    wave = await world.has_wave()
    people = [world.resident(f"居民{number}") for number in range(6)]
    pages = await asyncio.gather(*(page_of(one) for one in people))

    async def chats(one: Resident) -> None:
        for words in ("同意", "不知道", "不满意", "多种树"):
            await one.say(words)

    async def clicks(page: Page) -> None:
        for form in (("begin",), ("next", "know", "1"), ("next", "content", "1"), ("skip", "words")):
            assert await page.posts(*form) in (303, 400, 409)

    await asyncio.gather(*map(chats, people), *map(clicks, pages))
    for page in pages:
        await page.http.close()
    found = await recorded(world, wave.id)
    assert len({one.respondent for one in found}) == len(found)
    for one in found:
        assert one.answers["know"] in ("1", "2")
        assert one.answers["content"] in ("1", "3")
        assert one.answers["words"] in (None, "多种树", "不知道", "不满意", "同意")


async def test_a_wave_that_closes_under_load_keeps_no_trace_of_anybody(each_world: World) -> None:
    """Two replicas close it while residents answer through both doors."""
    world = each_world
    wave = await world.has_wave()
    other = free_port()
    await world.open(port=other)
    people = [world.resident(f"居民{number}") for number in range(12)]
    pages = await asyncio.gather(*(page_of(one) for one in people[:4]))
    await asyncio.gather(*(page.posts("begin") for page in pages))
    journal = Journal(Path(world.config.privacy.erasure_journal))
    closers = [Erasure(world.database, journal) for _ in range(2)]
    world.clock.passes(seconds=1)

    async def chats(one: Resident) -> None:
        for words in ("问卷", "同意", "1", "2", "好"):
            await one.say(words, tries=3)

    async def clicks(page: Page) -> None:
        for form in (("next", "know", "1"), ("next", "content", "1"), ("skip", "words")):
            assert await page.posts(*form) in (303, 400, 404, 409, 410)

    async def closes(erasure: Erasure) -> None:
        while len(await recorded(world, wave.id)) < 2:  # noqa: ASYNC110 - by others, over HTTP
            await asyncio.sleep(0)
        with suppress(Conflict):
            await erasure.close_wave(wave.name, world.clock())

    await asyncio.gather(*map(chats, people[4:]), *map(clicks, pages), *map(closes, closers))
    for page in pages:
        await page.http.close()
    found = await recorded(world, wave.id)
    assert all(one.respondent.startswith("#") for one in found)
    assert len({one.respondent for one in found}) == len(found)
    async with world.database.snapshot() as conn:
        counts = (await store.counts(conn, [wave.id]))[wave.id]
        linked = await conn.exec_driver_sql("SELECT count(*) FROM inbox WHERE wave_id IS NOT NULL")
        links = await conn.exec_driver_sql("SELECT count(*) FROM questionnaire_links")
        assert (counts.drafts, linked.scalar_one(), links.scalar_one()) == (0, 0, 0)


async def test_who_is_erased_in_the_middle_of_a_message_leaves_nothing_behind(each_world: World) -> None:
    """The message or the form waits for the erasure, and must not go on from what it read before."""
    world = each_world
    wave = await world.has_wave()
    chatting, browsing = world.resident("王阿姨"), world.resident("李师傅")
    page = await page_of(browsing)
    for words in ("问卷", "同意", "1"):
        await chatting.say(words)
    await _erased_while(world, browsing, page.posts("begin"))
    await _erased_while(world, chatting, chatting.say("2", tries=1))
    await page.http.close()
    assert "同意" in str(await chatting.say("问卷"))
    async with world.database.snapshot() as conn:
        people = await conn.exec_driver_sql("SELECT id FROM residents")
        known = {row[0] for row in people}
        for table in ("inbox", "messages", "questionnaire_links"):
            rows = await conn.exec_driver_sql(f"SELECT resident FROM {table} WHERE resident IS NOT NULL")
            assert {row[0] for row in rows} <= known
        assert (await store.counts(conn, [wave.id]))[wave.id].drafts == 1


async def _erased_while(world: World, resident: Resident, act: Awaitable[object]) -> None:
    """Erase somebody; the act begins when the erasure has begun, and waits for its end."""
    async with world.database.transaction() as conn:
        person = await residents.find(conn, resident.openid)
        assert person is not None
        await residents.lock(conn, person.id)
        acting = asyncio.ensure_future(act)
        while not world.database.is_sqlite and not await _somebody_waits(conn):  # noqa: ASYNC110
            await asyncio.sleep(0)
        await forget_resident(conn, person.id, resident.openid)
    await acting


async def _somebody_waits(conn: AsyncConnection) -> bool:
    found = await conn.exec_driver_sql(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname=current_database()"
    )
    return bool(found.scalar_one())
