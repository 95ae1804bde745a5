"""An interviewer without a signal: what is filled in waits in the telephone and arrives once."""

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from surveys import fieldbook, store
from surveys.fieldwork import Contact, Household
from tests.walks.test_accessibility import PHONE, furnished, opened, signed_in
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def fills(page: Page) -> None:
    """A whole interview, but for the words behind a low score."""
    await page.get_by_label("完成访问").check()
    await page.get_by_label("已经念过，对方同意").check()
    await page.locator("input[name=answer][value='2']").check()
    for place in (0, 1):
        await page.locator("select[name='answer.rank']").nth(place).select_option(index=place + 1)
    await page.locator("input[name='answer.age']").fill("46")
    await page.locator("input[name='answer.score'][value='6']").check()


async def test_a_dead_spot_loses_nothing_and_doubles_nothing(seen_world: World, browser: Browser) -> None:
    world = seen_world
    await furnished(world)
    async with opened(browser, viewport=PHONE) as page:
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        await signed_in(page, world, "xiaowang")
        await page.goto(f"{world.base}/office/field/1")
        await expect(page.locator("[data-id=why]")).to_be_hidden()
        await expect(page.locator("[data-id=source]")).to_be_hidden()
        await fills(page)
        await expect(page.locator("[data-id=why]")).to_be_visible()
        await page.reload()
        await expect(page.locator("input[name='answer.age']")).to_have_value("46")

        await page.context.set_offline(True)
        await page.locator("textarea[name='answer.why']").fill("路太窄")
        await page.get_by_role("button", name="存好这一户").click()
        await expect(page.locator("#queue")).to_contain_text("还有 1 份没有发出")
        await expect(page.locator("[data-code]")).to_have_text("第 002 户")
        await page.get_by_label("不愿意接受访问").check()
        await page.get_by_role("button", name="存好这一户").click()
        await expect(page.locator("#queue")).to_contain_text("还有 2 份没有发出")
        await expect(page.locator("[data-code]")).to_have_text("第 002-1 户")
        async with world.database.snapshot() as conn:
            assert (await fieldbook.contacts_of(conn, [1]))[1] == []
        await page.evaluate("navigator.serviceWorker.ready.then(function () { return true; })")
        await page.reload()
        await expect(page.get_by_role("heading")).to_have_text("没有信号")
        await page.context.set_offline(False)
        await page.get_by_role("link", name="再试一次").click()
        await expect(page.locator("#queue")).to_be_hidden(timeout=30_000)

        await page.goto(f"{world.base}/office/field/1")
        await expect(page.locator("[data-code]")).to_have_text("第 002-1 户")
        await fills(page)
        await page.get_by_role("button", name="存好这一户").click()
        await expect(page.locator("[data-id=why] .hint")).to_be_visible()
        await expect(page.locator("input[name='answer.age']")).to_have_value("46")
        await page.locator("textarea[name='answer.why']").fill("太吵")
        async with page.expect_navigation():
            await page.get_by_role("button", name="存好这一户").click()
        assert broken == []
    async with world.database.snapshot() as conn:
        met = (await fieldbook.contacts_of(conn, [1]))[1]
        said = [row.answers["why"] for row in (await conn.execute(select(store.table.interviews))).all()]
    assert sorted(said) == ["太吵", "路太窄"]
    places = (Household(1), Household(2), Household(2, 1))
    outcomes = ("complete", "refused", "complete")
    assert met == [Contact(place, outcome, 1) for place, outcome in zip(places, outcomes, strict=True)]


async def test_one_that_is_refused_holds_up_no_other_and_a_full_telephone_keeps_the_page(
    seen_world: World,
    browser: Browser,
) -> None:
    world = seen_world
    await furnished(world)
    async with opened(browser, viewport=PHONE) as page:
        await signed_in(page, world, "xiaowang")
        await page.goto(f"{world.base}/office/field/1")
        code, queue = page.locator("[data-code]"), page.locator("#queue")

        async def stores(outcome: str) -> None:
            await page.get_by_label(outcome).check()
            await page.get_by_role("button", name="存好这一户").click()

        for outcome, following in (("家里没有人", "002"), ("不愿意接受访问", "002-1")):
            async with page.expect_navigation():
                await stores(outcome)
            await expect(code).to_have_text(f"第 {following} 户")
        await page.goto(f"{world.base}/office/field/1?household=001")
        await page.context.set_offline(True)
        await stores("生病、语言不通")
        await expect(code).to_have_text("第 002-1 户")  # the walk goes on where it had come to
        await stores("不愿意接受访问")
        await expect(queue).to_contain_text("还有 2 份没有发出")
        await page.evaluate(
            "Object.keys(localStorage).filter(n => n.includes('queue')).forEach("
            "n => localStorage.setItem(n, localStorage.getItem(n).replace('\"001\"', '\"x\"')))"
        )
        await page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
        await stores("空房")
        await expect(queue).to_contain_text("请不要关掉这一页")
        await page.context.set_offline(False)
        await queue.get_by_role("button", name="现在发送").click()
        await expect(queue).to_contain_text("还有 1 份没有发出")
        await expect(queue).to_contain_text("这一页不完整")
        page.on("dialog", lambda dialog: dialog.accept())
        await queue.get_by_role("button", name="删去 x 这一份").click()
        await expect(queue).to_be_hidden()
    async with world.database.snapshot() as conn:
        met = (await fieldbook.contacts_of(conn, [1]))[1]
    told = [(one.household.code, one.outcome) for one in met]
    assert told == [("001", "not_home"), ("002", "refused"), ("002-1", "refused"), ("002-2", "vacant")]


async def test_two_tabs_at_one_door_are_one_visit(seen_world: World, browser: Browser) -> None:
    world = seen_world
    await furnished(world)
    async with opened(browser, viewport=PHONE) as one:
        await signed_in(one, world, "xiaowang")
        other, third = [await one.context.new_page() for _ in range(2)]
        for page in (one, other, third):
            await page.goto(f"{world.base}/office/field/1")
            await expect(page.locator("[data-code]")).to_have_text("第 001 户")
        await third.get_by_label("生病、语言不通").check()
        await one.context.set_offline(True)
        for page, outcome, following in (
            (one, "家里没有人", "002"),
            (other, "不愿意接受访问", "002-1"),
            (third, "生病、语言不通", "001-1"),
        ):
            await page.get_by_label(outcome).check()
            await page.get_by_role("button", name="存好这一户").click()
            await expect(page.locator("[data-code]")).to_have_text(f"第 {following} 户")
        await one.context.set_offline(False)
        for page in (one, other, third):
            await page.goto(f"{world.base}/office/field/1")
            await expect(page.locator("#queue")).to_be_hidden(timeout=30_000)
            await expect(page.locator("[data-code]")).to_have_text("第 002-1 户")
        async with third.expect_navigation():
            await third.get_by_label("空房").check()
            await third.get_by_role("button", name="存好这一户").click()
        for page in (one, third):
            await expect(page.locator("[data-code]")).to_have_text("第 002-2 户")
        await one.bring_to_front()  # Chromium lets a tab behind wait
        await one.goto(f"{world.base}/office/field/1")
        await fills(one)
        await one.locator("textarea[name='answer.why']").fill("路太窄")
        await other.bring_to_front()
        async with other.expect_navigation():
            await other.get_by_label("不愿意接受访问").check()
            await other.get_by_role("button", name="存好这一户").click()
        await one.bring_to_front()
        await one.get_by_role("button", name="存好这一户").click()
        await expect(one.locator("#queue")).to_contain_text("002-2 户先前已经记下：不愿意接受访问")
        await one.get_by_role("button", name="这是另一户，存为 002-3").click()
        await expect(one.locator("#queue")).to_be_hidden()
    async with world.database.snapshot() as conn:
        met = (await fieldbook.contacts_of(conn, [1]))[1]
        said = [row.answers["why"] for row in (await conn.execute(select(store.table.interviews))).all()]
    assert met[0] == Contact(Household(1), "unable", 1)
    told = [(one.household.code, one.outcome, one.visits) for one in met[1:]]
    outcomes = ("refused", "vacant", "refused", "complete")
    codes = ("002", "002-1", "002-2", "002-3")
    assert told == [(code, outcome, 1) for code, outcome in zip(codes, outcomes, strict=True)]
    assert said == ["路太窄"]
