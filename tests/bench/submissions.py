"""Answers per second in the chat and on the page, beside one transaction a request on the same database."""

import argparse
import asyncio
import hashlib
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import func, insert, select

from bot import links, residents
from bot.app import china_now
from bot.database import Database
from bot.links import NewLink
from bot.migrate import migrate
from bot.simulator.wire import Envelopes, seal
from surveys import native, publishing, store, waves
from tests.bench import load, served
from tests.bench.postgres import durable_postgres
from tests.bench.served import OPTIONS, Served, Target

LANES = 64
QUESTIONS = 20
LEAST_OF_PLAIN = 4.0
FLATNESS = 1.3
HALF_LOAD_P99_MS = 100.0
FEW, MANY = 10_000, 2_000_000
ROWS_AT_ONCE = 20_000
DOOR = "bench"
OPTION_LABELS = ("很满意", "满意", "一般", "不满意", "说不清")


def questionnaire_text() -> str:
    """Twenty questions with five options each."""
    options = ", ".join(f'{{code = "{at}", label = "{words}"}}' for at, words in enumerate(OPTION_LABELS, 1))
    asked = "".join(
        f'[[question]]\nid = "q{at}"\ntype = "single"\ntitle = "第 {at} 件事"\noptions = [{options}]\n'
        for at in range(1, QUESTIONS + 1)
    )
    return f'id = "bench"\ntitle = "满意度"\nconsent = "自愿参加，不记姓名。"\n{asked}'


@dataclass(slots=True)
class Row:
    """One line of the table: a server asked in one way."""

    name: str
    server: Served
    make: "Messages"
    answers: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: int = 0
    p99_at_half: float = 0.0

    @property
    def rate(self) -> float:
        """Durable answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0


class Messages:
    """Makes lanes of prepared requests, people after people; `steps` requests a person."""

    steps = QUESTIONS

    def person(self, number: int) -> Iterator[bytes]:
        """All requests of one person, in order."""
        raise NotImplementedError

    def lanes(self, first: int, people: int) -> list[list[bytes]]:
        """The requests of so many people, spread over the lanes."""
        lanes: list[list[bytes]] = [[] for _ in range(LANES)]
        for number in range(first, first + people):
            lanes[number % LANES] += self.person(number)
        return lanes


class Chat(Messages):
    """问卷, 同意, then a number for each question, sealed as WeChat does."""

    steps = QUESTIONS + 2

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._envelopes = Envelopes(OPTIONS.aes_key, OPTIONS.app_id, self._rng)
        self._message_id = 23_000_000_000_000_000

    def person(self, number: int) -> Iterator[bytes]:
        """Each message in an envelope of its own."""
        now = int(china_now().timestamp())
        for words in ("问卷", "同意", *("1" for _ in range(QUESTIONS))):
            self._message_id += 1
            fields = {
                "ToUserName": OPTIONS.original_id,
                "FromUserName": f"ochat{number:023d}",
                "CreateTime": now,
                "MsgType": "text",
                "Content": words,
                "MsgId": self._message_id,
            }
            envelope = seal(fields, OPTIONS, self._envelopes, now, self._rng)
            yield load.request(f"/wechat?{envelope.query}", envelope.body)


class Page(Messages):
    """Begin, then one form for each question, in a browser of one's own."""

    steps = QUESTIONS + 1

    def person(self, number: int) -> Iterator[bytes]:
        """Each form with the cookies that the first page set."""
        token = hashlib.sha256(f"form:{DOOR}".encode()).hexdigest()
        cookies = f"civility-door={DOOR}; civility-answer=browser-{number}"
        forms = [{"step": "begin"}] + [
            {"step": "answer", "question": f"q{at}", "answer": "1"} for at in range(1, QUESTIONS + 1)
        ]
        for form in forms:
            body = urlencode({"form_token": token, **form}).encode()
            yield load.request(f"/q/{token_of(number)}", body, (("Cookie", cookies),), load.FORM)


class Plain(Messages):
    """The same forms to the handler with one transaction a request."""

    def person(self, number: int) -> Iterator[bytes]:
        """One form for each question."""
        for at in range(1, QUESTIONS + 1):
            body = urlencode({"person": str(number), "question": f"q{at}", "answer": "1"}).encode()
            yield load.request("/answer", body, (), load.FORM)


def token_of(number: int) -> str:
    """The address of a person's page."""
    return f"page-{number:012d}-abcdefgh"


async def prepare(url: str, people: int, stored: int) -> None:
    """A database with an open wave, a link for each person, and so many interviews of earlier."""
    database = Database(url)
    now = china_now()
    try:
        await migrate(database)
        async with database.transaction() as conn:
            questionnaire = native.parse(questionnaire_text())
            made = await publishing.publish(conn, questionnaire, by="bench", now=now)
            wave = await waves.open_wave(
                conn, questionnaire, made.version, "bench", now=now - timedelta(days=1), secret=b"k" * 32
            )
            await served.make_plain_table(conn)
            openids = {f"opage{number:023d}": number for number in range(people)}
            ids = iter(range(1, people + 1))
            known = await residents.ensure(conn, set(openids), lambda: next(ids))
            new = [NewLink(token_of(openids[one]), wave.id, person.id) for one, person in known.items()]
            await links.add(conn, new, now)
        answers = {f"q{at}": "1" for at in range(1, QUESTIONS + 1)}
        rng = random.Random(5)
        moment = int(now.timestamp())
        for at in range(0, stored, ROWS_AT_ONCE):
            rows = [
                {
                    "wave_id": wave.id,
                    "respondent": f"{rng.getrandbits(256):064x}",
                    "revision": 1,
                    "version": made.version,
                    "answers": answers,
                    "status": "complete",
                    "channel": "chat",
                    "township": "",
                    "community": "",
                    "came_from": "",
                    "started_at": moment,
                    "submitted_at": moment,
                    "flags": [],
                }
                for _ in range(min(ROWS_AT_ONCE, stored - at))
            ]
            async with database.transaction() as conn:
                await conn.execute(insert(store.interviews), rows)
    finally:
        await database.close()


def main(argv: Sequence[str]) -> int:
    """Measure and print; 0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench submissions", description=__doc__)
    parser.add_argument("--people", type=int, default=512, help="interviews for each server and way")
    parser.add_argument("--rounds", type=int, default=4, help="slices, taken in turn by all servers")
    parser.add_argument("--stored", type=int, default=MANY, help="interviews in the large database")
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        return asyncio.run(_measure(stack, options))


async def _measure(stack: ExitStack, options: argparse.Namespace) -> int:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="civility-bench-")))
    slices = options.rounds + 3
    people = options.people // options.rounds // LANES * LANES or LANES
    urls = {"SQLite": f"sqlite+aiosqlite:///{folder}/few.db"}
    running = stack.enter_context(durable_postgres())
    if running is not None:
        urls["PostgreSQL"] = running[0]
    large = f"sqlite+aiosqlite:///{folder}/many.db"
    for url in urls.values():
        await prepare(url, slices * people, FEW)
    await prepare(large, slices * people, options.stored)

    def begin(name: str, target: Target, url: str, make: Messages) -> Row:
        return Row(name, stack.enter_context(served.served(target, url)), make)

    rows: dict[str, dict[str, Row]] = {}
    for name, url in urls.items():
        plain = begin(f"{name}, a transaction a request", served.plain, url, Plain())
        service = stack.enter_context(served.served(served.stored, url))
        chat = Row(f"{name}, chat", service, Chat(1))
        page = Row(f"{name}, page", service, Page())
        rows[name] = {"plain": plain, "chat": chat, "page": page}
    service = stack.enter_context(served.served(served.stored, large))
    grown = {"chat": Row("chat, large", service, Chat(2)), "page": Row("page, large", service, Page())}
    everything = [row for one in rows.values() for row in one.values()] + list(grown.values())
    for number in range(options.rounds + 1):
        for row in everything:
            run = await load.run(row.server.port, row.make.lanes(number * people, people))
            if number:
                _note(row, run, people)
    for row in everything:
        if not isinstance(row.make, Plain):
            per_second = row.rate * row.make.steps / QUESTIONS / 2
            run = await load.run(
                row.server.port, row.make.lanes((options.rounds + 1) * people, people), per_second
            )
            row.p99_at_half = _percentile(sorted(answer.seconds for answer in run.flat), 0.99)
    return _print(rows, grown, await _recorded(urls | {"large": large}, options.stored), options)


def _note(row: Row, run: load.Run, people: int) -> None:
    row.answers += people * QUESTIONS
    row.seconds += run.seconds
    row.latencies += [answer.seconds for answer in run.flat]
    row.wrong += sum(answer.status not in (200, 303) for answer in run.flat)


async def _recorded(urls: dict[str, str], stored: int) -> dict[str, int]:
    """How many interviews each database holds beyond those it began with."""
    found = {}
    for name, url in urls.items():
        database = Database(url)
        try:
            async with database.snapshot() as conn:
                total = (await conn.execute(select(func.count()).select_from(store.interviews))).scalar_one()
        finally:
            await database.close()
        found[name] = int(total) - (stored if name == "large" else FEW)
    return found


def _print(
    rows: dict[str, dict[str, Row]],
    grown: dict[str, Row],
    recorded: dict[str, int],
    options: argparse.Namespace,
) -> int:
    met = True
    print(f"{LANES} residents at once, {QUESTIONS} questions an interview, {FEW} interviews stored before")
    print(f"{'':<36}{'answers/s':>10}{'x plain':>9}{'p50 ms':>8}{'p99 ms':>8}{'p99 at half':>13}")
    for one in rows.values():
        for kind, row in one.items():
            times = row.rate / one["plain"].rate
            row.latencies.sort()
            p50, p99 = (_percentile(row.latencies, share) for share in (0.5, 0.99))
            half = f"{row.p99_at_half:.1f}" if row.p99_at_half else "-"
            print(f"{row.name:<36}{row.rate:>10.0f}{times:>9.2f}{p50:>8.1f}{p99:>8.1f}{half:>13}")
            if kind != "plain":
                met = met and times >= LEAST_OF_PLAIN and row.p99_at_half <= HALF_LOAD_P99_MS
    for kind, row in grown.items():
        times = rows["SQLite"][kind].rate / row.rate
        print(
            f"{kind} with {options.stored} stored: {row.rate:.0f}/s, {times:.2f} times slower than with {FEW}"
        )
        met = met and times <= FLATNESS
    wrong = sum(row.wrong for one in rows.values() for row in one.values())
    people = options.people // options.rounds // LANES * LANES or LANES
    expected = 2 * people * (options.rounds + 2)
    print(f"interviews recorded: {recorded}, expected {expected} each; answered with an error: {wrong}")
    print("targets met" if met else "TARGET MISSED")
    return 0 if met and not wrong and all(found == expected for found in recorded.values()) else 1


def _percentile(ordered: Sequence[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
