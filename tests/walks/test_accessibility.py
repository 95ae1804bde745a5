"""Everybody can use the pages: screen readers (axe), keyboards without scripts, small screens, large type."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from bot.office import staff
from bot.office.passwords import Passwords
from bot.waves import public_results
from bot.web.public_view import content_of
from bot.web.results_view import sheets
from surveys import fieldbook, results, store
from surveys.fieldbook import Task
from surveys.store import Interview
from surveys.terms import Place, Terms
from tests.kinds import CLICKED, FRAME, KINDS
from tests.office import GOOD, QUICK
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

TERMS = Terms(frame=tuple(Place(township, name, 1000) for township, names in FRAME for name in names))
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 700}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
}
ENLARGE = """() => {
    const all = [...document.querySelectorAll('*')];
    const sizes = all.map(one => [one, parseFloat(getComputedStyle(one).fontSize)]);
    for (const [one, size] of sizes) one.style.fontSize = (size * 2) + 'px';
    return document.documentElement.scrollWidth;
}"""


async def furnished(world: World) -> str:
    """A wave of every kind, an interviewer with a task, a regulation; the link of a resident."""
    wave = await world.has_wave(toml=KINDS, terms=TERMS)
    await world.has_rules()
    password = await Passwords(QUICK).hash(GOOD)
    async with world.database.transaction() as conn:
        for name, roles in (("xiaowang", ["interviewer"]), ("bianji", ["editor", "analyst"])):
            made = await staff.add(
                conn,
                name=name,
                display=name,
                roles=roles,
                password_hash=password,
                must_change=False,
                by="test",
                now=world.clock(),
            )
            if "interviewer" in roles:
                task = Task(wave.id, made.id, "河口乡", "上河村", "household", 5, "村委会大门", 5, 3, True)
                await fieldbook.assign(conn, task)
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    return await aunt.link("网页")


async def text_of(world: World) -> int:
    """The number of the loaded regulation."""
    async with world.database.snapshot() as conn:
        return int((await conn.exec_driver_sql("SELECT min(id) FROM documents")).scalar_one())


async def opened_to_all(world: World) -> str:
    """The address of a wave's results for everybody."""
    wave = await world.has_wave("公开的")
    moment = int(world.clock().timestamp())
    given = [
        Interview(wave.id, f"r{number}", wave.version, {"know": "1"}, "chat", moment, moment)
        for number in range(12)
    ]
    async with world.database.transaction() as conn:
        await store.record(conn, given)
        questionnaire = await results.questionnaire_of(conn, wave)
        document = await results.published_rates(conn, wave)
        shown = sheets(questionnaire, document)
        closed = replace(wave, closed_at=moment)
        page = await public_results.propose(
            conn, wave.id, "w", content_of(closed, questionnaire, document, shown, "", []), "a", world.clock()
        )
        await public_results.show(conn, page, page.hash, "b", world.clock())
    return "/results/w"


async def judged(page: Page, found: list[str], name: str) -> None:
    """Add what axe calls serious or critical on the page in front."""
    results = await Axe().run(page, options=RULES)
    for one in results.response["violations"]:
        if one["impact"] in ("serious", "critical"):
            where = [" ".join(map(str, node["target"])) for node in one["nodes"][:3]]
            found.append(f"{name}: {one['id']} {where}")


@asynccontextmanager
async def opened(chromium: Browser, **options: Any) -> AsyncIterator[Page]:
    """A page of its own."""
    context = await chromium.new_context(**options)
    yield await context.new_page()
    await context.close()


async def signed_in(page: Page, world: World, name: str) -> None:
    """Past the login page."""
    await page.goto(f"{world.base}/office/login")
    await page.get_by_label("登录名").fill(name)
    await page.get_by_label("密码").fill(GOOD)
    await page.get_by_role("button", name="登录").click()


async def through(page: Page, url: str, looks: Callable[[str], Any]) -> None:
    """The questionnaire by keyboard alone, `looks` called at every page with what it asks first."""
    await page.goto(url)
    await looks("consent")
    await press(page, "同意并开始")
    for asked, fields in CLICKED:
        assert await page.locator("input[name=question]").get_attribute("value") == asked
        await looks(asked)
        for name, values in fields.items():
            boxes = page.locator(f'[name="{name}"]')
            for number, value in enumerate(values):
                await typed(page, boxes, number, value)
        await press(page, "下一题")
    await looks("done")


async def typed(page: Page, boxes: Any, number: int, value: str) -> None:
    """Fill one field with keys: space for a choice, letters for the rest."""
    kind = await boxes.first.evaluate("one => one.tagName + ' ' + (one.type || '')")
    if kind in ("INPUT radio", "INPUT checkbox"):
        await boxes.and_(page.locator(f'[value="{value}"]')).focus()
        await page.keyboard.press("Space")
    elif kind.startswith("SELECT"):
        if value:
            await boxes.nth(number).focus()
            await page.keyboard.type(value.partition(":")[0])
    elif kind == "INPUT date":
        await boxes.first.fill(value)
    else:
        await boxes.first.focus()
        await page.keyboard.type(value)


async def press(page: Page, words: str) -> None:
    """A button, by Enter."""
    await page.get_by_role("button", name=words).focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def test_no_page_shuts_anybody_out(seen_world: World, browser: Browser) -> None:
    world = seen_world
    url = await furnished(world)
    found: list[str] = []
    wide: list[str] = []
    async with (
        opened(browser, viewport=SMALL, java_script_enabled=False) as blind,
        opened(browser, viewport=SMALL) as seeing,
    ):

        async def looks(name: str) -> None:
            await seeing.context.add_cookies(await blind.context.cookies())  # type: ignore[arg-type]
            await seeing.goto(url)
            await judged(seeing, found, name)
            if (width := await seeing.evaluate(ENLARGE)) > SMALL["width"]:
                wide.append(f"{name}: {width}")

        await through(blind, url, looks)
        assert "谢谢" in await blind.inner_text("main")
    async with opened(browser, viewport=PHONE) as page:
        await page.goto(f"{world.base}/office/login")
        await judged(page, found, "login")
        await signed_in(page, world, "xiaowang")
        for path in ("/office/field", "/office/field/1"):
            await page.goto(world.base + path)
            await judged(page, found, path)
            if (width := await page.evaluate(ENLARGE)) > PHONE["width"]:
                wide.append(f"{path}: {width}")
    async with opened(browser, viewport={"width": 1280, "height": 900}) as page:
        await signed_in(page, world, "bianji")
        wave = "/office/results/第一季度"
        paths = ("/office", "/office/surveys", "/office/field/plan", wave, f"{wave}/export", f"{wave}/public")
        for path in paths:
            await page.goto(world.base + path)
            await judged(page, found, path)
        await page.goto(world.base + await opened_to_all(world))
        await judged(page, found, "public results")
        await page.goto(f"{world.base}/rules/{await text_of(world)}")
        await judged(page, found, "a regulation")
    assert found == []
    assert wide == []
