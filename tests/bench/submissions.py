"""Answers per second in the chat and on the page, beside one transaction a request on the same database."""

import argparse
import asyncio
import hashlib
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import links, residents
from bot.app import china_now
from bot.database import Database
from bot.links import NewLink
from bot.migrate import migrate
from bot.simulator.wire import Envelopes, seal
from surveys import native, publishing, store, waves
from tests.bench import load, plain, served
from tests.bench.postgres import durable_postgres
from tests.bench.served import OPTIONS, Served

LANES = 64
QUESTIONS = plain.QUESTIONS
LEAST_OF_PLAIN = 4.0
FLATNESS = 1.3
HALF_LOAD_P99_MS = 100.0
FEW, MANY = 10_000, 2_000_000
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


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice met: answers a second, answers in each second of processor time that the server took,
    the latencies in their order, answers that were no success.
    """

    rate: float
    work: float
    latencies: tuple[float, ...]
    wrong: int


@dataclass(slots=True)
class Row:
    """One line of the table: a server asked in one way. Of its slices the quietest counts."""

    name: str
    server: Served
    make: "Messages"
    slices: list[Slice] = field(default_factory=list)
    p99_at_half: float = 0.0

    @property
    def work(self) -> float:
        """The median of answers in a second of processor time: a busy machine hardly changes it."""
        return median(one.work for one in self.slices)

    @property
    def best(self) -> Slice:
        """The slice that the rest of the machine disturbed least."""
        return max(self.slices, key=lambda one: one.rate)


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
            await plain.make_tables(conn)
            openids = {f"opage{number:023d}": number for number in range(people)}
            ids = iter(range(1, people + 1))
            known = await residents.ensure(conn, set(openids), lambda: next(ids))
            new = [NewLink(token_of(openids[one]), wave.id, person.id) for one, person in known.items()]
            await links.add(conn, new, now)
            await fill(conn, wave.id, made.version, int(now.timestamp()), stored)
    finally:
        await database.close()


async def fill(conn: AsyncConnection, wave_id: int, version: int, moment: int, stored: int) -> None:
    """Complete interviews under random keys, as HMACs are, none alike, in one statement."""
    if conn.dialect.name == "sqlite":
        await conn.exec_driver_sql("PRAGMA cache_size = -500000")  # random keys: the index must fit
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :stored)"
        key, source, kind = "lower(hex(randomblob(32)))", "n", "text"
        chance = "abs(random()) % 5"
    else:
        numbers, source, kind = "", "generate_series(1, :stored) AS n(i)", "json"
        key = "md5(random()::text || i) || md5(i || random()::text)"
        chance = "CAST(floor(random() * 5) AS int)"
    said = " || ', ' || ".join(f"""'"q{at}": "' || (1 + {chance}) || '"'""" for at in range(1, QUESTIONS + 1))
    statement = text(
        "INSERT INTO interviews (wave_id, respondent, revision, version, answers, status, channel, township,"
        f" community, started_at, submitted_at, flags) {numbers} SELECT {wave_id}, {key}, 1, {version},"
        f" CAST('{{' || {said} || '}}' AS {kind}), 'complete', 'chat', '', '', {moment}, {moment}, '[]'"
        f" FROM {source}"
    )
    await conn.execute(statement, {"stored": stored})


def main(argv: Sequence[str]) -> int:
    """Measure and print; 0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench submissions", description=__doc__)
    parser.add_argument("--people", type=int, default=LANES, help="interviews in each slice")
    parser.add_argument("--rounds", type=int, default=5, help="slices, taken in turn by all servers")
    parser.add_argument("--stored", type=int, default=MANY, help="interviews in the large database")
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        return asyncio.run(_measure(stack, options))


def _say(words: str) -> None:
    print(f"{china_now():%H:%M:%S} load {os.getloadavg()[0]:.1f}  {words}", file=sys.stderr, flush=True)


async def _measure(stack: ExitStack, options: argparse.Namespace) -> int:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="civility-bench-")))
    people = max(options.people // LANES, 1) * LANES
    urls = {("SQLite", size): f"sqlite+aiosqlite:///{folder}/{size}.db" for size in ("few", "many")}
    for size in ("few", "many"):
        if (running := stack.enter_context(durable_postgres())) is not None:
            urls["PostgreSQL", size] = running[0]
    for (name, size), url in urls.items():
        stored = FEW if size == "few" else options.stored
        _say(f"{name}: {stored} interviews are loaded")
        await prepare(url, (options.rounds + 2) * people, stored)
    rows: dict[tuple[str, str, str], Row] = {}
    for (name, size), url in urls.items():
        service = stack.enter_context(served.served(served.without_beats, url))
        rows[name, size, "chat"] = Row(f"{name}, chat", service, Chat(len(rows)))
        rows[name, size, "page"] = Row(f"{name}, page", service, Page())
        if size == "few":
            handler = stack.enter_context(served.served(plain.serve, url))
            rows[name, size, "plain"] = Row(f"{name}, a transaction a request", handler, Plain())
    for number in range(options.rounds + 1):
        for (_, size, _), row in rows.items():
            lanes, before = row.make.lanes(number * people, people), row.server.processor
            run = await load.run(row.server.port, lanes)
            _note(row, run, people, row.server.processor - before)
            _say(f"slice {number} of {options.rounds}: {row.name}, {size}: {row.slices[-1].rate:.0f}/s")
            if not number:
                row.slices.clear()
    for (_, size, kind), row in rows.items():
        if kind != "plain" and size == "few":
            per_second = row.best.rate * row.make.steps / QUESTIONS / 2
            lanes = row.make.lanes((options.rounds + 1) * people, people)
            run = await load.run(row.server.port, lanes, per_second)
            row.p99_at_half = _percentile(sorted(answer.seconds for answer in run.flat), 0.99)
            _say(f"half load: {row.name}: p99 {row.p99_at_half:.1f} ms")
    recorded = {
        where: await _recorded(url) - (FEW if where[1] == "few" else options.stored)
        for where, url in urls.items()
    }
    return _print(rows, recorded, options, people)


def _note(row: Row, run: load.Run, people: int, processor: float) -> None:
    latencies = tuple(sorted(answer.seconds for answer in run.flat))
    wrong = sum(answer.status not in (200, 303) for answer in run.flat)
    answers = people * QUESTIONS
    row.slices.append(Slice(answers / run.seconds, answers / processor, latencies, wrong))


async def _recorded(url: str) -> int:
    """How many interviews a database holds."""
    database = Database(url)
    try:
        async with database.snapshot() as conn:
            return int(
                (await conn.execute(select(func.count()).select_from(store.table.interviews))).scalar_one()
            )
    finally:
        await database.close()


def _print(
    rows: dict[tuple[str, str, str], Row],
    recorded: dict[tuple[str, str], int],
    options: argparse.Namespace,
    people: int,
) -> int:
    met = True
    print(f"{LANES} residents at once, {QUESTIONS} questions an interview, {FEW} interviews stored before;")
    print(f"the quietest of {options.rounds} slices of {people} interviews each, all servers in turn")
    head = ["answers/s", "median", "x plain", "per cpu s", "x plain", "p50 ms", "p99 ms", "p99 at half"]
    head += [f"of {options.stored}", "slower", "by cpu"]
    print(f"{'':<36}" + "".join(f"{one:>12}" for one in head))
    for (name, size, kind), row in rows.items():
        if size == "many":
            continue
        best = row.best
        times = best.rate / rows[name, "few", "plain"].best.rate
        cells = [f"{best.rate:.0f}", f"{median(one.rate for one in row.slices):.0f}", f"{times:.2f}"]
        cells += [f"{row.work:.0f}", f"{row.work / rows[name, 'few', 'plain'].work:.2f}"]
        cells += [f"{_percentile(best.latencies, share):.1f}" for share in (0.5, 0.99)]
        if kind != "plain":
            grown = rows[name, "many", kind].best.rate
            cells += [f"{row.p99_at_half:.1f}", f"{grown:.0f}", f"{best.rate / grown:.2f}"]
            cells.append(f"{row.work / rows[name, 'many', kind].work:.2f}")
            met &= times >= LEAST_OF_PLAIN and row.p99_at_half <= HALF_LOAD_P99_MS
            met &= best.rate / grown <= FLATNESS
        print(f"{row.name:<36}" + "".join(f"{cell:>12}" for cell in cells))
    wrong = sum(one.wrong for row in rows.values() for one in row.slices)
    slices = {"few": options.rounds + 2, "many": options.rounds + 1}
    missing = {where: 2 * people * slices[where[1]] - found for where, found in recorded.items()}
    print(f"interviews missing: {sum(missing.values())}; answered with an error: {wrong}")
    print("targets met" if met else "TARGET MISSED")
    return 0 if met and not wrong and not any(missing.values()) else 1


def _percentile(ordered: Sequence[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
