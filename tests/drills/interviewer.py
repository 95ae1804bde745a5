"""An interviewer who never tires: every form is sent until it is acknowledged, under its first key."""

import asyncio
import re

import aiohttp

from bot.residents import respondent_key
from surveys.questionnaire import Answer
from surveys.waves import Wave
from tests.drills.house import INTERVIEWER, House
from tests.drills.ledger import Case, Ledger
from tests.office import GOOD

BREATH = 0.05
PAUSE = 0.5
"""Seconds between two households: the service refuses more than 120 acts a minute."""


class Interviewer:
    """One person with one task; `gate` is closed while the service is down."""

    def __init__(self, house: House, wave: Wave, ledger: Ledger, gate: asyncio.Event) -> None:
        self._house = house
        self._wave = wave
        self._ledger = ledger
        self._gate = gate
        self._numbers = 0
        self.going_home = False
        self.kept = 0
        """Interviews whose acknowledgement arrived."""

    async def work(self) -> None:
        """Household after household."""
        jar = aiohttp.CookieJar(unsafe=True)
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(cookie_jar=jar, connector=connector) as http:
            while not self.going_home:
                await self._household(http)
                await asyncio.sleep(PAUSE)

    async def _household(self, http: aiohttp.ClientSession) -> None:
        page = await self._page(http)
        key, secret = _field(page, "key"), self._wave.secret
        if secret is None:
            raise LookupError("the wave of the drill is open")
        case = self._ledger.opens(Case("", respondent_key(f"door:{key}", secret), "interviewer"))
        self._numbers += 1
        rng, given = self._house.rng, dict[str, Answer]()
        form = {"key": key, "outcome": "complete", "agreed": "yes"}
        form |= {name: _field(page, name) for name in ("form_token", "household", "began")}
        for number, question in enumerate(self._house.questionnaire.questions):
            words = f"门口的第{self._numbers}条建议"
            value = words if question.type == "text" else rng.choice(question.options).code
            given[question.id] = value
            form["answer" if number == 0 else f"answer.{question.id}"] = value
        while not await self._sends(http, form):
            continue
        for name, answer in given.items():
            self._ledger.answered(case, name, answer)
        case.complete = True
        self.kept += 1

    async def _sends(self, http: aiohttp.ClientSession, form: dict[str, str]) -> bool:
        await self._gate.wait()
        url = f"{self._house.replicas[0].base}/office/field/1"
        try:
            async with http.post(url, data=form, headers={"Accept": "application/json"}) as response:
                await response.read()
                if response.status == 200 and response.content_type == "application/json":
                    return True
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(BREATH)
        return False

    async def _page(self, http: aiohttp.ClientSession) -> str:
        """The form of the next household, after signing in where that is needed."""
        base = self._house.replicas[0].base
        while True:
            await self._gate.wait()
            try:
                async with http.get(f"{base}/office/field/1") as response:
                    page = await response.text()
                if _field(page, "key"):
                    return page
                door = {"form_token": _field(page, "form_token"), "name": INTERVIEWER, "password": GOOD}
                async with http.post(f"{base}/office/login", data=door) as response:
                    await response.read()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(BREATH)


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""
