"""Residents who never tire: they ask, answer in the chat or on the page, and are delivered again."""

import asyncio
import re
from collections.abc import Mapping
from random import Random
from urllib.parse import urlsplit

import aiohttp

from bot.residents import respondent_key
from bot.simulator.courier import Delivery
from surveys.questionnaire import Answer, Question
from surveys.waves import Wave
from tests.drills.house import House
from tests.drills.interviewer import Interviewer
from tests.drills.ledger import Case, Ledger

QUESTIONS = ("携带犬只外出不使用牵引绳罚多少", "高空抛物有什么规定", "图书馆几点关门", "没清理狗粪怎么办")
REDELIVER_WITHIN = 3600
SAME_BYTES_WITHIN = 60  # the service refuses an envelope that is older than five minutes
BREATH = 0.02


class Astray(Exception):
    """The service said something that does not fit what the resident did."""


class Crowd:
    """Residents at work. While the gate is closed they hold what was not acknowledged and deliver it later.

    `copies` is how often each message is delivered at the same moment.
    """

    def __init__(self, house: House, wave: Wave, ledger: Ledger, copies: int = 1) -> None:
        self._house = house
        self._wave = wave
        self._ledger = ledger
        self._copies = copies
        self._rng = house.rng
        self._numbers = 0
        self._going_home = False
        self._tasks: list[asyncio.Task[None]] = []
        self.gate = asyncio.Event()
        self.interviewer = Interviewer(house, wave, ledger, self.gate)
        self.heard = asyncio.Event()
        """Set by the next acknowledged delivery."""
        self.listener = ""
        """Somebody who has written already: their 48 hours are open."""

    def start(self, people: int) -> None:
        """So many residents at a time; a new one comes when one is done."""
        self._tasks = [asyncio.create_task(self._live()) for _ in range(people)]
        self._tasks.append(asyncio.create_task(self.interviewer.work()))

    async def go_home(self) -> None:
        """Let everybody finish the interview at hand; may be called again after it was cancelled."""
        self._going_home = self.interviewer.going_home = True
        for task in (await asyncio.wait(self._tasks))[0]:
            task.result()

    async def _live(self) -> None:
        while not self._going_home:
            self._numbers += 1
            try:
                await self._life(f"居民{self._numbers}")
            except Astray as error:
                self._ledger.report("damage", f"a resident was led astray: {error}")

    async def _life(self, name: str) -> None:
        openid = self._house.simulator.people.add(name).openid
        secret = self._wave.secret
        if secret is None:
            raise LookupError("the wave of the drill is open")
        await self.deliver(openid, {"MsgType": "event", "Event": "subscribe", "EventKey": ""})
        await self._ask(openid)
        self.listener = openid
        invitation = await self.say(openid, "问卷")
        channel = self._rng.choice(("chat", "page"))
        case = self._ledger.opens(Case(openid, respondent_key(openid, secret), channel))
        if channel == "chat":
            await self._chat(openid, case)
        elif found := re.search(r'href="([^"]+/q/[^"]+)"', invitation):
            async with Browser(self, urlsplit(found[1]).path) as browser:
                await browser.answers(case)
        else:
            raise Astray(f"an invitation without a link: {invitation!r}")
        self._expect("已经答过", await self.say(openid, "问卷"))

    async def _ask(self, openid: str) -> None:
        self._numbers += 1
        words = f"{self._rng.choice(QUESTIONS)} {self._numbers}"
        await self.say(openid, words)
        self._ledger.asked.append(words)

    async def _chat(self, openid: str, case: Case) -> None:
        reply = await self.say(openid, "同意")
        for number, question in enumerate(self._house.questionnaire.questions, 1):
            self._expect(f"第 {number} 题", reply)
            value, typed = self.chosen(question)
            reply = await self.say(openid, typed)
            self._ledger.answered(case, question.id, value)
        self._expect("谢谢", reply)
        case.complete = True

    def chosen(self, question: Question) -> tuple[Answer, str]:
        """An answer, and how it is typed in the chat."""
        if question.type == "text":
            self._numbers += 1
            words = f"多种些树，第{self._numbers}条建议"
            return (None, "跳过") if self._rng.random() < 0.2 else (words, words)
        number = self._rng.randrange(len(question.options))
        return question.options[number].code, str(number + 1)

    def _expect(self, words: str, reply: str) -> None:
        if words not in reply:
            raise Astray(f"{words!r} was expected, said was {reply!r}")

    async def say(self, openid: str, words: str) -> str:
        """Type; the reply's words."""
        delivery = await self.deliver(openid, {"MsgType": "text", "Content": words})
        return delivery.text or ""

    async def deliver(self, openid: str, fields: Mapping[str, object]) -> Delivery:
        """Deliver until acknowledged, then perhaps an earlier message of somebody once more."""
        simulator = self._house.simulator
        whole = simulator.complete(openid, fields)
        again = False
        while True:
            await self.gate.wait()
            copies = max(self._copies, 2 if self._rng.random() < 0.1 else 1)
            sends = [
                simulator.send(openid, whole, again=again or copy > 0, tries=1) for copy in range(copies)
            ]
            taken = [one for one in await asyncio.gather(*sends) if one.acknowledged]
            for one in taken:
                self._acknowledged(one)
            if taken:
                break
            again = True
            await asyncio.sleep(BREATH)
        if self._rng.random() < 0.3:
            await self._redeliver()
        return taken[0]

    def _acknowledged(self, delivery: Delivery) -> None:
        self._ledger.replied(delivery, self._house.now())
        self.heard.set()

    async def _redeliver(self) -> None:
        identical = self._rng.random() < 0.5
        within = SAME_BYTES_WITHIN if identical else REDELIVER_WITHIN
        earlier = self._ledger.earlier(self._rng, self._house.now(), within)
        if earlier is None:
            return
        envelope = earlier.envelope if identical else None
        openid = str(earlier.fields["FromUserName"])
        again = await self._house.simulator.send(
            openid, earlier.fields, again=True, tries=1, envelope=envelope
        )
        if again.acknowledged:
            self._acknowledged(again)

    def address(self, rng: Random) -> str:
        """Where a browser goes: any replica."""
        alive = [one for one in self._house.replicas if not one.dead.is_set()]
        return rng.choice(alive or self._house.replicas).base

    def noted(self, case: Case, question: str, value: Answer) -> None:
        """A page showed that an answer was taken."""
        self._ledger.answered(case, question, value)

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions by id."""
        return {question.id: question for question in self._house.questionnaire.questions}

    @property
    def rng(self) -> Random:
        """The drill's dice."""
        return self._rng


class Browser:
    """One person's browser on one link. After a lost answer the page itself says what was stored."""

    def __init__(self, crowd: Crowd, path: str) -> None:
        self._crowd = crowd
        self._path = path
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), connector=aiohttp.TCPConnector(force_close=True)
        )

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.close()

    async def answers(self, case: Case) -> None:
        """Press on until the page says thanks."""
        given: tuple[str, Answer] | None = None
        while True:
            page = await self._page()
            asked = _field(page, "question")
            if given is not None and asked != given[0]:
                self._crowd.noted(case, *given)
                given = None
            if "您这一份已经收到了" in page:
                case.complete = True
                return
            if asked:
                question = self._crowd.questions[asked]
                value, _ = self._crowd.chosen(question)
                given = (asked, value)
                form = {"question": asked, "step": "skip" if value is None else "next", "answer": str(value)}
            else:
                form = {"step": "begin"}
            if not await self._sends(form | {"form_token": _field(page, "form_token")}):
                continue
            if given is not None:
                self._crowd.noted(case, *given)
                given = None

    async def _page(self) -> str:
        while True:
            await self._crowd.gate.wait()
            try:
                async with self._http.get(self._crowd.address(self._crowd.rng) + self._path) as response:
                    text = await response.text()
                    if response.status == 200:
                        return text
            except aiohttp.ClientError:
                await asyncio.sleep(BREATH)
                continue
            raise Astray(f"the page answered {response.status}: {_words(text)}")

    async def _sends(self, form: Mapping[str, str]) -> bool:
        """Whether the answer's acknowledgement arrived."""
        await self._crowd.gate.wait()
        try:
            async with self._http.post(
                self._crowd.address(self._crowd.rng) + self._path, data=form, allow_redirects=False
            ) as response:
                text = await response.text()
        except aiohttp.ClientError:
            await asyncio.sleep(BREATH)
            return False
        if response.status != 303:
            raise Astray(f"the form was answered {response.status}: {_words(text)}")
        return True


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())[:200]
