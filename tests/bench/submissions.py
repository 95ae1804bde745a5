"""Answers a second in the chat and on the page, beside handlers with one transaction a request.

A rival is written for the same promises on the same tables (`plain_chat`, `plain_page`): the target is
against it. The leanest handler (`plain`) keeps answers and promises nothing else.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bot.app import china_now
from bot.database import Database
from bot.serving import settle_memory
from tests.bench import load, plain, plain_chat, plain_page, postgres, served, stocked
from tests.bench.asked import QUESTIONS
from tests.bench.lanes import LANES, Chat, Lean, Messages, Page
from tests.bench.served import Served, Target

LEAST_OF_PLAIN = 4.0
FLATNESS = 1.3
HALF_LOAD_P99_MS = 100.0
FEW, MANY = 10_000, 2_000_000
CHAT, PAGE = "chat", "page"
RIVALS = {CHAT: plain_chat.CHANNEL, PAGE: plain_page.CHANNEL}
KINDS: dict[str, Target] = {
    CHAT: served.without_beats,
    PAGE: served.without_beats,
    plain_chat.CHANNEL: plain_chat.serve,
    plain_page.CHANNEL: plain_page.serve,
    plain.CHANNEL: plain.serve,
}
"""What is measured, by the channel under which its interviews are stored."""

Where = tuple[str, str, str]
"""Database, "few" or "many" interviews of earlier, kind."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice met: answers a second, answers in each second of processor time that the server and
    the database took together, the latencies in their order, answers that were no success.
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
    make: Messages
    data: Path | None
    """Where PostgreSQL keeps its data; SQLite is part of the server."""
    slices: list[Slice] = field(default_factory=list)
    at_half: list[Slice] = field(default_factory=list)

    @property
    def processor(self) -> float:
        """Seconds of processor time that the server and the database have used."""
        return self.server.processor + (postgres.processor(self.data) if self.data else 0.0)

    @property
    def work(self) -> float:
        """The median of answers in a second of processor time: a busy machine hardly changes it."""
        return median(one.work for one in self.slices)

    @property
    def best(self) -> Slice:
        """The slice that the rest of the machine disturbed least."""
        return max(self.slices, key=lambda one: one.rate)


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
    data: dict[tuple[str, str], Path] = {}
    for size in ("few", "many"):
        if (running := stack.enter_context(postgres.durable_postgres())) is not None:
            urls["PostgreSQL", size], data["PostgreSQL", size] = running
    everybody = (2 * options.rounds + 1) * people
    for (name, size), url in urls.items():
        stored = FEW if size == "few" else options.stored
        _say(f"{name}: {stored} interviews are loaded")
        await stocked.prepare(url, 2 * everybody, stored)
    rows = _rows(stack, urls, data, everybody)
    settle_memory()
    for number in range(options.rounds + 1):
        for (_, size, _), row in rows.items():
            row.slices.append(await _slice(row, row.make.lanes(number * people, people)))
            _say(f"slice {number} of {options.rounds}: {row.name}, {size}: {row.slices[-1].rate:.0f}/s")
            if not number:
                row.slices.clear()
    for number in range(options.rounds + 1, 2 * options.rounds + 1):
        for (_, size, kind), row in rows.items():
            if kind in RIVALS and size == "few":
                half = row.best.rate * row.make.steps / QUESTIONS / 2
                row.at_half.append(await _slice(row, row.make.lanes(number * people, people), half))
                p99 = _percentile(row.at_half[-1].latencies, 0.99)
                _say(f"half load: {row.name}: p99 {p99:.1f} ms")
    found = {where: await _recorded(url) for where, url in urls.items()}
    return _print(rows, _missing(rows, found, people, options.rounds), options, people)


def _rows(
    stack: ExitStack,
    urls: dict[tuple[str, str], str],
    data: dict[tuple[str, str], Path],
    everybody: int,
) -> dict[Where, Row]:
    rows: dict[Where, Row] = {}
    for (name, size), url in urls.items():
        service = stack.enter_context(served.served(served.without_beats, url))
        makes: dict[str, Messages] = {
            CHAT: Chat(len(rows), "ochat"),
            PAGE: Page(),
            plain_chat.CHANNEL: Chat(len(rows), "oplain"),
            plain_page.CHANNEL: Page(everybody),
            plain.CHANNEL: Lean(),
        }
        for kind, target in KINDS.items():
            if kind in RIVALS:
                rows[name, size, kind] = Row(f"{name}, {kind}", service, makes[kind], data.get((name, size)))
            elif size == "few":
                handler = stack.enter_context(served.served(target, url))
                rows[name, size, kind] = Row(f"{name}, {kind}", handler, makes[kind], data.get((name, size)))
    return rows


async def _slice(row: Row, lanes: Sequence[Sequence[bytes]], per_second: float | None = None) -> Slice:
    before = row.processor
    run = await load.run(row.server.port, lanes, per_second)
    answers = sum(map(len, lanes)) * QUESTIONS / row.make.steps
    latencies = tuple(sorted(answer.seconds for answer in run.flat))
    wrong = sum(answer.status not in (200, 303) for answer in run.flat)
    return Slice(answers / run.seconds, answers / (row.processor - before), latencies, wrong)


async def _recorded(url: str) -> Counter[str]:
    database = Database(url)
    try:
        async with database.snapshot() as conn:
            return await stocked.recorded(conn)
    finally:
        await database.close()


def _missing(
    rows: dict[Where, Row], found: dict[tuple[str, str], Counter[str]], people: int, rounds: int
) -> dict[str, int]:
    """How many interviews of each row were acknowledged and are not in its database."""
    return {
        f"{row.name}, {size}": people * (rounds + 1 + len(row.at_half)) - found[name, size][kind]
        for (name, size, kind), row in rows.items()
    }


def _print(rows: dict[Where, Row], missing: dict[str, int], options: argparse.Namespace, people: int) -> int:
    met = True
    print(f"{LANES} residents at once, {QUESTIONS} questions an interview, {FEW} interviews stored before;")
    print(f"the quietest of {options.rounds} slices of {people} interviews each, all servers in turn;")
    print(f"half load: {options.rounds} slices together")
    head = ["answers/s", "median", "x plain", "x leanest", "per cpu s", "x plain", "p50 ms", "p99 ms"]
    head += ["p99 at half", f"of {options.stored}", "slower", "by cpu"]
    print(f"{'':<24}" + "".join(f"{one:>12}" for one in head))
    for (name, size, kind), row in rows.items():
        if size == "many":
            continue
        best = row.best
        leanest, rival = rows[name, "few", plain.CHANNEL], rows[name, "few", RIVALS.get(kind, kind)]
        times = best.rate / rival.best.rate
        cells = [f"{best.rate:.0f}", f"{median(one.rate for one in row.slices):.0f}", f"{times:.2f}"]
        cells += [f"{best.rate / leanest.best.rate:.2f}", f"{row.work:.0f}", f"{row.work / rival.work:.2f}"]
        cells += [f"{_percentile(best.latencies, share):.1f}" for share in (0.5, 0.99)]
        if kind in RIVALS:
            grown = rows[name, "many", kind]
            at_half = _percentile(sorted(one for half in row.at_half for one in half.latencies), 0.99)
            cells += [f"{at_half:.1f}", f"{grown.best.rate:.0f}", f"{best.rate / grown.best.rate:.2f}"]
            cells.append(f"{row.work / grown.work:.2f}")
            met &= times >= LEAST_OF_PLAIN and at_half <= HALF_LOAD_P99_MS
            met &= best.rate / grown.best.rate <= FLATNESS
        print(f"{row.name:<24}" + "".join(f"{cell:>12}" for cell in cells))
    wrong = sum(one.wrong for row in rows.values() for one in (*row.slices, *row.at_half))
    print(f"interviews missing: {sum(missing.values())}; answered with an error: {wrong}")
    for name, lost in missing.items():
        if lost:
            print(f"{name}: {lost} missing", file=sys.stderr)
    print("targets met" if met else "TARGET MISSED")
    return 0 if met and not wrong and not any(missing.values()) else 1


def _percentile(ordered: Sequence[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
