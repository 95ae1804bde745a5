"""What only a real browser finds: headers, policies, forms and taps as Chromium sees them."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.demo.world import PASSWORD, Demo

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def watched(browser: Browser, complaints: list[str], **options: object) -> Page:
    """A page whose console is listened to: a refused script, style or form is a complaint."""
    context = await browser.new_context(**options)  # type: ignore[arg-type]
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


async def test_a_resident_follows_asks_and_answers_on_the_phone(demo: Demo, browser: Browser) -> None:
    complaints: list[str] = []
    page = await watched(browser, complaints, viewport={"width": 390, "height": 844})
    await page.goto(f"{demo.base}/simulator")
    await page.get_by_role("button", name="关注公众号").click()
    await expect(page.get_by_text("您好").first).to_be_visible()
    if await page.get_by_label("键盘").count():
        await page.get_by_label("键盘").click()
    await page.get_by_label("消息").fill("乱扔垃圾罚多少钱")
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("罚款").first).to_be_visible()
    await page.get_by_label("消息").fill("问卷")
    await page.get_by_role("button", name="发送").click()
    await page.get_by_text("1 同意并开始").click()
    await expect(page.get_by_text("第 1 题").first).to_be_visible()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    assert complaints == []


async def test_the_questionnaire_page_works_by_keyboard_without_scripts(demo: Demo, browser: Browser) -> None:
    aunt = demo.simulator.resident("王阿姨")
    await aunt.follow()
    await aunt.say("问卷")
    complaints: list[str] = []
    page = await watched(
        browser, complaints, viewport={"width": 320, "height": 700}, java_script_enabled=False
    )
    await page.goto(await aunt.link("网页"))
    await page.get_by_role("button", name="同意并开始").focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    while await page.get_by_role("button", name="下一题").count():
        field = page.locator("input[name=answer], textarea[name=answer]").first
        await field.focus()
        if await field.evaluate("element => element.tagName") == "TEXTAREA":
            await page.keyboard.type("多种树")
        else:
            await page.keyboard.press("Space")
        await page.get_by_role("button", name="下一题").focus()
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    await expect(page.get_by_text("谢谢您").first).to_be_visible()
    assert complaints == []


async def test_staff_sign_in_and_walk_the_desks(demo: Demo, browser: Browser) -> None:
    complaints: list[str] = []
    page = await watched(browser, complaints, viewport={"width": 1280, "height": 900})
    await page.goto(f"{demo.base}/office")
    await page.get_by_label("登录名").fill("bianji")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
    for words in ("留言", "活动", "问卷", "结果", "公众号"):
        await page.get_by_role("navigation").get_by_role("link", name=words, exact=True).click()
        await expect(page.locator("h1")).to_be_visible()
    await page.goto(f"{demo.base}/office/campaigns/new")
    await page.get_by_role("button", name="从空白开始").click()
    month = (await page.locator("input[name=day]").input_value())[:7]
    await page.goto(f"{demo.base}/office/plan/month?month={month}")
    # The draft's own day may be the month's last.
    free = page.locator("td[data-day]:not(:has([data-move]))").last
    await page.locator("[data-move]").first.drag_to(free)
    await expect(page.get_by_role("heading", name="改日子")).to_be_visible()
    assert complaints == []
    kept = list(Path(demo.config.privacy.erasure_journal).parent.iterdir())
    assert len(kept) > 1
    assert [file.name for file in kept if file.stat().st_mode & 0o077] == []
