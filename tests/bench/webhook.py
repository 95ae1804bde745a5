"""Durable messages per second through /wechat, beside the same handler without storage and beside WeRoBot."""

import argparse
import asyncio
import importlib.util
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from bot.app import china_now
from bot.database import Database
from bot.simulator.wire import Envelopes, seal, unseal
from tests.bench import corpus, load, served
from tests.bench.postgres import durable_postgres
from tests.bench.served import OPTIONS, Served, Target

RESIDENTS = 64
SLICE = 2_048
WARM_UP = 512
SLOWER = 4
"""WeRoBot gets slices that many times smaller, so that the measured times are alike."""
LEAST_OF_UNSTORED = 0.6
OWN = re.compile(r"msgmenuid=\d+|127\.0\.0\.1:\d+")
LEAST_OF_WEROBOT = 5.0


@dataclass(slots=True)
class Figures:
    """What one server did, slice by slice."""

    name: str
    server: Served
    slice: int
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    said: int = 0
    replies: dict[tuple[int, int], str] = field(default_factory=dict)
    good: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Good answers per second over all slices."""
        return self.good / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that `share` (0..1) of the messages did not exceed."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


class Senders:
    """64 residents whose messages are sealed before, and opened after, the measured time."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._envelopes = Envelopes(OPTIONS.aes_key, OPTIONS.app_id, self._rng)
        self._openids = [f"o{self._rng.getrandbits(160):040x}"[:28] for _ in range(RESIDENTS)]
        self._questions = corpus.questions(3_000, seed)
        self._message_id = 23_000_000_000_000_000

    def sealed(self, count: int, said: int) -> list[list[bytes]]:
        """Requests, lane by lane, from people who have said so much already: the same words to every server,
        because a reply may depend on what was said before.
        """
        now = int(china_now().timestamp())
        requests: list[list[bytes]] = [[] for _ in self._openids]
        for number in range(count):
            self._message_id += 1
            who = number % RESIDENTS
            turn = random.Random(who * 1_000_003 + said + number // RESIDENTS)
            fields = {
                "ToUserName": OPTIONS.original_id,
                "FromUserName": self._openids[who],
                "CreateTime": now,
                "MsgType": "text",
                "Content": turn.choice(self._questions),
                "MsgId": self._message_id,
            }
            envelope = seal(fields, OPTIONS, self._envelopes, now, self._rng)
            requests[who].append(load.request(f"/wechat?{envelope.query}", envelope.body))
        return requests

    def words(self, body: bytes) -> str:
        """The words of a reply without the server's address and the numbers of its tappable words, which
        tell one server and one message from another; raises Malformed for what WeChat would not take.
        """
        return OWN.sub("", str(unseal(body, OPTIONS, self._envelopes).get("Content", "")))


def main(argv: Sequence[str]) -> int:
    """Measure and print; 0 when both targets are met and no message went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench webhook", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="for each of our servers")
    parser.add_argument("--seconds", type=float, help="measured time for each server, instead of --messages")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        return asyncio.run(_measure(stack, options))


async def _measure(stack: ExitStack, options: argparse.Namespace) -> int:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="civility-bench-")))
    regulations = corpus.regulations(seed=options.seed)
    passages = sum(corpus.passages_in(one) for one in regulations)
    print(f"{len(regulations)} regulations, {passages} passages; {RESIDENTS} residents at once; {folder}")
    urls = {name: f"sqlite+aiosqlite:///{folder}/{name}.db" for name in ("stored", "without")}
    running = stack.enter_context(durable_postgres())
    if running is None:
        print("PostgreSQL is not installed: not measured", file=sys.stderr)
    else:
        urls["postgres"] = running[0]
    for url in urls.values():
        await served.prepare(url, regulations)

    def begin(name: str, target: Target, url: str, size: int = SLICE) -> Figures:
        return Figures(name, stack.enter_context(served.served(target, url)), size)

    ours = begin("SQLite, synchronous=FULL", served.stored, urls["stored"])
    without = begin("the same without storage", served.unstored, urls["without"])
    figures = [ours, without]
    if running is not None:
        figures.append(begin("PostgreSQL, fsync on", served.stored, urls["postgres"]))
    other = None
    if importlib.util.find_spec("werobot") is None:
        print("WeRoBot is not installed (extra `bench`): not measured", file=sys.stderr)
    else:
        other = begin("WeRoBot 1.13.1 echo", served.werobot, str(folder / "werobot.db"), SLICE // SLOWER)
        figures.append(other)
    await _run(figures, Senders(options.seed), options.messages, options.seconds)
    _print(figures, without, other)
    lost = await _missing(urls["stored"], ours)
    if running is not None:
        lost += await _missing(urls["postgres"], figures[2])
    differing = sum(without.replies.get(turn, reply) != reply for turn, reply in ours.replies.items())
    print(f"acknowledged and not stored: {lost}; replies that differ without storage: {differing}")
    wrong = sum((one.wrong for one in figures), Counter[str]())
    for what, count in wrong.items():
        print(f"wrong: {what} ({count})")
    met = ours.rate >= LEAST_OF_UNSTORED * without.rate
    met = met and (other is None or ours.rate >= LEAST_OF_WEROBOT * other.rate)
    print("targets met" if met else "TARGET MISSED")
    return 0 if met and not lost and not differing and not wrong else 1


async def _run(figures: Sequence[Figures], senders: Senders, messages: int, seconds: float | None) -> None:
    """Slices in turn, so that a busy minute of the machine meets every server."""
    for one in figures:
        _note(one, await load.run(one.server.port, senders.sealed(WARM_UP, 0)), senders)
        one.said, one.good, one.seconds = WARM_UP // RESIDENTS, 0, 0.0
        one.latencies.clear()
        one.rates.clear()
    while True:
        for one in figures:
            _note(one, await load.run(one.server.port, senders.sealed(one.slice, one.said)), senders)
            one.said += one.slice // RESIDENTS
        if seconds is None and len(figures[0].latencies) >= messages:
            return
        if seconds is not None and min(one.seconds for one in figures) >= seconds:
            return


def _note(one: Figures, run: load.Run, senders: Senders) -> None:
    good = 0
    for who, answers in enumerate(run.answers):
        for turn, answer in enumerate(answers, one.said):
            one.latencies.append(answer.seconds)
            reply = senders.words(answer.body) if answer.status == 200 else ""
            if not reply:
                one.wrong[f"{one.name}: status {answer.status} without a reply"] += 1
                continue
            good += 1
            one.replies[who, turn] = reply
    one.good += good
    one.seconds += run.seconds
    one.rates.append(good / run.seconds)
    one.memory.append(one.server.memory)


def _print(figures: Sequence[Figures], without: Figures, other: Figures | None) -> None:
    head = ("", "msgs/s", "of (a)", "x WeRoBot", "p50 ms", "p99 ms", "slices", "RSS first", "RSS last MiB")
    print("{:<26}{:>8}{:>8}{:>11}{:>8}{:>8}{:>14}{:>11}{:>14}".format(*head))
    for one in figures:
        one.latencies.sort()
        times = f"{one.rate / other.rate:.1f}" if other is not None else "-"
        spread = f"{min(one.rates):.0f}-{max(one.rates):.0f}"
        print(
            f"{one.name:<26}{one.rate:>8.0f}{one.rate / without.rate:>8.2f}{times:>11}"
            f"{one.percentile(0.5):>8.1f}{one.percentile(0.99):>8.1f}{spread:>14}"
            f"{one.memory[0]:>11.0f}{one.memory[-1]:>14.0f}"
        )


async def _missing(url: str, one: Figures) -> int:
    """How many acknowledged messages are not in the database."""
    database = Database(url)
    try:
        async with database.snapshot() as connection:
            kept = int((await connection.execute(text("SELECT count(*) FROM inbox"))).scalar_one())
            logged = int((await connection.execute(text("SELECT count(*) FROM messages"))).scalar_one())
    finally:
        await database.close()
    return max(0, one.good + WARM_UP - min(kept, logged))
