"""The whole journey over real HTTP, step by step, as people would walk it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.app import china_now
from bot.demo.browser import Browser
from bot.demo.world import PASSWORD, WAVE, Demo
from bot.service import SERVICE
from content.rules import store as rules_store
from surveys import results, waves

CHAT_ANSWERS = 6
ABOUT_THE_PERSON = 2
"""The first questions ask whom the rates speak for."""
PATIENCE_SECONDS = 30
TITLE = "周末文明行动，邀您一起来"


class StepFailed(Exception):
    """What a step expected and did not find."""


class Journey:
    """Plays the steps in order, one line each; stops at the first that fails."""

    def __init__(self, demo: Demo, say: Callable[[str], None]) -> None:
        self._demo = demo
        self._say = say
        self._aunt = demo.simulator.resident("王阿姨")
        self._neighbours = [demo.simulator.resident(f"居民{n}") for n in range(1, CHAT_ANSWERS + 1)]
        self._campaign = ""

    async def play(self) -> int:
        """0 when every step went well, else 1."""
        steps: list[tuple[str, Callable[[], Awaitable[str]]]] = [
            ("the console verifies the address", self._verify),
            ("residents follow the account", self._follow),
            ("a question is answered with the words of the article", self._ask),
            ("a question outside the rules is not answered", self._ask_beyond),
            ("an emergency gets the numbers first", self._emergency),
            ("the questionnaire is answered in the chat", self._answer_in_chat),
            ("the questionnaire is answered on the page", self._answer_on_page),
            ("a redelivered message changes nothing", self._redeliver),
            ("the editor drafts a push and submits it", self._draft),
            ("two other persons review and approve it", self._approve),
            ("the push arrives once", self._arrive),
            ("the rates are exported", self._export),
        ]
        for number, (words, step) in enumerate(steps, start=1):
            try:
                found = await step()
            except (StepFailed, LookupError) as problem:
                self._say(f"{number:2}/{len(steps)} FAILED  {words}: {problem}")
                return 1
            self._say(f"{number:2}/{len(steps)} ok  {words}: {found}")
        return 0

    async def _verify(self) -> str:
        _expect(await self._demo.simulator.courier.verify(), "the echo did not come back")
        return "the echo came back"

    async def _follow(self) -> str:
        greeting = await self._aunt.follow()
        _expect(bool(greeting), "no greeting")
        for one in self._neighbours:
            await one.follow()
        return f"{CHAT_ANSWERS + 1} followers were greeted"

    async def _ask(self) -> str:
        reply = await self._aunt.say("乱扔垃圾罚多少钱") or ""
        async with self._demo.app[SERVICE].database.snapshot() as connection:
            documents = await rules_store.load_documents(connection, self._demo.app[SERVICE].clock().date())
        quoted = [
            article.label
            for document in documents
            for article in document.articles
            for line in article.text.split("\n")
            if len(line) > 10 and line in reply
        ]
        _expect(bool(quoted), f"nothing of the stored text stands in {reply!r}")
        return "、".join(dict.fromkeys(quoted))

    async def _ask_beyond(self) -> str:
        reply = await self._aunt.say("明天会下雨吗") or ""
        _expect("12345" in reply and "条：" not in reply, f"unexpected: {reply!r}")
        return reply.split("\n")[0]

    async def _emergency(self) -> str:
        reply = await self._aunt.say("着火了怎么办") or ""
        _expect("119" in reply, f"no number in {reply!r}")
        return reply.split("\n")[0]

    async def _answer_in_chat(self) -> str:
        for number, one in enumerate(self._neighbours):
            reply = await one.say("问卷") or ""
            _expect("同意" in reply, f"no consent asked in {reply!r}")
            reply = await one.tap("同意并开始") or ""
            turns = 0
            while "题（共" in reply and turns < 30:
                reply = await one.say(_answer(turns) if number or turns < ABOUT_THE_PERSON else "2") or ""
                turns += 1
            _expect("谢谢" in reply, f"the questionnaire did not end: {reply!r}")
        return f"{CHAT_ANSWERS} interviews"

    async def _answer_on_page(self) -> str:
        await self._aunt.say("问卷")
        async with Browser(self._demo.base) as browser:
            await browser.opens(await self._aunt.link("网页"))
            await browser.sends("", {"step": "begin"})
            pages = 0
            while 'name="question"' in browser.text and pages < 30:
                await browser.sends("", {"step": "next", "answer": _answer(pages)})
                pages += 1
            _expect("谢谢" in browser.text, f"the page did not end (status {browser.status})")
        return f"{pages} questions, one a page"

    async def _redeliver(self) -> str:
        one = self._neighbours[0]
        last, words = one.last, one.last.text
        before = await self._count()
        again = [await one.redeliver(last), await one.redeliver(last, identical=True)]
        _expect(again == [words, words], "the reply differs")
        _expect(await self._count() == before, "an interview was added")
        return f"the same reply, still {before} interviews"

    async def _count(self) -> int:
        async with self._demo.app[SERVICE].database.snapshot() as connection:
            wave = await waves.find_wave(connection, WAVE)
            if wave is None:
                raise StepFailed("the wave is not there")
            return (await results.count_wave(connection, wave)).whole.complete

    async def _office(self, browser: Browser, name: str) -> None:
        await browser.opens("/office/login")
        await browser.sends("/office/login", {"name": name, "password": PASSWORD})
        _expect("今天" in browser.text, f"{name} cannot sign in (status {browser.status})")

    async def _draft(self) -> str:
        due = china_now() + timedelta(seconds=6)
        async with Browser(self._demo.base) as browser:
            await self._office(browser, "bianji")
            await browser.opens("/office/campaigns/new")
            await browser.sends("/office/campaigns/new", {"festival": "", "year": ""})
            self._campaign = browser.address.rsplit("/", 1)[0]
            fields = {
                "title": TITLE,
                "digest": "本周六上午，一起把小区收拾干净。",
                "body": "本周六上午，社区志愿者在各小区门口集合。\n请带上手套，老人和孩子量力而行。",
                "tone": "plain",
                "day": due.date().isoformat(),
                "time": f"{due:%H:%M:%S}",
            }
            await browser.sends("/edit", fields)
            _expect("草稿" in browser.text, f"the draft was not kept (status {browser.status})")
            await browser.sends("/submit", {})
            _expect("审核中" in browser.text, f"the draft was not submitted: {_said(browser.text)}")
        return f"due at {due:%H:%M:%S}"

    async def _approve(self) -> str:
        async with Browser(self._demo.base) as browser:
            await self._office(browser, "bianji")
            await browser.opens(self._campaign)
            _expect('value="approve"' not in browser.text, "the author may sign")
        for name in ("fushen", "zhongshen"):
            async with Browser(self._demo.base) as browser:
                await self._office(browser, name)
                await browser.opens(self._campaign)
                await browser.sends("/sign", {"decision": "approve"})
                _expect("已通过" in browser.text, f"{name} cannot approve: {_said(browser.text)}")
        return "复审 and 终审 signed"

    async def _arrive(self) -> str:
        for _ in range(PATIENCE_SECONDS * 4):
            if any(self._demo.simulator.mass_effects.values()):
                break
            await asyncio.sleep(0.25)
        effects = list(self._demo.simulator.mass_effects.values())
        _expect(effects == [1], f"the platform sent it {effects} times")
        await self._aunt.link(TITLE)
        async with Browser(self._demo.base) as browser:
            await self._office(browser, "bianji")
            for _ in range(PATIENCE_SECONDS * 4):
                if "已发送" in await browser.opens(self._campaign):
                    return "the article stands in the chat, the counts are back"
                await asyncio.sleep(0.25)
        raise StepFailed("the finish event did not come back")

    async def _export(self) -> str:
        async with Browser(self._demo.base) as browser:
            await self._office(browser, "bianji")
            page = await browser.opens(f"/office/results/{WAVE}")
            _expect("知晓" in page and "%" in page, f"no rates on the page (status {browser.status})")
            await browser.opens(f"/office/results/{WAVE}/export")
            exported = await browser.sends("/export", {"format": "csv"})
            while not browser.address.endswith("/file"):
                _expect("停止，不要这份文件了" in exported or "下载" in exported, "the export was not made")
                await asyncio.sleep(0.5)
                watched = browser.address
                exported = await browser.opens(watched)
                if "停止，不要这份文件了" not in exported:
                    exported = await browser.opens(f"{watched}/file")
        rows = exported.splitlines()[1:]
        _expect(len(rows) == CHAT_ANSWERS + 1, f"{len(rows)} rows instead of {CHAT_ANSWERS + 1}")
        return f"{len(rows)} coded interviews"


def _answer(place: int) -> str:
    """Grown up, and living here; then the first option of everything."""
    return "3" if place == 0 else "1"


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StepFailed(otherwise)


def _said(page: str) -> str:
    """The words of the page's problem, if it shows one."""
    _, found, rest = page.partition('role="alert">')
    return rest.partition("<")[0].strip() if found else "no words"
