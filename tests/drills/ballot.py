"""Ballot stuffing: one person many times over, replays, forged and forwarded links, a quota under a crowd.

Exactly one record a person, exactly as many in a quota as it has places; anything else is a broken promise.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

from aiohttp import ClientConnectionError

from bot.database import Database
from bot.waves import invitations
from bot.waves.invitations import Invitation
from surveys import store
from surveys.waves import Wave
from tests.drills.figures import say
from tests.postgres import create_postgres_database, throwaway_server
from tests.schema import create_tables
from tests.wechat_browser import WeChatBrowser
from tests.world import QUESTIONNAIRE, World, running

AT_ONCE = 64
"""Residents who are brought to the last question at the same time."""
TRIES = 5
"""So often somebody presses a button that no answer comes to."""
CROWDED = """
id = "crowd"
title = "一题问卷"
consent = "只有一道题。"

[[question]]
id = "content"
type = "single"
title = "您满意吗？"
options = [{{code = "1", label = "满意"}}, {{code = "2", label = "不满意"}}]

[[quota]]
id = "all"
limit = {places}
"""


class Ballot:
    """One drill on one database; `broken` has a line for each promise not kept."""

    def __init__(self, world: World, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self.broken: list[str] = []

    def expect(self, promise: str, found: object, wanted: object) -> None:
        """Note a promise that is not kept."""
        if found != wanted:
            self.broken.append(f"{promise}: {found!r} instead of {wanted!r}")

    async def records(self, wave: Wave) -> int:
        """How many interviews the wave has; two of one person would be a broken promise."""
        async with self.world.database.snapshot() as conn:
            found = [one.respondent async for one in store.stream_interviews(conn, wave.id)]
        self.expect("one record a person", len(found), len(set(found)))
        return len(found)

    async def one_person(self, wave: Wave, tries: int) -> None:
        """So many last answers of one person at once, half typed and half sent by the page; then again."""
        assert wave.secret is not None
        aunt = self.world.resident("王阿姨")
        url = f"{self.world.base}/q/{invitations.token(Invitation(wave.id, 'poster', ''), wave.secret)}"
        for words in ("问卷", "同意", "1", "2"):
            await aunt.say(words)
        async with WeChatBrowser(self.world, aunt) as page, WeChatBrowser(self.world, None) as other:
            await page.opens(url)
            self.expect("the page is where the chat is", "第 3 题" in page.text, True)
            form = page.form("next", "网页")
            typing = [self.world.resident("王阿姨").say(f"聊天{n}") for n in range(tries // 2)]
            clicking = [page.posts(form) for _ in range(tries - tries // 2)]
            statuses = await asyncio.gather(*typing, *clicking)
            self.expect("every form is answered", set(statuses[tries // 2 :]) <= {303, 409, 400}, True)
            self.expect("records after all at once", await self.records(wave), 1)
            await asyncio.gather(*(page.posts(form) for _ in range(tries)))
            await asyncio.gather(*(aunt.redeliver(identical=n % 2 == 0) for n in range(tries)))
            await aunt.say("问卷")
            await other.opens(page.url)
            self.expect("a finished link shows a stranger nothing", other.status, 403)
            self.expect("records after replays", await self.records(wave), 1)

    async def forged(self, wave: Wave, tries: int) -> None:
        """Invented, damaged and stolen addresses lead nowhere and leave nothing."""
        assert wave.secret is not None
        before = await self.records(wave)
        true = invitations.token(Invitation(wave.id, "poster", "东街"), wave.secret)
        tokens = [self.rng.randbytes(18).hex() for _ in range(tries)]
        tokens += [f"{wave.id}~{token}" for token in tokens]
        tokens += [invitations.token(Invitation(wave.id, "push", str(n)), b"x" * 32) for n in range(tries)]
        tokens += [f"{true[:n]}{'A' if true[n] != 'A' else 'B'}{true[n + 1 :]}" for n in range(len(true) - 1)]
        async with WeChatBrowser(self.world, self.world.resident("贼")) as thief:
            for token in tokens:
                await thief.opens(f"{self.world.base}/q/{token}")
                self.expect(f"a forged link {token[:12]}… is refused", thief.status, 404)
            for query in ("", "?code=1&state=", f"?code={'x' * 32}&state=y"):
                await thief.opens(f"{self.world.base}/q/{true}/enter{query}")
                self.expect("a code without its state is refused", thief.status, 400)
        self.expect("records after forgeries", await self.records(wave), before)

    async def forwarded(self, wave: Wave, readers: int) -> None:
        """One link, opened by many: each answers as themselves, the owner once."""
        before = await self.records(wave)
        owner = self.world.resident("张大爷")
        await owner.say("问卷")
        url = await owner.link("网页")
        names = ["张大爷", *(f"转发{n}" for n in range(readers)), "张大爷"]

        async def answers(name: str) -> None:
            async with WeChatBrowser(self.world, self.world.resident(name)) as one:
                await one.opens(url)
                for step in (("begin",), ("next", "1"), ("next", "1"), ("next", name)):
                    await one.sends(*step)

        await asyncio.gather(*map(answers, names))
        self.expect("records after forwarding", await self.records(wave), before + readers + 1)

    async def crowd(self, wave: Wave, people: int, places: int) -> None:
        """Everybody stands at the only question, by chat and by page; all answer in the same moment."""
        persons = [self.world.resident(f"居民{n}") for n in range(people)]
        pages: list[WeChatBrowser] = []

        async def comes(number: int) -> None:
            await persons[number].say("一题问卷")
            if number % 8:
                await persons[number].say("同意")
                return
            page = WeChatBrowser(self.world, None)
            pages.append(page)
            await page.opens(await persons[number].link("网页"))
            await page.sends("begin")

        await in_parts([comes(number) for number in range(people)])
        typed = [persons[number].say("1") for number in range(people) if number % 8]
        await asyncio.gather(*typed, *(presses(page, page.form("next", "1")) for page in pages))
        await in_parts([page.http.close() for page in pages])
        self.expect("records in the quota", await self.records(wave), min(places, people))


async def presses(page: WeChatBrowser, form: list[tuple[str, str]]) -> None:
    """Send a form as a person would: again, where no connection came about in the crowd."""
    for _ in range(TRIES):
        try:
            await page.posts(form)
        except (ClientConnectionError, TimeoutError):
            continue
        return


async def in_parts(acts: Iterable[Awaitable[None]]) -> None:
    """All of them, `AT_ONCE` at a time."""
    door = asyncio.Semaphore(AT_ONCE)

    async def passes(act: Awaitable[None]) -> None:
        async with door:
            await act

    await asyncio.gather(*map(passes, acts))


async def drill(url: str, folder: Path, *, tries: int, people: int, places: int, seed: int) -> list[str]:
    """The whole drill on a database that has its tables; the broken promises."""
    async with running(url, folder) as world:
        await world.registers_domain()
        ballot = Ballot(world, Random(seed))
        wave = await world.has_wave(toml=QUESTIONNAIRE)
        parts = (
            (f"one person, {tries} at once, replays", ballot.one_person(wave, tries)),
            ("forged links", ballot.forged(wave, tries)),
            ("forwarded links", ballot.forwarded(wave, max(2, tries // 5))),
        )
        for words, part in parts:
            started = time.perf_counter()
            await part
            say(f"{words:<44}{time.perf_counter() - started:6.1f} s{'  BROKEN' if ballot.broken else ''}")
        crowded = await world.has_wave("人多", CROWDED.format(places=places))
        started = time.perf_counter()
        await ballot.crowd(crowded, people, places)
        words = f"{places} places, {people} people at once"
        say(f"{words:<44}{time.perf_counter() - started:6.1f} s{'  BROKEN' if ballot.broken else ''}")
    return ballot.broken


async def on(url: str, folder: Path, given: argparse.Namespace) -> list[str]:
    """Make the tables and run the drill."""
    database = Database(url)
    await create_tables(database)
    await database.close()
    return await drill(
        url, folder, tries=given.tries, people=given.people, places=given.places, seed=given.seed
    )


def main(argv: Sequence[str]) -> int:
    """`ballot [--database sqlite|postgresql|both] [--tries N] [--people N] [--places N] [--seed S]`."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills ballot", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--tries", type=int, default=50)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--places", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    broken: list[str] = []
    for kind in ("sqlite", "postgresql") if given.database == "both" else (given.database,):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="civility-ballot-")))
            url = f"sqlite+aiosqlite:///{folder}/civility.db"
            if kind == "postgresql":
                url = asyncio.run(create_postgres_database(stack.enter_context(throwaway_server())))
            say(kind)
            broken += asyncio.run(on(url, folder, given))
    for line in broken:
        say(f"BROKEN: {line}")
    say("exactly one record a person, exactly the places of the quota" if not broken else "not held")
    return 1 if broken else 0
