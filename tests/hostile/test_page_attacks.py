"""The questionnaire page against strangers: scripts, foreign forms, foreign links, endless fields."""

import re

import pytest
from aiohttp import ClientSession, CookieJar

from surveys import store
from surveys.waves import Wave
from tests.world import QUESTIONNAIRE, World

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
HOSTILE = (
    QUESTIONNAIRE.replace("文明创建问卷", EVIL.replace('"', "'"))
    .replace("答案没有对错，只做合计。", EVIL.replace('"', "'"))
    .replace("您还有什么建议？", EVIL.replace('"', "'"))
    .replace('label = "满意"', f'label = "{EVIL.replace(chr(34), chr(39))}"')
)
NOBODYS = ["x", "%00", "link-1-0123456789%00", "..%2f..%2foffice", "'%20OR%201=1--", "字" * 300, "a" * 5_000]


def browser() -> ClientSession:
    """A browser with empty pockets."""
    return ClientSession(cookie_jar=CookieJar(unsafe=True))


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    return found[1] if found else ""


async def recorded(world: World, wave: Wave) -> list[dict[str, object]]:
    """What is durably recorded."""
    async with world.database.snapshot() as conn:
        return [dict(one.answers) async for one in store.stream_interviews(conn, wave.id)]


async def link_of(world: World, name: str = "王阿姨") -> str:
    """The link of a resident's invitation."""
    resident = world.resident(name)
    await resident.say("问卷")
    return await resident.link("网页")


async def begin(http: ClientSession, url: str) -> str:
    """Agree, and see the first question."""
    consent = await (await http.get(url)).text()
    data = {"step": "begin", "form_token": field(consent, "form_token")}
    return await (await http.post(url, data=data)).text()


async def test_no_text_of_the_office_becomes_markup(world: World) -> None:
    await world.has_wave("恶意", HOSTILE)
    async with browser() as http:
        url = await link_of(world)
        response = await http.get(url)
        pages = [await response.text(), await begin(http, url)]
        for answer in ("1", "2"):
            data = {"step": "next", "answer": answer, "question": field(pages[-1], "question")}
            data["form_token"] = field(pages[-1], "form_token")
            pages.append(await (await http.post(url, data=data)).text())
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "no-store" in response.headers["Cache-Control"]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_another_site_changes_nothing(world: World, headers: dict[str, str]) -> None:
    wave = await world.has_wave()
    async with browser() as http:
        url = await link_of(world)
        page = await begin(http, url)
        data = {"step": "next", "answer": "1", "question": "know", "form_token": field(page, "form_token")}
        assert (await http.post(url, data=data, headers=headers)).status == 403
        assert (await http.post(url, data=data | {"form_token": "x"})).status == 403
        assert (await http.post(url, data={"step": "next", "answer": "1"})).status == 403
        assert "第 1 题" in await (await http.get(url)).text()
    assert await recorded(world, wave) == []


async def test_a_reader_of_the_address_neither_begins_for_others_nor_reads_them(world: World) -> None:
    """Cookies of one's own, guessed, stolen from another person's link, or none: the first browser stays."""
    wave = await world.has_wave()
    async with browser() as own, browser() as thief:
        url, other = await link_of(world), await link_of(world, "李师傅")
        page = await begin(own, url)
        await own.post(
            url,
            data={"step": "next", "answer": "2", "question": "know", "form_token": field(page, "form_token")},
        )
        mine = await begin(thief, other)
        for step in ("begin", "next", "back", "skip"):
            data = {
                "step": step,
                "answer": "1",
                "question": "content",
                "form_token": field(mine, "form_token"),
            }
            taken = await thief.post(url, data=data)
            assert taken.status == 403
            assert "知道" not in await taken.text()
        assert (await thief.get(url)).status == 403
        assert "第 2 题" in await (await own.get(url)).text()
    assert await recorded(world, wave) == []


@pytest.mark.parametrize("token", NOBODYS)
async def test_forged_links_lead_nowhere(each_world: World, token: str) -> None:
    await each_world.has_wave()
    async with browser() as http:
        assert (await http.get(f"{each_world.base}/q/{token}")).status in (400, 404)
        assert (await http.post(f"{each_world.base}/q/{token}", data={"step": "begin"})).status in (
            400,
            403,
            404,
        )


@pytest.mark.parametrize(
    ("step", "fields", "status"),
    [
        ("next", [("answer", "字" * 10_000)], 400),
        ("next", [("answer", "a" * 30_000)], 400),
        ("next", [("answer", "a")] * 900, 303),
        ("next", [(f"x{number}", "") for number in range(20_000)], 413),
        ("next", [("answer", "x" * 300_000)], 413),
        ("next", [("answer", "\x00\x1b[31m\u202e=1+1")], 303),
        ("fly", [], 400),
    ],
)
async def test_endless_fields_cost_nothing_and_break_nothing(
    each_world: World, step: str, fields: list[tuple[str, str]], status: int
) -> None:
    world = each_world
    text = QUESTIONNAIRE.replace('title = "您还有什么建议？"\nrequired = false', 'title = "您还有什么建议？"')
    wave = await world.has_wave("长答案", text)
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    url = await aunt.link("网页")
    for words in ("同意", "1", "2"):
        await aunt.say(words)
    async with browser() as http:
        page = await begin(http, url)
        hidden = [("step", step), ("question", "words"), ("form_token", field(page, "form_token"))]
        response = await http.post(url, data=[*hidden, *fields], allow_redirects=False)
        assert response.status == status
    for one in await recorded(world, wave):
        assert one["words"] in ("a", "[31m=1+1")
